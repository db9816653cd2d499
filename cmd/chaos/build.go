package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildTimeout bounds a build on a busy machine with a cold cache.
const buildTimeout = 5 * time.Minute

// moduleDir is the root of the module that this program belongs to.
func moduleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "server5k").Output()
	if err != nil {
		return "", fmt.Errorf("find the module server5k, run chaos inside it: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build makes the real server, with the planted fault of m if there is one.
func build(ctx context.Context, root, dir string, m *mutant) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, buildTimeout, errors.New("go build: not done in 5m"))
	defer cancel()
	name := "server5k"
	args := []string{"build"}
	if m != nil {
		name += "-" + m.name
		overlay, err := m.overlay(root, dir)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	binary := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", binary, "./cmd/server5k")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w: %s", name, errors.Join(err, context.Cause(ctx)), out)
	}
	return binary, nil
}

// overlay writes the changed files of a mutant and the list that go build reads.
// It fails unless each old text is in its file exactly once: a mutant that no
// longer applies proves nothing.
func (m *mutant) overlay(root, dir string) (string, error) {
	replaced := map[string]string{} // path in the module to changed copy
	texts := map[string]string{}
	for _, c := range m.changes {
		path := filepath.Join(root, c.file)
		text, ok := texts[path]
		if !ok {
			raw, err := os.ReadFile(path)
			if err != nil {
				return "", fmt.Errorf("mutant %s: %w", m.name, err)
			}
			text = string(raw)
		}
		if n := strings.Count(text, c.old); n != 1 {
			return "", fmt.Errorf("mutant %s: %s has %d times, not once: %s", m.name, c.file, n, c.old)
		}
		texts[path] = strings.Replace(text, c.old, c.now, 1)
	}
	for path, text := range texts {
		file := filepath.Join(dir, m.name+"-"+filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return "", err
		}
		replaced[path] = file
	}
	raw, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, m.name+".json")
	return list, os.WriteFile(list, raw, 0o600)
}
