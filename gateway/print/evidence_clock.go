package print

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"server5k/race"
)

// clockFacts say whose clock decides and how certain the total is.
func (x *teamEvidence) clockFacts(s race.Standing) []fact {
	p, policy := x.p, x.Evidence.Competition.Clock
	text := p.t("uncertainty.unknown")
	if s.Uncertainty > 0 {
		text = within(s.Uncertainty)
		if s.Close || s.CategoryClose {
			text += ", " + p.t("uncertainty.within")
		}
		if policy != race.ClockCorrected {
			text += ". " + p.t("uncertainty.information")
		}
	}
	return []fact{{p.t("clock"), p.policy(policy)}, {p.t("uncertainty"), text}}
}

// proofFacts say whether all marks of the team's post are here.
func (x *teamEvidence) proofFacts() []fact {
	posts := x.Evidence.Posts()
	i := slices.IndexFunc(posts, func(p race.Post) bool { return p.Team == x.Team })
	if i < 0 {
		return nil
	}
	p, post := x.p, posts[i]
	text := p.t("proof.undeclared", post.Stored)
	switch {
	case post.Declared != nil:
		text = p.t("proof.declared", post.Declared.Declared.Total, post.Stored)
	case post.Complete:
		text = p.t("proof.complete", post.Stored)
	}
	parts := []string{text}
	for _, d := range post.Devices {
		missing := p.t("proof.none_missing")
		if len(d.Missing) > 0 {
			missing = numbers(d.Missing)
		}
		parts = append(parts, p.t("proof.device", d.Name, d.Claimed, d.Stored, missing))
	}
	return []fact{{p.t("proof"), strings.Join(parts, "; ")}}
}

// numbersShown is how many missing numbers are listed: what is said of a hundred is
// no longer read.
const numbersShown = 12

// numbers lists numbers, the first of them when they are many.
func numbers(all []int64) string {
	var out []string
	for _, n := range all[:min(len(all), numbersShown)] {
		out = append(out, strconv.FormatInt(n, 10))
	}
	text := list(out...)
	if len(all) > numbersShown {
		text += "…"
	}
	return text
}

// corrected shows the time of a mark by its corrected instant, from the announced
// start, whatever the policy is.
func (x *teamEvidence) corrected(f race.Finish) string {
	if f.Absent() || f.Source == race.SourceManual {
		return ""
	}
	c := x.Evidence.Competition
	c.Clock = race.ClockCorrected
	at, ok := c.Clocked(f.TimeRecord)
	if !ok {
		return x.p.t("unmeasured")
	}
	return fmt.Sprintf("%s ±%s", inMilliseconds.elapsed(at), milliseconds(f.Mark.ClockUncertainty))
}

// milliseconds shows a small duration; a part of one is one.
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%d ms", (d + time.Millisecond - 1).Milliseconds())
}

// declaredOn says on what a judge declared.
func (x *teamEvidence) declaredOn(d race.Declaration) string {
	if d.Device == "" {
		return x.p.t("proof.paper")
	}
	return d.Device
}
