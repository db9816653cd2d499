package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// measuredKinds are the faults of which it is measured how long they silence a
// competition.
var measuredKinds = []kind{ownerKill, ownerLoss, ownerTerm, ownerFreeze, scaleOut}

const (
	// measuredBreak is how long an owner is frozen or away, and how long the extra node
	// stays: longer than it takes the others to go on.
	measuredBreak = 8 * time.Second
	// cycleTime is what a fault and the calm after it take, about.
	cycleTime = 10 * time.Second
	// measuringJudges are three for each competition.
	measuringJudges = 9
	// calmTimeout bounds how long a cluster may take to be whole again.
	calmTimeout = 60 * time.Second
	// calmAnswers must come in each competition before the next fault.
	calmAnswers = 25
)

// series is what a measurement breaks, one after the other; nil if a plan is
// played. Kills of owners are most of it.
func (c *campaign) series() []fault {
	rng := rand.New(rand.NewPCG(c.seed, 0xfa17))
	var out []fault
	for range c.rolling {
		out = append(out, fault{Kind: rollingRestart, Coin: rng.Uint64()})
	}
	if c.rolling > 0 || c.failover == 0 {
		return out
	}
	for _, k := range c.kinds {
		n := c.failover
		switch k {
		case ownerLoss, ownerTerm, ownerFreeze:
			n = (n + 1) / 2
		case scaleOut:
			n = (n + 3) / 4
		default:
		}
		for range n {
			f := fault{Kind: k, Coin: rng.Uint64()}
			if k == ownerLoss || k == ownerFreeze || k == scaleOut {
				f.Length = measuredBreak
			}
			out = append(out, f)
		}
	}
	return out
}

// length is how long the load lasts, about.
func (c *campaign) length() time.Duration {
	if n := len(c.series()); n > 0 {
		return time.Duration(n) * cycleTime
	}
	return c.duration
}

// measure carries the faults of a series out, each when the cluster is whole
// again and every competition goes on.
func (c *campaign) measure(ctx context.Context, k *breaker, list []fault) error {
	for i, f := range list {
		if err := c.calm(ctx, f); err != nil {
			return fmt.Errorf("before fault %d of %d: %w", i+1, len(list), err)
		}
		f.After = time.Duration(c.clock.now())
		k.blow(ctx, f)
	}
	return c.calm(ctx, fault{})
}

// calm waits until the stage is whole and every competition answers again,
// and then a while that differs.
func (c *campaign) calm(ctx context.Context, f fault) error {
	ctx, cancel := context.WithTimeoutCause(ctx, calmTimeout, errors.New("the cluster was not whole again in 60s"))
	defer cancel()
	if err := c.stage.heal(ctx); err != nil {
		return err
	}
	for n := range c.cast.Competitions {
		of := &c.tally.of[n+1]
		for wanted := of.Load() + calmAnswers; of.Load() < wanted; {
			if !pause(ctx, 10*time.Millisecond) {
				return fmt.Errorf("competition %d answers nothing: %w", n+1, context.Cause(ctx))
			}
		}
	}
	pause(ctx, time.Second+time.Duration(f.Coin%1000)*time.Millisecond)
	return nil
}
