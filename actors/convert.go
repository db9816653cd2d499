package actors

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"server5k/proto/racepb"
	"server5k/race"
)

// toWire returns the message that stands for m between nodes, nil for one that
// never leaves a node.
func toWire(m any) proto.Message {
	switch m := m.(type) {
	case route:
		return routeToWire(m)
	case recordTimesReply:
		return replyToWire(m)
	case changeStateReply:
		return &racepb.ChangeStateReply{Competition: competitionToWire(m.Competition), Fault: faultToWire(m.Err)}
	case current:
		return &racepb.Current{Competition: int64(m.id)}
	case snapshot:
		return snapshotToWire(m)
	case event:
		return &racepb.Event{
			Kind: int32(m.Kind), Seq: m.Seq, Stream: m.Stream, Competition: competitionToWire(m.Competition),
			At: instantToWire(m.At), Total: totalToWire(m.Total), Origin: m.Origin,
		}
	case subscriptionOver:
		return &racepb.SubscriptionOver{Competition: int64(m.id), Final: m.final}
	case ruledReply:
		return ruledToWire(m)
	case askPresence:
		return &racepb.AskPresence{}
	case presenceReply:
		return presenceToWire(m)
	case closeJudge:
		return &racepb.CloseJudge{Judge: int64(m.judge)}
	case ping:
		return &racepb.Ping{SentAt: int64(m.sentAt)}
	case pong:
		return &racepb.Pong{SentAt: int64(m.sentAt)}
	}
	return nil
}

func routeToWire(r route) proto.Message {
	switch m := r.Message.(type) {
	case recordTimes:
		w := &racepb.RecordTimes{
			Competition: int64(r.Competition), Key: m.Key, Origin: m.Origin,
			Judge: int64(m.Request.Judge), Team: int64(m.Request.Team), Atomic: m.Request.Atomic,
			Records: make([]*racepb.Record, len(m.Request.Records)),
		}
		for i, rec := range m.Request.Records {
			w.Records[i] = recordToWire(rec)
		}
		return w
	case changeState:
		return &racepb.ChangeState{
			Competition: int64(r.Competition), Start: m.Start, At: instantToWire(m.At), Author: m.Author, Reason: m.Reason,
		}
	case rule:
		return orderToWire(r.Competition, m)
	case subscribe:
		return &racepb.Subscribe{Competition: int64(r.Competition), Stream: m.stream, Seq: m.seq}
	}
	return nil
}

// fromWire returns the message that m stands for; m itself when it did not come
// from another node. It fails on what no node of this version sends.
func fromWire(m any) (any, error) {
	switch m := m.(type) {
	case *racepb.RecordTimes:
		q := race.Request{Judge: race.JudgeID(m.GetJudge()), Team: race.TeamID(m.GetTeam()), Atomic: m.GetAtomic()}
		for _, w := range m.GetRecords() {
			rec, err := recordFromWire(w, q)
			if err != nil {
				return nil, err
			}
			q.Records = append(q.Records, rec)
		}
		if n := len(q.Records); n == 0 || n > race.MaxTeamSize {
			return nil, fmt.Errorf("record times: %d records", n)
		}
		return routed{route{race.CompetitionID(m.GetCompetition()), recordTimes{Request: q, Origin: m.GetOrigin(), Key: m.GetKey()}}}, nil
	case *racepb.ChangeState:
		id := race.CompetitionID(m.GetCompetition())
		return routed{route{id, changeState{race.Transition{
			Competition: id, Start: m.GetStart(), At: instantFromWire(m.GetAt()), Author: m.GetAuthor(), Reason: m.GetReason(),
		}}}}, nil
	case *racepb.Subscribe:
		return routed{route{race.CompetitionID(m.GetCompetition()), subscribe{m.GetStream(), m.GetSeq()}}}, nil
	case *racepb.RecordTimesReply:
		return replyFromWire(m)
	case *racepb.ChangeStateReply:
		return changeStateReply{competitionFromWire(m.GetCompetition()), faultFromWire(m.GetFault())}, nil
	case *racepb.Current:
		return current{race.CompetitionID(m.GetCompetition())}, nil
	case *racepb.Snapshot:
		return snapshotFromWire(m), nil
	case *racepb.Event:
		kind := race.EventKind(m.GetKind()) //nolint:gosec // compared below
		if int32(kind) != m.GetKind() {
			return nil, fmt.Errorf("event of kind %d", m.GetKind())
		}
		return event{race.Event{
			Kind: kind, Seq: m.GetSeq(), Stream: m.GetStream(), Competition: competitionFromWire(m.GetCompetition()),
			At: instantFromWire(m.GetAt()), Total: totalFromWire(m.GetTotal()), Origin: m.GetOrigin(),
		}}, nil
	case *racepb.SubscriptionOver:
		return subscriptionOver{race.CompetitionID(m.GetCompetition()), m.GetFinal()}, nil
	case *racepb.Order:
		return orderFromWire(m)
	case *racepb.Ruled:
		return ruledFromWire(m)
	case *racepb.AskPresence:
		return askPresence{}, nil
	case *racepb.PresenceReply:
		return presenceFromWire(m), nil
	case *racepb.CloseJudge:
		return closeJudge{race.JudgeID(m.GetJudge())}, nil
	case *racepb.Ping:
		return ping{time.Duration(m.GetSentAt())}, nil
	case *racepb.Pong:
		return pong{time.Duration(m.GetSentAt())}, nil
	}
	return m, nil
}

