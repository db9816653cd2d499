package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// runner runs campaigns one after the other and tells how they went.
type runner struct {
	options
	dir string
	out io.Writer
}

// seeds runs consecutive seeds and fails if any has findings.
func (r *runner) seeds(ctx context.Context, binary string, kinds []kind) error {
	var bad []string
	for seed := r.seed; seed < r.seed+uint64(r.runs); seed++ {
		v, err := r.one(ctx, seed, binary, &mutant{faults: kinds}, r.out)
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		if !v.ok() {
			bad = append(bad, fmt.Sprint(seed))
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("VIOLATED with seeds %s", strings.Join(bad, ", "))
	}
	_, _ = fmt.Fprintf(r.out, "OK: %d campaigns, nothing lost, nothing twice, nothing altered\n", r.runs)
	return nil
}

// one runs a campaign as the mutant needs it, which has no name when the binary is
// the real server, and judges it.
func (r *runner) one(ctx context.Context, seed uint64, binary string, m *mutant, out io.Writer) (*verdict, error) {
	dir := filepath.Join(r.dir, fmt.Sprintf("seed-%d-%s", seed, cmp.Or(m.name, "real")))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := &campaign{
		seed: seed, duration: r.duration, judges: r.judges, viewers: max(r.viewers, m.viewers), kinds: m.faults, plan: m.plan, binary: binary, dir: dir, out: out,
		failover: r.failover, rolling: r.rolling, proxies: r.proxies, make: newSingle, pace: 1,
	}
	if r.cluster {
		c.make, c.pace = newCluster, clusterPace
	}
	c.say("seed %d, %v, %d judges, %d viewers", seed, r.duration, c.judges, c.viewers)
	began := time.Now()
	e, err := c.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w\nlog of the server:\n%s", err, c.stage.logs())
	}
	played := time.Since(began)
	v := newVerdict(e)
	r.tell(c, v, played, time.Since(began)-played)
	return v, r.keepHistory(c, v, e)
}

// keepHistory writes the history of a run with findings, or of every kept run.
func (r *runner) keepHistory(c *campaign, v *verdict, e *evidence) error {
	path := c.historyFile()
	if r.keep == "" {
		if v.ok() || r.mutants || r.mutant != "" {
			return os.RemoveAll(c.dir)
		}
		path = filepath.Join(os.TempDir(), fmt.Sprintf("server5k-chaos-seed-%d.jsonl", c.seed))
	}
	c.say("  history: %s", path)
	return e.write(path)
}

// tell writes the figures and the verdict of a run.
func (r *runner) tell(c *campaign, v *verdict, played, judged time.Duration) {
	f := v.figures
	kinds := map[kind]int{}
	failed := 0
	for _, b := range v.e.Blows {
		kinds[b.Kind]++
		if b.Error != "" {
			failed++
		}
	}
	var faults []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		faults = append(faults, fmt.Sprintf("%s %d", k, kinds[k]))
	}
	c.say("  %d faults (%d not as meant): %s", len(v.e.Blows), failed, strings.Join(faults, ", "))
	c.say("  %s, owners %d", c.stage.sum(), f.Epochs)
	c.say("  %d messages, %d records sent: %d acknowledged, %d refused, %d told to retry, %d without an answer",
		f.Messages, f.Tries, f.Acknowledged, f.Refused, f.Unavailable, f.Unknown)
	c.say("  %d counted, %d held; %d operations in the linear check, %d teams undecided; viewers saw %d things",
		f.Counted, f.Held, f.Checked, f.Undecided, f.Sights)
	if r.cluster {
		c.say("  viewers went back to an older snapshot %d times, and were told %d times that there is no news", f.Back, f.Stale)
		printOutages(c.out, outages(v))
	}
	verdict := "OK"
	if !v.ok() {
		verdict = "VIOLATED"
	}
	c.say("%s seed %d (%.1fs, judged in %.1fs)", verdict, c.seed, played.Seconds(), judged.Seconds())
	v.print(c.out)
}

// runMutants builds each mutant and runs its seeds until it is caught.
func runMutants(ctx context.Context, o options, root, dir string, out io.Writer) error {
	r := &runner{options: o, dir: dir, out: out}
	var missed []string
	known := false
	for _, m := range o.planted() {
		if o.mutant != "" && o.mutant != m.name {
			continue
		}
		known = true
		caught, err := r.mutantRun(ctx, root, m)
		if err != nil {
			return fmt.Errorf("mutant %s: %w", m.name, err)
		}
		if !caught {
			missed = append(missed, m.name)
		}
	}
	switch {
	case !known:
		return fmt.Errorf("there is no mutant %q", o.mutant)
	case len(missed) > 0:
		return fmt.Errorf("MISSED: %s", strings.Join(missed, ", "))
	}
	_, _ = fmt.Fprintln(out, "OK: every mutant was caught")
	return nil
}

// mutantDuration is enough for each mutant; longer only costs time.
const mutantDuration = 8 * time.Second

// planted are the mutants of what is played.
func (o options) planted() []mutant {
	if o.cluster {
		return clusterMutants()
	}
	return mutants()
}

func (r *runner) mutantRun(ctx context.Context, root string, m mutant) (bool, error) {
	r.duration = cmp.Or(m.lasts, min(r.duration, mutantDuration))
	binary, err := build(ctx, root, r.dir, &m)
	if err != nil {
		return false, err
	}
	out := io.Discard
	if r.verbose {
		out = r.out
	}
	for i, seed := range m.seeds {
		began := time.Now()
		v, err := r.one(ctx, seed, binary, &m, out)
		if err != nil {
			return false, err
		}
		if v.found[m.sees] > 0 || (m.sees == "" && !v.ok()) {
			var found []string
			for _, c := range v.checks() {
				found = append(found, fmt.Sprintf("%s %d", c, v.found[c]))
			}
			_, _ = fmt.Fprintf(r.out, "caught %s with seed %d, try %d, in %.0fs: %s\n", m.name, seed, i+1, time.Since(began).Seconds(), strings.Join(found, ", "))
			return true, os.Remove(binary)
		}
		_, _ = fmt.Fprintf(r.out, "  %s was not caught with seed %d, found: %v\n", m.name, seed, v.checks())
	}
	_, _ = fmt.Fprintf(r.out, "MISSED %s: %s\n", m.name, m.what)
	return false, nil
}
