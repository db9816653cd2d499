package gateway

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/race"
)

// lenient is how client JSON is read: the last of duplicate keys wins, as the
// original did, and invalid UTF-8 is refused.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(false))

// recordItem is one element of `registros` on the wire, and the record part of
// `registrar_tiempo`. Values stay raw until the rules of numbers are applied.
type recordItem struct {
	ID           jsontext.Value `json:"id_registro"`
	Total        jsontext.Value `json:"tiempo"`
	Hours        jsontext.Value `json:"horas"`
	Minutes      jsontext.Value `json:"minutos"`
	Seconds      jsontext.Value `json:"segundos"`
	Milliseconds jsontext.Value `json:"milisegundos"`
	MarkedAt     jsontext.Value `json:"marcado_en"`
	Offset       jsontext.Value `json:"desfase_ms"`
	Uncertainty  jsontext.Value `json:"incertidumbre_ms"`
	DeviceSeq    jsontext.Value `json:"secuencia"`
	Device       jsontext.Value `json:"dispositivo"`
}

// decodedRecord is one element of `registros`: the record, or why it is none.
type decodedRecord struct {
	rec race.TimeRecord
	err error
}

// decodeRecords reads `registros`: a list of 1 to race.MaxTeamSize elements. The
// error is about the list as a whole: CodeMissingField or CodeTooMany.
func decodeRecords(raw jsontext.Value, source race.Source, now time.Time) ([]decodedRecord, error) {
	var items []jsontext.Value
	if raw.Kind() != '[' || json.Unmarshal(raw, &items, lenient) != nil || len(items) == 0 {
		return nil, race.Errorf(race.CodeMissingField, "Faltan los registros o no son una lista")
	}
	if len(items) > race.MaxTeamSize {
		return nil, race.Errorf(race.CodeTooMany, "Se aceptan como máximo %d registros por envío", race.MaxTeamSize)
	}
	out := make([]decodedRecord, len(items))
	for i, item := range items {
		out[i].rec, out[i].err = decodeRecord(item, source, now)
	}
	return out, nil
}

// decodeRecord reads one record. CodeInvalidValue, CodeMissingField.
func decodeRecord(raw jsontext.Value, source race.Source, now time.Time) (race.TimeRecord, error) {
	var item recordItem
	if raw.Kind() != '{' || json.Unmarshal(raw, &item, lenient) != nil {
		return race.TimeRecord{}, race.Errorf(race.CodeInvalidValue, "El registro debe ser un objeto")
	}
	return item.record(source, now)
}

func (it recordItem) record(source race.Source, now time.Time) (race.TimeRecord, error) {
	rec := race.TimeRecord{Source: source, ReceivedAt: now.UTC().Truncate(time.Microsecond)}
	if absent(it.Total) {
		return rec, race.Errorf(race.CodeMissingField, "Falta el campo tiempo")
	}
	total, ok := integer(it.Total)
	if !ok {
		return rec, race.Errorf(race.CodeInvalidValue, "tiempo debe ser un número entero de milisegundos")
	}
	var c race.Components
	for _, part := range []struct {
		name string
		raw  jsontext.Value
		to   *int64
	}{{"horas", it.Hours, &c.Hours}, {"minutos", it.Minutes, &c.Minutes}, {"segundos", it.Seconds, &c.Seconds}, {"milisegundos", it.Milliseconds, &c.Milliseconds}} {
		if part.raw == nil {
			continue
		}
		if *part.to, ok = integer(part.raw); !ok {
			return rec, race.Errorf(race.CodeInvalidValue, "%s debe ser un número entero", part.name)
		}
	}
	var err error
	if rec.Elapsed, err = race.ElapsedFrom(total, c); err != nil {
		return rec, err
	}
	if rec.Mark, err = it.mark(); err != nil {
		return rec, err
	}
	rec.ID, rec.Anonymous, err = it.identify()
	return rec, err
}

// identify returns the record's id, or a new one and true when none was sent.
func (it recordItem) identify() (id race.RecordID, anonymous bool, err error) {
	text, isText := stringOf(it.ID)
	switch {
	case absent(it.ID) || (isText && text == ""):
		return race.NewRecordID(), true, nil
	case !isText:
		return race.RecordID{}, false, race.Errorf(race.CodeInvalidValue, "id_registro debe ser un UUID")
	}
	id, err = race.ParseRecordID(text)
	return id, false, err
}

// mark reads what the device says of the tap.
func (it recordItem) mark() (race.Mark, error) {
	var m race.Mark
	for _, part := range []struct {
		name string
		raw  jsontext.Value
		set  func(ms float64)
		low  float64
		high float64
	}{
		{"marcado_en", it.MarkedAt, func(ms float64) { m.MarkedAt = time.UnixMicro(int64(ms * 1000)).UTC() }, 0, 4e12},
		{"desfase_ms", it.Offset, func(ms float64) { m.ClockOffset = milliseconds(ms) }, -4e12, 4e12},
		{"incertidumbre_ms", it.Uncertainty, func(ms float64) { m.ClockUncertainty = milliseconds(ms) }, 0, 4e12},
		{"secuencia", it.DeviceSeq, func(n float64) { m.DeviceSeq = int64(n) }, 1, 1 << 53},
	} {
		if absent(part.raw) {
			continue
		}
		v, ok := number(part.raw)
		if !ok || v < part.low || v > part.high {
			return m, race.Errorf(race.CodeInvalidValue, "%s no es un número válido", part.name)
		}
		part.set(v)
	}
	var err error
	m.Device, err = deviceName(it.Device)
	return m, err
}

func milliseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms*1000)) * time.Microsecond
}

// teamID reads `equipo_id`: a whole number or one as a string.
func teamID(raw jsontext.Value) (race.TeamID, error) {
	if absent(raw) {
		return 0, race.Errorf(race.CodeMissingField, "Falta el campo equipo_id")
	}
	id, ok := integer(raw)
	if !ok {
		return 0, race.Errorf(race.CodeInvalidValue, "equipo_id debe ser un número entero")
	}
	return race.TeamID(id), nil
}

func absent(raw jsontext.Value) bool { return raw == nil || raw.Kind() == 'n' }

func stringOf(raw jsontext.Value) (string, bool) {
	if raw.Kind() != '"' {
		return "", false
	}
	b, err := jsontext.AppendUnquote(nil, raw)
	return string(b), err == nil
}

// integer reads a whole number: an integer, a float without a fraction, or a
// string of digits. Booleans, fractions and numbers beyond 64 bits are none.
func integer(raw jsontext.Value) (int64, bool) {
	text := string(raw)
	if raw.Kind() == '"' {
		var ok bool
		if text, ok = stringOf(raw); !ok {
			return 0, false
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	if raw.Kind() != '0' {
		return 0, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 || !bytes.ContainsAny(raw, ".eE") {
		return 0, false
	}
	return int64(f), true
}

func number(raw jsontext.Value) (float64, bool) {
	if raw.Kind() != '0' {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return f, err == nil
}