func recordToWire(r race.TimeRecord) *racepb.Record {
	return &racepb.Record{
		Id: r.ID[:], ElapsedMs: r.Elapsed.Milliseconds(), ReceivedAt: instantToWire(r.ReceivedAt), Source: string(r.Source), Anonymous: r.Anonymous,
		MarkedAt: instantToWire(r.Mark.MarkedAt), ClockOffsetNs: int64(r.Mark.ClockOffset), ClockUncertaintyNs: int64(r.Mark.ClockUncertainty),
		Device: r.Mark.Device, DeviceSeq: r.Mark.DeviceSeq,
	}
}

func recordFromWire(w *racepb.Record, q race.Request) (race.TimeRecord, error) {
	id, err := idFromWire(w.GetId())
	if err != nil {
		return race.TimeRecord{}, err
	}
	elapsed := elapsedFromWire(w.GetElapsedMs())
	if w.GetElapsedMs() < 0 || w.GetElapsedMs() > race.MaxElapsed.Milliseconds() {
		return race.TimeRecord{}, fmt.Errorf("record %v: elapsed %d ms", id, w.GetElapsedMs())
	}
	return race.TimeRecord{
		ID: id, Team: q.Team, Judge: q.Judge, Elapsed: elapsed, ReceivedAt: instantFromWire(w.GetReceivedAt()),
		Source: race.Source(w.GetSource()), Anonymous: w.GetAnonymous(),
		Mark: race.Mark{
			MarkedAt: instantFromWire(w.GetMarkedAt()), ClockOffset: time.Duration(w.GetClockOffsetNs()),
			ClockUncertainty: time.Duration(w.GetClockUncertaintyNs()), Device: w.GetDevice(), DeviceSeq: w.GetDeviceSeq(),
		},
	}, nil
}

func replyToWire(m recordTimesReply) proto.Message {
	w := &racepb.RecordTimesReply{Key: m.Key, Fault: faultToWire(m.Err)}
	if m.Err != nil {
		return w
	}
	w.Team, w.Refusal = teamToWire(m.Reply.Team), faultToWire(m.Reply.Err)
	w.Outcomes = make([]*racepb.Outcome, len(m.Reply.Outcomes))
	for i, o := range m.Reply.Outcomes {
		w.Outcomes[i] = &racepb.Outcome{
			Id: o.ID[:], ElapsedMs: o.Elapsed.Milliseconds(), ReceivedAt: instantToWire(o.ReceivedAt),
			Duplicate: o.Duplicate, Held: o.Held, Fault: faultToWire(o.Err),
		}
	}
	return w
}

func replyFromWire(m *racepb.RecordTimesReply) (any, error) {
	out := recordTimesReply{Key: m.GetKey(), Err: faultFromWire(m.GetFault())}
	out.Reply.Team, out.Reply.Err = teamFromWire(m.GetTeam()), faultFromWire(m.GetRefusal())
	for _, w := range m.GetOutcomes() {
		id, err := idFromWire(w.GetId())
		if err != nil {
			return nil, err
		}
		out.Reply.Outcomes = append(out.Reply.Outcomes, race.Outcome{
			ID: id, Elapsed: elapsedFromWire(w.GetElapsedMs()), ReceivedAt: instantFromWire(w.GetReceivedAt()),
			Duplicate: w.GetDuplicate(), Held: w.GetHeld(), Err: faultFromWire(w.GetFault()),
		})
	}
	return out, nil
}

