//go:build !js

package main

import (
	"crypto/tls"
	"sync/atomic"

	"github.com/signalbox/signalbox/engine"
	"github.com/signalbox/signalbox/engine/module"
)

// certificate is the one that the administration server shows. A connection gets
// the one that was read last.
type certificate struct {
	cert, key string // files; "" without TLS
	current   atomic.Pointer[tls.Certificate]
}

// adminCertificate reads the certificate in admin_ssl_cert, if there is one.
func adminCertificate(maxscale module.Object) (*certificate, error) {
	c := &certificate{cert: maxscale.Values.String("admin_ssl_cert"), key: maxscale.Values.String("admin_ssl_key")}
	return c, c.reload()
}

// reload reads the files again. After an error the former certificate stays.
func (c *certificate) reload() error {
	if c.cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return engine.Errorf(engine.Invalid, "admin_ssl_cert: %w", err)
	}
	c.current.Store(&pair)
	return nil
}

// config is the TLS configuration of the administration server, nil without TLS.
func (c *certificate) config() *tls.Config {
	if c.cert == "" {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
	}
}
