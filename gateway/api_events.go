package gateway

import (
	"cmp"
	"slices"
	"strconv"

	"server5k/race"
)

// eventJSON is one thing that happened in a competition.
type eventJSON struct {
	Event   int64         `json:"evento"` // its number, without gaps
	Kind    string        `json:"tipo"`   // registros or decision
	At      string        `json:"fecha"`
	TeamID  *int64        `json:"equipo_id"`
	Records []eventRecord `json:"registros"`
	Ruling  *rulingJSON   `json:"decision"`
}

type eventRecord struct {
	ID      string `json:"id_registro"`
	Seq     int64  `json:"registro"`
	Elapsed int64  `json:"tiempo"`
}

// events answers GET /api/competencias/{id}/eventos/: what happened, by number;
// with `?desde=` only what came after that one.
func (s *Server) events(c *call) error {
	since := int64(0)
	if text, _ := c.query("desde"); text != "" {
		var err error
		if since, err = strconv.ParseInt(text, 10, 64); err != nil {
			return c.fault("desde", textWhole)
		}
	}
	e, err := c.readEvidence()
	if err != nil {
		return err
	}
	rows := slices.DeleteFunc(eventsOf(e, s.stamp()), func(x eventJSON) bool { return x.Event <= since })
	return list(c, rows, listing[eventJSON]{wire: func(x eventJSON) any { return x }})
}

// eventsOf puts the counted records and the rulings in the order of their events.
func eventsOf(e race.Evidence, in stamp) []eventJSON {
	byNumber := map[int64]*eventJSON{}
	var order []int64
	for _, r := range e.Records {
		if r.Event == 0 {
			continue // held: nobody was told
		}
		x := byNumber[r.Event]
		if x == nil {
			x = &eventJSON{Event: r.Event, Kind: "registros", At: in.text(r.ReceivedAt), TeamID: idOf(r.Team)}
			byNumber[r.Event] = x
			order = append(order, r.Event)
		}
		x.Records = append(x.Records, eventRecord{r.ID.String(), r.Seq, r.Elapsed.Milliseconds()})
	}
	for i, r := range rulingsOf(e, in) {
		if byNumber[r.Event] != nil {
			continue // a number that two things have: the records tell more
		}
		byNumber[r.Event] = &eventJSON{Event: r.Event, Kind: "decision", At: in.text(e.Rulings[i].At), TeamID: r.TeamID, Ruling: &r}
		order = append(order, r.Event)
	}
	slices.SortFunc(order, cmp.Compare[int64])
	out := make([]eventJSON, len(order))
	for i, n := range order {
		out[i] = *byNumber[n]
	}
	return out
}
