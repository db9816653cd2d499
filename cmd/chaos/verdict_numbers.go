package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// rowsOf are the rows of a competition by number, counted and held.
func (t tables) rowsOf(competition int64) []recordRow {
	var out []recordRow
	for _, r := range t.Records {
		if r.Competition == competition {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b recordRow) int { return int(a.Seq - b.Seq) })
	return out
}

// checkNumbers: records are numbered 1, 2, 3 … up to what the competition says,
// and so are events, each about one team or one decision.
func (v *verdict) checkNumbers() {
	for _, c := range v.e.Tables.Competitions {
		events := map[int64]string{}
		for i, r := range v.e.Tables.rowsOf(c.ID) {
			if r.Seq != int64(i)+1 {
				v.find(checkNumbers, "competition %d: row %d has number %d", c.ID, i+1, r.Seq)
				break
			}
			if !r.counted() {
				continue
			}
			what := fmt.Sprintf("team %d", r.Team)
			if other, ok := events[r.Event]; ok && other != what {
				v.find(checkNumbers, "competition %d: event %d is about %s and %s", c.ID, r.Event, other, what)
			}
			events[r.Event] = what
		}
		for _, d := range v.e.Tables.Decisions {
			if d.Competition != c.ID {
				continue
			}
			if other, ok := events[d.Event]; ok {
				v.find(checkNumbers, "competition %d: event %d is about %s and a %s", c.ID, d.Event, other, d.Kind)
			}
			events[d.Event] = d.Kind
		}
		if n := int64(len(v.e.Tables.rowsOf(c.ID))); n != c.Seq {
			v.find(checkNumbers, "competition %d has %d rows and says %d", c.ID, n, c.Seq)
		}
		for n := int64(1); n <= c.Event; n++ {
			if _, ok := events[n]; !ok {
				v.find(checkNumbers, "competition %d: nothing has event %d of %d", c.ID, n, c.Event)
			}
		}
		if n := int64(len(events)); n != c.Event {
			v.find(checkNumbers, "competition %d has %d events and says %d", c.ID, n, c.Event)
		}
	}
}

// checkBatches: the batches follow one another without a gap, no owner writes
// after its successor, and each digest is that of the rows.
func (v *verdict) checkBatches() {
	for _, c := range v.e.Tables.Competitions {
		rows := v.e.Tables.rowsOf(c.ID)
		digest, next, epoch, event := make([]byte, sha256.Size), int64(1), int64(0), int64(0)
		for _, b := range v.e.Tables.Batches {
			if b.Competition != c.ID {
				continue
			}
			if b.First != next || b.Last < b.First || b.Last > int64(len(rows)) {
				v.find(checkChain, "competition %d: a batch has rows %d to %d, after %d of %d", c.ID, b.First, b.Last, next-1, len(rows))
				break
			}
			if b.Epoch < epoch || b.Epoch > c.Epoch {
				v.find(checkFence, "competition %d: rows %d to %d were written by owner %d after owner %d of %d", c.ID, b.First, b.Last, b.Epoch, epoch, c.Epoch)
			}
			own := rows[b.First-1 : b.Last]
			digest = link5k(digest, c.ID, b.Epoch, own)
			if !bytes.Equal(digest, b.Digest) {
				v.find(checkChain, "competition %d: the digest of rows %d to %d is not that of the rows", c.ID, b.First, b.Last)
				digest = b.Digest
			}
			event = v.checkBatchRows(c, b, own, event)
			next, epoch = b.Last+1, max(epoch, b.Epoch)
		}
		if next != int64(len(rows))+1 {
			v.find(checkChain, "competition %d: the batches end at %d, the rows at %d", c.ID, next-1, len(rows))
		}
		if next > 1 && !bytes.Equal(digest, c.Digest) {
			v.find(checkChain, "competition %d: its digest is not that of its last batch", c.ID)
		}
	}
}

// checkBatchRows: the rows of a batch have its owner, and events after those of
// the batches before; it returns the last of them.
func (v *verdict) checkBatchRows(c competitionRow, b batchRow, rows []recordRow, event int64) int64 {
	last := event
	for _, r := range rows {
		if r.Epoch != b.Epoch {
			v.find(checkFence, "competition %d: row %d has owner %d in a batch of owner %d", c.ID, r.Seq, r.Epoch, b.Epoch)
		}
		if r.counted() && r.Event <= event {
			v.find(checkNumbers, "competition %d: row %d has event %d, and event %d came before its batch", c.ID, r.Seq, r.Event, event)
		}
		last = max(last, r.Event)
	}
	return last
}

