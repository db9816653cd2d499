//go:build !linux

package pgtest

import "syscall"

const sigQuit = syscall.Signal(3)

// attributes are those of this process; run the tests as an ordinary user.
func attributes() *syscall.SysProcAttr { return nil }
