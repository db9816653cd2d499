package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"server5k/persistence"
	"server5k/race"
)

// djangoApps are the apps whose rows mean nothing here.
var djangoApps = map[string]bool{
	"admin": true, "auth": true, "authtoken": true, "contenttypes": true, "messages": true,
	"sessions": true, "sites": true, "staticfiles": true, "token_blacklist": true,
}

// dumpReport says what a decoded dump has beside its rows.
type dumpReport struct {
	Skipped    map[string]int // rows left out, by model
	Mismatched int            // records whose components differ from their time
}

// dumpDecoder collects the rows of a dump.
type dumpDecoder struct {
	dump   persistence.Dump
	report dumpReport
	seen   map[string]bool // model and key
}

// decodeDump reads the JSON of Django's dumpdata. It checks every row by itself
// and against the rows it refers to, and gives records their slots in the order
// in which they arrived. An error names the model and the key of its row.
func decodeDump(r io.Reader) (persistence.Dump, dumpReport, error) {
	d := dumpDecoder{report: dumpReport{Skipped: map[string]int{}}, seen: map[string]bool{}}
	if err := d.readAll(r); err != nil {
		return persistence.Dump{}, dumpReport{}, err
	}
	if err := d.link(); err != nil {
		return persistence.Dump{}, dumpReport{}, err
	}
	return d.dump, d.report, nil
}

// djangoRow is one object of a dump.
type djangoRow struct {
	Model  string          `json:"model"`
	PK     json.RawMessage `json:"pk"`
	Fields json.RawMessage `json:"fields"`
}

func (o djangoRow) errorf(format string, args ...any) error {
	return fmt.Errorf("%s %s: %w", o.Model, bytes.Trim(o.PK, `"`), fmt.Errorf(format, args...))
}

func (d *dumpDecoder) readAll(r io.Reader) error {
	dec := json.NewDecoder(r)
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return errors.New("el archivo no es una lista JSON de «manage.py dumpdata»")
	}
	for n := 1; dec.More(); n++ {
		var o djangoRow
		if err := dec.Decode(&o); err != nil {
			return fmt.Errorf("objeto %d: %w", n, err)
		}
		if err := d.add(o); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("el archivo está incompleto: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("hay datos después del final de la lista")
	}
	return nil
}

func (d *dumpDecoder) add(o djangoRow) error {
	decode := map[string]func(djangoRow) error{
		"auth.user":          d.addUser,
		"app.competencia":    d.addCompetition,
		"app.juez":           d.addJudge,
		"app.equipo":         d.addTeam,
		"app.registrotiempo": d.addRecord,
	}[o.Model]
	if decode == nil {
		app, _, _ := strings.Cut(o.Model, ".")
		if djangoApps[app] {
			d.report.Skipped[o.Model]++
			return nil
		}
		return o.errorf("modelo desconocido")
	}
	key := o.Model + " " + string(o.PK)
	if d.seen[key] {
		return o.errorf("está dos veces")
	}
	d.seen[key] = true
	return decode(o)
}

// fields decodes the fields of o into v and its key into pk.
func (o djangoRow) fields(pk, v any) error {
	if len(o.PK) == 0 || string(o.PK) == "null" {
		return o.errorf("falta pk")
	}
	if err := json.Unmarshal(o.PK, pk); err != nil {
		return o.errorf("pk: %w", err)
	}
	if len(o.Fields) == 0 || o.Fields[0] != '{' {
		return o.errorf("falta fields")
	}
	if err := json.Unmarshal(o.Fields, v); err != nil {
		return o.errorf("%w", err)
	}
	return nil
}

// positive reads the integer key of o.
func (o djangoRow) positive(v any) (int64, error) {
	var id int64
	if err := o.fields(&id, v); err != nil {
		return 0, err
	}
	if id < 1 {
		return 0, o.errorf("pk debe ser positivo")
	}
	return id, nil
}

// need fails when a field is absent or null.
func (o djangoRow) need(fields map[string]bool) error {
	for name, present := range fields {
		if !present {
			return o.errorf("falta %s", name)
		}
	}
	return nil
}

