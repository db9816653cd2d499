package race

import "time"

// CompetitionID identifies a competition; positive.
type CompetitionID int64

// DefaultTeamSize is how many runners make a complete team unless the
// competition says otherwise (`integrantes`).
const DefaultTeamSize = 15

// Competition is one race of teams with its rules. A zero instant means unset.
type Competition struct {
	ID          CompetitionID
	Name        string
	ScheduledAt time.Time
	Active      bool // visible and usable; an archived competition is not
	Running     bool
	StartedAt   time.Time // as it was announced: the times that judges send count from it
	FinishedAt  time.Time
	GunShift    time.Duration // by how much the gun was later; see Gun
	Version     int           // number of the last official results, 0 none
	TeamSize    int           // counted records a complete team has, 1..MaxTeamSize
	Rounding    Rounding
	Clock       ClockPolicy // the zero value is ClockClient
}

// MaxTeamSize bounds TeamSize: one request carries at most one team.
const MaxTeamSize = 15

// Archived says whether the competition is over and withdrawn: its results are
// no longer private to the judges of its teams.
func (c Competition) Archived() bool { return !c.Active && !c.FinishedAt.IsZero() }

// Gun returns when the gun really was, the instant that official times count
// from; the zero time before the start.
func (c Competition) Gun() time.Time {
	if c.StartedAt.IsZero() {
		return time.Time{}
	}
	return c.StartedAt.Add(c.GunShift)
}

// Start returns the competition running since at. A finished one may be started
// again: a new start, no finish, the records stay. It fails with
// CodeAlreadyRuns when it runs.
func (c Competition) Start(at time.Time) (Competition, error) {
	if c.Running {
		return c, Errorf(CodeAlreadyRuns, "La competencia ya está en curso")
	}
	c.Running, c.StartedAt, c.FinishedAt, c.GunShift = true, at, time.Time{}, 0
	return c, nil
}

// Reopen returns a finished competition running on from the same gun. It fails
// with CodeAlreadyRuns when it runs and CodeNotFinished when it never did.
func (c Competition) Reopen() (Competition, error) {
	switch {
	case c.Running:
		return c, Errorf(CodeAlreadyRuns, "La competencia ya está en curso")
	case c.StartedAt.IsZero():
		return c, Errorf(CodeNotFinished, "La competencia no se ha iniciado")
	}
	c.Running, c.FinishedAt = true, time.Time{}
	return c, nil
}

// Stop returns the competition finished at at. It fails with CodeNotRunning
// when it does not run.
func (c Competition) Stop(at time.Time) (Competition, error) {
	if !c.Running {
		return c, Errorf(CodeNotRunning, "La competencia no está en curso")
	}
	c.Running, c.FinishedAt = false, at
	return c, nil
}
