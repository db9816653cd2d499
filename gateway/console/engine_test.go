package console

import (
	"encoding/json"
	"os"
	"sync"
	"testing"

	"github.com/dop251/goja"
)

// engine runs files of the console as browsers get them, in a bare JavaScript
// engine: what they would miss of a page is a failure. It is for one goroutine.
type engine struct {
	tb testing.TB
	vm *goja.Runtime
}

// compiled are the files of the console that need no page, and the world around
// them.
var compiled = sync.OnceValues(func() (*goja.Program, error) {
	src := ""
	for _, name := range append(scripts[:9:9], "tap.js") {
		src += string(read("static/" + name))
	}
	world, err := os.ReadFile("testdata/world.js")
	if err != nil {
		return nil, err
	}
	return goja.Compile("console.js", `"use strict";`+src+string(world), true)
})

func newEngine(tb testing.TB) *engine {
	tb.Helper()
	p, err := compiled()
	if err != nil {
		tb.Fatal(err)
	}
	e := &engine{tb, goja.New()}
	if _, err := e.vm.RunProgram(p); err != nil {
		tb.Fatal(err)
	}
	return e
}

// eval runs a script and returns its value as JSON reads it.
func eval[T any](e *engine, script string) (out T) {
	e.tb.Helper()
	v, err := e.vm.RunString("JSON.stringify((() => {" + script + "})())")
	if err != nil {
		e.tb.Fatalf("%s: %v", script, err)
	}
	if err := json.Unmarshal([]byte(v.String()), &out); err != nil {
		e.tb.Fatalf("%s: %v in %s", script, err, v)
	}
	return out
}

// run runs a script for what it does.
func (e *engine) run(script string) {
	e.tb.Helper()
	if _, err := e.vm.RunString(script); err != nil {
		e.tb.Fatalf("%s: %v", script, err)
	}
}

func TestScripts_RunWithoutAPage(t *testing.T) {
	t.Parallel()
	newEngine(t) // top-level declarations of what needs none must not touch one
}
