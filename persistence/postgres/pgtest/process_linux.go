package pgtest

import (
	"os"
	"syscall"
)

const sigQuit = syscall.SIGQUIT

// attributes make the server another user's when we are root, and end it with
// the thread that started it.
func attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() == 0 {
		if uid, gid, err := serverUser(); err == nil {
			a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return a
}
