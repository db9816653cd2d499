package gateway

import (
	"context"
	"encoding/hex"
	"net/http"
	"strconv"

	"server5k/gateway/office"
	"server5k/race"
)

// resultsJSON is where the results of a competition stand.
type resultsJSON struct {
	Competition officeCompetitionJSON `json:"competencia"`
	Rounding    string                `json:"politica_redondeo"`
	State       string                `json:"estado"`             // provisional, oficial
	Version     *versionJSON          `json:"version"`            // the last one, null without
	Changed     bool                  `json:"cambios"`            // they differ from it
	Open        int                   `json:"revision_pendiente"` // findings
	Results     []standingJSON        `json:"resultados"`
}

// standingJSON is one line of the results. Times are milliseconds, by the
// corrected gun.
type standingJSON struct {
	Place         *int    `json:"puesto"` // null when not ranked
	CategoryPlace *int    `json:"puesto_categoria"`
	Status        string  `json:"estado"`
	Cause         string  `json:"causa"`
	Reason        string  `json:"motivo"`
	TeamID        int64   `json:"equipo_id"`
	TeamName      string  `json:"equipo_nombre"`
	Bib           int     `json:"dorsal"`
	Category      string  `json:"categoria"`
	Records       int     `json:"total_registros"`
	Absent        int     `json:"ausentes"`
	Penalty       int64   `json:"penalizacion"`
	Total         int64   `json:"tiempo_total"` // with Penalty
	Average       int64   `json:"promedio"`
	Best          int64   `json:"mejor"`
	Times         []int64 `json:"registros"`
	Uncertainty   *int64  `json:"incertidumbre"` // of Total, null unknown
	Close         bool    `json:"dentro_incertidumbre"`
	CategoryClose bool    `json:"dentro_incertidumbre_categoria"`
	Hidden        bool    `json:"oculto"` // from the public
}

func standingOf(s race.Standing) standingJSON {
	out := standingJSON{
		Status: string(s.Status), Cause: causes[s.Cause], Reason: s.Reason,
		TeamID: int64(s.Team.ID), TeamName: s.Team.Name, Bib: s.Team.Bib, Category: string(s.Team.Category),
		Records: s.Records, Absent: s.Absent, Penalty: s.Penalty.Milliseconds(),
		Total: s.Total.Milliseconds(), Average: s.Average.Milliseconds(), Best: s.Best.Milliseconds(),
		Times: make([]int64, len(s.Members)), Uncertainty: millisecondsOf(s.Uncertainty), Close: s.Close, CategoryClose: s.CategoryClose,
	}
	if s.Place > 0 {
		out.Place = &s.Place
	}
	if s.CategoryPlace > 0 {
		out.CategoryPlace = &s.CategoryPlace
	}
	for i, r := range s.Members {
		out.Times[i] = r.Official.Milliseconds()
	}
	return out
}

// versionJSON is one publication of official results.
type versionJSON struct {
	Number   int    `json:"numero"`
	RulingID int64  `json:"decision_id"`
	Author   string `json:"autor"`
	At       string `json:"fecha"`
	Reason   string `json:"motivo"`
	Digest   string `json:"sha256"` // of the sheet
}

func versionOf(v race.Version, in stamp) versionJSON {
	return versionJSON{v.Number, int64(v.Ruling), v.Author, in.text(v.At), v.Reason, hex.EncodeToString(v.Digest[:])}
}

// lineJSON is one line of results that were published.
type lineJSON struct {
	Place         *int    `json:"puesto"`
	CategoryPlace *int    `json:"puesto_categoria"`
	Status        string  `json:"estado"`
	Cause         string  `json:"causa"`
	Reason        string  `json:"motivo"`
	TeamID        int64   `json:"equipo_id"`
	TeamName      string  `json:"equipo_nombre"`
	Bib           int     `json:"dorsal"`
	Category      string  `json:"categoria"`
	Records       int     `json:"total_registros"`
	Absent        int     `json:"ausentes"`
	Penalty       int64   `json:"penalizacion"`
	Total         int64   `json:"tiempo_total"`
	Times         []int64 `json:"registros"`
	Uncertainty   *int64  `json:"incertidumbre"`
	Close         bool    `json:"dentro_incertidumbre"`
	CategoryClose bool    `json:"dentro_incertidumbre_categoria"`
}

func lineOf(l race.SheetLine) lineJSON {
	out := lineJSON{
		Status: string(l.Status), Cause: causes[l.Cause], Reason: l.Reason, TeamID: int64(l.Team), TeamName: l.Name, Bib: l.Bib,
		Category: string(l.Category), Records: l.Records, Absent: l.Absent, Penalty: l.PenaltyMS, Total: l.TotalMS, Times: l.TimesMS,
		Uncertainty: idOf(l.UncertaintyMS), Close: l.Close, CategoryClose: l.CategoryClose,
	}
	if l.Place > 0 {
		out.Place = &l.Place
	}
	if l.CategoryPlace > 0 {
		out.CategoryPlace = &l.CategoryPlace
	}
	return out
}