// link5k computes one link of the chain: SHA-256 of the digest before, the
// competition, the epoch, the number of rows, and each row as its id, twelve
// 64-bit numbers and four texts with their lengths in 32 bits, all big endian.
func link5k(before []byte, competition, epoch int64, rows []recordRow) []byte {
	h := sha256.New()
	number := func(n int64) {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	h.Write(before)
	number(competition)
	number(epoch)
	number(int64(len(rows)))
	for _, r := range rows {
		id, err := hex.DecodeString(strings.ReplaceAll(r.ID, "-", ""))
		if err != nil {
			return nil // it equals no digest
		}
		h.Write(id)
		anonymous := int64(0)
		if r.Anonymous {
			anonymous = 1
		}
		for _, n := range []int64{
			r.Team, r.Judge, r.MS, r.Slot, r.Seq, r.Event, anonymous,
			r.ReceivedAt, r.MarkedAt, r.ClockOffset, r.Uncertainty, r.DeviceSeq,
		} {
			number(n)
		}
		for _, s := range []string{r.State, r.Reason, r.Source, r.Device} {
			var b [4]byte
			binary.BigEndian.PutUint32(b[:], uint32(len(s)))
			h.Write(b[:])
			h.Write([]byte(s))
		}
	}
	return h.Sum(nil)
}

// checkRunning: starts and stops alternate, as the organizer asked; nothing is
// counted between a stop and the next start, and what is held as not running was
// stored there.
func (v *verdict) checkRunning() {
	for _, c := range v.e.Tables.Competitions {
		stopped := v.stoppedEvents(c)
		inside := func(event int64) bool {
			return slices.ContainsFunc(stopped, func(s span) bool { return int64(s.from) < event && event < int64(s.to) })
		}
		between := func(from, to int64) bool { // it stood still at some time between two events
			return slices.ContainsFunc(stopped, func(s span) bool { return int64(s.from) < to && from < int64(s.to) })
		}
		rows := v.e.Tables.rowsOf(c.ID)
		after := make([]int64, len(rows)+1) // the first event at or after a row
		after[len(rows)] = int64(never)
		for i, r := range slices.Backward(rows) {
			after[i] = after[i+1]
			if r.counted() {
				after[i] = min(after[i], r.Event)
			}
		}
		before := int64(0)
		for i, r := range rows {
			switch {
			case r.counted():
				if inside(r.Event) {
					v.find(checkRunning, "competition %d: row %d was counted as event %d while the race stood still", c.ID, r.Seq, r.Event)
				}
				before = max(before, r.Event)
			case r.Reason == wordNotRunning && !between(before, after[i+1]):
				v.find(checkRunning, "competition %d: row %d is held as not running between events %d and %d, and it ran", c.ID, r.Seq, before, after[i+1])
			}
		}
	}
}

// stoppedEvents are the stops of a competition in numbers of events: from the
// stop to the next start.
func (v *verdict) stoppedEvents(c competitionRow) []span {
	var out []span
	running, from := false, int64(0)
	starts, stops := 0, 0
	for _, d := range v.e.Tables.Decisions {
		if d.Competition != c.ID {
			continue
		}
		if start := d.Kind == "start"; start == running || d.Author != organizerName {
			v.find(checkRunning, "competition %d: event %d is a %s by %q while running is %v", c.ID, d.Event, d.Kind, d.Author, running)
		}
		if running = d.Kind == "start"; running {
			out = append(out, span{instant(from), instant(d.Event)})
			starts++
		} else {
			from = d.Event
			stops++
		}
	}
	if !running {
		out = append(out, span{instant(from), never})
	}
	if running != c.Running {
		v.find(checkRunning, "competition %d says that running is %v, its decisions %v", c.ID, c.Running, running)
	}
	v.checkChanges(c, starts, stops)
	return out
}

// checkChanges: there are as many starts and stops as were confirmed, and no more
// than were asked for.
func (v *verdict) checkChanges(c competitionRow, starts, stops int) {
	for start, n := range map[bool]int{true: starts, false: stops} {
		asked, confirmed := 0, 0
		for _, ch := range v.e.Changes {
			if ch.Competition == c.ID && ch.Start == start {
				asked++
				if ch.Status == 200 {
					confirmed++
				}
				if !slices.Contains([]int{0, 200, 409, 429, 502, 503, 504}, ch.Status) {
					v.find(checkAnswer, "the organizer got %d when competition %d was to change", ch.Status, c.ID)
				}
			}
		}
		if n > asked || n < confirmed {
			v.find(checkRunning, "competition %d: %d changes (start %v) are stored, %d asked for, %d confirmed", c.ID, n, start, asked, confirmed)
		}
	}
}
