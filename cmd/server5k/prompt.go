package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// isTerminal says whether v is a file that a person sits at.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask prints a question and reads one line.
func ask(ctx context.Context, std stdio, question string) (string, error) {
	std.warnf("%s", question)
	return interruptible(ctx, func() (string, error) { return readLine(std.in) })
}

// askHidden is ask without an echo; std.in must be a terminal.
func askHidden(ctx context.Context, std stdio, question string) (string, error) {
	f, ok := std.in.(*os.File)
	if !ok {
		return "", errors.New("no hay una terminal para pedir la contraseña")
	}
	fd := int(f.Fd())
	state, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("leer la terminal: %w", err)
	}
	std.warnf("%s", question)
	answer, err := interruptible(ctx, func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
	std.warnf("\n")
	if err != nil {
		return "", errors.Join(err, term.Restore(fd, state))
	}
	return answer, nil
}

// interruptible runs a read that cannot be cancelled. When ctx ends first, the
// goroutine stays in its read; the command, and the process with it, ends.
func interruptible(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case r := <-done:
		return r.text, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// readLine reads up to the next line feed and not a byte more when r is a
// bufio.Reader, which the caller passes to ask more than once.
func readLine(r io.Reader) (string, error) {
	b, ok := r.(*bufio.Reader)
	if !ok {
		b = bufio.NewReader(r)
	}
	line, err := b.ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", err
	}
	return strings.TrimSpace(line), nil
}
