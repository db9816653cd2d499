package main

import (
	"time"

	"server5k/persistence"
	"server5k/race"
)

const (
	// exportFormat and exportVersion name the shape of the lines below. Files of
	// an older version are read too: they have no line or field that came later,
	// and those of version 1 are of a time when every organizer saw everything.
	// Version 3 has clock policies and declarations.
	exportFormat  = "server5k"
	exportVersion = 3
	grantsVersion = 2 // the first with grants
)

// exportHead is the first line of a file.
type exportHead struct {
	Format     string    `json:"formato"`
	Version    int       `json:"version"`
	ExportedAt time.Time `json:"exportado_en"`
}

// exportLine is any other line: one of its members, in this order, where a
// competition comes with its teams, records, decisions, batches, official results
// and log before the next one. Instants are RFC 3339 in UTC with their microseconds.
type exportLine struct {
	Organizer   *organizerLine   `json:"organizador,omitzero"`
	Judge       *judgeLine       `json:"juez,omitzero"`
	Category    *categoryLine    `json:"categoria,omitzero"`
	Revoked     *revokedLine     `json:"sesion_cerrada,omitzero"`
	Grant       *grantLine       `json:"permiso,omitzero"`
	Note        *noteLine        `json:"auditoria,omitzero"` // about no competition in the file
	Competition *competitionLine `json:"competencia,omitzero"`
	Team        *teamLine        `json:"equipo,omitzero"`
	Record      *recordLine      `json:"registro,omitzero"`
	Decision    *decisionLine    `json:"decision,omitzero"`
	Link        *linkLine        `json:"lote,omitzero"`
	Version     *versionLine     `json:"version_oficial,omitzero"`
	Entry       *noteLine        `json:"anotacion,omitzero"` // about the competition
	End         *endLine         `json:"fin,omitzero"`
}

// lineKind is the place of a line in the order of a file; 0 is none.
type lineKind int

const (
	kindOrganizer lineKind = iota + 1
	kindJudge
	kindCategory
	kindRevoked
	kindGrant
	kindNote
	kindCompetition
	kindTeam
	kindRecord
	kindDecision
	kindLink
	kindVersion
	kindEntry
	kindEnd
)

// office says whether a line came with the race office.
func (k lineKind) office() bool {
	return k == kindGrant || k == kindNote || k == kindVersion || k == kindEntry
}

// kind is that of the only member that is set; 0 unless there is one.
func (l exportLine) kind() lineKind {
	found := lineKind(0)
	for i, set := range [...]bool{
		l.Organizer != nil, l.Judge != nil, l.Category != nil, l.Revoked != nil, l.Grant != nil, l.Note != nil, l.Competition != nil,
		l.Team != nil, l.Record != nil, l.Decision != nil, l.Link != nil, l.Version != nil, l.Entry != nil, l.End != nil,
	} {
		if set && found != 0 {
			return 0
		}
		if set {
			found = lineKind(i + 1)
		}
	}
	return found
}

type organizerLine struct {
	ID        race.OrganizerID `json:"id"`
	Username  string           `json:"username"`
	Email     string           `json:"email"`
	Superuser bool             `json:"is_superuser"`
	Active    bool             `json:"is_active"`
	CreatedAt time.Time        `json:"created_at,omitzero"`
	Password  string           `json:"password"` // the hash
	Viewer    bool             `json:"es_observador,omitzero"`
	SignedOut time.Time        `json:"sesiones_hasta,omitzero"`
}

type judgeLine struct {
	ID        race.JudgeID `json:"id"`
	Username  string       `json:"username"`
	FirstName string       `json:"first_name"`
	LastName  string       `json:"last_name"`
	Email     string       `json:"email"`
	Active    bool         `json:"is_active"`
	CreatedAt time.Time    `json:"created_at,omitzero"`
	Password  string       `json:"password"` // the hash
	SignedOut time.Time    `json:"sesiones_hasta,omitzero"`
}

type categoryLine struct {
	Code race.Category `json:"codigo"`
	Name string        `json:"name"`
}

type revokedLine struct {
	ID        string    `json:"id"`
	ExpiresAt time.Time `json:"expira_en"`
}

type competitionLine struct {
	ID         race.CompetitionID `json:"id"`
	Name       string             `json:"name"`
	Datetime   time.Time          `json:"datetime,omitzero"`
	Active     bool               `json:"is_active"`
	Running    bool               `json:"is_running"`
	StartedAt  time.Time          `json:"started_at,omitzero"`
	FinishedAt time.Time          `json:"finished_at,omitzero"`
	TeamSize   int                `json:"integrantes"`
	Rounding   race.Rounding      `json:"redondeo"`
	Epoch      int64              `json:"epoca"`
	Stream     int64              `json:"historia"`
	Seq        int64              `json:"sec"`
	Event      int64              `json:"evento"`
	GunShift   int64              `json:"ajuste_salida_ms,omitzero"`
	Version    int                `json:"version_oficial,omitzero"`
	Clock      race.ClockPolicy   `json:"politica_reloj,omitzero"` // none: that of the client
}

