//go:build nodemo

package demo

import (
	"context"
	"errors"
)

// Backend is two SQL servers over one database in memory.
type Backend struct{}

// Start says that the demo is not there.
func Start(context.Context, Options) (*Backend, error) {
	return nil, errors.New("built without the demo: give -config FILE, or use a build without the tag nodemo")
}

// Primary returns nothing.
func (*Backend) Primary() string { return "" }

// Replica returns nothing.
func (*Backend) Replica() string { return "" }

// Close does nothing.
func (*Backend) Close() error { return nil }
