// Signalbox in the browser is the console.
package main

import "github.com/signalbox/signalbox/app"

func main() { app.Run() }
