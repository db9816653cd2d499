package main

import "time"

// mutant is the server with a planted fault. A campaign that does not catch it
// sees nothing.
type mutant struct {
	name    string
	what    string // what is wrong with it
	changes []planted
	faults  []kind        // that provoke it, drawn from the seed
	plan    []fault       // that provokes it, instead of faults
	viewers int           // that it takes at least
	seeds   []uint64      // tried in order until it is caught
	lasts   time.Duration // of a run, 0 mutantDuration
	sees    check         // what has to catch it, if not anything
}

// planted is one changed text of a source file.
type planted struct{ file, old, now string }

const (
	ledgerFile      = "race/ledger.go"
	recorderFile    = "actors/recorder.go"
	competitionFile = "actors/competition.go"
	audienceFile    = "actors/audience.go"
	hubFile         = "actors/hub.go"
	ownersFile      = "actors/owners.go"
	sessionFile     = "actors/session.go"
	appendFile      = "persistence/postgres/append.go"
	storeFile       = "persistence/postgres/store.go"
	migrationFile   = "persistence/postgres/migration/0001_initial.sql"
)

// hubGap is where a hub notices that it has missed something.
const hubGap = `	case e.Stream != t.stream || e.Seq != t.seq+1:`

// withoutFence stores what a batch says, whoever sends it.
var withoutFence = planted{
	migrationFile,
	`    UPDATE competitions SET seq = v_last, event = p_new_event, digest = p_digest
        WHERE id = p_competition AND epoch = p_epoch AND seq = p_seq AND event = p_event
        AND running = p_running AND team_size = p_team_size;`,
	`    SELECT seq INTO p_seq FROM competitions WHERE id = p_competition FOR UPDATE;
    v_last := p_seq + cardinality(p_record);
    UPDATE competitions SET seq = v_last, event = p_new_event, digest = p_digest WHERE id = p_competition;`,
}

// mutants are all planted faults.
func mutants() []mutant {
	return []mutant{
		{
			name: "no-fence",
			what: "a batch is stored whoever owns the competition: neither the epoch nor the numbers that it was decided on are compared",
			// Without the epoch alone nothing is lost: the numbers are the second wall.
			changes: []planted{withoutFence},
			faults:  []kind{doubleOwner},
			seeds:   []uint64{1, 2, 3},
		},
		{
			name: "ack-before-commit",
			what: "the owner of a competition answers before the store has",
			changes: []planted{
				{
					competitionFile,
					`	ctx.Request(c.recorder, commit{b})`,
					`	early := c.ledger.Decide(b.Requests)
	for i, w := range c.inFlight {
		w.answer(ctx, early.Replies[i])
		w.waiters = nil
	}
	ctx.Request(c.recorder, commit{b})`,
				},
				{competitionFile, `	whole := first == c.ledger.Event()+1`, `	whole := m.decision.Event == c.ledger.Event()`},
				{competitionFile, `	c.ledger.Apply(m.decision, m.teams)`, `	_ = m.teams`},
			},
			// PostgreSQL is slow to answer, and who has answered already dies.
			faults: []kind{postgresFreeze, serverKill, linkHole, serverKill},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "ack-unknown",
			what: "a batch whose connection broke counts as stored",
			changes: []planted{{
				appendFile,
				`batchArgs(before, d, link)...); err != nil {`,
				`batchArgs(before, d, link)...); err != nil && sqlState(err) != "" {`,
			}},
			faults: []kind{linkReset, backendKill, postgresCrash, linkHole},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "no-id-check",
			what: "the same id with another team or time is answered as a duplicate",
			changes: []planted{{
				ledgerFile, `		if e.team != v.y.team.ID || e.elapsed != rec.Elapsed {
			out.Err`, `		if false {
			out.Err`,
			}},
			faults: []kind{linkReset},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "slot-off-by-one",
			what: "a team has room for sixteen",
			changes: []planted{
				{ledgerFile, `	for s := 1; s <= l.competition.TeamSize; s++ {`, `	for s := 1; s <= l.competition.TeamSize+1; s++ {`},
				{migrationFile, `slot IS NOT NULL AND slot BETWEEN 1 AND 15`, `slot IS NOT NULL AND slot BETWEEN 1 AND 16`},
			},
			faults: []kind{linkReset},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "retry-with-new-id",
			what: "a batch whose outcome is unknown is sent to the store again under new ids",
			changes: []planted{{
				recorderFile,
				`				res.decision, res.teams, err = r.store.Append(c, m.batch)
`,
				`				res.decision, res.teams, err = r.store.Append(c, m.batch)
				if err != nil && !final(err) {
					for _, q := range m.batch.Requests {
						for i := range q.Records {
							q.Records[i].ID = race.NewRecordID()
						}
					}
				}
`,
			}},
			faults: []kind{linkSwallow, linkReset, backendTerminate},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "async-commit",
			what: "a commit does not wait for the disk",
			changes: []planted{{
				storeFile,
				`	return takeRole(ctx, conn)`,
				`	if err := takeRole(ctx, conn); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "SET synchronous_commit = off")
	return err`,
			}},
			faults: []kind{postgresCrash, postmasterKill, backendKill},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "half-a-post",
			what: "a POST stores what has room and refuses the rest",
			changes: []planted{{
				ledgerFile, `	if q.Atomic {
		return l.refuseAtomic`, `	if false {
		return l.refuseAtomic`,
			}},
			faults: []kind{linkReset},
			seeds:  []uint64{1, 2, 3},
		},
		{
			name: "no-resync",
			what: "who listens is not told the state after it was loaded again",
			// The hub would see the gap, so that wall has to go too.
			changes: []planted{
				{
					audienceFile,
					`	if l.told && l.seen.stream == c.stream && l.seen.seq == c.ledger.Event() {`,
					`	if l.seen.stream == c.stream {`,
				},
				{hubFile, hubGap, `	case false:`},
			},
			faults: []kind{linkSwallow, postgresCrash, backendTerminate},
			seeds:  []uint64{1, 2, 3},
		},
	}
}
