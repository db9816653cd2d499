package sqlite

import (
	"context"
	"database/sql"
	"time"

	"server5k/race"
)

const recordColumns = `r.record_id, r.team_id, r.judge_id, r.elapsed_ms, r.marked_at, r.clock_offset_us,
r.clock_uncertainty_us, r.device, r.device_seq, r.received_at, r.source, r.anonymous, r.state, r.reason, r.slot, r.seq, r.event`

const (
	teamRecordsQuery = `SELECT ` + recordColumns + ` FROM time_records r
WHERE r.team_id = ? AND r.state = 'counted' ORDER BY r.elapsed_ms, r.slot`
	recordsQuery = `SELECT ` + recordColumns + ` FROM time_records r
WHERE r.competition_id = ? AND r.state = 'counted' ORDER BY r.seq`
	heldQuery = `SELECT ` + recordColumns + ` FROM time_records r
WHERE r.competition_id = ? AND r.state = 'held' ORDER BY r.seq`
)

// insertRecord has the columns of recordArgs.
const insertRecord = `INSERT INTO time_records (record_id, competition_id, team_id, judge_id, elapsed_ms, state, reason,
slot, seq, event, source, anonymous, marked_at, clock_offset_us, clock_uncertainty_us, device, device_seq, received_at, epoch)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// TeamRecords lists the counted records of a team by time, then slot; none for
// a team that does not exist.
func (s *Store) TeamRecords(ctx context.Context, id race.TeamID) ([]race.TimeRecord, error) {
	rows, err := s.reader.QueryContext(ctx, teamRecordsQuery, id)
	rs, err := collect(rows, err, scanRecord)
	return rs, named(err, "records of team %d", id)
}

// Records lists the counted records of a competition by Seq.
func (s *Store) Records(ctx context.Context, id race.CompetitionID) ([]race.TimeRecord, error) {
	rows, err := s.reader.QueryContext(ctx, recordsQuery, id)
	rs, err := collect(rows, err, scanRecord)
	return rs, named(err, "records of competition %d", id)
}

// Held lists the refused marks of a competition that were kept, by Seq.
func (s *Store) Held(ctx context.Context, id race.CompetitionID) ([]race.TimeRecord, error) {
	rows, err := s.reader.QueryContext(ctx, heldQuery, id)
	rs, err := collect(rows, err, scanRecord)
	return rs, named(err, "held records of competition %d", id)
}

func scanRecord(row scanner) (race.TimeRecord, error) {
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

// recordArgs are the values of insertRecord.
func recordArgs(c race.CompetitionID, epoch int64, r race.TimeRecord) []any {
	return []any{
		r.ID.String(), int64(c), int64(r.Team), orNull(int64(r.Judge)), r.Elapsed.Milliseconds(), string(r.State),
		orNull(string(r.Reason)), orNull(int64(r.Slot)), r.Seq, orNull(r.Event), string(r.Source), r.Anonymous,
		toMicros(r.Mark.MarkedAt), orNull(r.Mark.ClockOffset.Microseconds()), orNull(r.Mark.ClockUncertainty.Microseconds()),
		orNull(r.Mark.Device), orNull(r.Mark.DeviceSeq), r.ReceivedAt.UnixMicro(), epoch,
	}
}

// storable returns r with the precision that is stored, so that what is decided
// now equals what a reload will decide.
func storable(r race.TimeRecord) race.TimeRecord {
	r.ReceivedAt, r.Mark.MarkedAt = stored(r.ReceivedAt), stored(r.Mark.MarkedAt)
	r.Mark.ClockOffset = r.Mark.ClockOffset.Truncate(time.Microsecond)
	r.Mark.ClockUncertainty = r.Mark.ClockUncertainty.Truncate(time.Microsecond)
	return r
}
