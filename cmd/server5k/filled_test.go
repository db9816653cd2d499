package main

import (
	"context"
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"

	"server5k/persistence"
	"server5k/race"
)

// owner writes to one competition as the server does.
type owner struct {
	t     *testing.T
	store persistence.Store
	id    race.CompetitionID
	epoch int64
	marks int // made so far
}

func gunAt() time.Time { return time.Date(2026, 5, 3, 9, 0, 0, 123456000, time.UTC) }

func own(t *testing.T, s persistence.Store, id race.CompetitionID) *owner {
	t.Helper()
	a, err := s.Activate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return &owner{t: t, store: s, id: id, epoch: a.Epoch}
}

// make makes n records with ids that say where they come from.
func (o *owner) make(n int) []race.TimeRecord {
	out := make([]race.TimeRecord, n)
	for i := range out {
		o.marks++
		out[i] = race.TimeRecord{
			ID: race.RecordID{byte(o.id), byte(o.epoch), byte(o.marks >> 8), byte(o.marks)}, Elapsed: 20*time.Minute + time.Duration(o.marks)*123*time.Millisecond,
			ReceivedAt: gunAt().Add(time.Duration(o.marks) * time.Microsecond), Source: race.SourceSocket,
		}
	}
	return out
}

// append stores records of team and judge, which may be refused.
func (o *owner) append(judge race.JudgeID, team race.TeamID, records ...race.TimeRecord) {
	o.t.Helper()
	if err := o.try(judge, team, records...); err != nil {
		o.t.Fatal(err)
	}
}

// try is append for a goroutine of its own.
func (o *owner) try(judge race.JudgeID, team race.TeamID, records ...race.TimeRecord) error {
	_, _, err := o.store.Append(o.t.Context(), race.Batch{
		Competition: o.id, Epoch: o.epoch, Requests: []race.Request{{Judge: judge, Team: team, Records: records}},
	})
	return err
}

