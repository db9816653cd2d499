package race

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// WebhookID identifies a webhook; positive.
type WebhookID int64

// WebhookKind is a kind of news that webhooks tell.
type WebhookKind string

// The kinds of news. New official results after a correction are official again.
const (
	WebhookStart    WebhookKind = "start"
	WebhookStop     WebhookKind = "stop"
	WebhookTeam     WebhookKind = "team"     // a team became complete
	WebhookOfficial WebhookKind = "official" // results were published
)

// WebhookKinds returns all kinds.
func WebhookKinds() []WebhookKind {
	return []WebhookKind{WebhookStart, WebhookStop, WebhookTeam, WebhookOfficial}
}

// Webhook is an address that is told what happens.
type Webhook struct {
	ID          WebhookID
	Competition CompetitionID // 0 every one
	URL         string        // may hold what its owner keeps secret: never logged whole
	Secret      string        // signs what is sent; empty where it is not to be seen
	Kinds       []WebhookKind
	Active      bool
	CreatedAt   time.Time
	Author      string // user name of the organizer who made it
}

// Wants says whether the webhook is told news of a kind.
func (w Webhook) Wants(k WebhookKind) bool { return slices.Contains(w.Kinds, k) }

// DeliveryID identifies a delivery, to its receiver too: a repeat has the same.
type DeliveryID = RecordID

// DeliveryState says how far a delivery is.
type DeliveryState string

// The states of a delivery. A failed one is not tried again unless asked for.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"
)

// DeliveryFault says why an attempt failed, without details of our network.
type DeliveryFault string

// The faults of an attempt.
const (
	FaultRefused     DeliveryFault = "refused"     // the address is not one that may be called
	FaultUnreachable DeliveryFault = "unreachable" // no such name, or nobody answers there
	FaultTLS         DeliveryFault = "tls"         // its certificate is not good
	FaultTimeout     DeliveryFault = "timeout"
	FaultStatus      DeliveryFault = "status"   // Delivery.LastStatus is not 2xx
	FaultRedirect    DeliveryFault = "redirect" // redirects are not followed
	FaultGone        DeliveryFault = "gone"     // 410: the webhook was switched off
	FaultExpired     DeliveryFault = "expired"  // it waited too long
	FaultInactive    DeliveryFault = "inactive" // the webhook was switched off meanwhile
)

// Delivery is one piece of news for one webhook. It is delivered at least once.
type Delivery struct {
	ID          DeliveryID
	Webhook     WebhookID
	Competition CompetitionID
	Kind        WebhookKind
	Subject     string // what it tells, once for a webhook and competition: News.Subject
	Body        []byte // JSON as it is sent, at most MaxDeliveryBody; nil in lists
	State       DeliveryState
	Attempts    int       // since it was last asked for
	NextAt      time.Time // of the next attempt
	GiveUpAt    time.Time // when it fails unless delivered
	LastStatus  int       // HTTP status of the last answer, 0 none
	LastFault   DeliveryFault
	CreatedAt   time.Time
	DeliveredAt time.Time // zero unless delivered
}

// MaxDeliveryBody bounds Delivery.Body, in bytes; MaxWebhooks how many webhooks a
// competition has, and how many there are for all competitions.
const (
	MaxDeliveryBody = 64 << 10
	MaxWebhooks     = 10
)

// WebhookSpan is a stretch of the events of a competition that a webhook has not
// been told of: after From, up to To.
type WebhookSpan struct {
	Webhook  Webhook
	From, To int64
	// Competition as it is now; what it was at To is not kept.
	Competition Competition
}

// DueDelivery is a delivery whose time has come.
type DueDelivery struct {
	ID      DeliveryID
	Webhook WebhookID
	URL     string
}

// News is something that webhooks tell.
type News struct {
	Kind    WebhookKind
	Subject string // names it in its competition, such as "start:7"
	Event   int64  // number of the event that brought it about
	At      time.Time
	Ruling  Ruling   // WebhookStart, WebhookStop, WebhookOfficial
	Team    Standing // WebhookTeam: the team as it then stood
}

