package race

import (
	"time"

	"github.com/google/uuid"
)

// RulingID identifies a ruling; positive, ascending in the order they were made
// in a competition.
type RulingID int64

// RulingKind says what a ruling does.
type RulingKind string

// The kinds of rulings. A start and a stop are made through Transition, all
// others through an Order.
const (
	RulingStart      RulingKind = "start"
	RulingStop       RulingKind = "stop"
	RulingReopen     RulingKind = "reopen"     // takes a stop back: it runs on from the same gun
	RulingGun        RulingKind = "gun"        // the gun was Amount after the announced start
	RulingInclude    RulingKind = "include"    // a held record counts
	RulingVoid       RulingKind = "void"       // a record does not count
	RulingReinstate  RulingKind = "reinstate"  // a void record counts again
	RulingMove       RulingKind = "move"       // a record belongs to Team
	RulingAdd        RulingKind = "add"        // a record was typed in and counts
	RulingAbsence    RulingKind = "absence"    // the same for a runner who did not run
	RulingPenalty    RulingKind = "penalty"    // Amount is added to the total of Team
	RulingDisqualify RulingKind = "disqualify" // Team is out
	RulingAccept     RulingKind = "accept"     // Finding is no reason to do anything
	RulingUndo       RulingKind = "undo"       // takes the ruling Undoes back; of an undo: makes it hold again
	RulingOfficial   RulingKind = "official"   // the results are published as they are
	RulingRetract    RulingKind = "retract"    // the judge takes an own mark back
	RulingDeclare    RulingKind = "declare"    // the judge says how many marks there are of Team
	RulingConceal    RulingKind = "conceal"    // the public is shown nothing of Team, or of the one runner of Record
)

// undoable says whether a ruling of this kind can be taken back. What has gone
// out to people cannot.
func (k RulingKind) undoable() bool {
	switch k {
	case RulingStart, RulingStop, RulingReopen, RulingOfficial:
		return false
	default:
		return true
	}
}

// EventKind says what listeners hear of a ruling of this kind: that the total of its
// team is another one, that nothing they show has changed, or, 0, that they need the
// state anew.
func (k RulingKind) EventKind() EventKind {
	switch k {
	case RulingInclude, RulingVoid, RulingReinstate, RulingRetract, RulingAdd, RulingAbsence, RulingPenalty, RulingDisqualify:
		return TimesRecorded
	case RulingDeclare, RulingAccept:
		return RulingMade
	default:
		return 0
	}
}

// Ruling is one decision of an organizer about a competition. Rulings are never
// changed or deleted: one that was wrong is taken back by another.
type Ruling struct {
	ID          RulingID
	Competition CompetitionID
	Kind        RulingKind
	Event       int64 // number of the event that announced it
	Team        TeamID
	Record      int64         // Seq of the record that it is about, 0 none
	Amount      time.Duration // RulingGun, RulingPenalty; whole milliseconds
	Finding     string        // RulingAccept: Finding.Key
	Declared    Declaration   // RulingDeclare
	Version     int           // RulingOfficial: number of the version
	Undoes      RulingID
	Key         OrderKey // of the order, zero for those older than orders
	Author      string   // user name of the organizer; of a judge after JudgeAuthor
	At          time.Time
	Reason      string
}

// JudgeAuthor begins Ruling.Author when a judge decided.
const JudgeAuthor = "juez:"

// OrderKey makes an order safe to be sent again: the same key is the same order.
// It is the id of the record that the order adds, if it adds one.
type OrderKey = RecordID

// KeyOf returns the key of the order that a judge gives about an own record, so
// that asking twice is asking once: a name-based UUID (RFC 9562, version 5).
func KeyOf(k RulingKind, id RecordID) OrderKey {
	return OrderKey(uuid.NewSHA1(uuid.UUID(id), []byte(k)))
}

// Order is a ruling that an organizer asks for. Which fields matter depends on
// Kind.
type Order struct {
	Competition CompetitionID
	Epoch       int64 // of the owner that carries it out
	Key         OrderKey
	Kind        RulingKind
	Team        TeamID        // RulingMove, RulingAdd, RulingAbsence, RulingPenalty, RulingDisqualify
	Record      int64         // Seq: RulingInclude, RulingVoid, RulingReinstate, RulingMove
	Elapsed     time.Duration // RulingAdd: the time, by the announced start; RulingInclude of a judge: that of the held mark
	Amount      time.Duration // RulingPenalty; RulingGun: by how much later than now valid, if GunAt is zero
	GunAt       time.Time     // RulingGun: when it really was
	Finding     string        // RulingAccept
	Undoes      RulingID      // RulingUndo
	Declared    Declaration   // RulingDeclare
	// RecordID names the record of Team instead of Record, for who knows no Seq.
	RecordID RecordID
	// Judge asks and not an organizer: then Kind is RulingRetract, RulingDeclare or
	// RulingInclude, and Team must be the judge's.
	Judge    JudgeID
	Override bool // RulingOfficial: although findings are open
	Author   string
	At       time.Time
	Reason   string // at most MaxReasonLength
}

// MaxReasonLength bounds Order.Reason, in characters; MaxGunShift how far the gun
// may be moved, which only catches a wrong day; MaxPenalty one penalty.
const (
	MaxReasonLength = 500
	MaxGunShift     = 24 * time.Hour
	MaxPenalty      = time.Hour
)

// RetractWindow is how long after its receipt a judge may take a mark back. People
// notice within seconds; the rest is for a phone that had no network.
const RetractWindow = 15 * time.Minute

// Ruled is what an order came to.
type Ruled struct {
	Ruling      Ruling
	Competition Competition // as it is afterwards
	Record      TimeRecord  // that it added, if any
	Repeated    bool        // the order had been carried out before
	Stored      int         // RulingDeclare: Post.Stored of the team
}

// inForce returns which rulings hold. A ruling is taken back by a later one that
// holds itself, so one pass from the end decides.
func inForce(rulings []Ruling) map[RulingID]bool {
	holds := make(map[RulingID]bool, len(rulings))
	undone := map[RulingID]bool{}
	for i := len(rulings) - 1; i >= 0; i-- {
		r := rulings[i]
		if undone[r.ID] {
			continue
		}
		holds[r.ID] = true
		if r.Undoes != 0 {
			undone[r.Undoes] = true
		}
	}
	return holds
}