func snapshotToWire(s snapshot) proto.Message {
	w := &racepb.Snapshot{
		Competition: competitionToWire(s.Competition), Seq: s.Seq, Stream: s.Stream, Totals: make([]*racepb.TeamTotal, len(s.Totals)),
	}
	for i, t := range s.Totals {
		w.Totals[i] = totalToWire(t)
	}
	return w
}

func snapshotFromWire(w *racepb.Snapshot) any {
	s := race.Snapshot{Competition: competitionFromWire(w.GetCompetition()), Seq: w.GetSeq(), Stream: w.GetStream()}
	for _, t := range w.GetTotals() {
		s.Totals = append(s.Totals, totalFromWire(t))
	}
	return snapshot{s}
}

func totalToWire(t race.TeamTotal) *racepb.TeamTotal {
	if t == (race.TeamTotal{}) {
		return nil
	}
	return &racepb.TeamTotal{
		Team: teamToWire(t.Team), Records: int64(t.Records), ElapsedMs: t.Elapsed.Milliseconds(),
		Absent: int64(t.Absent), Status: string(t.Status), Concealed: t.Concealed,
	}
}

func totalFromWire(w *racepb.TeamTotal) race.TeamTotal {
	return race.TeamTotal{
		Team: teamFromWire(w.GetTeam()), Records: int(w.GetRecords()), Elapsed: elapsedFromWire(w.GetElapsedMs()),
		Absent: int(w.GetAbsent()), Status: race.TeamStatus(w.GetStatus()), Concealed: w.GetConcealed(),
	}
}

func teamToWire(t race.Team) *racepb.Team {
	if t == (race.Team{}) {
		return nil
	}
	return &racepb.Team{
		Id: int64(t.ID), Competition: int64(t.Competition), Judge: int64(t.Judge), Name: t.Name, Bib: int64(t.Bib), Category: string(t.Category),
	}
}

func teamFromWire(w *racepb.Team) race.Team {
	return race.Team{
		ID: race.TeamID(w.GetId()), Competition: race.CompetitionID(w.GetCompetition()), Judge: race.JudgeID(w.GetJudge()),
		Name: w.GetName(), Bib: int(w.GetBib()), Category: race.Category(w.GetCategory()),
	}
}

func competitionToWire(c race.Competition) *racepb.Competition {
	return &racepb.Competition{
		Id: int64(c.ID), Name: c.Name, ScheduledAt: instantToWire(c.ScheduledAt), Active: c.Active, Running: c.Running,
		StartedAt: instantToWire(c.StartedAt), FinishedAt: instantToWire(c.FinishedAt), TeamSize: int64(c.TeamSize), Rounding: string(c.Rounding),
		GunShiftMs: c.GunShift.Milliseconds(), Version: int64(c.Version), Clock: string(c.Clock),
	}
}

func competitionFromWire(w *racepb.Competition) race.Competition {
	return race.Competition{
		ID: race.CompetitionID(w.GetId()), Name: w.GetName(), ScheduledAt: instantFromWire(w.GetScheduledAt()), Active: w.GetActive(),
		Running: w.GetRunning(), StartedAt: instantFromWire(w.GetStartedAt()), FinishedAt: instantFromWire(w.GetFinishedAt()),
		TeamSize: int(w.GetTeamSize()), Rounding: race.Rounding(w.GetRounding()),
		GunShift: amountFromWire(w.GetGunShiftMs()), Version: int(w.GetVersion()), Clock: race.ClockPolicy(w.GetClock()),
	}
}

// faultToWire drops the cause: it is for the log of the node that knows it.
func faultToWire(err error) *racepb.Fault {
	if err == nil {
		return nil
	}
	return &racepb.Fault{Code: string(race.CodeOf(err)), Text: err.Error()}
}

func faultFromWire(w *racepb.Fault) error {
	if w == nil {
		return nil
	}
	return &race.Error{Code: race.Code(w.GetCode()), Text: w.GetText()}
}

func idFromWire(b []byte) (race.RecordID, error) {
	var id race.RecordID
	if len(b) != len(id) {
		return id, fmt.Errorf("record id of %d bytes", len(b))
	}
	copy(id[:], b)
	return id, nil
}

// elapsedFromWire takes what no team can reach, and no time below zero, as the
// nearest that there is.
func elapsedFromWire(ms int64) time.Duration {
	const most = race.MaxTeamSize * race.MaxElapsed
	return time.Duration(min(max(ms, 0), most.Milliseconds())) * time.Millisecond
}

func instantToWire(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instantFromWire(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
