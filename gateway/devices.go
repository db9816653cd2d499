package gateway

import (
	"sync"
	"time"
	"unicode/utf8"

	"server5k/race"
)

// maxAppLength bounds the version that a client says it has, in characters.
const maxAppLength = 64

// Devices knows the judges' devices that are connected to this node. Its methods
// may be called from any goroutine.
type Devices struct {
	node string

	mu   sync.Mutex // protects list
	list map[*device]struct{}
}

// NewDevices returns an empty list for the node of that name.
func NewDevices(node string) *Devices { return &Devices{node: node, list: map[*device]struct{}{}} }

// List returns them in no order.
func (d *Devices) List() []race.Presence {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]race.Presence, 0, len(d.list))
	for v := range d.list {
		v.mu.Lock()
		out = append(out, v.now)
		v.mu.Unlock()
	}
	return out
}

// device is one judge socket, as the readiness board shows it.
type device struct {
	mu  sync.Mutex // protects now
	now race.Presence
}

func (d *Devices) add(judge race.JudgeID, at time.Time) *device {
	v := &device{now: race.Presence{Judge: judge, Node: d.node, ConnectedAt: at, HeardAt: at, Battery: -1}}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list[v] = struct{}{}
	return v
}

func (d *Devices) remove(v *device) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.list, v)
}

func (v *device) heard(at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now.HeardAt = at
}

// tells takes what a device says of itself with a ping; what makes no sense is
// left out, since a heartbeat is no place for errors.
func (v *device) tells(m inbound) {
	claim, claims := m.claim()
	m.DeviceSeq = nil // 0 before the first mark, which no record has
	mark, err := m.mark()
	battery, charged := integer(m.Battery)
	app, named := stringOf(m.App)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err == nil {
		v.clock(mark)
	}
	if charged && battery >= 0 && battery <= 100 {
		v.now.Battery = int(battery)
	}
	if named && utf8.RuneCountInString(app) <= maxAppLength {
		v.now.App = app
	}
	if claims {
		v.now.Competition, v.now.Claimed, v.now.Pending = claim.competition, claim.highest, claim.pending
	}
}

// claim is what a device says of its marks of a competition.
type claim struct {
	competition race.CompetitionID
	highest     int64 // number that it has given
	pending     int   // marks without an answer
}

// claim reads one from a ping; false when it says nothing that makes sense.
func (m inbound) claim() (claim, bool) {
	id, known := integer(m.Competition)
	highest, numbered := integer(m.DeviceSeq)
	pending, counted := integer(m.Pending)
	if !known || id <= 0 || !numbered || highest < 0 || highest > race.MaxDeviceSeq {
		return claim{}, false
	}
	if !counted || pending < 0 || pending > race.MaxDeviceSeq {
		pending = 0
	}
	return claim{race.CompetitionID(id), highest, int(pending)}, true
}

// clock takes what came of the device's clock and name; v.mu is held.
func (v *device) clock(m race.Mark) {
	if m.ClockOffset != 0 || m.ClockUncertainty != 0 {
		v.now.ClockOffset, v.now.ClockUncertainty = m.ClockOffset, m.ClockUncertainty
	}
	if m.Device != "" {
		v.now.Device = m.Device
	}
}

// sent counts records on their way to the store.
func (v *device) sent(records []race.TimeRecord) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now.Received += int64(len(records))
	for i := range records {
		v.clock(records[i].Mark)
	}
}

// answered counts those that are stored.
func (v *device) answered(reply race.Reply, err error) {
	if err != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range reply.Outcomes {
		if o.Stored() {
			v.now.Confirmed++
		}
	}
}
