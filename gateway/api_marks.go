package gateway

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/gateway/office"
	"server5k/race"
)

// marksFormat is what a file of saved marks begins with.
const marksFormat = "server5k-marcas-1"

// ReadMarks reads the file that a judge's console saves when the network never
// comes back. Marks that cannot be read say so each; the error, an office.Invalid,
// is about the file as a whole. now is when they are received.
func ReadMarks(raw []byte, now time.Time) (office.MarksFile, error) {
	var file struct {
		Format jsontext.Value   `json:"formato"`
		Judge  jsontext.Value   `json:"juez"`
		Device jsontext.Value   `json:"dispositivo"`
		Teams  []jsontext.Value `json:"equipos"`
	}
	var out office.MarksFile
	read := jsontext.Value(raw).Kind() == '{' && json.Unmarshal(raw, &file, lenient) == nil
	if format, _ := stringOf(file.Format); !read || format != marksFormat {
		return out, faulty("formato", "No es un archivo de marcas de la consola de jueces.", "Not a file of marks of the judges' console.")
	}
	out.Judge, _ = stringOf(file.Judge)
	out.Device, _ = stringOf(file.Device)
	for _, raw := range file.Teams {
		t, ok := readFileTeam(raw, now)
		if !ok {
			return out, faulty("equipos", "Cada equipo debe tener equipo_id y una lista registros.", "Each team must have equipo_id and a list registros.")
		}
		out.Teams = append(out.Teams, t)
	}
	return out, nil
}

func faulty(field, es, en string) error {
	return office.Invalid{Faults: []office.Fault{{Field: field, Text: office.Text{ES: es, EN: en}}}}
}

func readFileTeam(raw jsontext.Value, now time.Time) (office.FileTeam, bool) {
	var team struct {
		ID    jsontext.Value   `json:"equipo_id"`
		Marks []jsontext.Value `json:"registros"`
	}
	var out office.FileTeam
	if raw.Kind() != '{' || json.Unmarshal(raw, &team, lenient) != nil || team.Marks == nil {
		return out, false
	}
	var err error
	if out.Team, err = teamID(team.ID); err != nil {
		return out, false
	}
	out.Marks = make([]office.FileMark, len(team.Marks))
	for i, raw := range team.Marks {
		out.Marks[i] = readFileMark(raw, now)
	}
	return out, true
}

// readFileMark reads one mark. A phone that never heard of the start has no time,
// only the instant of the tap. Without an id, importing the file again would store
// it again.
func readFileMark(raw jsontext.Value, now time.Time) (m office.FileMark) {
	var more struct {
		Taken jsontext.Value `json:"anulado"`
	}
	var item recordItem
	if raw.Kind() != '{' || json.Unmarshal(raw, &item, lenient) != nil {
		m.Err = race.Errorf(race.CodeInvalidValue, "El registro debe ser un objeto")
		return m
	}
	if m.Untimed = absent(item.Total) && !absent(item.MarkedAt); m.Untimed {
		item.Total = jsontext.Value("0") // until it is known
	}
	if m.Record, m.Err = item.record(race.SourceImport, now); m.Err != nil {
		return m
	}
	switch {
	case m.Record.Anonymous:
		m.Err = race.Errorf(race.CodeMissingField, "Falta el campo id_registro")
		return m
	case m.Record.ID == race.RecordID{}:
		m.Err = race.Errorf(race.CodeInvalidValue, "id_registro debe ser un UUID")
		return m
	}
	if json.Unmarshal(raw, &more, lenient) == nil {
		m.Taken = string(more.Taken) == "true"
	}
	return m
}

// importedJSON is what became of a file of marks.
type importedJSON struct {
	Received  int              `json:"recibidos"`
	Stored    int              `json:"guardados"`
	Duplicate int              `json:"duplicados"`
	Held      int              `json:"retenidos"`
	Failed    []failedMarkJSON `json:"fallidos"`
}

type failedMarkJSON struct {
	TeamID int64  `json:"equipo_id"`
	Index  int    `json:"indice"`
	Error  string `json:"error"`
	Code   string `json:"codigo"`
}

// importMarks answers POST /api/competencias/{id}/marcas/ with the file of a phone.
func (s *Server) importMarks(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	if !b.object {
		return &refusal{status: http.StatusBadRequest, body: c.notAnObject()}
	}
	raw := c.ctx.Request.Body()
	done, err := consultFor(c, importTimeout, "import marks", func(ctx context.Context, d *office.Desk, w office.Who) (office.Imported, error) {
		if err := w.MayChange(c.competitionID()); err != nil {
			return office.Imported{}, err
		}
		f, err := ReadMarks(raw, s.now())
		if err != nil {
			return office.Imported{}, err
		}
		return d.ImportMarks(ctx, w, c.competitionID(), f)
	})
	if err != nil {
		return c.missing(err, textNoCompetition)
	}
	out := importedJSON{done.Received, done.Stored, done.Duplicate, done.Held, make([]failedMarkJSON, len(done.Failed))}
	for i, f := range done.Failed {
		bad := badRecordOf(f.Index, f.Err)
		out.Failed[i] = failedMarkJSON{int64(f.Team), bad.Index, bad.Error, bad.Code}
	}
	c.reply(http.StatusOK, out)
	return nil
}
