package office

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"server5k/race"
)

// fields are what the audit log shows of a row, by their names on the wire.
type fields map[string]any

// changes writes what changed from before to after: {"name":["old","new"]}; nil
// for a row that is not there.
func changes(before, after fields) string {
	out := map[string][2]any{}
	for name, v := range after {
		if old := before[name]; old != v {
			out[name] = [2]any{old, v}
		}
	}
	for name, old := range before {
		if _, kept := after[name]; !kept {
			out[name] = [2]any{old, nil}
		}
	}
	b, err := json.Marshal(out)
	if err != nil { // texts, numbers and bools
		panic(err)
	}
	return string(b)
}

// note returns an entry of the audit log.
func note(by race.Signature, action string, competition race.CompetitionID, subject, detail string) race.AuditEntry {
	return race.AuditEntry{At: by.At, Author: by.Author, Action: action, Competition: competition, Subject: strings.TrimSpace(subject), Detail: detail}
}

func instantField(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func competitionFields(c race.Competition) fields {
	return fields{
		"name": c.Name, "datetime": instantField(c.ScheduledAt), "is_active": c.Active,
		"integrantes": c.TeamSize, "politica_redondeo": string(c.Rounding), "politica_reloj": string(cmp.Or(c.Clock, race.ClockClient)),
	}
}

func teamFields(t race.Team) fields {
	return fields{"name": t.Name, "number": t.Bib, "category": string(t.Category), "juez_id": int64(t.Judge)}
}

func judgeFields(j race.Judge) fields {
	return fields{"username": j.Username, "first_name": j.FirstName, "last_name": j.LastName, "email": j.Email, "is_active": j.Active}
}

func organizerFields(a Account) fields {
	ids, _ := json.Marshal(a.Grants) // numbers only
	return fields{"username": a.Username, "email": a.Email, "rol": string(a.Role()), "is_active": a.Active, "competencias": string(ids)}
}

// withPassword adds that a password was set, and nothing of it.
func (f fields) withPassword(set bool) fields {
	if set {
		f["password"] = "***"
	}
	return f
}
