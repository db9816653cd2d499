//go:build !unix

package main

import "os"

// Processes cannot be frozen here: use Linux.
var (
	sigTerm = os.Interrupt
	sigQuit = os.Kill
	sigStop = os.Kill
	sigCont = os.Interrupt
)
