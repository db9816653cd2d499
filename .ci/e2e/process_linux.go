package e2e

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the program when the test is killed. The goroutine that starts
// it must not be the only one of a thread that ends, which a test's is not.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
