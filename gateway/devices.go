package gateway

import (
	"sync"
	"time"
	"unicode/utf8"

	"server5k/race"
)

// maxAppLength bounds the version that a client says it has, in characters.
const maxAppLength = 64

// devices knows the judges' devices that are connected to this node.
type devices struct {
	mu   sync.Mutex // protects list
	list map[*device]struct{}
}

// device is one judge socket, as the readiness board shows it.
type device struct {
	mu  sync.Mutex // protects now
	now race.Presence
}

func (d *devices) add(judge race.JudgeID, node string, at time.Time) *device {
	v := &device{now: race.Presence{Judge: judge, Node: node, ConnectedAt: at, HeardAt: at, Battery: -1}}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.list == nil {
		d.list = map[*device]struct{}{}
	}
	d.list[v] = struct{}{}
	return v
}

func (d *devices) remove(v *device) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.list, v)
}

// Devices returns the judges' devices that are connected to this node, in no
// order.
func (s *Server) Devices() []race.Presence {
	s.devices.mu.Lock()
	defer s.devices.mu.Unlock()
	out := make([]race.Presence, 0, len(s.devices.list))
	for v := range s.devices.list {
		v.mu.Lock()
		out = append(out, v.now)
		v.mu.Unlock()
	}
	return out
}

func (v *device) heard(at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now.HeardAt = at
}

// tells takes what a device says of itself with a ping; what makes no sense is
// left out, since a heartbeat is no place for errors.
func (v *device) tells(m inbound) {
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
