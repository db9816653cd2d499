package public

import (
	"cmp"
	"crypto/sha256"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/race"
)

// dataJSON is what datos.json has. Times are whole milliseconds by the corrected
// gun, instants RFC 3339. What is concealed is not in it.
type dataJSON struct {
	Competition competitionJSON `json:"competencia"`
	Phase       string          `json:"estado"`        // programada, en_curso, provisional, oficial
	Version     *int            `json:"version"`       // of the last official results, null without
	VersionAt   *string         `json:"version_fecha"` // when they were published
	Changed     bool            `json:"cambios"`       // the results differ from them
	Seq         int64           `json:"sec"`           // it has all events up to this one
	Stream      int64           `json:"epoca"`         // of these numbers, 0 not known
	At          string          `json:"generado"`
	Teams       int             `json:"equipos"`
	Complete    int             `json:"equipos_completos"`
	Marks       int             `json:"marcas"`
	Expected    int             `json:"marcas_esperadas"`
	Categories  []categoryJSON  `json:"categorias"`
	Lines       []lineJSON      `json:"resultados"`
	Recent      []recentJSON    `json:"recientes"` // newest first, one for each team
}

type competitionJSON struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	Datetime   string  `json:"datetime"`
	Active     bool    `json:"is_active"`
	Running    bool    `json:"is_running"`
	StartedAt  *string `json:"started_at"`
	FinishedAt *string `json:"finished_at"`
	Gun        *string `json:"salida_oficial"` // corrected
	GunMS      int64   `json:"salida_ms"`      // the same since 1970, 0 before the start
	FinishedMS int64   `json:"fin_ms"`
	PlannedMS  int64   `json:"programada_ms"`
	Size       int     `json:"integrantes"`
	Rounding   string  `json:"politica_redondeo"`
	Clock      string  `json:"politica_reloj"` // cliente, corregido
}

type categoryJSON struct {
	Code     string `json:"codigo"`
	Name     string `json:"nombre"`
	Teams    int    `json:"equipos"`
	Complete int    `json:"equipos_completos"`
}

type lineJSON struct {
	Place         *int     `json:"puesto"` // null when not ranked
	CategoryPlace *int     `json:"puesto_categoria"`
	Status        string   `json:"estado"`
	Cause         string   `json:"causa"`
	Reason        string   `json:"motivo"`
	TeamID        int64    `json:"equipo_id"`
	TeamName      string   `json:"equipo_nombre"`
	Bib           int      `json:"dorsal"`
	Category      string   `json:"categoria"`
	Records       int      `json:"total_registros"`
	Absent        int      `json:"ausentes"`
	Penalty       int64    `json:"penalizacion"`
	Total         int64    `json:"tiempo_total"` // with the penalty; of the marks so far when not ranked
	Gap           *int64   `json:"diferencia"`   // to the first that is shown
	CategoryGap   *int64   `json:"diferencia_categoria"`
	Uncertainty   int64    `json:"incertidumbre"` // of the total, 0 not known
	Close         bool     `json:"dentro_incertidumbre"`
	CategoryClose bool     `json:"dentro_incertidumbre_categoria"`
	Times         []*int64 `json:"registros,omitzero"` // of the members, 0 absent, null concealed
}

type recentJSON struct {
	TeamID  int64  `json:"equipo_id"`
	Records int    `json:"total_registros"`
	Time    *int64 `json:"tiempo"` // of the last mark, null when it has none to show
	Done    bool   `json:"completo"`
}

// causes are those of race on the wire.
var causes = map[race.Cause]string{
	race.CauseAbsent: "ausente", race.CauseMissing: "faltan", race.CauseSurplus: "sobran", race.CauseRuling: "decision",
}

// data returns what datos.json has; the times of members only if asked for.
func (b *board) data(at time.Time, in *time.Location, times bool) dataJSON {
	c := b.Competition
	out := dataJSON{
		Competition: competitionJSON{
			ID: int64(c.ID), Name: c.Name, Datetime: instant(c.ScheduledAt, in), Active: c.Active, Running: c.Running,
			StartedAt: optional(c.StartedAt, in), FinishedAt: optional(c.FinishedAt, in), Gun: optional(c.Gun(), in),
			GunMS: sinceEpoch(c.Gun()), FinishedMS: sinceEpoch(c.FinishedAt), PlannedMS: sinceEpoch(c.ScheduledAt),
			Size: c.TeamSize, Rounding: string(c.Rounding), Clock: string(cmp.Or(c.Clock, race.ClockClient)),
		},
		Phase: string(b.Phase), VersionAt: optional(b.VersionAt, in), Changed: b.Changed, Seq: b.Seq, Stream: b.Stream,
		At: instant(at, in), Teams: len(b.Lines), Complete: b.Complete, Marks: b.Marks, Expected: len(b.Lines) * c.TeamSize,
		Categories: []categoryJSON{}, Lines: make([]lineJSON, 0, len(b.Lines)), Recent: []recentJSON{},
	}
	if c.Version > 0 {
		out.Version = &c.Version
	}
	for _, g := range b.Categories {
		out.Categories = append(out.Categories, categoryJSON{string(g.Code), g.Name, g.Teams, g.Complete})
	}
	for _, l := range b.Lines {
		out.Lines = append(out.Lines, l.data(times))
	}
	for _, a := range b.Recent {
		r := recentJSON{TeamID: int64(a.Team.ID), Records: a.Records, Done: a.Done}
		if a.Time > 0 {
			r.Time = milliseconds(a.Time)
		}
		out.Recent = append(out.Recent, r)
	}
	return out
}

func (l line) data(times bool) lineJSON {
	out := lineJSON{
		Status: string(l.Status), Cause: causes[l.Cause], Reason: l.Reason, TeamID: int64(l.Team.ID), TeamName: l.Team.Name,
		Bib: l.Team.Bib, Category: string(l.Team.Category), Records: l.Records, Absent: l.Absent,
		Penalty: l.Penalty.Milliseconds(), Total: l.Total.Milliseconds(), Uncertainty: l.Uncertainty.Milliseconds(),
		Close: l.Close, CategoryClose: l.CategoryClose,
	}
	if l.Place > 0 {
		out.Place, out.CategoryPlace = &l.Place, &l.CategoryPlace
		out.Gap, out.CategoryGap = milliseconds(l.Gap), milliseconds(l.CategoryGap)
	}
	if !times {
		return out
	}
	out.Times = []*int64{}
	for _, m := range l.Members {
		switch {
		case m.Absent:
			out.Times = append(out.Times, milliseconds(0))
		case m.Hidden:
			out.Times = append(out.Times, nil)
		default:
			out.Times = append(out.Times, milliseconds(m.Time))
		}
	}
	return out
}

// digest is that of all that the board shows.
func (b *board) digest() [sha256.Size]byte {
	return sha256.Sum256(encode(b.data(time.Time{}, time.UTC, true)))
}

// encode writes a shape above, which always encodes.
func encode(v any) []byte {
	out, err := json.Marshal(v, jsontext.EscapeForHTML(true), json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return out
}

func optional(t time.Time, in *time.Location) *string {
	if t.IsZero() {
		return nil
	}
	s := instant(t, in)
	return &s
}

func milliseconds(d time.Duration) *int64 {
	ms := d.Milliseconds()
	return &ms
}

func sinceEpoch(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
