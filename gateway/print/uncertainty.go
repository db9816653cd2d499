package print

import (
	"fmt"
	"time"

	"server5k/race"
)

// policy says in words whose clock decides.
func (p *Printer) policy(c race.ClockPolicy) string {
	if c != race.ClockCorrected {
		c = race.ClockClient
	}
	return p.word("clock", string(c))
}

// close says whether a line cannot be told apart from its neighbour in the group.
func (g group) close(l race.SheetLine) bool {
	if g.overall {
		return l.Close
	}
	return l.CategoryClose
}

// uncertain says whether the uncertainty of any ranked line of the group is known.
func (g group) uncertain() bool {
	for _, l := range g.lines {
		if g.place(l) > 0 && l.UncertaintyMS > 0 {
			return true
		}
	}
	return false
}

// doubt shows the uncertainty of a line in seconds, with an asterisk that
// Printer.remark explains; "" when it is not known.
func (g group) doubt(l race.SheetLine) string {
	if l.UncertaintyMS == 0 {
		return ""
	}
	text := fmt.Sprintf("%.2f", millis(l.UncertaintyMS).Seconds())
	if g.close(l) {
		text += " *"
	}
	return text
}

// remark explains what a table says of uncertainty, "" if that is nothing.
func (p *Printer) remark(g group, c race.ClockPolicy) string {
	if !g.uncertain() {
		return ""
	}
	text := p.t("uncertainty.column")
	for _, l := range g.lines {
		if g.place(l) > 0 && g.close(l) {
			text += " " + p.t("uncertainty.close")
			break
		}
	}
	if c != race.ClockCorrected {
		text += " " + p.t("uncertainty.information")
	}
	return text
}

// within shows an uncertainty with its unit.
func within(d time.Duration) string { return fmt.Sprintf("±%.2f s", d.Seconds()) }
