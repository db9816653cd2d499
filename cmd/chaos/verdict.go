package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// check names a rule of the verdict.
type check string

// The checks.
const (
	checkLost     check = "lost"     // acknowledged and not stored
	checkAltered  check = "altered"  // stored otherwise than acknowledged
	checkTwice    check = "twice"    // one id counted more than once
	checkPhantom  check = "phantom"  // stored and never sent so
	checkRefusal  check = "refusal"  // refused for a reason that cannot be true
	checkHeld     check = "held"     // the refused marks that are kept
	checkSlots    check = "slots"    // places in a team
	checkNumbers  check = "numbers"  // seq and event without gaps
	checkChain    check = "chain"    // hash chain over the batches
	checkFence    check = "fence"    // an owner wrote after its successor
	checkRunning  check = "running"  // counted while the race stood still, or the reverse
	checkOrder    check = "order"    // numbers against the order of answers
	checkAtomic   check = "atomic"   // a POST stored in part
	checkLinear   check = "linear"   // no order of the operations explains the answers
	checkViewer   check = "viewer"   // what the public saw
	checkAnswer   check = "answer"   // answers that are wrong by themselves, or never came
	checkJudgment check = "judgment" // the checker could not decide
)

// shownFindings bounds the texts of one check.
const shownFindings = 5

// placeOf names a mark of a team.
type placeOf struct {
	team int64
	id   string
	ms   int64
}

// try is one sending of a record.
type try struct {
	send *send
	i    int
}

func (t try) record() sent { return t.send.Records[t.i] }

// unknown says whether the try may have had any effect at any time.
func (t try) unknown() bool {
	if t.send.Return == 0 || t.send.Refusal == wordUnavailable || t.send.Refusal == wordRate {
		return true
	}
	return t.send.Refusal == "" && !t.record().known()
}

// verdict is the result of judging a campaign.
type verdict struct {
	e        *evidence
	found    map[check]int
	texts    map[check][]string
	counted  map[string][]*recordRow // by id
	byTeam   map[int64][]*recordRow  // counted ones, by seq
	held     map[placeOf]*recordRow
	tries    map[placeOf][]try
	figures  figures
	patience time.Duration // for one team of the linear check
}

// figures sum a campaign up.
type figures struct {
	Messages, Tries, Acknowledged, Refused, Unknown, Unavailable int
	Counted, Held, Epochs, Checked, Undecided, Sights            int
	Back, Stale                                                  int // of viewers: older snapshots, notices that there is no news
}

// newVerdict judges the evidence.
func newVerdict(e *evidence) *verdict {
	v := &verdict{
		e: e, found: map[check]int{}, texts: map[check][]string{}, counted: map[string][]*recordRow{},
		byTeam: map[int64][]*recordRow{}, held: map[placeOf]*recordRow{}, tries: map[placeOf][]try{}, patience: 5 * time.Second,
	}
	v.index()
	for _, c := range e.Complaint {
		v.find(checkAnswer, "%s", c)
	}
	v.checkAnswers()
	v.checkRows()
	v.checkSlots()
	v.checkNumbers()
	v.checkBatches()
	v.checkRunning()
	v.checkOrder()
	v.checkAtomic()
	v.checkViewers()
	v.checkLinear()
	return v
}

func (v *verdict) index() {
	for i := range v.e.Tables.Records {
		r := &v.e.Tables.Records[i]
		if !r.counted() {
			v.held[placeOf{r.Team, r.ID, r.MS}] = r
			v.figures.Held++
			continue
		}
		v.counted[r.ID] = append(v.counted[r.ID], r)
		v.byTeam[r.Team] = append(v.byTeam[r.Team], r)
		v.figures.Counted++
	}
	for _, c := range v.e.Tables.Competitions {
		v.figures.Epochs += int(c.Epoch)
	}
	for _, s := range v.e.Sends {
		v.figures.Messages++
		for i, r := range s.Records {
			t := try{s, i}
			p := placeOf{s.Team, r.ID, r.MS}
			v.tries[p] = append(v.tries[p], t)
			v.figures.Tries++
			switch {
			case r.stored():
				v.figures.Acknowledged++
			case !t.unknown():
				v.figures.Refused++
			case s.Return == 0:
				v.figures.Unknown++
			default:
				v.figures.Unavailable++
			}
		}
	}
}

// find notes a violation.
func (v *verdict) find(c check, format string, args ...any) {
	v.found[c]++
	if len(v.texts[c]) < shownFindings {
		v.texts[c] = append(v.texts[c], fmt.Sprintf(format, args...))
	}
}

// ok says whether nothing was found.
func (v *verdict) ok() bool { return len(v.found) == 0 }

// checks are those that found something, most findings first.
func (v *verdict) checks() []check {
	return slices.SortedFunc(maps.Keys(v.found), func(a, b check) int {
		return cmp.Or(cmp.Compare(v.found[b], v.found[a]), cmp.Compare(a, b))
	})
}

// print writes what was found.
func (v *verdict) print(w io.Writer) {
	for _, c := range v.checks() {
		_, _ = fmt.Fprintf(w, "  %s: %d\n", c, v.found[c])
		for _, text := range v.texts[c] {
			_, _ = fmt.Fprintf(w, "    %s\n", text)
		}
	}
}

// sentAs is the first sending of a mark by the judge of its team.
func (v *verdict) sentAs(p placeOf) (first instant, ok bool) {
	for _, t := range v.tries[p] {
		if t.send.Judge != v.e.Cast.judgeOf(p.team) {
			continue
		}
		if !ok || t.send.Call < first {
			first, ok = t.send.Call, true
		}
	}
	return first, ok
}
