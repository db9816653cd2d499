package main

import (
	"cmp"
	"fmt"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// wholeMicros is an instant as a database returns it.
func wholeMicros(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

func newOrganizerLine(o persistence.OrganizerRow) *organizerLine {
	return &organizerLine{o.ID, o.Username, o.Email, o.Superuser, o.Active, o.CreatedAt, o.PasswordHash, o.Viewer, o.SignedOutAt}
}

func (l organizerLine) row() persistence.OrganizerRow {
	return persistence.OrganizerRow{
		Organizer: race.Organizer{
			ID: l.ID, Username: l.Username, Email: l.Email, Superuser: l.Superuser, Active: l.Active, CreatedAt: wholeMicros(l.CreatedAt),
			Viewer: l.Viewer, SignedOutAt: wholeMicros(l.SignedOut),
		},
		PasswordHash: l.Password,
	}
}

func newJudgeLine(j persistence.JudgeRow) *judgeLine {
	return &judgeLine{j.ID, j.Username, j.FirstName, j.LastName, j.Email, j.Active, j.CreatedAt, j.PasswordHash, j.SignedOutAt}
}

func (l judgeLine) row() persistence.JudgeRow {
	return persistence.JudgeRow{
		Judge: race.Judge{
			ID: l.ID, Username: l.Username, FirstName: l.FirstName, LastName: l.LastName, Email: l.Email,
			Active: l.Active, CreatedAt: wholeMicros(l.CreatedAt), SignedOutAt: wholeMicros(l.SignedOut),
		},
		PasswordHash: l.Password,
	}
}

func newRevokedLine(t persistence.RevokedToken) *revokedLine { return &revokedLine{t.ID, t.ExpiresAt} }

func (l revokedLine) row() persistence.RevokedToken {
	return persistence.RevokedToken{ID: l.ID, ExpiresAt: wholeMicros(l.ExpiresAt)}
}

func newCategoryLine(c race.CategoryRow) *categoryLine { return &categoryLine{c.Code, c.Name} }

func (l categoryLine) row() race.CategoryRow {
	return race.CategoryRow{Code: l.Code, Name: l.Name}
}

func newCompetitionLine(a persistence.Archive) *competitionLine {
	c := a.Competition
	if c.Clock == race.ClockClient {
		c.Clock = ""
	}
	return &competitionLine{
		c.ID, c.Name, c.ScheduledAt, c.Active, c.Running, c.StartedAt, c.FinishedAt, c.TeamSize, c.Rounding,
		a.Epoch, a.Stream, a.Seq, a.Event, c.GunShift.Milliseconds(), c.Version, c.Clock,
	}
}

// archive returns the head of an archive without rows.
func (l competitionLine) archive() persistence.Archive {
	return persistence.Archive{
		Competition: race.Competition{
			ID: l.ID, Name: l.Name, ScheduledAt: wholeMicros(l.Datetime), Active: l.Active, Running: l.Running,
			StartedAt: wholeMicros(l.StartedAt), FinishedAt: wholeMicros(l.FinishedAt), TeamSize: l.TeamSize, Rounding: l.Rounding,
			GunShift: time.Duration(l.GunShift) * time.Millisecond, Version: l.Version, Clock: cmp.Or(l.Clock, race.ClockClient),
		},
		Epoch: l.Epoch, Stream: l.Stream, Seq: l.Seq, Event: l.Event,
	}
}

func newTeamLine(t race.Team) *teamLine { return &teamLine{t.ID, t.Name, t.Bib, t.Category, t.Judge} }

func (l teamLine) team(c race.CompetitionID) race.Team {
	return race.Team{ID: l.ID, Competition: c, Judge: l.Judge, Name: l.Name, Bib: l.Number, Category: l.Category}
}

func newRecordLine(r race.TimeRecord) *recordLine {
	return &recordLine{
		ID: r.ID.String(), Team: r.Team, Judge: r.Judge, Elapsed: r.Elapsed.Milliseconds(), ReceivedAt: r.ReceivedAt,
		Source: r.Source, State: r.State, Reason: r.Reason, Slot: r.Slot, Seq: r.Seq, Event: r.Event, Anonymous: r.Anonymous,
		MarkedAt: r.Mark.MarkedAt, ClockOffset: r.Mark.ClockOffset.Microseconds(),
		ClockUncertainty: r.Mark.ClockUncertainty.Microseconds(), Device: r.Mark.Device, DeviceSeq: r.Mark.DeviceSeq,
	}
}

func (l recordLine) record() (race.TimeRecord, error) {
	id, err := race.ParseRecordID(l.ID)
	if err != nil {
		return race.TimeRecord{}, err
	}
	if most := race.MaxElapsed.Milliseconds(); l.Elapsed < 0 || l.Elapsed > most {
		return race.TimeRecord{}, fmt.Errorf("tiempo debe estar entre 0 y %d milisegundos", most)
	}
	return race.TimeRecord{
		ID: id, Team: l.Team, Judge: l.Judge, Elapsed: time.Duration(l.Elapsed) * time.Millisecond,
		Mark: race.Mark{
			MarkedAt: wholeMicros(l.MarkedAt), ClockOffset: time.Duration(l.ClockOffset) * time.Microsecond,
			ClockUncertainty: time.Duration(l.ClockUncertainty) * time.Microsecond, Device: l.Device, DeviceSeq: l.DeviceSeq,
		},
		ReceivedAt: wholeMicros(l.ReceivedAt), Source: l.Source, Anonymous: l.Anonymous,
		State: l.State, Reason: l.Reason, Slot: l.Slot, Seq: l.Seq, Event: l.Event,
	}, nil
}

func newLinkLine(l race.Link) *linkLine { return &linkLine{l.FirstSeq, l.LastSeq, l.Epoch, l.Digest} }

func (l linkLine) link() race.Link {
	return race.Link{FirstSeq: l.FirstSeq, LastSeq: l.LastSeq, Epoch: l.Epoch, Digest: l.Digest}
}