type teamLine struct {
	ID       race.TeamID   `json:"id"`
	Name     string        `json:"name"`
	Number   int           `json:"number"`
	Category race.Category `json:"category"`
	Judge    race.JudgeID  `json:"juez_id,omitzero"`
}

type recordLine struct {
	ID               string       `json:"id_registro"`
	Team             race.TeamID  `json:"equipo_id"`
	Judge            race.JudgeID `json:"juez_id,omitzero"`
	Elapsed          int64        `json:"tiempo"` // milliseconds
	ReceivedAt       time.Time    `json:"timestamp"`
	Source           race.Source  `json:"origen"`
	State            race.State   `json:"estado"`
	Reason           race.Code    `json:"motivo,omitzero"`
	Slot             int          `json:"puesto,omitzero"`
	Seq              int64        `json:"sec"`
	Event            int64        `json:"evento,omitzero"`
	Anonymous        bool         `json:"sin_id,omitzero"`
	MarkedAt         time.Time    `json:"marcado_en,omitzero"`
	ClockOffset      int64        `json:"desfase_us,omitzero"`
	ClockUncertainty int64        `json:"incertidumbre_us,omitzero"`
	Device           string       `json:"dispositivo,omitzero"`
	DeviceSeq        int64        `json:"secuencia,omitzero"`
}

type decisionLine struct {
	ID      race.RulingID   `json:"id"`
	Kind    race.RulingKind `json:"clase"`
	Event   int64           `json:"evento,omitzero"`
	Team    race.TeamID     `json:"equipo_id,omitzero"`
	Record  int64           `json:"registro,omitzero"` // its number
	Amount  int64           `json:"valor_ms,omitzero"`
	Finding string          `json:"revision,omitzero"`
	Version int             `json:"version,omitzero"`
	Key     string          `json:"clave,omitzero"`
	Author  string          `json:"autor"`
	At      time.Time       `json:"timestamp"`
	Reason  string          `json:"motivo"`
	Undoes  race.RulingID   `json:"anula,omitzero"`

	Declared *declaredLine `json:"declaracion,omitzero"`
}

type declaredLine struct {
	Total   int    `json:"total"`
	Device  string `json:"dispositivo,omitzero"`
	Highest int64  `json:"secuencia,omitzero"`
}

type versionLine struct {
	Number int           `json:"numero"`
	Ruling race.RulingID `json:"decision_id"`
	Author string        `json:"autor"`
	At     time.Time     `json:"timestamp"`
	Reason string        `json:"motivo"`
	Digest race.Digest   `json:"huella"`
	Sheet  string        `json:"hoja"` // the bytes that the digest is of
}

type grantLine struct {
	Organizer   race.OrganizerID   `json:"organizador_id"`
	Competition race.CompetitionID `json:"competencia_id"`
}

type noteLine struct {
	ID          int64              `json:"id"`
	At          time.Time          `json:"timestamp"`
	Author      string             `json:"autor"`
	Action      string             `json:"accion"`
	Competition race.CompetitionID `json:"competencia_id,omitzero"`
	Subject     string             `json:"sobre"`
	Detail      string             `json:"detalle"`
}

type linkLine struct {
	FirstSeq int64       `json:"desde"`
	LastSeq  int64       `json:"hasta"`
	Epoch    int64       `json:"epoca"`
	Digest   race.Digest `json:"huella"`
}

// endLine says what the lines before it must come to.
type endLine struct {
	Rows      exportRows        `json:"filas"`
	Standings []standingsResult `json:"resultados"`
}

// exportRows counts lines by kind.
type exportRows struct {
	Organizers   int `json:"organizadores"`
	Judges       int `json:"jueces"`
	Categories   int `json:"categorias"`
	Revoked      int `json:"sesiones_cerradas"`
	Competitions int `json:"competencias"`
	Teams        int `json:"equipos"`
	Records      int `json:"registros"`
	Decisions    int `json:"decisiones"`
	Links        int `json:"lotes"`
	Grants       int `json:"permisos,omitzero"`
	Versions     int `json:"versiones_oficiales,omitzero"`
	Notes        int `json:"anotaciones,omitzero"`
}

type standingsResult struct {
	Competition race.CompetitionID `json:"competencia"`
	Digest      race.Digest        `json:"huella"`
}

func (r *exportRows) addAccounts(a persistence.Accounts) {
	r.Organizers, r.Judges, r.Categories, r.Revoked = len(a.Organizers), len(a.Judges), len(a.Categories), len(a.Revoked)
	r.Grants, r.Notes = len(a.Grants), len(a.Audit)
}

func (r *exportRows) addArchive(a persistence.Archive) {
	r.Competitions++
	r.Teams += len(a.Teams)
	r.Records += len(a.Records)
	r.Decisions += len(a.Rulings)
	r.Links += len(a.Links)
	r.Versions += len(a.Versions)
	r.Notes += len(a.Audit)
}
