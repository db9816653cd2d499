package tables

import (
	"context"
	"database/sql"
	"time"

	"server5k/race"
)

// recordColumns are what ScanRecord reads of a record r.
const recordColumns = `r.record_id, r.team_id, r.judge_id, r.elapsed_ms, r.marked_at, r.clock_offset_us,
r.clock_uncertainty_us, r.device, r.device_seq, r.received_at, r.source, r.anonymous, r.state, r.reason, r.slot, r.seq, r.event`

const (
	teamRecordsQuery = `SELECT ` + recordColumns + ` FROM time_records r
WHERE r.team_id = $1 AND r.state = 'counted' ORDER BY r.elapsed_ms, r.slot`
	recordsQuery = `SELECT ` + recordColumns + ` FROM time_records r
WHERE r.competition_id = $1 AND r.state = 'counted' ORDER BY r.seq`
	// HeldQuery lists the held marks of a competition for ScanRecord.
	HeldQuery = `SELECT ` + recordColumns + ` FROM time_records r
WHERE r.competition_id = $1 AND r.state = 'held' ORDER BY r.seq`
)

// CountedColumns are what ScanCounted reads of a record r.
const CountedColumns = `r.record_id, r.team_id, r.elapsed_ms, r.received_at, r.slot`

// InsertRecord stores one record, with the values of RecordArgs.
const InsertRecord = `INSERT INTO time_records (record_id, competition_id, team_id, judge_id, elapsed_ms, state, reason,
slot, seq, event, source, anonymous, marked_at, clock_offset_us, clock_uncertainty_us, device, device_seq, received_at, epoch)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`

// TeamRecords lists the counted records of a team by time, then slot; none for
// a team that does not exist.
func (t *Tables) TeamRecords(ctx context.Context, id race.TeamID) ([]race.TimeRecord, error) {
	rows, err := t.reader.QueryContext(ctx, teamRecordsQuery, id)
	rs, err := Collect(rows, err, ScanRecord)
	return rs, named(err, "records of team %d", id)
}

// Records lists the counted records of a competition by Seq.
func (t *Tables) Records(ctx context.Context, id race.CompetitionID) ([]race.TimeRecord, error) {
	rows, err := t.reader.QueryContext(ctx, recordsQuery, id)
	rs, err := Collect(rows, err, ScanRecord)
	return rs, named(err, "records of competition %d", id)
}

// Held lists the refused marks of a competition that were kept, by Seq.
func (t *Tables) Held(ctx context.Context, id race.CompetitionID) ([]race.TimeRecord, error) {
	rows, err := t.reader.QueryContext(ctx, HeldQuery, id)
	rs, err := Collect(rows, err, ScanRecord)
	return rs, named(err, "held records of competition %d", id)
}

// ScanRecord reads recordColumns.
func ScanRecord(row Row) (race.TimeRecord, error) {
	var r race.TimeRecord
	var judge, marked, offset, uncertainty, deviceSeq, received, slot, event sql.NullInt64
	var device, reason sql.NullString
	var elapsed int64
	err := row.Scan(recordID{&r.ID}, &r.Team, &judge, &elapsed, &marked, &offset, &uncertainty, &device, &deviceSeq,
		&received, &r.Source, &r.Anonymous, &r.State, &reason, &slot, &r.Seq, &event)
	if err != nil {
		return race.TimeRecord{}, err
	}
	r.Judge = race.JudgeID(judge.Int64)
	r.Elapsed = time.Duration(elapsed) * time.Millisecond
	r.Mark = race.Mark{
		MarkedAt:         fromMicros(marked),
		ClockOffset:      time.Duration(offset.Int64) * time.Microsecond,
		ClockUncertainty: time.Duration(uncertainty.Int64) * time.Microsecond,
		Device:           device.String,
		DeviceSeq:        deviceSeq.Int64,
	}
	r.ReceivedAt = fromMicros(received)
	r.Reason, r.Slot, r.Event = race.Code(reason.String), int(slot.Int64), event.Int64
	return r, nil
}

// ScanCounted reads what a race.Ledger needs of a counted record: CountedColumns
// and, after them, extra ones.
func ScanCounted(row Row, extra ...any) (race.TimeRecord, error) {
	r := race.TimeRecord{State: race.StateCounted}
	var elapsed int64
	var received sql.NullInt64
	err := row.Scan(append([]any{recordID{&r.ID}, &r.Team, &elapsed, &received, &r.Slot}, extra...)...)
	r.Elapsed, r.ReceivedAt = time.Duration(elapsed)*time.Millisecond, fromMicros(received)
	return r, err
}

// RecordArgs are the values of InsertRecord.
func RecordArgs(c race.CompetitionID, epoch int64, r race.TimeRecord) []any {
	return []any{
		r.ID.String(), int64(c), int64(r.Team), orNull(int64(r.Judge)), r.Elapsed.Milliseconds(), string(r.State),
		orNull(string(r.Reason)), orNull(int64(r.Slot)), r.Seq, orNull(r.Event), string(r.Source), r.Anonymous,
		toMicros(r.Mark.MarkedAt), orNull(r.Mark.ClockOffset.Microseconds()), orNull(r.Mark.ClockUncertainty.Microseconds()),
		orNull(r.Mark.Device), orNull(r.Mark.DeviceSeq), r.ReceivedAt.UnixMicro(), epoch,
	}
}
