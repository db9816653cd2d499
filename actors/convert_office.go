package actors

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"server5k/proto/racepb"
	"server5k/race"
)

func orderToWire(id race.CompetitionID, o rule) proto.Message {
	w := &racepb.Order{
		Competition: int64(id), Key: o.Key[:], Kind: string(o.Kind), Team: int64(o.Team), Record: o.Record, ElapsedMs: o.Elapsed.Milliseconds(),
		AmountMs: o.Amount.Milliseconds(), GunAt: instantToWire(o.GunAt), Finding: o.Finding, Undoes: int64(o.Undoes), Override: o.Override,
		Author: o.Author, At: instantToWire(o.At), Reason: o.Reason,
		Declared: declaredToWire(o.Declared), Judge: int64(o.Judge), Ticket: o.Ticket,
	}
	if o.RecordID != (race.RecordID{}) {
		w.RecordId = o.RecordID[:]
	}
	return w
}

func orderFromWire(w *racepb.Order) (any, error) {
	key, err := idFromWire(w.GetKey())
	if err != nil {
		return nil, err
	}
	var record race.RecordID
	if len(w.GetRecordId()) > 0 {
		if record, err = idFromWire(w.GetRecordId()); err != nil {
			return nil, err
		}
	}
	id := race.CompetitionID(w.GetCompetition())
	return routed{route{id, rule{Ticket: w.GetTicket(), Order: race.Order{
		Competition: id, Key: key, Kind: race.RulingKind(w.GetKind()), Team: race.TeamID(w.GetTeam()), Record: w.GetRecord(),
		Elapsed: elapsedFromWire(w.GetElapsedMs()), Amount: amountFromWire(w.GetAmountMs()), GunAt: instantFromWire(w.GetGunAt()),
		Finding: w.GetFinding(), Undoes: race.RulingID(w.GetUndoes()), Override: w.GetOverride(),
		Author: w.GetAuthor(), At: instantFromWire(w.GetAt()), Reason: w.GetReason(),
		Declared: declaredFromWire(w.GetDeclared()), RecordID: record, Judge: race.JudgeID(w.GetJudge()),
	}}}}, nil
}

func declaredToWire(d race.Declaration) *racepb.Declaration {
	if d == (race.Declaration{}) {
		return nil
	}
	return &racepb.Declaration{Total: int64(d.Total), Device: d.Device, Highest: d.Highest}
}

func declaredFromWire(w *racepb.Declaration) race.Declaration {
	return race.Declaration{Total: int(w.GetTotal()), Device: w.GetDevice(), Highest: w.GetHighest()}
}

func ruledToWire(m ruledReply) proto.Message {
	if m.Err != nil {
		return &racepb.Ruled{Fault: faultToWire(m.Err), Ticket: m.Ticket}
	}
	r := m.Ruling
	w := &racepb.Ruled{
		Ruling: &racepb.Ruling{
			Id: int64(r.ID), Competition: int64(r.Competition), Kind: string(r.Kind), Event: r.Event, Team: int64(r.Team), Record: r.Record,
			AmountMs: r.Amount.Milliseconds(), Finding: r.Finding, Version: int64(r.Version), Undoes: int64(r.Undoes), Key: r.Key[:],
			Author: r.Author, At: instantToWire(r.At), Reason: r.Reason, Declared: declaredToWire(r.Declared),
		},
		Competition: competitionToWire(m.Competition), Repeated: m.Repeated, Ticket: m.Ticket, Stored: int64(m.Stored),
	}
	if m.Record.Seq != 0 {
		w.Record, w.RecordTeam = recordToWire(m.Record), int64(m.Record.Team)
	}
	return w
}

// ruledFromWire makes the record that an order added whole again: such a record
// is held, as a manual one, under the number that the ruling names.
func ruledFromWire(w *racepb.Ruled) (any, error) {
	if w.GetFault() != nil {
		return ruledReply{Ticket: w.GetTicket(), Err: faultFromWire(w.GetFault())}, nil
	}
	r := w.GetRuling()
	key, err := idFromWire(r.GetKey())
	if err != nil {
		return nil, fmt.Errorf("ruling: %w", err)
	}
	out := ruledReply{Ticket: w.GetTicket(), Ruled: race.Ruled{
		Ruling: race.Ruling{
			ID: race.RulingID(r.GetId()), Competition: race.CompetitionID(r.GetCompetition()), Kind: race.RulingKind(r.GetKind()), Event: r.GetEvent(),
			Team: race.TeamID(r.GetTeam()), Record: r.GetRecord(), Amount: amountFromWire(r.GetAmountMs()),
			Finding: r.GetFinding(), Version: int(r.GetVersion()), Undoes: race.RulingID(r.GetUndoes()), Key: key,
			Author: r.GetAuthor(), At: instantFromWire(r.GetAt()), Reason: r.GetReason(), Declared: declaredFromWire(r.GetDeclared()),
		},
		Competition: competitionFromWire(w.GetCompetition()), Repeated: w.GetRepeated(), Stored: int(w.GetStored()),
	}}
	if w.GetRecord() != nil {
		if r.GetRecord() <= 0 {
			return nil, fmt.Errorf("ruling: record %d", r.GetRecord())
		}
		rec, err := recordFromWire(w.GetRecord(), race.Request{Team: race.TeamID(w.GetRecordTeam())})
		if err != nil {
			return nil, err
		}
		rec.State, rec.Reason, rec.Seq = race.StateHeld, race.CodeManual, r.GetRecord()
		out.Record = rec
	}
	return out, nil
}

// amountFromWire takes more than any ruling may say as the most that there is.
func amountFromWire(ms int64) time.Duration {
	const most = int64(2 * race.MaxGunShift / time.Millisecond)
	return time.Duration(min(max(ms, -most), most)) * time.Millisecond
}

func presenceToWire(m presenceReply) proto.Message {
	w := &racepb.PresenceReply{Devices: make([]*racepb.Presence, len(m.devices))}
	for i, p := range m.devices {
		w.Devices[i] = &racepb.Presence{
			Judge: int64(p.Judge), Node: p.Node, ConnectedAt: instantToWire(p.ConnectedAt), HeardAt: instantToWire(p.HeardAt),
			ClockOffsetNs: int64(p.ClockOffset), ClockUncertaintyNs: int64(p.ClockUncertainty), Battery: int64(p.Battery),
			Device: p.Device, App: p.App, Received: p.Received, Confirmed: p.Confirmed,
			Competition: int64(p.Competition), Claimed: p.Claimed, Pending: int64(p.Pending),
		}
	}
	return w
}

func presenceFromWire(w *racepb.PresenceReply) any {
	var out presenceReply
	for _, p := range w.GetDevices() {
		out.devices = append(out.devices, race.Presence{
			Judge: race.JudgeID(p.GetJudge()), Node: p.GetNode(), ConnectedAt: instantFromWire(p.GetConnectedAt()), HeardAt: instantFromWire(p.GetHeardAt()),
			ClockOffset: time.Duration(p.GetClockOffsetNs()), ClockUncertainty: time.Duration(p.GetClockUncertaintyNs()), Battery: int(p.GetBattery()),
			Device: p.GetDevice(), App: p.GetApp(), Received: p.GetReceived(), Confirmed: p.GetConfirmed(),
			Competition: race.CompetitionID(p.GetCompetition()), Claimed: p.GetClaimed(), Pending: int(p.GetPending()),
		})
	}
	return out
}
