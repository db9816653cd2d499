package tables

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"server5k/race"
)

const (
	judgeByCodeQuery = `SELECT ` + judgeColumns + ` FROM judges
WHERE id = (SELECT judge_id FROM judge_codes WHERE digest = $1 AND expires_at > $2)`
	grantsQuery = `SELECT organizer_id, competition_id FROM grants
WHERE CAST($1 AS bigint) = 0 OR organizer_id = $1 ORDER BY organizer_id, competition_id`
	insertGrant = `INSERT INTO grants (organizer_id, competition_id) VALUES ($1, $2)`

	// Counted records have a slot and held ones have none. The parameters come after.
	teamCountsQuery = `SELECT t.id, t.competition_id, (SELECT count(r.slot) FROM time_records r WHERE r.team_id = t.id),
(SELECT count(*) FROM time_records r WHERE r.team_id = t.id AND r.state = 'held' AND r.source <> 'manual'
AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.competition_id = r.competition_id AND d.record_seq = r.seq))
FROM teams t WHERE t.competition_id IN `
)

// Judges lists all by user name, then id.
func (t *Tables) Judges(ctx context.Context) ([]race.Judge, error) {
	rows, err := t.reader.QueryContext(ctx, judgesQuery)
	all, err := Collect(rows, err, func(row Row) (race.Judge, error) {
		_, j, err := scanJudge(row)
		return j, err
	})
	slices.SortStableFunc(all, func(a, b race.Judge) int { return cmp.Compare(a.Username, b.Username) })
	return all, named(err, "judges")
}

// JudgeByCode finds the judge, active or not, of a code that has not expired at
// now.
func (t *Tables) JudgeByCode(ctx context.Context, code race.Digest, now time.Time) (race.Judge, error) {
	_, j, err := scanJudge(t.reader.QueryRowContext(ctx, judgeByCodeQuery, code[:], now.UnixMicro()))
	return j, named(err, "judge of a code")
}

// Organizers lists all by user name, then id.
func (t *Tables) Organizers(ctx context.Context) ([]race.Organizer, error) {
	rows, err := t.reader.QueryContext(ctx, organizersQuery)
	all, err := Collect(rows, err, func(row Row) (race.Organizer, error) {
		_, o, err := scanOrganizer(row)
		return o, err
	})
	slices.SortStableFunc(all, func(a, b race.Organizer) int { return cmp.Compare(a.Username, b.Username) })
	return all, named(err, "organizers")
}

// Grants lists all grants by organizer, then competition; with an organizer only
// those of one.
func (t *Tables) Grants(ctx context.Context, organizer race.OrganizerID) ([]race.Grant, error) {
	rows, err := t.reader.QueryContext(ctx, grantsQuery, organizer)
	gs, err := Collect(rows, err, scanGrant)
	return gs, named(err, "grants")
}

// Categories lists all by code.
func (t *Tables) Categories(ctx context.Context) ([]race.CategoryRow, error) {
	rows, err := t.reader.QueryContext(ctx, categoriesQuery)
	cs, err := Collect(rows, err, scanCategory)
	slices.SortFunc(cs, func(a, b race.CategoryRow) int { return cmp.Compare(a.Code, b.Code) })
	return cs, named(err, "categories")
}

// TeamCounts returns, for each team of the competitions, how many records count
// as they were stored and how many are held that no ruling has ever named.
func (t *Tables) TeamCounts(ctx context.Context, ids []race.CompetitionID) (map[race.TeamID]race.TeamCount, error) {
	counts := map[race.TeamID]race.TeamCount{}
	if len(ids) == 0 {
		return counts, nil
	}
	in, args := list(0, ids)
	rows, err := t.reader.QueryContext(ctx, teamCountsQuery+in, args...)
	_, err = Collect(rows, err, func(row Row) (struct{}, error) {
		var id race.TeamID
		var n race.TeamCount
		err := row.Scan(&id, &n.Competition, &n.Counted, &n.Held)
		counts[id] = n
		return struct{}{}, err
	})
	return counts, named(err, "counts of teams")
}

// list returns the parameters that follow the first n for values, in
// parentheses, and their arguments.
func list[T any](n int, values []T) (string, []any) {
	names, args := make([]string, len(values)), make([]any, len(values))
	for i, v := range values {
		names[i], args[i] = fmt.Sprintf("$%d", n+i+1), v
	}
	return "(" + strings.Join(names, ", ") + ")", args
}

func scanGrant(row Row) (race.Grant, error) {
	var g race.Grant
	err := row.Scan(&g.Organizer, &g.Competition)
	return g, err
}
