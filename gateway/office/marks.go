package office

import (
	"context"
	"fmt"
	"slices"

	"server5k/race"
)

// MaxFileMarks bounds the marks of a file: far more than a phone makes in a day, and
// what a MiB holds.
const MaxFileMarks = 2000

// MarksFile is what a phone saved of its marks because the network never came back.
// Judge and Device are what it says of itself: they are written down and believed in
// nothing.
type MarksFile struct {
	Judge, Device string
	Teams         []FileTeam
}

// FileTeam are the marks of a team in a file.
type FileTeam struct {
	Team  race.TeamID
	Marks []FileMark
}

// FileMark is a mark of a file, or why it is none.
type FileMark struct {
	Record race.TimeRecord // of SourceImport
	// Untimed says that the phone did not know of the start: Record has the instant of
	// the tap, and no time.
	Untimed bool
	Taken   bool  // the judge took it back
	Err     error // a *race.Error
}

// Imported is what became of the marks of a file: each is one of Stored, Duplicate,
// Held or in Failed.
type Imported struct {
	Received  int
	Stored    int
	Duplicate int // that were stored before
	Held      int // for which race or team has no room
	Failed    []FailedMark
}

// FailedMark is a mark that is not stored.
type FailedMark struct {
	Team  race.TeamID
	Index int // in the team's list
	Err   error
}

// ImportMarks stores the marks of a file in the name of the judges of the teams, as
// if these had sent them: whoever imports them vouches for the file and stands in the
// audit log. The same file may be imported again. An error means that nothing is
// known of some of the marks and that the file is to be imported again;
// race.ErrNotFound, race.CodeForbidden and Invalid come before any of it.
func (d *Desk) ImportMarks(ctx context.Context, w Who, id race.CompetitionID, f MarksFile) (Imported, error) {
	var out Imported
	if err := w.edit(id); err != nil {
		return out, err
	}
	rows, err := d.store.Teams(ctx, race.TeamFilter{Competition: id})
	if err != nil {
		return out, fmt.Errorf("list teams: %w", err)
	}
	teams := make(map[race.TeamID]race.Team, len(rows))
	for _, r := range rows {
		teams[r.ID] = r.Team
	}
	for _, t := range f.Teams {
		out.Received += len(t.Marks)
	}
	if err := checkMarks(f, out.Received); err != nil {
		return out, err
	}
	// Before the first mark: none comes in without a trace, whatever fails then.
	by := d.sign(w)
	var c race.Competition
	err = d.store.Edit(ctx, func(ctx context.Context, e race.Editor) (err error) {
		if c, err = e.Competition(ctx, id); err != nil {
			return err
		}
		return e.Note(ctx, note(by, "marks.import", id, f.Judge+" "+f.Device, changes(nil, fields{"registros": out.Received, "equipos": len(f.Teams)})))
	})
	if err != nil {
		return out, err
	}
	for _, t := range f.Teams {
		t.Marks = timed(c, t.Marks)
		if err := d.importTeam(ctx, teams, t, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// timed gives marks of a phone that did not know of the start the times that it
// would have sent.
func timed(c race.Competition, marks []FileMark) []FileMark {
	marks = slices.Clone(marks)
	for i := range marks {
		if m := &marks[i]; m.Untimed && m.Err == nil {
			m.Record.Elapsed, m.Err = c.ElapsedOf(m.Record.Mark)
		}
	}
	return marks
}

func checkMarks(f MarksFile, marks int) error {
	var check checker
	if marks > MaxFileMarks {
		check.add("equipos", Text{
			fmt.Sprintf("Se aceptan como máximo %d marcas por archivo.", MaxFileMarks), fmt.Sprintf("A file may have at most %d marks.", MaxFileMarks),
		})
	}
	for name, text := range map[string]string{"juez": f.Judge, "dispositivo": f.Device} {
		var line string
		check.line(name, &text, &line, maxUsername, true)
	}
	return check.err()
}

// importTeam stores the marks of one team, as many at once as a request may have.
func (d *Desk) importTeam(ctx context.Context, teams map[race.TeamID]race.Team, t FileTeam, out *Imported) error {
	fail := func(i int, err error) { out.Failed = append(out.Failed, FailedMark{t.Team, i, err}) }
	team, ours := teams[t.Team]
	var no error
	switch {
	case !ours:
		no = refuse(race.CodeNoSuchTeam, Text{
			fmt.Sprintf("El equipo %d no existe en esta competencia", t.Team), fmt.Sprintf("There is no team %d in this competition", t.Team),
		})
	case team.Judge == 0:
		no = refuse(race.CodeForeignTeam, Text{
			fmt.Sprintf("El equipo %d no tiene juez; asigne uno primero", t.Team), fmt.Sprintf("Team %d has no judge; assign one first", t.Team),
		})
	}
	// What was taken back first, so that its place is free when the others come.
	var taken, kept []int
	for i, m := range t.Marks {
		switch {
		case no != nil:
			fail(i, no)
		case m.Err != nil:
			fail(i, m.Err)
		case m.Taken:
			taken = append(taken, i)
		default:
			kept = append(kept, i)
		}
	}
	for _, marks := range [][]int{taken, kept} {
		for some := range slices.Chunk(marks, race.MaxTeamSize) {
			if err := d.importSome(ctx, team, t.Marks, some, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// importSome stores some marks of a team, no more than a request may have.
func (d *Desk) importSome(ctx context.Context, team race.Team, marks []FileMark, some []int, out *Imported) error {
	q := race.Request{Judge: team.Judge, Team: team.ID}
	for _, i := range some {
		q.Records = append(q.Records, marks[i].Record)
	}
	fail := func(i int, err error) { out.Failed = append(out.Failed, FailedMark{team.ID, i, err}) }
	reply, err := d.races.Submit(ctx, q, "")
	if transient(err) {
		return err
	}
	for k, i := range some {
		if err != nil {
			fail(i, err)
			continue
		}
		switch o := reply.Outcomes[k]; {
		case o.Err != nil && !o.Held:
			fail(i, o.Err)
			continue
		case o.Err != nil:
			out.Held++
		case o.Duplicate:
			out.Duplicate++
		default:
			out.Stored++
		}
		if marks[i].Taken {
			if err := d.takeBack(ctx, team, marks[i].Record.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeBack carries out what the judge had done on the phone, with the key that the
// phone would have sent. One that cannot be taken back stays, for the organizers to
// see.
func (d *Desk) takeBack(ctx context.Context, team race.Team, id race.RecordID) error {
	_, err := d.races.Rule(ctx, race.Order{
		Competition: team.Competition, Kind: race.RulingRetract, Team: team.ID, RecordID: id, Judge: team.Judge,
		Key: race.KeyOf(race.RulingRetract, id), At: d.now(),
	})
	if err == nil || transient(err) {
		return err
	}
	d.log.Warn("imported mark not taken back", "team_id", int64(team.ID), "record_id", id.String(), "code", string(race.CodeOf(err)))
	return nil
}

// transient says whether the same may go well a moment later.
func transient(err error) bool {
	code := race.CodeOf(err)
	return code == race.CodeUnavailable || code == race.CodeInternal
}
