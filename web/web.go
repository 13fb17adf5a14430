// Package web holds what the browser loads: styles, fonts, icons and the
// console compiled to WebAssembly. The build puts app.wasm and its compressed
// forms beside the other files; without them the server says how to make them.
package web

import "embed"

// FS holds the files under "static".
//
//go:embed all:static
var FS embed.FS
