package e2e

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the program when the test is killed. It would also end with the
// thread that starts it, but threads end only with a goroutine that is locked to one.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
