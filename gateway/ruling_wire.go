package gateway

import (
	"slices"

	"server5k/race"
)

// rulingKinds are the kinds of rulings on the wire.
var rulingKinds = map[race.RulingKind]string{
	race.RulingStart:      "iniciar",
	race.RulingStop:       "detener",
	race.RulingReopen:     "reabrir",
	race.RulingGun:        "salida",
	race.RulingInclude:    "incluir",
	race.RulingVoid:       "anular",
	race.RulingReinstate:  "restituir",
	race.RulingMove:       "mover",
	race.RulingAdd:        "agregar",
	race.RulingAbsence:    "ausencia",
	race.RulingPenalty:    "penalizar",
	race.RulingDisqualify: "descalificar",
	race.RulingAccept:     "aceptar",
	race.RulingUndo:       "deshacer",
	race.RulingOfficial:   "oficial",
	race.RulingRetract:    "retirar",
	race.RulingDeclare:    "declarar",
	race.RulingConceal:    "ocultar",
}

// rulingKind reads a kind from the wire; "" for none.
func rulingKind(wire string) race.RulingKind {
	for kind, word := range rulingKinds {
		if word == wire {
			return kind
		}
	}
	return ""
}

// findingKinds are the kinds of findings on the wire.
var findingKinds = map[race.FindingKind]string{
	race.FindingHeld:        "retenido",
	race.FindingMissing:     "faltan",
	race.FindingSurplus:     "sobran",
	race.FindingNear:        "cercanos",
	race.FindingImplausible: "inverosimil",
	race.FindingBeforeGun:   "antes_de_salida",
	race.FindingUndeclared:  "sin_declarar",
	race.FindingDeclared:    "declaradas",
	race.FindingGap:         "huecos",
	race.FindingUnmeasured:  "reloj_sin_medir",
	race.FindingClock:       "reloj_adelantado",
}

// causes are why teams are not ranked, on the wire.
var causes = map[race.Cause]string{
	race.CauseAbsent: "ausente", race.CauseMissing: "faltan", race.CauseSurplus: "sobran", race.CauseRuling: "decision",
}

// rulingJSON is one decision.
type rulingJSON struct {
	ID       int64   `json:"id"`
	Kind     string  `json:"tipo"`
	Event    int64   `json:"evento"`
	TeamID   *int64  `json:"equipo_id"`
	Record   *int64  `json:"registro"`    // its number
	RecordID *string `json:"id_registro"` // the same by its UUID
	AmountMS *int64  `json:"monto_ms"`    // of a gun or a penalty
	Finding  string  `json:"hallazgo"`
	// Declaration is null for the other kinds.
	Declaration *declarationJSON `json:"declaracion"`
	Version     *int             `json:"version"`
	Undoes      *int64           `json:"deshace"` // id of a decision
	Key         *string          `json:"clave"`
	Author      string           `json:"autor"`
	At          string           `json:"fecha"`
	Reason      string           `json:"motivo"`
	Holds       bool             `json:"vigente"` // nobody has taken it back
}

// rulingsOf writes the rulings of a competition in their order.
func rulingsOf(e race.Evidence, in stamp) []rulingJSON {
	names := make(map[int64]race.RecordID, len(e.Records))
	for _, r := range e.Records {
		names[r.Seq] = r.ID
	}
	holds := e.Holds()
	out := make([]rulingJSON, len(e.Rulings))
	for i, r := range e.Rulings {
		out[i] = rulingOf(r, holds[r.ID], names[r.Record], in)
	}
	return out
}

func rulingOf(r race.Ruling, holds bool, record race.RecordID, in stamp) rulingJSON {
	out := rulingJSON{
		ID: int64(r.ID), Kind: rulingKinds[r.Kind], Event: r.Event, TeamID: idOf(r.Team), Record: idOf(r.Record),
		Finding: r.Finding, Undoes: idOf(r.Undoes), Author: r.Author, At: in.text(r.At), Reason: r.Reason, Holds: holds,
	}
	if r.Kind == race.RulingGun || r.Kind == race.RulingPenalty {
		ms := r.Amount.Milliseconds()
		out.AmountMS = &ms
	}
	if r.Version != 0 {
		out.Version = &r.Version
	}
	if r.Kind == race.RulingDeclare {
		out.Declaration = declarationOf(&r, in)
	}
	out.RecordID, out.Key = uuidOf(record), uuidOf(r.Key)
	return out
}

func uuidOf(id race.RecordID) *string {
	if id == (race.RecordID{}) {
		return nil
	}
	s := id.String()
	return &s
}

