package admin

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"server5k/gateway/office"
	"server5k/race"
)

// reviewPage is the queue of what somebody has to look at.
type reviewPage struct {
	Head     head
	Open     []reviewItem
	Accepted []reviewItem
	Silent   []office.Post
	Filter   string
	Kinds    []option
	Shown    int
	Form     *form // of accepting all that are shown of one kind
	Here     string
}

// Several says whether the shown may be accepted at once: all are of one kind.
func (p reviewPage) Several() bool { return p.Filter != "" && len(p.Open) > 1 }

// reviewItem is a finding with what can be done about it.
type reviewItem struct {
	race.Finding
	TeamRow race.Team
	Marks   []race.Finish
	Key     string // of the form
}

// reviewLimit is how many items a page shows; resolving them brings the next.
const reviewLimit = 50

// findingKinds are all kinds, in the order of the filter.
var findingKinds = []race.FindingKind{
	race.FindingHeld, race.FindingMissing, race.FindingSurplus, race.FindingNear, race.FindingImplausible, race.FindingBeforeGun,
	race.FindingGap, race.FindingDeclared, race.FindingUndeclared, race.FindingClock, race.FindingUnmeasured,
}

// review answers GET /admin/competencias/{}/revision/.
func review(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["tipo"], f.Values["clave"] = c.query("tipo"), newKey()
	return showReview(ctx, c, http.StatusOK, f)
}

// showReview renders the queue, of the kind that the form names.
func showReview(ctx context.Context, c *call, status int, f *form) error {
	r, err := c.p.cfg.Desk.Results(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	page := reviewPage{Head: c.headOf(r, "revision"), Filter: f.Values["tipo"], Form: f}
	page.Here = eventPath(c.competition(), "revision/")
	if page.Filter != "" {
		page.Here += "?tipo=" + url.QueryEscape(page.Filter)
	}
	teams := make(map[race.TeamID]race.Team, len(r.Evidence.Teams))
	for _, t := range r.Evidence.Teams {
		teams[t.ID] = t
	}
	marks := map[int64]race.Finish{}
	finishes := r.Evidence.Finishes()
	for _, m := range finishes {
		marks[m.Seq] = m
	}
	for _, f := range r.Findings {
		item := reviewItem{Finding: f, TeamRow: teams[f.Team], Key: newKey()}
		for _, seq := range f.Records {
			item.Marks = append(item.Marks, marks[seq])
		}
		if f.Kind == race.FindingSurplus && !f.Accepted {
			item.Marks = countingOf(finishes, f.Team) // one of them is to be void
		}
		switch {
		case f.Accepted:
			page.Accepted = append(page.Accepted, item)
			continue
		case page.Filter == "" || page.Filter == string(f.Kind):
			page.Open = append(page.Open, item)
		}
	}
	slices.SortStableFunc(page.Open, func(a, b reviewItem) int { return cmp.Compare(urgency(a.Kind), urgency(b.Kind)) })
	counts := openOf(r.Findings)
	page.Shown = min(len(page.Open), reviewLimit)
	page.Open = page.Open[:page.Shown]
	for _, k := range findingKinds {
		if counts[k] > 0 || page.Filter == string(k) {
			page.Kinds = append(page.Kinds, option{string(k), c.say("filter.count", c.say("finding."+string(k)), counts[k]), page.Filter == string(k)})
		}
	}
	if r.Evidence.Competition.Running {
		posts, err := c.p.cfg.Desk.Readiness(ctx, c.who, c.competition())
		if err != nil {
			return err
		}
		for _, p := range posts {
			if p.Silent {
				page.Silent = append(page.Silent, p)
			}
		}
	}
	return c.page(status, "review", c.say("review.title")+" · "+r.Evidence.Competition.Name, page)
}

// urgency puts what every team may have behind what is about single marks: the
// former is settled at once and must not fill the page.
func urgency(k race.FindingKind) int {
	if k == race.FindingUndeclared || k == race.FindingUnmeasured {
		return 1
	}
	return 0
}

// openOf counts the findings that nobody has accepted, by kind.
func openOf(all []race.Finding) map[race.FindingKind]int {
	out := map[race.FindingKind]int{}
	for _, f := range all {
		if !f.Accepted {
			out[f.Kind]++
		}
	}
	return out
}