func (o *owner) transition(start bool) {
	o.t.Helper()
	_, _, err := o.store.Transition(o.t.Context(), race.Transition{
		Competition: o.id, Epoch: o.epoch, Start: start, At: gunAt(), Author: "directora", Reason: `«prueba» "ñ"`,
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// fill stores two competitions: 1 has 21 records in six batches of three epochs,
// counted, held, sent again and imported, and runs; 2 has three and is over.
func fill(t *testing.T, s persistence.Store) {
	t.Helper()
	add := func(d persistence.Dump) {
		t.Helper()
		if _, err := s.Add(t.Context(), d, false); err != nil {
			t.Fatal(err)
		}
	}
	add(persistence.Dump{
		Organizers: []persistence.OrganizerRow{{Organizer: race.Organizer{ID: 1, Username: "directora", Superuser: true, Active: true, CreatedAt: gunAt()}, PasswordHash: "h"}},
		Judges: []persistence.JudgeRow{
			{Judge: race.Judge{ID: 1, Username: "ana", FirstName: "Íñigo", LastName: `O'Ñauta "Ñ"`, Active: true, CreatedAt: gunAt()}, PasswordHash: "pbkdf2$ñ"},
			{Judge: race.Judge{ID: 2, Username: "beto", Email: "beto@example.org", Active: true}},
			{Judge: race.Judge{ID: 3, Username: "carla"}},
		},
		Competitions: []race.Competition{
			{ID: 1, Name: `Vuelta "Ñandú" \ <5K>`, ScheduledAt: gunAt(), Active: true, TeamSize: 6, Rounding: race.RoundUpEach},
			{ID: 2, Name: "Segunda", Active: true, TeamSize: 3, Rounding: race.RoundUpTotal},
		},
		Teams: []race.Team{
			{ID: 11, Competition: 1, Judge: 1, Name: "Ñus", Bib: 2, Category: race.CategoryStudents},
			{ID: 12, Competition: 1, Judge: 2, Name: `"Águilas"`, Bib: 1, Category: race.CategoryFaculties},
			{ID: 13, Competition: 1, Judge: 3, Name: "Verdes", Bib: 3, Category: "veteranos"},
			{ID: 14, Competition: 1, Name: "Solos", Bib: 4, Category: "veteranos"},
			{ID: 21, Competition: 2, Judge: 1, Name: "Otros", Bib: 1, Category: race.CategoryStudents},
			{ID: 22, Competition: 2, Judge: 2, Name: "Nadie", Bib: 2, Category: race.CategoryStudents},
		},
	})
	o := own(t, s, 1)
	o.append(1, 11, o.make(2)...) // 1–2: the race does not run, held
	o.transition(true)
	sent := o.make(5)
	sent[1].Mark = race.Mark{
		MarkedAt: gunAt().Add(time.Microsecond), ClockOffset: -1500 * time.Microsecond, ClockUncertainty: 20 * time.Millisecond,
		Device: "teléfono", DeviceSeq: 7,
	}
	sent[2].Anonymous = true
	o.append(1, 11, sent...) // 3–7
	o.append(1, 11, sent...) // duplicates
	absent := o.make(4)
	absent[3].Elapsed = 0
	o = &owner{t: t, store: s, id: 1, epoch: o.epoch, marks: o.marks}
	o.append(2, 12, absent...) // 8–11
	o = own(t, s, 1)
	o.append(1, 11, o.make(3)...) // 12–14: the last one counted, two held
	add(persistence.Dump{Records: []race.TimeRecord{
		{ID: race.RecordID{99, 1}, Team: 14, Elapsed: time.Hour, ReceivedAt: gunAt()},
		{ID: race.RecordID{99, 2}, Team: 14, Elapsed: time.Hour + time.Millisecond, ReceivedAt: gunAt()},
		{ID: race.RecordID{99, 3}, Team: 13, Judge: 3, Elapsed: time.Hour, ReceivedAt: gunAt()},
	}}) // 15–17
	o = own(t, s, 1)
	o.append(2, 12, o.make(4)...) // 18–21: two counted, two held

	o = own(t, s, 2)
	o.transition(true)
	o.append(1, 21, o.make(3)...)
	o.transition(false)
	if _, err := s.RevokeToken(t.Context(), "jti", gunAt().AddDate(10, 0, 0)); err != nil {
		t.Fatal(err)
	}
}

// spoil changes rows as somebody with the rights of the database's owner could.
func (b *bench) spoil(statements ...string) {
	b.t.Helper()
	driver, dsn := "sqlite", b.cfg.databasePath()
	free := []string{
		`DROP TRIGGER time_records_update`, `DROP TRIGGER time_records_delete`, `DROP TRIGGER batches_update`,
		`DROP TRIGGER batches_delete`, `DROP TRIGGER decisions_update`, `DROP INDEX time_records_slot`, `DROP INDEX time_records_counted`,
	}
	if url := b.cfg.postgresURL(); url != "" {
		driver, dsn = "pgx", url
		free = []string{
			`SET session_replication_role = replica`, `DROP INDEX time_records_slot`, `DROP INDEX time_records_counted`,
			`ALTER TABLE time_records DROP CONSTRAINT time_records_check`, `ALTER TABLE time_records DROP CONSTRAINT time_records_check1`,
		}
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // for what is set on the connection
	defer func() {
		if err := db.Close(); err != nil {
			b.t.Error(err)
		}
	}()
	for _, s := range append(free, statements...) {
		if _, err := db.ExecContext(context.WithoutCancel(b.t.Context()), s); err != nil {
			b.t.Fatalf("%s: %v", s, err)
		}
	}
}

// copy is a bench with a database of its own that has the same rows.
func (b *bench) copy(t *testing.T) *bench {
	t.Helper()
	c := setup(t)
	if b.cfg.postgresURL() != "" {
		c = setupPostgres(t)
	}
	b.store(func(from persistence.Store) {
		accounts, err := from.Accounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all, err := competitionsByID(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		c.store(func(to persistence.Store) {
			if _, err := to.Restore(t.Context(), accounts, archivesOf(t.Context(), from, all, func() {})); err != nil {
				t.Fatal(err)
			}
		})
	})
	return c
}

// setupPostgres is setup with a PostgreSQL database.
func setupPostgres(t *testing.T) *bench {
	t.Helper()
	b := setup(t)
	b.cfg.DatabaseURL = databases.Database(t)
	b.env["DATABASE_URL"] = b.cfg.DatabaseURL
	return b
}

// bothDatabases are setup for each kind of database.
func bothDatabases() map[string]func(*testing.T) *bench {
	return map[string]func(*testing.T) *bench{"sqlite": setup, "postgres": setupPostgres}
}
