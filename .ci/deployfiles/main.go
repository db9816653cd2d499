// Command deployfiles reads docker-compose.yml and deploy/kubernetes with the types
// of the programs that will read them. It has a module of its own, so that the
// server does not depend on theirs.
//
// It does not ask a Docker or a Kubernetes: whether images exist, values are in
// their ranges and the parts start is not known here.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		_, _ = fmt.Fprintln(os.Stderr, "usage: deployfiles ROOT")
		os.Exit(2)
	}
	root := os.Args[1]
	if err := errors.Join(checkCompose(root), checkKubernetes(root)); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// problems collects what is wrong.
type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

func (p *problems) unless(ok bool, format string, args ...any) {
	if !ok {
		p.add(format, args...)
	}
}

func (p *problems) err() error { return errors.Join(*p...) }
