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
	"syscall"
	_ "time/tzdata" // TIME_ZONE works where the system has no zone files
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.LookupEnv, stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "server5k:", err)
		os.Exit(1)
	}
}
