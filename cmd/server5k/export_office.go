package main

import (
	"fmt"
	"time"

	"server5k/race"
)

func newDecisionLine(r race.Ruling) *decisionLine {
	l := &decisionLine{
		ID: r.ID, Kind: r.Kind, Event: r.Event, Team: r.Team, Record: r.Record, Amount: r.Amount.Milliseconds(), Finding: r.Finding,
		Version: r.Version, Author: r.Author, At: r.At, Reason: r.Reason, Undoes: r.Undoes,
	}
	if r.Kind == race.RulingDeclare {
		l.Declared = &declaredLine{r.Declared.Total, r.Declared.Device, r.Declared.Highest}
	}
	if r.Key != (race.OrderKey{}) {
		l.Key = r.Key.String()
	}
	return l
}

func (l decisionLine) ruling(c race.CompetitionID) (race.Ruling, error) {
	r := race.Ruling{
		ID: l.ID, Competition: c, Kind: l.Kind, Event: l.Event, Team: l.Team, Record: l.Record,
		Amount: time.Duration(l.Amount) * time.Millisecond, Finding: l.Finding, Version: l.Version,
		Author: l.Author, At: wholeMicros(l.At), Reason: l.Reason, Undoes: l.Undoes,
	}
	if l.Declared != nil {
		r.Declared = race.Declaration(*l.Declared)
	}
	if l.Key == "" {
		return r, nil
	}
	key, err := race.ParseRecordID(l.Key)
	if err != nil {
		return r, fmt.Errorf("la clave %q no es un UUID", l.Key)
	}
	r.Key = key
	return r, nil
}

func newVersionLine(v race.Version) *versionLine {
	return &versionLine{v.Number, v.Ruling, v.Author, v.At, v.Reason, v.Digest, string(v.Sheet)}
}

func (l versionLine) version(c race.CompetitionID) race.Version {
	return race.Version{
		Competition: c, Number: l.Number, Ruling: l.Ruling, Author: l.Author, At: wholeMicros(l.At), Reason: l.Reason,
		Digest: l.Digest, Sheet: []byte(l.Sheet),
	}
}

func newGrantLine(g race.Grant) *grantLine { return &grantLine{g.Organizer, g.Competition} }

func (l grantLine) grant() race.Grant {
	return race.Grant{Organizer: l.Organizer, Competition: l.Competition}
}

func newNoteLine(e race.AuditEntry) *noteLine {
	return &noteLine{e.ID, e.At, e.Author, e.Action, e.Competition, e.Subject, e.Detail}
}

func (l noteLine) entry() race.AuditEntry {
	return race.AuditEntry{
		ID: l.ID, At: wholeMicros(l.At), Author: l.Author, Action: l.Action, Competition: l.Competition, Subject: l.Subject, Detail: l.Detail,
	}
}
