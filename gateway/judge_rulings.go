package gateway

import (
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"server5k/race"
)

// retract has an own mark taken back. The key comes of the record, so a device may
// ask as often as it needs to.
func (h *judgeHandler) retract(m inbound, ref string, now time.Time) {
	team, err := teamID(m.TeamID)
	if err != nil {
		h.refuse(err, 0, ref)
		return
	}
	id, err := requiredUUID("id_registro", m.ID)
	if err != nil {
		h.refuse(err, team, ref)
		return
	}
	h.order(retractTicket{ref, team, id}, race.Order{
		Kind: race.RulingRetract, Team: team, RecordID: id, Key: race.KeyOf(race.RulingRetract, id),
	}, now)
}

// declare has the number of marks declared that the judge stands for.
func (h *judgeHandler) declare(m inbound, ref string, now time.Time) {
	team, err := teamID(m.TeamID)
	if err != nil {
		h.refuse(err, 0, ref)
		return
	}
	o := race.Order{Kind: race.RulingDeclare, Team: team}
	if o.Declared, err = m.declaration(); err == nil {
		o.Key, err = requiredUUID("id_declaracion", m.Declaration)
	}
	if err != nil {
		h.refuse(err, team, ref)
		return
	}
	h.order(declareTicket{ref, team}, o, now)
}

func (h *judgeHandler) order(ticket any, o race.Order, now time.Time) {
	o.At = now.UTC().Truncate(time.Microsecond)
	h.session.Rule(ticket, o)
}

// Ruled implements Outbox.
func (h *judgeHandler) Ruled(ticket any, r race.Ruled, err error) {
	h.conn.Send(frame(h.ruled(ticket, r, err)))
}

// declaration reads what a judge declares. CodeMissingField, CodeInvalidValue.
func (m inbound) declaration() (race.Declaration, error) {
	var d race.Declaration
	if absent(m.Declared) {
		return d, race.Errorf(race.CodeMissingField, "Falta el campo total")
	}
	total, ok := integer(m.Declared)
	if !ok || total < 0 || total > race.MaxDeclared {
		return d, race.Errorf(race.CodeInvalidValue, "total debe ser un número entero entre 0 y %d", race.MaxDeclared)
	}
	d.Total = int(total)
	if !absent(m.DeviceSeq) {
		if d.Highest, ok = integer(m.DeviceSeq); !ok || d.Highest < 0 || d.Highest > race.MaxDeviceSeq {
			return d, race.Errorf(race.CodeInvalidValue, "secuencia debe ser un número entero entre 0 y %d", race.MaxDeviceSeq)
		}
	}
	var err error
	d.Device, err = deviceName(m.Device)
	return d, err
}

// deviceName reads `dispositivo`, empty without one.
func deviceName(raw jsontext.Value) (string, error) {
	if absent(raw) {
		return "", nil
	}
	text, ok := stringOf(raw)
	if !ok || utf8.RuneCountInString(text) > race.MaxDeviceLength {
		return "", race.Errorf(race.CodeInvalidValue, "dispositivo debe ser un texto de hasta %d caracteres", race.MaxDeviceLength)
	}
	return text, nil
}

// requiredUUID reads a UUID that must be there.
func requiredUUID(name string, raw jsontext.Value) (race.RecordID, error) {
	text, isText := stringOf(raw)
	switch {
	case absent(raw) || isText && text == "":
		return race.RecordID{}, race.Errorf(race.CodeMissingField, "Falta el campo %s", name)
	case !isText:
		return race.RecordID{}, race.Errorf(race.CodeInvalidValue, "%s debe ser un UUID", name)
	}
	id, err := race.ParseRecordID(text)
	if err != nil || id == (race.RecordID{}) {
		return id, race.Errorf(race.CodeInvalidValue, "%s debe ser un UUID", name)
	}
	return id, nil
}
