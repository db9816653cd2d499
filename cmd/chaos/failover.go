package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// silenceWindow is how long after a blow a silence may begin that it caused.
const silenceWindow = 12 * time.Second

// outage is what one blow meant to one competition.
type outage struct {
	// took is the time from the blow until a judge was answered by a later owner,
	// 0 if there was none.
	took time.Duration
	// silence is the longest time without an answer to any judge.
	silence time.Duration
}

// answered is an answer to a judge and the owner that stored what it is about.
type answered struct {
	at    instant
	epoch int64
}

// outages measures every blow that hit the owner of a competition, by kind. The
// owner of an answer is that of the stored row, not what a node says of itself.
func outages(v *verdict) map[kind][]outage {
	answers := v.answersByCompetition()
	out := map[kind][]outage{}
	for i, b := range v.e.Blows {
		until := never
		if i+1 < len(v.e.Blows) {
			until = v.e.Blows[i+1].At
		}
		for _, h := range b.Hits {
			if h.Competition > 0 {
				if o, ok := measureOutage(answers[h.Competition], h, min(until, h.At+instant(silenceWindow))); ok {
					out[b.Kind] = append(out[b.Kind], o)
				}
			}
		}
	}
	return out
}

// measureOutage looks for the outage of one hit; there is none if nobody was
// answered any more.
func measureOutage(list []answered, h hit, until instant) (o outage, ok bool) {
	last := h.At
	for _, a := range list {
		if a.at < h.At {
			continue
		}
		if last < until {
			o.silence, ok = max(o.silence, time.Duration(a.at-last)), true
		}
		last = a.at
		if o.took == 0 && a.epoch > h.Epoch {
			o.took = time.Duration(a.at - h.At)
		}
	}
	return o, ok
}

// answersByCompetition lists the answers about stored records, in order.
func (v *verdict) answersByCompetition() map[int64][]answered {
	out := map[int64][]answered{}
	for _, s := range v.e.Sends {
		for _, r := range s.Records {
			if !r.known() {
				continue
			}
			row := v.held[placeOf{s.Team, r.ID, r.MS}]
			if rows := v.counted[r.ID]; r.stored() && len(rows) > 0 {
				row = rows[0]
			}
			if row != nil {
				out[row.Competition] = append(out[row.Competition], answered{s.Return, row.Epoch})
			}
		}
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b answered) int { return cmp.Compare(a.at, b.at) })
	}
	return out
}

// printOutages writes the table of outages, for kinds that there are some of.
func printOutages(w io.Writer, all map[kind][]outage) {
	head := false
	for _, k := range slices.Concat(measuredKinds, []kind{nodeKill, twoKills, nodeTerm, nodeFreeze, nodeCut}) {
		list := all[k]
		if len(list) == 0 {
			continue
		}
		if !head {
			_, _ = fmt.Fprintf(w, "  %-14s %4s  %s\n", "seconds", "n", "min median p99 max: until a new owner answered / longest silence")
			head = true
		}
		var took, silence []time.Duration
		for _, o := range list {
			silence = append(silence, o.silence)
			if o.took > 0 {
				took = append(took, o.took)
			}
		}
		_, _ = fmt.Fprintf(w, "  %-14s %4d  %s / %s\n", k, len(list), quantiles(took), quantiles(silence))
	}
}

// quantiles are minimum, median, 99th percentile and maximum, in seconds.
func quantiles(list []time.Duration) string {
	if len(list) == 0 {
		return "   -    -    -    -"
	}
	slices.Sort(list)
	at := func(p float64) float64 { return list[max(0, int(math.Ceil(p*float64(len(list))))-1)].Seconds() }
	return fmt.Sprintf("%.3f %.3f %.3f %.3f", at(0), at(0.5), at(0.99), at(1))
}
