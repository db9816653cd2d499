// Package storetest is the contract that every persistence driver passes. A
// driver's test calls Run with a function that opens an empty store. It starts
// no goroutines beyond those of parallel subtests.
package storetest

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/persistence"
	"server5k/race"
)

// Run checks a driver against the contract. open returns an empty, migrated
// store of its own for each call and closes it with the test's Cleanup.
func Run(t *testing.T, open func(t *testing.T) persistence.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s persistence.Store)
	}{
		{"Activate_FencesTheOlderOwner", activateFences},
		{"Activate_LoadsTheState", activateLoads},
		{"Append_StoresAndAnswersAgain", appendStores},
		{"Append_Conflicts", appendConflicts},
		{"Append_OneIDInTwoCompetitions", appendForeignID},
		{"Append_RefusesTeams", appendRefusesTeams},
		{"Append_HoldsWhatTheRaceHasNoPlaceFor", appendHolds},
		{"Append_RepeatedHeldMarkIsKeptOnce", appendHeldOnce},
		{"Append_DuplicateWhileClosedAndFull", appendDuplicateLater},
		{"Append_AtomicStoresAllOrNothing", appendAtomic},
		{"Append_AnonymousResend", appendAnonymous},
		{"Append_KeepsEveryField", appendKeepsFields},
		{"Append_NumbersWithoutGaps", appendNumbers},
		{"Append_InactiveJudgeCannotWrite", appendInactiveJudge},
		{"Append_CanceledContextStoresNothing", appendCanceled},
		{"Append_CanceledMidwayIsAllOrNothing", appendCanceledMidway},
		{"Append_IsolatesPoison", appendIsolatesPoison},
		{"Append_FromManyGoroutines", appendConcurrently},
		{"Append_EqualsTheLedger", appendEqualsLedger},
		{"Transition_StartStopStart", transitionCycle},
		{"Competitions_Lists", competitionLists},
		{"Teams_Lists", teamLists},
		{"Judge_Credential", judgeCredential},
		{"Organizer_Credential", organizerCredential},
		{"Token_Revoked", tokenRevoked},
		{"Add_DryRunLeavesNothing", addDryRun},
		{"Add_TwiceFailsWhole", addTwice},
		{"Add_MixesGivenAndMadeIDs", addMixedIDs},
		{"Add_NumbersRecords", addRecords},
		{"Add_NamesTheBadRow", addBadRow},
		{"Clear_KeepsOrganizers", clearAll},
		{"Purge_OnlyFinished", purgeFinished},
		{"Chain_CoversWhatIsStored", chainCovers},
		{"Archive_HasEverything", archiveHasEverything},
		{"Restore_EqualsWhatWasArchived", func(t *testing.T, s persistence.Store) { restoreEquals(t, s, open(t)) }},
		{"Restore_RefusesANonEmptyStore", restoreRefuses},
		{"Restore_FailsWhole", func(t *testing.T, s persistence.Store) { restoreFailsWhole(t, s, open(t)) }},
		{"Rule_EveryKind", ruleKinds},
		{"Rule_RefusesAndFences", ruleRefuses},
		{"Rule_FromTwoOrganizers", ruleConcurrently},
		{"Rule_WhileTimesArrive", ruleWhileAppending},
		{"Rule_Official", ruleOfficial},
		{"Rule_OfJudges", ruleOfJudges},
		{"Rule_IncludesWhereThereIsRoom", ruleIncludes},
		{"Append_IncludedMarksAreStored", appendIncluded},
		{"Rule_EqualsTheEvidence", func(t *testing.T, s persistence.Store) { ruleEqualsEvidence(t, s, race.ClockClient) }},
		{"Rule_EqualsTheEvidenceCorrected", func(t *testing.T, s persistence.Store) { ruleEqualsEvidence(t, s, race.ClockCorrected) }},
		{"Competition_ClockPolicy", clockPolicy},
		{"Edit_Puts", editPuts},
		{"Edit_FailsWhole", editFailsWhole},
		{"Edit_Missing", editMissing},
		{"Edit_EndsEpochs", editEndsEpochs},
		{"Edit_Removes", editRemoves},
		{"Edit_FromTwoOrganizers", editConcurrently},
		{"Office_Lists", officeLists},
		{"Judge_Code", judgeCode},
		{"Grants_Replaced", grantsReplaced},
		{"Audit_Filters", auditFilters},
		{"TeamCounts_Counts", teamCounts},
		{"Restore_EqualsTheOffice", func(t *testing.T, s persistence.Store) { officeRestored(t, s, open(t)) }},
		{"Restore_GrantsAll", func(t *testing.T, s persistence.Store) { restoreGrantsAll(t, s, open(t)) }},
		{"Missing_IsErrNotFound", missing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
	RunWebhooks(t, open)
}

// The ids of the dump that most tests start from. Judge carla is not active.
const (
	ana, beto, carla = race.JudgeID(1), race.JudgeID(2), race.JudgeID(3)

	first, second = race.CompetitionID(1), race.CompetitionID(2)

	teamAna, teamBeto, teamCarla, teamNobody = race.TeamID(11), race.TeamID(12), race.TeamID(13), race.TeamID(14)
	teamSecond                               = race.TeamID(21) // ana's in the second competition
)

// gun is when races start.
func gun() time.Time { return time.Date(2026, 5, 3, 9, 0, 0, 123456000, time.UTC) }

// Dump returns two competitions with their judges and teams, nothing running.
func Dump() persistence.Dump {
	at := gun().Add(-24 * time.Hour)
	return persistence.Dump{
		Organizers: []persistence.OrganizerRow{
			{Organizer: race.Organizer{ID: 1, Username: "root", Email: "Root@example.org", Superuser: true, Active: true, CreatedAt: at}, PasswordHash: "hash-root"},
			{Organizer: race.Organizer{ID: 2, Username: "staff", Email: "root@example.org"}, PasswordHash: "hash-staff"},
		},
		Judges: []persistence.JudgeRow{
			{Judge: race.Judge{ID: ana, Username: "ana", FirstName: "Ana", LastName: "Paz", Email: "Ana@Example.org", Active: true, CreatedAt: at}, PasswordHash: "hash-ana"},
			{Judge: race.Judge{ID: beto, Username: "beto", Email: "ana@example.org", Active: true}, PasswordHash: "hash-beto"},
			{Judge: race.Judge{ID: carla, Username: "carla"}, PasswordHash: "hash-carla"},
		},
		Competitions: []race.Competition{
			{ID: first, Name: "Primera", ScheduledAt: gun(), Active: true, TeamSize: 15, Rounding: race.RoundUpEach, Clock: race.ClockClient},
			{ID: second, Name: "Segunda", ScheduledAt: gun().Add(time.Hour), Active: true, TeamSize: 3, Rounding: race.RoundRaw, Clock: race.ClockCorrected},
		},
		Teams: []race.Team{
			{ID: teamAna, Competition: first, Judge: ana, Name: "Rojos", Bib: 2, Category: race.CategoryStudents},
			{ID: teamBeto, Competition: first, Judge: beto, Name: "Azules", Bib: 1, Category: race.CategoryFaculties},
			{ID: teamCarla, Competition: first, Judge: carla, Name: "Verdes", Bib: 3, Category: race.CategoryStudents},
			{ID: teamNobody, Competition: first, Name: "Solos", Bib: 4, Category: "veteranos"},
			{ID: teamSecond, Competition: second, Judge: ana, Name: "Otros", Bib: 1, Category: race.CategoryStudents},
		},
	}
}

// fixture is a store with Dump in it, and the epochs of its owners.
type fixture struct {
	*testing.T
	persistence.Store
	ctx   context.Context //nolint:containedctx // lives as long as its test
	epoch map[race.CompetitionID]int64
}

// setup fills the store and activates both competitions.
func setup(t *testing.T, s persistence.Store) *fixture {
	t.Helper()
	f := &fixture{T: t, Store: s, ctx: t.Context(), epoch: map[race.CompetitionID]int64{}}
	_, err := s.Add(f.ctx, Dump(), false)
	f.ok(err)
	for _, id := range []race.CompetitionID{first, second} {
		f.activate(id)
	}
	return f
}

// running is setup with both competitions started.
func running(t *testing.T, s persistence.Store) *fixture {
	t.Helper()
	f := setup(t, s)
	f.transition(first, true, gun())
	f.transition(second, true, gun())
	return f
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) equal(what string, got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// code checks the code of an error or of the lack of one.
func (f *fixture) code(what string, err error, want race.Code) {
	f.Helper()
	if got := race.CodeOf(err); got != want {
		f.Errorf("%s: got code %q (%v), want %q", what, got, err, want)
	}
}

func (f *fixture) activate(id race.CompetitionID) race.Activation {
	f.Helper()
	a, err := f.Activate(f.ctx, id)
	f.ok(err)
	f.epoch[id] = a.Epoch
	return a
}

func (f *fixture) transition(id race.CompetitionID, start bool, at time.Time) (race.Competition, int64) {
	f.Helper()
	c, event, err := f.Transition(f.ctx, race.Transition{
		Competition: id, Epoch: f.epoch[id], Start: start, At: at, Author: "root", Reason: "test",
	})
	f.ok(err)
	return c, event
}

func (f *fixture) append(id race.CompetitionID, requests ...race.Request) race.Decision {
	f.Helper()
	d, _, err := f.Append(f.ctx, race.Batch{Competition: id, Epoch: f.epoch[id], Requests: requests})
	f.ok(err)
	return d
}

func (f *fixture) records(id race.CompetitionID) []race.TimeRecord {
	f.Helper()
	rs, err := f.Records(f.ctx, id)
	f.ok(err)
	return rs
}

func (f *fixture) held(id race.CompetitionID) []race.TimeRecord {
	f.Helper()
	rs, err := f.Held(f.ctx, id)
	f.ok(err)
	return rs
}

// recordID makes the id number n.
func recordID(n int) race.RecordID {
	id := race.RecordID{6: 0x70, 8: 0x80}
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id
}

// mark is a record with id number n, received n seconds after the gun.
func mark(n int, elapsed time.Duration) race.TimeRecord {
	return race.TimeRecord{
		ID: recordID(n), Elapsed: elapsed, Source: race.SourceSocket, ReceivedAt: gun().Add(time.Duration(n) * time.Second),
	}
}

// by is a request of a judge for a team.
func by(judge race.JudgeID, team race.TeamID, records ...race.TimeRecord) race.Request {
	return race.Request{Judge: judge, Team: team, Records: records}
}

// marks are count records with ids from n on, one second apart.
func marks(n, count int) []race.TimeRecord {
	var out []race.TimeRecord
	for i := range count {
		out = append(out, mark(n+i, 20*time.Minute+time.Duration(i)*time.Second))
	}
	return out
}
