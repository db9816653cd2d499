package actors

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"server5k/race"
)

// statusTimeout bounds the answer of the owners, who never wait for anything.
const statusTimeout = 2 * time.Second

// Status is what a node knows of itself, for operators.
type Status struct {
	Owned []Owned `json:"owned"`
	Peers []Peer  `json:"peers"`
	// Stale are the competitions watched here whose owner is silent.
	Stale int64 `json:"stale"`
}

// Owned is a competition that the node owns.
type Owned struct {
	Competition race.CompetitionID `json:"competition"`
	Epoch       int64              `json:"epoch"` // 0 while it is being loaded
	Records     int64              `json:"records"`
	Event       int64              `json:"event"`
	Waiting     int64              `json:"waiting"` // records not yet given to the store
	Subscribers int64              `json:"subscribers"`
}

// Peer is another node as this one hears it.
type Peer struct {
	Address string `json:"address"`
	Silent  bool   `json:"silent"`
	Heard   int64  `json:"heard_ms"` // milliseconds ago
	Trip    int64  `json:"trip_us"`  // microseconds there and back
}

// gauge is what a competition shows of itself.
type gauge struct{ epoch, records, event, waiting, hubs atomic.Int64 }

type askStatus struct{}

// Status returns what this node owns and hears, by competition and address.
func (s *System) Status() (Status, error) {
	res, err := s.sys.Root.RequestFuture(s.owners, askStatus{}, statusTimeout).Result()
	if err != nil {
		return Status{}, err
	}
	st, _ := res.(Status)
	st.Stale = s.staleCount.Load()
	return st, nil
}

func (o *owners) status() Status {
	st := Status{Owned: []Owned{}, Peers: []Peer{}}
	for id, a := range o.running {
		g := a.gauge
		st.Owned = append(st.Owned, Owned{id, g.epoch.Load(), g.records.Load(), g.event.Load(), g.waiting.Load(), g.hubs.Load()})
	}
	for address, p := range o.peers.nodes {
		st.Peers = append(st.Peers, Peer{address, o.peers.silent(address), time.Since(p.heard).Milliseconds(), p.trip.Microseconds()})
	}
	slices.SortFunc(st.Owned, func(a, b Owned) int { return cmp.Compare(a.Competition, b.Competition) })
	slices.SortFunc(st.Peers, func(a, b Peer) int { return cmp.Compare(a.Address, b.Address) })
	return st
}
