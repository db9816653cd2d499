package admin

import (
	"context"
	"net/http"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// oddOffset is a clock offset that a judge should know about; it is corrected
// anyway.
const (
	oddOffset  = 2 * time.Second
	lowBattery = 20
	// quietAfter is when a device that sends a heartbeat each 30 s has missed one;
	// office.SilentAfter is when it is taken for lost.
	quietAfter = 35 * time.Second
)

// readinessPage is the board of who is ready.
type readinessPage struct {
	Head      head
	Posts     []postLine
	Connected int
	Filter    string
	At        time.Time
}

// postLine is a post with what is odd about it.
type postLine struct {
	office.Post
	Size        int
	Mood        string        // ok, warn or bad
	State       string        // key of a text
	Age         time.Duration // since the device was heard
	OddOffset   bool
	LowBattery  bool
	Unconfirmed int64
}

// readiness answers GET /admin/competencias/{}/preparacion/, and its table alone.
func readiness(ctx context.Context, c *call) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	posts, err := c.p.cfg.Desk.Readiness(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	page := readinessPage{Head: c.head(r, "preparacion"), Filter: c.query("estado"), At: c.p.cfg.Now()}
	for _, p := range posts {
		l := lineOf(p, r, page.At)
		if p.Presence != nil {
			page.Connected++
		}
		if page.Filter == "" || (page.Filter == "atender") == (l.Mood != "ok") {
			page.Posts = append(page.Posts, l)
		}
	}
	if c.isFragment() {
		return c.fragment("readiness", "board", page)
	}
	return c.page(http.StatusOK, "readiness", c.say("readiness.title")+" · "+r.Name, struct {
		Head   head
		Board  readinessPage
		Filter string
		Total  int
	}{page.Head, page, page.Filter, len(posts)})
}

// lineOf judges a post as of now.
func lineOf(p office.Post, r race.Competition, now time.Time) postLine {
	l := postLine{Post: p, Size: r.TeamSize, Mood: "ok", State: "post.ready"}
	switch {
	case p.Judge.ID == 0:
		l.Mood, l.State = "bad", "post.no_judge"
	case p.Presence == nil && p.Counted >= r.TeamSize:
		l.State = "post.complete"
	case p.Presence == nil:
		l.Mood, l.State = "bad", "post.absent"
	default:
		l.Age = max(now.Sub(p.Presence.HeardAt), 0)
		l.Unconfirmed = p.Presence.Received - p.Presence.Confirmed
		l.OddOffset = p.Presence.ClockOffset.Abs() > oddOffset
		l.LowBattery = p.Presence.Battery >= 0 && p.Presence.Battery < lowBattery
		switch {
		case p.Silent || l.Age > office.SilentAfter:
			l.Mood, l.State = "bad", "post.lost"
		case l.Age > quietAfter:
			l.Mood, l.State = "warn", "post.silent"
		case l.LowBattery || l.Unconfirmed > 0 || l.Presence.Pending > 0 || p.Presence.ClockUncertainty == 0:
			l.Mood, l.State = "warn", "post.check"
		}
	}
	return l
}
