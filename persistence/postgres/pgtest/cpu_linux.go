package pgtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of times in /proc, the same on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// CPU is the processor time that the server has used, in all its processes.
func (s *Server) CPU() (time.Duration, error) {
	total, err := processCPU(s.PID(), true)
	if err != nil {
		return 0, err
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path))) // the pattern has digits only
		fields, err := processFields(pid)
		if errors.Is(err, fs.ErrNotExist) || len(fields) < 15 || fields[1] != strconv.Itoa(s.PID()) {
			continue
		}
		used, err := processCPU(pid, false)
		if err != nil {
			continue // it has ended since; its parent has its time from now on
		}
		total += used
	}
	return total, nil
}

// ProcessCPU is the processor time that a process has used.
func ProcessCPU(pid int) (time.Duration, error) { return processCPU(pid, false) }

// processCPU reads the time of a process, with that of its ended children.
func processCPU(pid int, children bool) (time.Duration, error) {
	fields, err := processFields(pid)
	if err != nil {
		return 0, err
	}
	count := 2 // utime, stime
	if children {
		count = 4 // and cutime, cstime
	}
	var ticks int64
	for _, f := range fields[11 : 11+count] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("pgtest: process %d: %w", pid, err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// processFields are the fields of /proc/PID/stat from the state on.
func processFields(pid int) ([]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return nil, fmt.Errorf("pgtest: /proc/%d/stat has %d fields", pid, len(fields))
	}
	return fields, nil
}
