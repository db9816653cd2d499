package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// statusPatience is short: a frozen node does not answer.
const statusPatience = 500 * time.Millisecond

// ownerStatus is what a node says of itself.
type ownerStatus struct {
	Owned []struct {
		Competition int64 `json:"competition"`
		Epoch       int64 `json:"epoch"`
	} `json:"owned"`
}

// owner is who owns a competition, and since which epoch.
type owner struct {
	node  *node
	epoch int64
}

// owners asks every node what it owns. Two may believe that they own the same:
// the higher epoch is right.
func (k *cluster) owners(ctx context.Context) map[int64]owner {
	states := make([]ownerStatus, len(k.nodes))
	var wg sync.WaitGroup
	for i, n := range k.nodes {
		if n.pid() == 0 {
			continue
		}
		wg.Go(func() {
			status, err := call(ctx, k.client, statusPatience, http.MethodGet, "http://"+n.metrics+"/status", "", nil, &states[i])
			if err != nil || status != http.StatusOK {
				states[i] = ownerStatus{} // it owns nothing that could be known
			}
		})
	}
	wg.Wait()
	out := map[int64]owner{}
	for i, s := range states {
		for _, o := range s.Owned {
			if o.Epoch > out[o.Competition].epoch {
				out[o.Competition] = owner{k.nodes[i], o.Epoch}
			}
		}
	}
	return out
}

// ownerOf is the regular owner of some competition, any node if there is none.
func (k *cluster) ownerOf(owners map[int64]owner, rng *rand.Rand) *node {
	var ids []int64
	for id, o := range owners {
		if slices.Contains(k.regular(), o.node) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return k.any(rng)
	}
	slices.Sort(ids)
	return owners[ids[rng.IntN(len(ids))]].node
}
