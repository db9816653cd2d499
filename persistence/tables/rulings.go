package tables

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"server5k/race"
)

const (
	rulingColumns = `competition_id, kind, event, team_id, record_seq, value, version, undoes, key, author, at, reason`

	rulingsQuery  = `SELECT id, ` + rulingColumns + ` FROM decisions WHERE competition_id = $1 ORDER BY id`
	insertRuling  = `INSERT INTO decisions (` + rulingColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`
	restoreRuling = `INSERT INTO decisions (` + rulingColumns + `, id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
)

// scanRuling reads the id and rulingColumns.
func scanRuling(row Row) (race.Ruling, error) {
	var r race.Ruling
	var event, team, record, version, undoes, at sql.NullInt64
	var value sql.NullString
	err := row.Scan(&r.ID, &r.Competition, &r.Kind, &event, &team, &record, &value, &version, &undoes, recordID{&r.Key},
		&r.Author, &at, &r.Reason)
	if err != nil {
		return race.Ruling{}, err
	}
	r.Event, r.Team, r.Record, r.Version = event.Int64, race.TeamID(team.Int64), record.Int64, int(version.Int64)
	r.Undoes, r.At = race.RulingID(undoes.Int64), fromMicros(at)
	switch {
	case r.Kind == race.RulingAccept:
		r.Finding = value.String
	case r.Kind == race.RulingDeclare:
		if r.Declared, err = declared(value.String); err != nil {
			return race.Ruling{}, fmt.Errorf("declaration of decision %d: %w", r.ID, err)
		}
	case value.Valid:
		ms, err := strconv.ParseInt(value.String, 10, 64)
		if err != nil {
			return race.Ruling{}, fmt.Errorf("amount of decision %d: %w", r.ID, err)
		}
		r.Amount = time.Duration(ms) * time.Millisecond
	}
	return r, nil
}

// rulingArgs are the values of rulingColumns.
func rulingArgs(r race.Ruling) []any {
	value := orNull(r.Finding)
	switch {
	case r.Kind == race.RulingDeclare:
		value = toDeclared(r.Declared)
	case r.Amount != 0:
		value = strconv.FormatInt(r.Amount.Milliseconds(), 10)
	}
	return []any{
		int64(r.Competition), string(r.Kind), orNull(r.Event), orNull(int64(r.Team)), orNull(r.Record), value, orNull(r.Version),
		orNull(int64(r.Undoes)), toKey(r.Key), r.Author, r.At.UnixMicro(), r.Reason,
	}
}

// declaration is race.Declaration as it is stored.
type declaration struct {
	Total   int    `json:"total"`
	Device  string `json:"device"`
	Highest int64  `json:"highest"`
}

func toDeclared(d race.Declaration) string {
	b, err := json.Marshal(declaration(d))
	if err != nil { // two numbers and a text
		panic(err)
	}
	return string(b)
}

func declared(value string) (race.Declaration, error) {
	var d declaration
	err := json.Unmarshal([]byte(value), &d)
	return race.Declaration(d), err
}

// toKey returns the key of an order as it is stored: NULL when there is none.
func toKey(k race.OrderKey) any {
	if k == (race.OrderKey{}) {
		return nil
	}
	return k.String()
}