// The states of results on the wire.
const (
	wireProvisional = "provisional"
	wireOfficial    = "oficial"
)

// results answers GET /api/competencias/{id}/resultados/ with the ranking as it
// stands now.
func (s *Server) results(c *call) error {
	r, err := consult(c, "read results", func(ctx context.Context, d *office.Desk, w office.Who) (office.Results, error) {
		return d.Results(ctx, w, c.competitionID())
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	competition := r.Evidence.Competition
	out := resultsJSON{
		Competition: officeCompetitionOf(competition, s.stamp()), Rounding: string(competition.Rounding),
		State: wireProvisional, Changed: r.Changed, Open: r.Open(), Results: make([]standingJSON, len(r.Standings)),
	}
	if r.Official {
		out.State = wireOfficial
	}
	if r.Version != nil {
		v := versionOf(*r.Version, s.stamp())
		out.Version = &v
	}
	hidden := r.Evidence.Concealment().Teams
	for i, standing := range r.Standings {
		out.Results[i] = standingOf(standing)
		out.Results[i].Hidden = hidden[standing.Team.ID]
	}
	c.reply(http.StatusOK, out)
	return nil
}

// publish answers POST /api/competencias/{id}/resultados/oficial/ {motivo?,
// forzar?} with the version that it made.
func (s *Server) publish(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	o := race.Order{Kind: race.RulingOfficial, Override: or(f.flag("forzar"))}
	ruled, err := c.carryOut(f, o)
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	v, _, err := c.readVersion(ruled.Ruling.Version)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if ruled.Repeated {
		status = http.StatusOK
	}
	c.reply(status, versionOf(v, s.stamp()))
	return nil
}

// versions answers GET /api/competencias/{id}/resultados/versiones/.
func (s *Server) versions(c *call) error {
	rows, err := consult(c, "list versions", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.Version, error) {
		if _, err := d.Competition(ctx, w, c.competitionID()); err != nil {
			return nil, err
		}
		return d.Versions(ctx, w, c.competitionID())
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	return list(c, rows, listing[race.Version]{wire: func(v race.Version) any { return versionOf(v, s.stamp()) }})
}

// version answers GET /api/competencias/{id}/resultados/versiones/{n}/. Its field
// hoja is the text whose SHA-256 the version has.
func (s *Server) version(c *call) error {
	n, _ := pathID(c.second)
	v, sheet, err := c.readVersion(int(n))
	if err != nil {
		return err
	}
	c.reply(http.StatusOK, struct {
		versionJSON
		Results []any  `json:"resultados"`
		Sheet   string `json:"hoja"`
	}{versionOf(v, s.stamp()), written(sheet.Lines, func(l race.SheetLine) any { return lineOf(l) }), string(v.Sheet)})
	return nil
}

func (c *call) readVersion(n int) (race.Version, race.Sheet, error) {
	type published struct {
		version race.Version
		sheet   race.Sheet
	}
	p, err := consult(c, "read version", func(ctx context.Context, d *office.Desk, w office.Who) (p published, err error) {
		p.version, p.sheet, err = d.Version(ctx, w, c.competitionID(), n)
		return p, err
	})
	return p.version, p.sheet, c.missing(err, textNoVersion)
}

var textNoVersion = phrase{"La versión no existe.", "The version does not exist."}

// differenceJSON is what changed of a team; null where it was not there.
type differenceJSON struct {
	TeamID int64     `json:"equipo_id"`
	Before *lineJSON `json:"antes"`
	After  *lineJSON `json:"despues"`
}

// difference answers GET /api/competencias/{id}/resultados/diferencias/, from
// version `?desde=` to `?hasta=`; without one it is how the results stand now.
func (s *Server) difference(c *call) error {
	var n [2]int
	for i, name := range []string{"desde", "hasta"} {
		text, _ := c.query(name)
		if text == "" {
			continue
		}
		var err error
		if n[i], err = strconv.Atoi(text); err != nil || n[i] < 0 {
			return c.fault(name, textWhole)
		}
	}
	rows, err := consult(c, "compare results", func(ctx context.Context, d *office.Desk, w office.Who) ([]race.Difference, error) {
		return d.Difference(ctx, w, c.competitionID(), n[0], n[1])
	})
	if err != nil {
		return c.missing(err, textNoVersion)
	}
	out := struct {
		From    int              `json:"desde"`
		To      int              `json:"hasta"`
		Changes []differenceJSON `json:"cambios"`
	}{n[0], n[1], make([]differenceJSON, len(rows))}
	for i, d := range rows {
		out.Changes[i] = differenceJSON{int64(d.Team), sideOf(d.Before), sideOf(d.After)}
	}
	c.reply(http.StatusOK, out)
	return nil
}

func sideOf(l race.SheetLine) *lineJSON {
	if l.Team == 0 {
		return nil
	}
	out := lineOf(l)
	return &out
}
