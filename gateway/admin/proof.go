package admin

import (
	"context"
	"net/http"
	"time"

	"server5k/gateway/office"
	"server5k/race"
)

// proofPage shows whether every mark that was made is here.
type proofPage struct {
	Head   head
	Lines  []proofLine
	Filter string
	Total  int
	Proven int
	Attend int // posts to attend to
	At     time.Time
}

// proofLine is a post with what is odd about it.
type proofLine struct {
	office.PostProof
	Mood  string // ok, wait, warn or bad
	State string // key of a text, proof.text.* says the same in a sentence
}

// Said returns what was declared, 0 when nothing was.
func (l proofLine) Said() int {
	if l.Post.Declared == nil {
		return 0
	}
	return l.Post.Declared.Declared.Total
}

// Missing counts the numbers that are not stored, of all devices.
func (l proofLine) Missing() int {
	n := 0
	for _, d := range l.Post.Devices {
		n += len(d.Missing)
	}
	return n
}

// proof answers GET /admin/competencias/{}/puestos/, and its table alone.
func proof(ctx context.Context, c *call) error {
	r, err := c.p.cfg.Desk.Competition(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	posts, err := c.p.cfg.Desk.Posts(ctx, c.who, c.competition())
	if err != nil {
		return err
	}
	page := proofPage{Head: c.head(r, "puestos"), Filter: c.query("estado"), Total: len(posts), At: c.p.cfg.Now()}
	if !known(page.Filter, "atender", "bien") {
		page.Filter = ""
	}
	for _, p := range posts {
		l := judgePost(p, r)
		attend := l.Mood == "bad" || l.Mood == "warn"
		if l.Mood == "ok" {
			page.Proven++
		}
		if attend {
			page.Attend++
		}
		if page.Filter == "" || (page.Filter == "atender") == attend {
			page.Lines = append(page.Lines, l)
		}
	}
	if c.isFragment() {
		return c.fragment("proof", "board", page)
	}
	return c.page(http.StatusOK, "proof", c.say("proof.title")+" · "+r.Name, page)
}

// judgePost says how a post stands. While the race runs marks may be on their way,
// so only what cannot mend itself needs somebody.
func judgePost(p office.PostProof, r race.Competition) proofLine {
	l := proofLine{PostProof: p}
	over := !r.Running && !r.FinishedAt.IsZero()
	late := "warn" // not good, and not final
	if over {
		late = "bad"
	}
	set := func(mood, state string) { l.Mood, l.State = mood, "proof."+state }
	switch declared := p.Post.Declared; {
	case r.StartedAt.IsZero():
		set("wait", "before")
	case l.Missing() > 0:
		set(late, "gap")
	case declared != nil && l.Said() != p.Post.Stored:
		set(late, "differs")
	case declared != nil:
		set("ok", "proven")
	case p.Post.Complete:
		set("ok", "whole")
	case !over:
		set("wait", "running")
	case p.Post.Stored == 0:
		set("warn", "nothing")
	default:
		set("warn", "undeclared")
	}
	return l
}

// postOf returns the post of one team.
func postOf(e race.Evidence, team race.TeamRow) proofLine {
	for _, p := range e.Posts() {
		if p.Team == team.ID {
			return judgePost(office.PostProof{Team: team.Team, Judge: race.Judge{ID: team.Judge, Username: team.JudgeUsername}, Post: p}, e.Competition)
		}
	}
	return proofLine{Mood: "wait", State: "proof.before"}
}
