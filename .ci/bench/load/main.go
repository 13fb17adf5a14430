// Load serves the console of a proxy that has very many sessions until it is
// interrupted, for benchmarks in a browser. It logs in as admin with the
// password admin-demo.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"github.com/signalbox/signalbox/.ci/bench/site"
)

func main() {
	sessions := flag.Int("sessions", 100_000, "sessions")
	changing := flag.Float64("changing", 5, "percent of them that run a statement every second")
	port := flag.Int("port", 0, "of the console; 0 is any that is free")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *sessions, *changing, *port); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, sessions int, changing float64, port int) error {
	s, err := site.Open(ctx, sessions)
	if err != nil {
		return err
	}
	defer s.Close()
	runtime.GC() // what opening them left is not what they cost
	ctx, stop := context.WithCancel(ctx)
	var load sync.WaitGroup
	load.Go(func() { s.Load.Run(ctx, int(float64(sessions)*changing/100)) })
	defer load.Wait()
	defer stop()
	return s.Serve(ctx, port, func(url string) { fmt.Println(url) })
}