func (d *dumpDecoder) addUser(o djangoRow) error {
	var f struct {
		Username    string     `json:"username"`
		Password    string     `json:"password"`
		Email       string     `json:"email"`
		IsStaff     bool       `json:"is_staff"`
		IsSuperuser bool       `json:"is_superuser"`
		IsActive    *bool      `json:"is_active"`
		DateJoined  *time.Time `json:"date_joined"`
	}
	id, err := o.positive(&f)
	if err != nil {
		return err
	}
	if err := o.need(map[string]bool{"username": f.Username != "", "is_active": f.IsActive != nil, "date_joined": f.DateJoined != nil}); err != nil {
		return err
	}
	if !f.IsStaff && !f.IsSuperuser {
		d.report.Skipped["auth.user sin permisos"]++
		return nil
	}
	d.dump.Organizers = append(d.dump.Organizers, persistence.OrganizerRow{
		Organizer: race.Organizer{
			ID: race.OrganizerID(id), Username: f.Username, Email: f.Email,
			Superuser: f.IsSuperuser, Active: *f.IsActive, CreatedAt: f.DateJoined.UTC(),
		},
		PasswordHash: f.Password,
	})
	return nil
}

func (d *dumpDecoder) addCompetition(o djangoRow) error {
	var f struct {
		Name       string     `json:"name"`
		Datetime   *time.Time `json:"datetime"`
		IsActive   *bool      `json:"is_active"`
		IsRunning  *bool      `json:"is_running"`
		StartedAt  *time.Time `json:"started_at"`
		FinishedAt *time.Time `json:"finished_at"`
	}
	id, err := o.positive(&f)
	if err != nil {
		return err
	}
	if err := o.need(map[string]bool{
		"name": f.Name != "", "datetime": f.Datetime != nil, "is_active": f.IsActive != nil, "is_running": f.IsRunning != nil,
	}); err != nil {
		return err
	}
	if *f.IsRunning && f.StartedAt == nil {
		return o.errorf("está en curso y falta started_at")
	}
	d.dump.Competitions = append(d.dump.Competitions, race.Competition{
		ID: race.CompetitionID(id), Name: f.Name, ScheduledAt: f.Datetime.UTC(),
		Active: *f.IsActive, Running: *f.IsRunning, StartedAt: utc(f.StartedAt), FinishedAt: utc(f.FinishedAt),
		TeamSize: race.DefaultTeamSize, Rounding: race.RoundRaw,
	})
	return nil
}

func (d *dumpDecoder) addJudge(o djangoRow) error {
	var f struct {
		Username  string     `json:"username"`
		Password  string     `json:"password"`
		FirstName string     `json:"first_name"`
		LastName  string     `json:"last_name"`
		Email     string     `json:"email"`
		IsActive  *bool      `json:"is_active"`
		CreatedAt *time.Time `json:"created_at"`
	}
	id, err := o.positive(&f)
	if err != nil {
		return err
	}
	if err := o.need(map[string]bool{"username": f.Username != "", "is_active": f.IsActive != nil, "created_at": f.CreatedAt != nil}); err != nil {
		return err
	}
	d.dump.Judges = append(d.dump.Judges, persistence.JudgeRow{
		Judge: race.Judge{
			ID: race.JudgeID(id), Username: f.Username, FirstName: f.FirstName, LastName: f.LastName,
			Email: f.Email, Active: *f.IsActive, CreatedAt: f.CreatedAt.UTC(),
		},
		PasswordHash: f.Password,
	})
	return nil
}

