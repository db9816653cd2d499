package office

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"server5k/race"
)

// startAhead bounds how far ahead a start may be, which only catches a wrong day.
const startAhead = 24 * time.Hour

// Start starts a competition at at, now when it is the zero time; one that is
// over starts anew. race.CodeAlreadyRuns.
func (d *Desk) Start(ctx context.Context, w Who, id race.CompetitionID, at time.Time) (race.Competition, error) {
	if err := w.edit(id); err != nil {
		return race.Competition{}, err
	}
	now := d.now()
	if at.IsZero() {
		at = now
	}
	if at.Before(earliest) || at.After(now.Add(startAhead)) {
		return race.Competition{}, Invalid{[]Fault{{"started_at", Text{"La salida está fuera de rango.", "The start is out of range."}}}}
	}
	return d.races.StartCompetition(ctx, id, at.UTC().Truncate(time.Microsecond), w.Username)
}

// Stop stops a competition now. race.CodeNotRunning.
func (d *Desk) Stop(ctx context.Context, w Who, id race.CompetitionID) (race.Competition, error) {
	if err := w.edit(id); err != nil {
		return race.Competition{}, err
	}
	return d.races.StopCompetition(ctx, id, d.now(), w.Username)
}

// Rule has the owner of a competition carry out an order of an organizer. Author and
// At are set here, Key when it is zero; then the same order sent again is another
// one. The errors are those of race.Evidence.Rule, race.CodeUnavailable, after which the
// same order may be sent again, and Invalid.
func (d *Desk) Rule(ctx context.Context, w Who, o race.Order) (race.Ruled, error) {
	if err := w.edit(o.Competition); err != nil {
		return race.Ruled{}, err
	}
	o.Author, o.At, o.Epoch, o.Reason = w.Username, d.now(), 0, strings.TrimSpace(o.Reason)
	o.Judge = 0
	if o.Key == (race.OrderKey{}) {
		o.Key = race.NewRecordID()
	}
	var check checker
	checkOrder(&check, o)
	if err := check.err(); err != nil {
		return race.Ruled{}, err
	}
	return d.races.Rule(ctx, o)
}

// checkOrder finds what is missing or out of range whatever the evidence is.
func checkOrder(check *checker, o race.Order) {
	reason := true
	switch o.Kind {
	case race.RulingReopen, race.RulingInclude, race.RulingReinstate, race.RulingAccept, race.RulingUndo:
		reason = false
	case race.RulingGun:
		check.one("ajuste_ms", "salida", o.Amount != 0, !o.GunAt.IsZero())
		check.milliseconds("ajuste_ms", o.Amount, -race.MaxGunShift, race.MaxGunShift)
	case race.RulingAdd:
		check.milliseconds("tiempo", o.Elapsed, time.Millisecond, race.MaxElapsed)
	case race.RulingPenalty:
		check.milliseconds("penalizacion_ms", o.Amount, time.Millisecond, race.MaxPenalty)
	case race.RulingOfficial:
		reason = o.Override
	case race.RulingDeclare:
		checkDeclaration(check, o.Declared)
	case race.RulingConceal:
		check.required("equipo_id", o.Team <= 0 && o.Record <= 0)
	case race.RulingVoid, race.RulingMove, race.RulingAbsence, race.RulingDisqualify:
	case race.RulingStart, race.RulingStop, race.RulingRetract:
		fallthrough
	default:
		check.add("tipo", Text{"No es un tipo de decisión.", "Not a kind of ruling."})
		return
	}
	switch o.Kind { //nolint:exhaustive // the others are about none of these
	case race.RulingInclude, race.RulingVoid, race.RulingReinstate, race.RulingMove:
		check.required("registro", o.Record <= 0)
	case race.RulingAccept:
		check.required("hallazgo", o.Finding == "")
	case race.RulingUndo:
		check.required("decision_id", o.Undoes <= 0)
	}
	switch o.Kind { //nolint:exhaustive // the others are about no team
	case race.RulingMove, race.RulingAdd, race.RulingAbsence, race.RulingPenalty, race.RulingDisqualify, race.RulingDeclare:
		check.required("equipo_id", o.Team <= 0)
	}
	switch {
	case reason && o.Reason == "":
		check.add("motivo", Text{"Escriba el motivo.", "Give the reason."})
	case utf8.RuneCountInString(o.Reason) > race.MaxReasonLength:
		check.add("motivo", Text{
			fmt.Sprintf("Debe tener como máximo %d caracteres.", race.MaxReasonLength), fmt.Sprintf("It must have at most %d characters.", race.MaxReasonLength),
		})
	case !printable(o.Reason, true):
		check.add("motivo", Text{"Contiene caracteres que no se permiten.", "It holds characters that are not allowed."})
	}
}

// checkDeclaration checks what is declared in a judge's place: from paper, or of a
// device that is lost.
func checkDeclaration(check *checker, said race.Declaration) {
	between := func(field string, v int64, most int64) {
		if v < 0 || v > most {
			check.add(field, Text{fmt.Sprintf("Debe estar entre 0 y %d.", most), fmt.Sprintf("It must be 0 to %d.", most)})
		}
	}
	between("total", int64(said.Total), race.MaxDeclared)
	between("secuencia", said.Highest, race.MaxDeviceSeq)
	if utf8.RuneCountInString(said.Device) > race.MaxDeviceLength || !printable(said.Device, false) {
		check.add("dispositivo", Text{
			fmt.Sprintf("Debe ser un texto de hasta %d caracteres.", race.MaxDeviceLength), fmt.Sprintf("It must be a text of up to %d characters.", race.MaxDeviceLength),
		})
	}
}

// one asks for exactly one of two fields.
func (c *checker) one(first, second string, hasFirst, hasSecond bool) {
	if hasFirst == hasSecond {
		c.add(first, Text{"Indique " + first + " o " + second + ", uno de los dos.", "Give either " + first + " or " + second + "."})
	}
}

// milliseconds checks a duration that the wire has in whole milliseconds.
func (c *checker) milliseconds(field string, v, least, most time.Duration) {
	if v < least || v > most || v%time.Millisecond != 0 {
		c.add(field, Text{
			fmt.Sprintf("Debe estar entre %d y %d milisegundos enteros.", least.Milliseconds(), most.Milliseconds()),
			fmt.Sprintf("It must be %d to %d whole milliseconds.", least.Milliseconds(), most.Milliseconds()),
		})
	}
}
