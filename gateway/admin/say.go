package admin

import (
	"strconv"
	"strings"
	"time"

	"server5k/gateway/site"
	"server5k/race"
)

// author names who ruled; a judge is told apart from an organizer.
func author(texts site.Catalogue, name string) string {
	if judge, ok := strings.CutPrefix(name, race.JudgeAuthor); ok {
		return texts.Text("author.judge") + " " + judge
	}
	return name
}

// explain says in a sentence what a finding is about.
func explain(texts site.Catalogue, f race.Finding) string {
	key := "finding.text." + string(f.Kind)
	switch f.Kind {
	case race.FindingMissing, race.FindingSurplus, race.FindingUndeclared, race.FindingUnmeasured:
		return texts.Text(key, f.Count)
	case race.FindingNear, race.FindingClock:
		return texts.Text(key, clock(f.Amount))
	case race.FindingDeclared:
		return texts.Text(key, f.Declared, f.Count)
	case race.FindingGap:
		return texts.Text(key, f.Device, numbers(f.Numbers))
	case race.FindingHeld, race.FindingImplausible, race.FindingBeforeGun:
	}
	return texts.Text(key)
}

// numbersShown is how many missing numbers are listed: what is said of a hundred is
// no longer read.
const numbersShown = 12

// numbers lists numbers, the first of them when they are many.
func numbers(all []int64) string {
	out := make([]string, 0, numbersShown)
	for _, n := range all[:min(len(all), numbersShown)] {
		out = append(out, strconv.FormatInt(n, 10))
	}
	text := strings.Join(out, ", ")
	if len(all) > numbersShown {
		text += "…"
	}
	return text
}

// within writes an uncertainty: seconds, or milliseconds below one.
func within(d time.Duration) string {
	if d < time.Second {
		return "± " + strconv.FormatInt((d+time.Millisecond-1).Milliseconds(), 10) + " ms"
	}
	return "± " + strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
}