// News returns what happened after the event numbered after and up to the one
// numbered to, in order. It is the same however a stretch is cut into pieces. A
// team becomes complete when it had fewer records that count than the team size
// and has no longer; it may do so again after a ruling took one away. Records
// that were imported make no news.
func (e Evidence) News(after, to int64) []News {
	var out []News
	for _, r := range e.Rulings {
		if r.Event <= after || r.Event > to {
			continue
		}
		n := News{Event: r.Event, At: r.At, Ruling: r}
		switch r.Kind {
		case RulingStart:
			n.Kind, n.Subject = WebhookStart, fmt.Sprintf("start:%d", r.Event)
		case RulingStop:
			n.Kind, n.Subject = WebhookStop, fmt.Sprintf("stop:%d", r.Event)
		case RulingOfficial:
			n.Kind, n.Subject = WebhookOfficial, fmt.Sprintf("official:%d", r.Version)
		default:
			continue
		}
		out = append(out, n)
	}
	out = append(out, e.completions(after, to)...)
	slices.SortStableFunc(out, func(a, b News) int { return cmp.Compare(a.Event, b.Event) })
	return out
}

// step is an event at which teams may become complete.
type step struct {
	event   int64
	at      time.Time
	records map[TeamID]int // counted ones that it announced
	ruled   bool           // a ruling is of it: count anew
	quiet   bool           // its records were imported
}

// completions finds the teams that became complete.
func (e Evidence) completions(after, to int64) []News {
	steps := e.steps(after, to)
	if len(steps) == 0 {
		return nil
	}
	var out []News
	now := e.until(after).counts()
	for _, s := range steps {
		before := now
		if s.ruled {
			now = e.until(s.event).counts()
		} else {
			now = maps.Clone(before)
			for id, n := range s.records {
				now[id] += n
			}
		}
		if s.quiet {
			continue
		}
		out = append(out, e.completed(s, before, now)...)
	}
	return out
}

// completed finds the teams that a step made complete.
func (e Evidence) completed(s step, before, now map[TeamID]int) []News {
	var out []News
	var lines []Standing
	for _, t := range e.Teams {
		if size := e.Competition.TeamSize; before[t.ID] >= size || now[t.ID] < size {
			continue
		}
		if lines == nil {
			lines = e.until(s.event).Standings()
		}
		i := slices.IndexFunc(lines, func(l Standing) bool { return l.Team.ID == t.ID })
		out = append(out, News{
			Kind: WebhookTeam, Subject: fmt.Sprintf("team:%d:%d", t.ID, s.event), Event: s.event, At: s.at, Team: lines[i],
		})
	}
	return out
}

// steps returns the events of a stretch, in order.
func (e Evidence) steps(after, to int64) []step {
	byEvent := map[int64]*step{}
	at := func(event int64, when time.Time) *step {
		if byEvent[event] == nil {
			byEvent[event] = &step{event: event, at: when, records: map[TeamID]int{}}
		}
		return byEvent[event]
	}
	for _, r := range e.Records {
		if r.State == StateCounted && r.Event > after && r.Event <= to {
			s := at(r.Event, r.ReceivedAt)
			s.records[r.Team]++
			s.quiet = r.Source == SourceImport
		}
	}
	for _, r := range e.Rulings {
		if r.Event > after && r.Event <= to && r.Kind != RulingStart && r.Kind != RulingStop {
			at(r.Event, r.At).ruled = true
		}
	}
	out := make([]step, 0, len(byEvent))
	for _, s := range byEvent {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b step) int { return cmp.Compare(a.event, b.event) })
	return out
}

// until is the evidence as it was after an event, of the competition as it is now.
// Held records have no event; they count only by rulings.
func (e Evidence) until(event int64) Evidence {
	e.Records = slices.DeleteFunc(slices.Clone(e.Records), func(r TimeRecord) bool { return r.Event > event })
	e.Rulings = slices.DeleteFunc(slices.Clone(e.Rulings), func(r Ruling) bool { return r.Event > event })
	return e
}

// counts returns how many records of each team count.
func (e Evidence) counts() map[TeamID]int {
	n := map[TeamID]int{}
	for _, f := range e.state().finishes {
		if f.Counts {
			n[f.For]++
		}
	}
	return n
}
