//go:build !linux

package main

import (
	"os"
	"syscall"
)

// Processes are not frozen here: run campaigns on Linux.
var (
	sigTerm = os.Interrupt
	sigQuit = os.Kill
	sigStop = os.Kill
	sigCont = os.Interrupt
)

func attributes() *syscall.SysProcAttr { return nil }
