package office

import (
	"context"
	"fmt"
	"slices"

	"server5k/race"
)

// PostProof is what is known of the marks of a team: what its judge's devices
// claim and what is stored.
type PostProof struct {
	Team  race.Team
	Judge race.Judge // the zero value without one
	Post  race.Post
}

// Posts says for each team of a competition, by bib, whether all marks that were
// made are stored. What devices that are connected have just claimed counts, which
// Evidence alone does not know.
func (d *Desk) Posts(ctx context.Context, w Who, id race.CompetitionID) ([]PostProof, error) {
	if err := w.see(id); err != nil {
		return nil, err
	}
	// First what they claim: a mark that comes in between is no gap.
	connected, err := d.races.Presence(ctx)
	if err != nil {
		return nil, fmt.Errorf("read presence: %w", err)
	}
	e, err := d.Evidence(ctx, w, id)
	if err != nil {
		return nil, err
	}
	judges, err := d.judgesByID(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]PostProof, len(e.Teams))
	for i, p := range e.Posts() {
		out[i] = PostProof{e.Teams[i], judges[e.Teams[i].Judge], p}
	}
	for _, p := range connected {
		if p.Competition == id && p.Device != "" && p.Claimed > 0 {
			claim(out, p)
		}
	}
	return out, nil
}

// claim adds what a device says to the posts that it marks for. One of which
// nothing is stored yet may have marked for any team of its judge.
func claim(posts []PostProof, said race.Presence) {
	known := false
	for i := range posts {
		for k := range posts[i].Post.Devices {
			if v := &posts[i].Post.Devices[k]; v.Name == said.Device {
				v.Claim(said.Claimed)
				known = true
			}
		}
	}
	if known {
		return
	}
	for i := range posts {
		if p := &posts[i]; p.Team.Judge == said.Judge {
			v := race.PostDevice{Name: said.Device}
			v.Claim(said.Claimed)
			p.Post.Devices = append(p.Post.Devices, v)
		}
	}
}

var textForeignTeam = Text{"Este equipo no está asignado a usted.", "This team is not yours."}

// OwnPost is the post of a judge, for one who takes over on another device.
type OwnPost struct {
	Competition race.Competition
	Team        race.Team
	Post        race.Post
	Counting    int           // records that count for the team
	Marks       []race.Finish // that judges sent for it, in the order they were stored
}

// Post reads the post of a team of a judge's, without authority over anything else.
// race.ErrNotFound, race.CodeForeignTeam.
func (d *Desk) Post(ctx context.Context, judge race.JudgeID, id race.TeamID) (OwnPost, error) {
	if id <= 0 {
		return OwnPost{}, race.ErrNotFound
	}
	team, err := d.store.Team(ctx, id)
	if err != nil {
		return OwnPost{}, err
	}
	if judge == 0 || team.Judge != judge {
		return OwnPost{}, refuse(race.CodeForeignTeam, textForeignTeam)
	}
	e, err := d.store.Evidence(ctx, team.Competition)
	if err != nil {
		return OwnPost{}, err
	}
	out := OwnPost{Competition: e.Competition, Team: team.Team}
	posts := e.Posts()
	i := slices.IndexFunc(posts, func(p race.Post) bool { return p.Team == id })
	if i < 0 {
		return OwnPost{}, race.ErrNotFound // removed in between
	}
	out.Post = posts[i]
	for _, f := range e.Finishes() {
		if f.Counts && f.For == id {
			out.Counting++
		}
		if f.Team == id && f.Source != race.SourceManual && f.Judge != 0 {
			out.Marks = append(out.Marks, f)
		}
	}
	return out, nil
}

// Concealed says which records of a team those must not see who are neither its
// judge nor an organizer. race.CodeForeignTeam when it is the whole team.
func (d *Desk) Concealed(ctx context.Context, team race.Team) (map[race.RecordID]bool, error) {
	e, err := d.store.Evidence(ctx, team.Competition)
	if err != nil {
		return nil, err
	}
	hidden := e.Concealment()
	if hidden.Teams[team.ID] {
		return nil, refuse(race.CodeForeignTeam, textForeignTeam)
	}
	out := map[race.RecordID]bool{}
	for _, r := range e.Records {
		if hidden.Records[r.Seq] {
			out[r.ID] = true
		}
	}
	return out, nil
}
