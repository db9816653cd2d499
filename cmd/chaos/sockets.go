package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// processOf finds the process that has a TCP connection from a local port, 0 if
// that cannot be told. Only Linux tells it.
func processOf(port int) int {
	inode := inodeOf(port)
	if inode == "" {
		return 0
	}
	files, _ := filepath.Glob("/proc/[0-9]*/fd/[0-9]*") // the pattern is well formed
	for _, file := range files {
		if name, err := os.Readlink(file); err != nil || name != "socket:["+inode+"]" {
			continue // it may have been closed
		}
		pid, err := strconv.Atoi(strings.Split(file, "/")[2])
		if err == nil {
			return pid
		}
	}
	return 0
}

// refused says whether a dial was answered with a refusal.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// inodeOf finds the socket with a local port in the table of the kernel.
func inodeOf(port int) string {
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		raw, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for row := range strings.Lines(string(raw)) {
			// number local remote state queues timer retransmits uid timeout inode
			f := strings.Fields(row)
			if len(f) > 9 && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) && f[9] != "0" {
				return f[9]
			}
		}
	}
	return ""
}
