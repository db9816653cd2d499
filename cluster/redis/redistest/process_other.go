//go:build !linux

package redistest

import "syscall"

// Servers are not frozen here: run such tests on Linux.
const (
	sigStop = syscall.Signal(19)
	sigCont = syscall.Signal(18)
)

func attributes() *syscall.SysProcAttr { return nil }