func (d *dumpDecoder) addTeam(o djangoRow) error {
	var f struct {
		Name        string `json:"name"`
		Category    string `json:"category"`
		Number      *int   `json:"number"`
		Judge       *int64 `json:"judge"`
		Competition *int64 `json:"competition"`
	}
	id, err := o.positive(&f)
	if err != nil {
		return err
	}
	if err := o.need(map[string]bool{
		"name": f.Name != "", "category": f.Category != "", "number": f.Number != nil, "competition": f.Competition != nil,
	}); err != nil {
		return err
	}
	if *f.Number < 0 {
		return o.errorf("number no puede ser negativo")
	}
	t := race.Team{
		ID: race.TeamID(id), Competition: race.CompetitionID(*f.Competition),
		Name: f.Name, Bib: *f.Number, Category: race.Category(f.Category),
	}
	if f.Judge != nil {
		if *f.Judge < 1 {
			return o.errorf("judge debe ser positivo")
		}
		t.Judge = race.JudgeID(*f.Judge)
	}
	d.dump.Teams = append(d.dump.Teams, t)
	return nil
}

func (d *dumpDecoder) addRecord(o djangoRow) error {
	var pk string
	var f struct {
		Team         *int64     `json:"team"`
		Time         *int64     `json:"time"`
		Hours        int64      `json:"hours"`
		Minutes      int64      `json:"minutes"`
		Seconds      int64      `json:"seconds"`
		Milliseconds int64      `json:"milliseconds"`
		CreatedAt    *time.Time `json:"created_at"`
	}
	if err := o.fields(&pk, &f); err != nil {
		return err
	}
	id, err := race.ParseRecordID(pk)
	if err != nil {
		return o.errorf("pk debe ser un UUID")
	}
	if err := o.need(map[string]bool{"team": f.Team != nil, "time": f.Time != nil, "created_at": f.CreatedAt != nil}); err != nil {
		return err
	}
	elapsed, err := race.ElapsedFrom(*f.Time, race.Components{})
	if err != nil {
		return o.errorf("%w", err)
	}
	// The original computed the components from the time, so the time wins.
	if race.Split(elapsed) != (race.Components{Hours: f.Hours, Minutes: f.Minutes, Seconds: f.Seconds, Milliseconds: f.Milliseconds}) {
		d.report.Mismatched++
	}
	d.dump.Records = append(d.dump.Records, race.TimeRecord{
		ID: id, Team: race.TeamID(*f.Team), Elapsed: elapsed, ReceivedAt: f.CreatedAt.UTC(),
		Source: race.SourceImport, State: race.StateCounted,
	})
	return nil
}

// link checks what the rows refer to and gives records their judges and slots.
func (d *dumpDecoder) link() error {
	teams := make(map[race.TeamID]race.Team, len(d.dump.Teams))
	for _, t := range d.dump.Teams {
		if !d.seen[fmt.Sprintf("app.competencia %d", t.Competition)] {
			return fmt.Errorf("app.equipo %d: no existe app.competencia %d", t.ID, t.Competition)
		}
		if t.Judge != 0 && !d.seen[fmt.Sprintf("app.juez %d", t.Judge)] {
			return fmt.Errorf("app.equipo %d: no existe app.juez %d", t.ID, t.Judge)
		}
		teams[t.ID] = t
	}
	slices.SortStableFunc(d.dump.Records, func(a, b race.TimeRecord) int {
		return a.ReceivedAt.Compare(b.ReceivedAt)
	})
	slots := map[race.TeamID]int{}
	ids := make(map[race.RecordID]bool, len(d.dump.Records))
	for i := range d.dump.Records {
		r := &d.dump.Records[i]
		t, ok := teams[r.Team]
		if !ok {
			return fmt.Errorf("app.registrotiempo %s: no existe app.equipo %d", r.ID, r.Team)
		}
		if ids[r.ID] { // the same UUID written in two ways
			return fmt.Errorf("app.registrotiempo %s: está dos veces", r.ID)
		}
		ids[r.ID] = true
		slots[r.Team]++
		if slots[r.Team] > race.DefaultTeamSize {
			return fmt.Errorf("app.registrotiempo %s: app.equipo %d tiene más de %d registros", r.ID, r.Team, race.DefaultTeamSize)
		}
		r.Judge, r.Slot = t.Judge, slots[r.Team]
	}
	return nil
}

// utc returns the zero time for nil.
func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