// findingJSON is something to be looked at.
type findingJSON struct {
	Key      string  `json:"clave"`
	Kind     string  `json:"tipo"`
	TeamID   int64   `json:"equipo_id"`
	Records  []int64 `json:"registros"` // their numbers
	Count    int     `json:"total_registros"`
	AmountMS int64   `json:"monto_ms"`
	Declared int     `json:"declaradas"`
	Device   *string `json:"dispositivo"` // null: it is about none
	Missing  []int64 `json:"faltan"`      // numbers that the device gave and that are not stored
	Accepted bool    `json:"aceptado"`
	RulingID *int64  `json:"decision_id"` // that accepted it
}

func findingOf(f race.Finding) findingJSON {
	return findingJSON{
		f.Key, findingKinds[f.Kind], int64(f.Team), slices.Clone(f.Records), f.Count, f.Amount.Milliseconds(),
		f.Declared, textOf(f.Device), append([]int64{}, f.Numbers...), f.Accepted, idOf(f.By.ID),
	}
}

// evidenceJSON is one record with all that is known of it.
type evidenceJSON struct {
	ID            string       `json:"id_registro"`
	Seq           int64        `json:"registro"` // its number in the competition
	Event         *int64       `json:"evento"`   // null for one that was held
	CompetitionID int64        `json:"competencia_id"`
	TeamID        int64        `json:"equipo_id"`      // that it belongs to
	MarkedTeamID  int64        `json:"equipo_marcado"` // that the judge marked
	JudgeID       *int64       `json:"juez_id"`
	State         string       `json:"estado"`         // contado, retenido, anulado
	Elapsed       int64        `json:"tiempo"`         // ms, as it was sent
	Official      int64        `json:"tiempo_oficial"` // by the corrected gun
	Corrected     bool         `json:"corregido"`      // Official counts from the corrected instant
	Absent        bool         `json:"ausente"`
	Hidden        bool         `json:"oculto"`           // from the public
	Retracted     bool         `json:"retirado"`         // void, by its judge
	Held          string       `json:"motivo_retencion"` // code, empty when it was not held
	Moved         bool         `json:"movido"`
	Included      bool         `json:"incluido"`
	Source        string       `json:"fuente"`
	Anonymous     bool         `json:"anonimo"`
	Slot          *int         `json:"posicion"`
	ReceivedAt    string       `json:"recibido_en"`
	MarkedAt      *string      `json:"marcado_en"`
	OffsetMS      int64        `json:"desfase_ms"`
	UncertaintyMS *int64       `json:"incertidumbre_ms"`
	Device        string       `json:"dispositivo"`
	DeviceSeq     *int64       `json:"secuencia"`
	Rulings       []rulingJSON `json:"decisiones"`
}

// The states of a record on the wire.
const (
	wireCounted = "contado"
	wireHeld    = "retenido"
	wireVoid    = "anulado"
)

func stateOf(f race.Finish) string {
	switch {
	case f.Voided:
		return wireVoid
	case f.Counts:
		return wireCounted
	}
	return wireHeld
}

// evidenceOf writes all records of a competition in their order.
func evidenceOf(e race.Evidence, in stamp) []evidenceJSON {
	about := map[int64][]rulingJSON{}
	for _, r := range rulingsOf(e, in) {
		if r.Record != nil {
			about[*r.Record] = append(about[*r.Record], r)
		}
	}
	finishes, hidden := e.Finishes(), e.Concealment()
	out := make([]evidenceJSON, len(finishes))
	for i, f := range finishes {
		out[i] = evidenceJSON{
			ID: f.ID.String(), Seq: f.Seq, Event: idOf(f.Event), CompetitionID: int64(e.Competition.ID),
			TeamID: int64(f.For), MarkedTeamID: int64(f.Team), JudgeID: idOf(f.Judge),
			State: stateOf(f), Elapsed: f.Elapsed.Milliseconds(), Official: f.Official.Milliseconds(), Absent: f.Absent(),
			Corrected: f.Corrected, Hidden: hidden.Teams[f.For] || hidden.Records[f.Seq], Retracted: f.Retracted,
			Held: string(f.Reason), Moved: f.Moved, Included: f.Included, Source: string(f.Source), Anonymous: f.Anonymous,
			ReceivedAt: in.text(f.ReceivedAt), MarkedAt: in.pointer(f.Mark.MarkedAt), OffsetMS: f.Mark.ClockOffset.Milliseconds(),
			UncertaintyMS: millisecondsOf(f.Mark.ClockUncertainty), Device: f.Mark.Device, DeviceSeq: idOf(f.Mark.DeviceSeq),
			Rulings: about[f.Seq],
		}
		if f.Slot > 0 {
			out[i].Slot = &f.Slot
		}
	}
	return out
}
