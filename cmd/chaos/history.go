package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// The words of the wire that a campaign looks at.
const (
	wordStored      = "guardado" // ours: stored now
	wordDuplicate   = "duplicado"
	wordConflict    = "conflicto"
	wordComplete    = "equipo_completo"
	wordForeign     = "equipo_ajeno"
	wordNotRunning  = "competencia_no_en_curso"
	wordUnavailable = "no_disponible"
	wordRate        = "limite_de_velocidad"
)

// How records are sent.
const (
	waySingle = "registrar_tiempo"
	wayBatch  = "registrar_tiempos"
	wayPost   = "POST" // all or nothing
)

// instant is nanoseconds since the campaign began; 0 as a return is never.
type instant int64

// clock measures a campaign.
type clock struct{ began time.Time }

func (c clock) now() instant { return instant(time.Since(c.began)) }

// mark is a record as a client sends it.
type mark struct {
	ID  string `json:"id"`
	MS  int64  `json:"ms"`
	Tap int64  `json:"tap,omitempty"` // number of the mark on its device, 0 not sent
}

// sent is a record of one message and its answer: a word above, "" none.
type sent struct {
	mark
	Answer string `json:"answer,omitempty"`
}

// known says whether the answer decides what became of the record.
func (s sent) known() bool {
	return s.Answer != "" && s.Answer != wordUnavailable && s.Answer != wordRate
}

// stored says whether the record was acknowledged.
func (s sent) stored() bool { return s.Answer == wordStored || s.Answer == wordDuplicate }

// send is one message of a judge and what came of it.
type send struct {
	Judge   int64   `json:"judge"`
	Team    int64   `json:"team"`
	Way     string  `json:"way"`
	Call    instant `json:"call"`
	Return  instant `json:"return,omitempty"`
	Refusal string  `json:"refusal,omitempty"` // of the message as a whole
	Records []sent  `json:"records"`
}

// change is one try of the organizer to start or stop a competition.
type change struct {
	Competition int64   `json:"competition"`
	Start       bool    `json:"start"`
	Call        instant `json:"call"`
	Return      instant `json:"return,omitempty"`
	Status      int     `json:"status,omitempty"` // of HTTP; 0 none
}

// done says whether the state was the wanted one between call and return.
func (c change) done() bool { return c.Status == 200 || c.Status == 409 }

// total is what a viewer was told of a team.
type total struct {
	Team    int64 `json:"team"`
	Records int   `json:"records"`
	Sum     int64 `json:"sum"`
}

// sight is one thing that a viewer saw.
type sight struct {
	Kind    string  `json:"kind"`
	Node    string  `json:"node,omitempty"` // of a welcome: who gave it
	At      instant `json:"at"`
	Seq     int64   `json:"seq"`
	Stream  int64   `json:"stream"`
	From    int64   `json:"from,omitempty"` // of a welcome: what the viewer asked to resume at
	Totals  []total `json:"totals,omitempty"`
	Running bool    `json:"running,omitempty"`
}

// The kinds of a sight.
const (
	sightWelcome  = "welcome"
	sightTimes    = "times"
	sightStarted  = "started"
	sightStopped  = "stopped"
	sightSnapshot = "snapshot"
	sightStale    = "stale" // it was told that its node hears no news
	sightLive     = "live"  // that it does again
	sightGone     = "gone"  // its socket ended
)

// numbered says whether a sight has a number and a history.
func (s sight) numbered() bool {
	return s.Kind != sightStale && s.Kind != sightLive && s.Kind != sightGone
}

// viewing is all that one viewer saw, in order.
type viewing struct {
	Viewer      int     `json:"viewer"`
	Competition int64   `json:"competition"`
	Sights      []sight `json:"sights"`
}

// blow is a fault that happened.
type blow struct {
	fault
	At    instant `json:"at"`
	Until instant `json:"until"`
	Hits  []hit   `json:"hits,omitempty"`
	Error string  `json:"error,omitempty"`
}

// hit is what a blow did to one node, and to a competition that it owned.
type hit struct {
	Node        string  `json:"node"`
	URL         string  `json:"url"`
	At          instant `json:"at"`
	Competition int64   `json:"competition,omitempty"` // 0: it owned none
	Epoch       int64   `json:"epoch,omitempty"`       // under which it owned that
}

// evidence is all that the verdict knows.
type evidence struct {
	Seed      uint64
	Cluster   bool // several servers, viewers move between them
	Cast      cast
	Sends     []*send
	Changes   []change
	Viewings  []viewing
	Blows     []blow
	Complaint []string // what clients found wrong at once
	Tables    tables
}

// write stores the history as JSON lines, each with its kind.
func (e *evidence) write(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	out := json.NewEncoder(w)
	line := func(kind string, v any) {
		err = errors.Join(err, out.Encode(map[string]any{kind: v}))
	}
	line("seed", e.Seed)
	line("cast", e.Cast)
	for _, b := range e.Blows {
		line("fault", b)
	}
	for _, c := range e.Changes {
		line("change", c)
	}
	for _, s := range e.Sends {
		line("send", s)
	}
	for _, v := range e.Viewings {
		line("viewing", v)
	}
	for _, c := range e.Tables.Competitions {
		line("competition", c)
	}
	for _, r := range e.Tables.Records {
		line("record", r)
	}
	for _, b := range e.Tables.Batches {
		line("batch", b)
	}
	for _, d := range e.Tables.Decisions {
		line("decision", d)
	}
	return errors.Join(err, w.Flush())
}
