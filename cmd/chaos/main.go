package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, sigTerm)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "chaos:", err)
		stop()
		os.Exit(1)
	}
}

// options are what can be chosen.
type options struct {
	seed     uint64
	runs     int
	duration time.Duration
	judges   int
	viewers  int
	mutant   string
	mutants  bool
	keep     string
	faults   string
	verbose  bool
	cluster  bool
	failover int
	rolling  int
	proxies  bool
}

const usage = `chaos plays races against the real server on a real PostgreSQL while it breaks
things, and judges from answers and tables whether anything was lost.

  go run ./cmd/chaos -seed 1 -duration 20s      one campaign
  go run ./cmd/chaos -seed 1 -runs 5            seeds 1 to 5
  go run ./cmd/chaos -mutants                   every planted fault must be caught
  go run ./cmd/chaos -mutant no-fence           one of them
  go run ./cmd/chaos -seed 7 -keep /tmp/seven   keep history and logs
  go run ./cmd/chaos -cluster -seed 1 -runs 5   three nodes with Redis
  go run ./cmd/chaos -cluster -mutants          faults planted in the cluster
  go run ./cmd/chaos -cluster -failover 20      how long owners take to be replaced
  go run ./cmd/chaos -cluster -rolling 3        restarts under clients like the app

The seed repeats the plan, not the schedule of the machine. The
programs of PostgreSQL, and of Redis for a cluster, must be installed. Exit code 0: nothing was found, or every mutant was.
`

func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("chaos", flag.ContinueOnError)
	f.SetOutput(out)
	f.Uint64Var(&o.seed, "seed", 1, "first seed")
	f.IntVar(&o.runs, "runs", 1, "how many consecutive seeds")
	f.DurationVar(&o.duration, "duration", 20*time.Second, "how long things break in each run")
	f.IntVar(&o.judges, "judges", 24, "clients that send records")
	f.IntVar(&o.viewers, "viewers", 4, "public sockets that watch")
	f.StringVar(&o.mutant, "mutant", "", "run one planted fault; it must be caught")
	f.BoolVar(&o.mutants, "mutants", false, "run all planted faults; each must be caught")
	f.StringVar(&o.keep, "keep", "", "keep history and logs in this directory")
	f.StringVar(&o.faults, "faults", "", "only these kinds of faults, with commas between")
	f.BoolVar(&o.verbose, "v", false, "with mutants: show what happens")
	f.BoolVar(&o.cluster, "cluster", false, "three nodes, or four, with Redis")
	f.IntVar(&o.failover, "failover", 0, "with cluster: kill this many owners, one after the other, and measure")
	f.IntVar(&o.rolling, "rolling", 0, "with cluster: restart all nodes this often, under clients that retry like the app")
	f.BoolVar(&o.proxies, "proxies", false, "with cluster: no network namespaces, even if they are allowed")
	f.Usage = func() {
		_, _ = fmt.Fprintf(out, "%s\nFlags:\n", usage)
		f.PrintDefaults()
		_, _ = fmt.Fprint(out, "\nFaults: ", allKinds, "\nOf a cluster: ", clusterKinds, "\nMutants:\n")
		for _, m := range slices.Concat(mutants(), clusterMutants()) {
			_, _ = fmt.Fprintf(out, "  %-18s %s\n", m.name, m.what)
		}
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 || o.runs < 1 || o.judges < 2 || o.viewers < 0 || o.duration < 2*time.Second {
		return o, fmt.Errorf("wrong arguments %q: at least 1 run, 2 judges and 2 seconds; -help says more", args)
	}
	if o.failover < 0 || o.rolling < 0 || (!o.cluster && (o.failover > 0 || o.rolling > 0 || o.proxies)) {
		return o, errors.New("-failover, -rolling and -proxies need -cluster")
	}
	if o.failover > 0 {
		o.judges = measuringJudges
	}
	return o, nil
}

func (o options) kinds() ([]kind, error) {
	known := allKinds
	switch {
	case o.failover > 0:
		known = measuredKinds
	case o.cluster:
		known = clusterKinds
	}
	if o.faults == "" {
		return known, nil
	}
	var out []kind
	for name := range strings.SplitSeq(o.faults, ",") {
		found := false
		for _, k := range known {
			if string(k) == name {
				out, found = append(out, k), true
			}
		}
		if !found {
			return nil, fmt.Errorf("unknown fault %q", name)
		}
	}
	return out, nil
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	kinds, err := o.kinds()
	if err != nil {
		return err
	}
	root, err := moduleDir(ctx)
	if err != nil {
		return err
	}
	dir, remove, err := workDir(o.keep)
	if err != nil {
		return err
	}
	defer remove()
	if o.mutants || o.mutant != "" {
		return runMutants(ctx, o, root, dir, out)
	}
	_, _ = fmt.Fprintln(out, "building the server")
	binary, err := build(ctx, root, dir, nil)
	if err != nil {
		return err
	}
	r := &runner{options: o, dir: dir, out: out}
	return r.seeds(ctx, binary, kinds)
}

// workDir makes the directory of all runs; remove deletes it unless it is kept.
func workDir(keep string) (dir string, remove func(), err error) {
	if keep != "" {
		return keep, func() {}, os.MkdirAll(keep, 0o700)
	}
	dir, err = os.MkdirTemp("", "server5k-chaos-")
	return dir, func() { _ = os.RemoveAll(dir) }, err // what remains is in the temporary directory
}
