package admin

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"server5k/gateway/office"
	"server5k/race"
)

// marksFormat is what a file of marks says that it is.
const marksFormat = "server5k-marcas-1"

// savedMarks is what a judge's device exports when the network does not come back.
type savedMarks struct {
	Format   string      `json:"formato"`
	Judge    string      `json:"juez"`
	Device   string      `json:"dispositivo"`
	Exported string      `json:"exportado"` // RFC 3339, as the device believed
	Teams    []savedTeam `json:"equipos"`
}

type savedTeam struct {
	ID      race.TeamID   `json:"equipo_id"`
	Records []savedRecord `json:"registros"`
}

// savedRecord is a record as it would have been sent, times in milliseconds.
type savedRecord struct {
	ID          string   `json:"id_registro"`
	Time        *int64   `json:"tiempo"` // 0 absent; nil when the device never learned of the gun
	MarkedAt    *float64 `json:"marcado_en"`
	Offset      float64  `json:"desfase_ms"`
	Uncertainty float64  `json:"incertidumbre_ms"`
	Number      int64    `json:"secuencia"`
	Device      string   `json:"dispositivo"`
	Taken       bool     `json:"anulado"` // the judge took it back
}

// readMarks reads a file of marks; false when it is none.
func readMarks(text string) (savedMarks, bool) {
	var f savedMarks
	err := json.Unmarshal([]byte(text), &f)
	return f, err == nil && f.Format == marksFormat && len(f.Teams) > 0
}

// marks returns what the race office takes in, received now.
func (f savedMarks) marks(now time.Time) office.MarksFile {
	out := office.MarksFile{Judge: f.Judge, Device: f.Device}
	for _, t := range f.Teams {
		team := office.FileTeam{Team: t.ID}
		for _, r := range t.Records {
			rec, err := r.record(now)
			team.Marks = append(team.Marks, office.FileMark{Record: rec, Taken: r.Taken, Err: err})
		}
		out.Teams = append(out.Teams, team)
	}
	return out
}

// Bounds of what a device says, which only catch a wrong unit; those of the wire.
const (
	maxInstantMS = 4e12
	maxNumber    = 1 << 53
)

// record returns the record of a mark, or what is wrong with it.
func (r savedRecord) record(now time.Time) (race.TimeRecord, error) {
	no := func(es, en string) (race.TimeRecord, error) {
		return race.TimeRecord{}, office.Invalid{Faults: []office.Fault{{Text: office.Text{ES: es, EN: en}}}}
	}
	id, err := race.ParseRecordID(r.ID)
	switch {
	case err != nil:
		return no("No tiene un identificador.", "It has no identifier.")
	case r.Time == nil:
		return no("No tiene tiempo: el teléfono no conocía la salida.", "It has no time: the phone did not know the gun.")
	case *r.Time < 0 || *r.Time > race.MaxElapsed.Milliseconds():
		return no("El tiempo está fuera de rango.", "The time is out of range.")
	case math.Abs(r.Offset) > maxInstantMS || r.Uncertainty < 0 || r.Uncertainty > maxInstantMS || r.Number < 0 || r.Number > maxNumber ||
		(r.MarkedAt != nil && (*r.MarkedAt < 0 || *r.MarkedAt > maxInstantMS)):
		return no("Un valor está fuera de rango.", "A value is out of range.")
	case utf8.RuneCountInString(r.Device) > race.MaxDeviceLength:
		return no("El nombre del dispositivo es demasiado largo.", "The name of the device is too long.")
	}
	rec := race.TimeRecord{
		ID: id, Elapsed: time.Duration(*r.Time) * time.Millisecond, Source: race.SourceImport, ReceivedAt: now.UTC().Truncate(time.Microsecond),
		Mark: race.Mark{ClockOffset: microseconds(r.Offset), ClockUncertainty: microseconds(r.Uncertainty), Device: r.Device, DeviceSeq: r.Number},
	}
	if r.MarkedAt != nil {
		rec.Mark.MarkedAt = time.UnixMicro(int64(math.Round(*r.MarkedAt * 1000))).UTC()
	}
	return rec, nil
}

// microseconds returns milliseconds as precisely as they are stored.
func microseconds(ms float64) time.Duration {
	return time.Duration(math.Round(ms*1000)) * time.Microsecond
}

// framePattern begins a part of a file that a phone shows as codes one after another:
// S5K1|number|of how many|part. The part is what comes until the next one.
var framePattern = regexp.MustCompile(`S5K1\|([0-9]{1,4})\|([0-9]{1,4})\|`)

// maxFrames bounds the parts of a file. A code holds some hundred bytes, so that is
// more marks than a judge makes in a year.
const maxFrames = 999

// joinFrames returns the text of a file of marks. Codes that were read from a
// screen, in whatever order and as often as it may be, are put together; any other
// text is returned as it is. missing are the numbers of parts that are not there;
// ok is false when parts are of different files or no sense can be made of them.
func joinFrames(text string) (joined string, missing []int64, ok bool) {
	found := framePattern.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 {
		return text, nil, true
	}
	total, parts := 0, map[int]string{}
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		number, _ := strconv.Atoi(text[at[2]:at[3]]) // digits, of which there are few
		of, _ := strconv.Atoi(text[at[4]:at[5]])
		part := strings.Trim(text[at[1]:end], "\r\n")
		before, again := parts[number]
		if of < 1 || of > maxFrames || number < 1 || number > of || (total != 0 && of != total) || (again && before != part) {
			return "", nil, false
		}
		total, parts[number] = of, part
	}
	var out strings.Builder
	for n := 1; n <= total; n++ {
		part, there := parts[n]
		if !there {
			missing = append(missing, int64(n))
		}
		out.WriteString(part)
	}
	return out.String(), missing, true
}
