package admin

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"server5k/gateway/office"
	"server5k/race"
)

// marksPage takes in what a phone kept: the file or the codes first, then what is in
// it, then what became of each mark.
type marksPage struct {
	Head    head
	Form    *form
	Preview *marksPreview
	Report  *office.Imported
	Lines   []marksLine // of Report
	Content string      // base64 of the file, until it is confirmed
}

// marksPreview is what is in a file.
type marksPreview struct {
	Judge, Device string
	Teams         []marksTeam
	Running       bool // or else what is new will be held
	New           int  // marks that are not stored
}

// marksTeam is what is in a file of one team.
type marksTeam struct {
	Team        race.Team // the zero value when it is none of the competition
	ID          race.TeamID
	Marks       int
	Taken       int // of them, taken back by the judge
	Stored      int // that are here already
	First, Last int64
}

// marksForm answers GET /admin/competencias/{}/marcas/importar/.
func marksForm(ctx context.Context, c *call) error {
	return c.showMarks(ctx, http.StatusOK, marksPage{Form: newForm()})
}

// importMarks answers POST /admin/competencias/{}/marcas/importar/: with a file or
// codes what is in them, with the file in the form its import.
func importMarks(ctx context.Context, c *call) error {
	f := newForm()
	f.Values["archivo"], f.Values["texto"] = "", ""
	text, confirmed := c.sentMarks(f)
	var file office.MarksFile
	if !f.bad() {
		var err error
		if file, err = c.p.cfg.ReadMarks([]byte(text), c.p.cfg.Now()); err != nil || len(file.Teams) == 0 {
			f.fault("archivo", c.say("fault.marks"))
		}
	}
	if f.bad() {
		return c.showMarks(ctx, http.StatusUnprocessableEntity, marksPage{Form: f})
	}
	e, err := c.p.cfg.Desk.Evidence(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	preview := previewOf(file, e)
	page := marksPage{Form: f, Preview: &preview, Content: base64.StdEncoding.EncodeToString([]byte(text))}
	if !confirmed {
		return c.showMarks(ctx, http.StatusOK, page)
	}
	report, err := c.p.cfg.Desk.ImportMarks(ctx, c.who, c.competition(), file)
	switch {
	case race.CodeOf(err) == race.CodeUnavailable: // the same again does no harm
		f.fault("", c.say("marks.again"))
		return c.showMarks(ctx, http.StatusServiceUnavailable, page)
	case err != nil && !c.refuse(f, err):
		return err
	case err != nil:
		return c.showMarks(ctx, http.StatusUnprocessableEntity, page)
	}
	after, err := c.p.cfg.Desk.Evidence(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	return c.showMarks(ctx, http.StatusOK, marksPage{Form: f, Report: &report, Lines: c.linesOf(file, report, e, after)})
}

// sentMarks reads the text of the form: chosen as a file, pasted, or checked before.
func (c *call) sentMarks(f *form) (text string, confirmed bool) {
	if kept := c.value("contenido"); kept != "" {
		raw, err := base64.StdEncoding.DecodeString(kept)
		if err != nil || len(raw) > maxImport {
			f.fault("archivo", c.say("fault.marks"))
		}
		return string(raw), true
	}
	text = c.value("texto")
	if m, err := c.ctx.MultipartForm(); err == nil && len(m.File["archivo"]) == 1 && m.File["archivo"][0].Size > 0 {
		sent := m.File["archivo"][0]
		if sent.Size > maxImport {
			f.fault("archivo", c.say("fault.large", maxImport>>10))
			return "", false
		}
		in, err := sent.Open()
		if err == nil {
			var raw []byte
			raw, err = io.ReadAll(in)
			_ = in.Close() // it was only read
			text = string(raw)
		}
		if err != nil {
			f.fault("archivo", c.say("fault.marks"))
			return "", false
		}
	}
	joined, missing, ok := joinFrames(strings.TrimPrefix(text, "\ufeff"))
	switch {
	case strings.TrimSpace(text) == "":
		f.fault("archivo", c.say("fault.marks.none"))
	case !ok || !utf8.ValidString(text):
		f.fault("texto", c.say("fault.frames"))
	case len(missing) > 0:
		f.fault("texto", c.say("fault.frames.missing", numbers(missing)))
	}
	if f.bad() && utf8.ValidString(text) && len(text) <= maxImport {
		f.Values["texto"] = text // what was pasted is not lost
	}
	return joined, false
}

// previewOf says what is in a file, and what of it is here already.
func previewOf(file office.MarksFile, e race.Evidence) marksPreview {
	out := marksPreview{Judge: file.Judge, Device: file.Device, Running: e.Competition.Running}
	stored := storedIDs(e)
	for _, t := range file.Teams {
		line := marksTeam{Team: teamOf(e, t.Team), ID: t.Team, Marks: len(t.Marks)}
		for _, m := range t.Marks {
			n := m.Record.Mark.DeviceSeq
			if m.Taken {
				line.Taken++
			}
			if _, there := stored[markKey{t.Team, m.Record.ID}]; there {
				line.Stored++
			}
			if n > 0 && (line.First == 0 || n < line.First) {
				line.First = n
			}
			line.Last = max(line.Last, n)
		}
		if line.Team.ID != 0 {
			out.New += line.Marks - line.Stored
		}
		out.Teams = append(out.Teams, line)
	}
	return out
}

// markKey names a mark of a team.
type markKey struct {
	team race.TeamID
	id   race.RecordID
}

// teamOf returns a team, the zero value when it is none of the competition.
func teamOf(e race.Evidence, id race.TeamID) race.Team {
	if i := slices.IndexFunc(e.Teams, func(t race.Team) bool { return t.ID == id }); i >= 0 {
		return e.Teams[i]
	}
	return race.Team{}
}

// storedIDs returns the marks that are here. One that was held and counted later is
// the counted one.
func storedIDs(e race.Evidence) map[markKey]race.Finish {
	out := map[markKey]race.Finish{}
	for _, f := range e.Finishes() {
		k := markKey{f.Team, f.ID}
		if known, again := out[k]; !again || (!known.Counts && f.Counts) {
			out[k] = f
		}
	}
	return out
}

// marksLine says what became of one mark of a file.
type marksLine struct {
	Team        race.Team
	Number      int64
	Time        string
	Record      string
	Mood, State string // as in markLine
	Text        string // why it was not stored
	Reason      race.Code
}

// linesOf says what became of each mark: it compares what is here now with what was
// here before.
func (c *call) linesOf(file office.MarksFile, report office.Imported, before, after race.Evidence) []marksLine {
	type place struct {
		team  race.TeamID
		index int
	}
	failed := map[place]error{}
	for _, x := range report.Failed {
		failed[place{x.Team, x.Index}] = x.Err
	}
	known, stored := storedIDs(before), storedIDs(after)
	var out []marksLine
	for _, t := range file.Teams {
		team := teamOf(after, t.Team)
		for i, m := range t.Marks {
			line := marksLine{Team: team, Number: m.Record.Mark.DeviceSeq, Time: "—", Record: "—"}
			if m.Err == nil {
				line.Record = m.Record.ID.String()
			}
			if m.Record.Elapsed > 0 {
				line.Time = clock(m.Record.Elapsed)
			}
			mark, there := stored[markKey{t.Team, m.Record.ID}]
			_, old := known[markKey{t.Team, m.Record.ID}]
			switch err := failed[place{t.Team, i}]; {
			case err != nil:
				line.Mood, line.State, line.Text = "bad", "marks.state.failed", c.whyNot(m, err)
			case there && mark.Retracted:
				line.Mood, line.State = "wait", "mark.retracted"
			case there && !mark.Counts:
				line.Mood, line.State, line.Reason = "warn", "mark.held", mark.Reason
			case old:
				line.Mood, line.State = "ok", "marks.state.known"
			default:
				line.Mood, line.State = "ok", "marks.state.stored"
			}
			out = append(out, line)
		}
	}
	return out
}

// whyNot says why a mark was not stored.
func (c *call) whyNot(m office.FileMark, err error) string {
	switch {
	case m.Err == nil:
		text, _ := c.textOf(err)
		return text
	case race.CodeOf(m.Err) == race.CodeMissingField:
		return c.say("marks.fault.missing")
	default:
		return c.say("marks.fault.invalid")
	}
}

func (c *call) showMarks(ctx context.Context, status int, page marksPage) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	if !c.who.Edits(r.ID) {
		return errForbidden
	}
	page.Head = c.head(r, "puestos")
	return c.page(status, "marks", c.say("marks.title")+" · "+r.Name, page)
}
