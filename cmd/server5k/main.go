// Command server5k is the whole server: it reads its options, builds the parts
// bottom-up and serves, or runs one of the maintenance commands. Every command
// has a file of its own; config.go has every option once. It starts no
// goroutines of its own beyond those a command says it starts.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // TIME_ZONE works where the system has no zone files
)

// gcPercent lets the heap grow to four times what lives before it is collected.
// That is little here, some ten megabytes in a race, and a collection for each
// ten more would take a fifth of the processor under load. GOGC overrides it.
const gcPercent = 300

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.LookupEnv, stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "server5k:", err)
		os.Exit(1)
	}
}
