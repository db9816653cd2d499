package hooks

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"server5k/race"
)

// maxText bounds a text in a message, in characters, so that a message always has
// room for what matters.
const maxText = 300

// message is the body of a delivery. Times are in milliseconds, instants RFC 3339
// in UTC.
type message struct {
	ID          string           `json:"id"`
	Type        string           `json:"tipo"`
	CreatedAt   time.Time        `json:"creado"`
	Event       int64            `json:"evento"` // orders messages of a competition
	HappenedAt  time.Time        `json:"ocurrido"`
	Competition competitionJSON  `json:"competencia"`
	Team        *teamJSON        `json:"equipo,omitempty"`
	Official    *publicationJSON `json:"oficial,omitempty"`
}

type competitionJSON struct {
	ID   int64  `json:"id"`
	Name string `json:"nombre"`
}

// teamJSON is a team as it stood when it became complete.
type teamJSON struct {
	ID        int64  `json:"equipo_id"`
	Name      string `json:"equipo_nombre"`
	Bib       int    `json:"dorsal"`
	Category  string `json:"categoria"`
	Status    string `json:"estado"`
	Records   int    `json:"total_registros"`
	Absent    int    `json:"ausentes"`
	PenaltyMS int64  `json:"penalizacion"`
	TotalMS   int64  `json:"tiempo_total"`
}

// publicationJSON is one version of official results.
type publicationJSON struct {
	Version int        `json:"version"`
	Before  int        `json:"version_anterior"` // that it corrects, 0 none
	SHA256  string     `json:"sha256"`           // of the published sheet
	Reason  string     `json:"motivo"`
	Lines   []lineJSON `json:"clasificacion"` // in order, those not ranked last
	Cut     bool       `json:"recortada"`     // lines are missing: there was no room
}

type lineJSON struct {
	Place         int    `json:"puesto"` // 0 when not ranked
	CategoryPlace int    `json:"puesto_categoria"`
	Status        string `json:"estado"`
	TeamID        int64  `json:"equipo_id"`
	TeamName      string `json:"equipo_nombre"`
	Bib           int    `json:"dorsal"`
	Category      string `json:"categoria"`
	TotalMS       int64  `json:"tiempo_total"`
}

// newMessage makes the message of a piece of news; version is that of official
// results, nil for other news.
func newMessage(id race.DeliveryID, c race.Competition, n race.News, version *race.Version, now time.Time) (message, error) {
	m := message{
		ID: id.String(), Type: Type(n.Kind), CreatedAt: now.UTC().Truncate(time.Millisecond), Event: n.Event, HappenedAt: n.At.UTC(),
		Competition: competitionJSON{int64(c.ID), clip(c.Name)},
	}
	if n.Kind == race.WebhookTeam {
		s := n.Team
		m.Team = &teamJSON{
			ID: int64(s.Team.ID), Name: clip(s.Team.Name), Bib: s.Team.Bib, Category: clip(string(s.Team.Category)), Status: string(s.Status),
			Records: s.Records, Absent: s.Absent, PenaltyMS: s.Penalty.Milliseconds(), TotalMS: s.Total.Milliseconds(),
		}
	}
	if version == nil {
		return m, nil
	}
	sheet, err := race.DecodeSheet(version.Sheet)
	if err != nil {
		return m, err
	}
	m.Official = &publicationJSON{
		Version: version.Number, Before: version.Number - 1, SHA256: hex.EncodeToString(version.Digest[:]), Reason: clip(version.Reason),
		Lines: make([]lineJSON, len(sheet.Lines)),
	}
	for i, l := range sheet.Lines {
		m.Official.Lines[i] = lineJSON{
			Place: l.Place, CategoryPlace: l.CategoryPlace, Status: string(l.Status), TeamID: int64(l.Team), TeamName: clip(l.Name),
			Bib: l.Bib, Category: clip(string(l.Category)), TotalMS: l.TotalMS,
		}
	}
	return m, nil
}

// encode returns the bytes that are sent, at most race.MaxDeliveryBody: lines that
// have no room are left out.
func (m message) encode() ([]byte, error) {
	for {
		b, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode message: %w", err)
		}
		if len(b) <= race.MaxDeliveryBody {
			return b, nil
		}
		if m.Official == nil || len(m.Official.Lines) == 0 {
			return nil, fmt.Errorf("encode message: %d bytes", len(b))
		}
		cut := *m.Official
		cut.Lines, cut.Cut = cut.Lines[:len(cut.Lines)*3/4], true
		m.Official = &cut
	}
}

// clip shortens a text to maxText characters.
func clip(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxText {
			return s[:i]
		}
	}
	return s
}
