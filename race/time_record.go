package race

import (
	"time"

	"github.com/google/uuid"
)

// RecordID is the client's name for one mark, the key of idempotency.
type RecordID uuid.UUID

// NewRecordID makes a UUID v7 for a record that came without one.
func NewRecordID() RecordID { return RecordID(uuid.Must(uuid.NewV7())) }

// ParseRecordID reads a UUID of any version in its usual forms. It fails with
// CodeInvalidValue.
func ParseRecordID(s string) (RecordID, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return RecordID{}, Errorf(CodeInvalidValue, "id_registro debe ser un UUID")
	}
	return RecordID(id), nil
}

// String returns the canonical lower-case form.
func (id RecordID) String() string { return uuid.UUID(id).String() }

// MaxElapsed is the longest time that is taken, a day.
const MaxElapsed = 24 * time.Hour

// Source says how a record reached us.
type Source string

// The sources of a record.
const (
	SourceSocket Source = "ws"
	SourceHTTP   Source = "http"
	SourceImport Source = "import"
	SourceManual Source = "manual"
)

// State says whether a record counts.
type State string

// A counted record takes a slot of its team. A held one was refused but is kept
// for the organizer, with the reason.
const (
	StateCounted State = "counted"
	StateHeld    State = "held"
)

// Mark is what the judge's device says of the tap. It is evidence; scoring uses
// it only where the competition says so. Zero values mean not sent.
type Mark struct {
	MarkedAt         time.Time
	ClockOffset      time.Duration
	ClockUncertainty time.Duration
	Device           string // at most MaxDeviceLength bytes
	DeviceSeq        int64  // 1..n of this device
}

// MaxDeviceLength bounds Mark.Device, in characters.
const MaxDeviceLength = 64

// TimeRecord is one finish time of one runner of a team. Elapsed 0 is an absent
// runner. Records are immutable once stored.
type TimeRecord struct {
	ID         RecordID
	Team       TeamID
	Judge      JudgeID
	Elapsed    time.Duration // 0..MaxElapsed, whole milliseconds
	Mark       Mark
	ReceivedAt time.Time
	Source     Source
	// Anonymous says that the client sent no id and ID was made here.
	Anonymous bool
	// What storing it decided:
	State  State
	Reason Code  // why it is held
	Slot   int   // 1..team size when counted
	Seq    int64 // gapless in the competition
	Event  int64 // the event that announced it
}

// Absent says whether the record stands for a runner who did not run.
func (r TimeRecord) Absent() bool { return r.Elapsed == 0 }

// Components are a time in the parts that clients send.
type Components struct{ Hours, Minutes, Seconds, Milliseconds int64 }

// Split returns the components of d, whole milliseconds.
func Split(d time.Duration) Components {
	ms := d.Milliseconds()
	return Components{ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000}
}

// ElapsedFrom returns the time of a record as sent: total milliseconds and
// components; the components win when any is not zero (wire contract, section
// 3). It fails with CodeInvalidValue and names the field.
func ElapsedFrom(totalMS int64, c Components) (time.Duration, error) {
	for _, part := range []struct {
		name       string
		value, max int64
	}{{"horas", c.Hours, 23}, {"minutos", c.Minutes, 59}, {"segundos", c.Seconds, 59}, {"milisegundos", c.Milliseconds, 999}} {
		if part.value < 0 || part.value > part.max {
			return 0, Errorf(CodeInvalidValue, "%s debe estar entre 0 y %d", part.name, part.max)
		}
	}
	if totalMS < 0 || totalMS > MaxElapsed.Milliseconds() {
		return 0, Errorf(CodeInvalidValue, "tiempo debe estar entre 0 y %d milisegundos", MaxElapsed.Milliseconds())
	}
	if c != (Components{}) {
		totalMS = c.Hours*3_600_000 + c.Minutes*60_000 + c.Seconds*1000 + c.Milliseconds
	}
	return time.Duration(totalMS) * time.Millisecond, nil
}
