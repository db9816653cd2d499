package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"server5k/race"
)

// submitRecords answers POST /api/equipos/{id}/registros/: all records are
// stored or none. The order of the checks is contract: the list, the team, the
// records, then what the owner of the competition decides.
func (s *Server) submitRecords(c *call) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	if !b.object {
		return c.turnAway(1, race.Errorf(race.CodeMalformed, "El cuerpo debe ser un objeto con registros"), nil)
	}
	decoded, err := decodeRecords(b.fields["registros"], race.SourceHTTP, s.cfg.Now())
	if err != nil {
		return c.turnAway(1, err, nil)
	}
	// Only whether the team exists: whose it is says the owner.
	if _, err := s.readTeam(race.TeamID(c.id)); err != nil {
		return c.turnAway(len(decoded), c.missingTeam(err), nil)
	}
	q := race.Request{Judge: c.judge.ID, Team: race.TeamID(c.id), Atomic: true, Records: make([]race.TimeRecord, len(decoded))}
	var failed []badRecordJSON
	var first error
	for i, d := range decoded {
		if d.err != nil {
			failed = append(failed, badRecordOf(i, d.err))
			if first == nil {
				first = d.err
			}
		}
		q.Records[i] = d.rec
	}
	if first != nil {
		return c.turnAway(len(decoded), first, failed)
	}
	s.metrics.marked(q.Records)
	// No origin: the judge's own socket announces what came over HTTP.
	reply, err := within(submitTimeout, "submit records", func(ctx context.Context) (race.Reply, error) {
		return s.cfg.Races.Submit(ctx, q, "")
	})
	if err != nil {
		return c.turnAway(len(decoded), c.missingTeam(err), nil)
	}
	s.metrics.replied(race.SourceHTTP, reply)
	return c.answerRecords(reply)
}

// turnAway refuses n records that their owner did not decide on.
func (c *call) turnAway(n int, err error, failed []badRecordJSON) error {
	c.s.metrics.recorded(race.SourceHTTP, n, err)
	return c.refuseRecords(err, failed)
}

// answerRecords writes what was decided.
func (c *call) answerRecords(reply race.Reply) error {
	out := submittedJSON{
		OK: true, Message: c.say(phrase{"Registros guardados exitosamente", "Records stored"}),
		TeamID: int64(reply.Team.ID), TeamName: reply.Team.Name, TeamBib: reply.Team.Bib,
		Records: make([]sentRecordJSON, 0, len(reply.Outcomes)), Failed: []badRecordJSON{},
	}
	var failed []badRecordJSON
	err := reply.Err
	for i, o := range reply.Outcomes {
		if o.Err != nil {
			if race.CodeOf(o.Err) != race.CodeWithheld { // the culprits only
				failed = append(failed, badRecordOf(i, o.Err))
			}
			if err == nil {
				// An atomic request is stored whole; anything else must not look like it.
				err = o.Err
			}
			continue
		}
		out.Records = append(out.Records, sentRecordJSON{i, o.ID.String(), o.Elapsed.Milliseconds(), o.Duplicate})
	}
	if err != nil {
		return c.refuseRecords(err, failed)
	}
	out.Stored = len(out.Records)
	c.reply(http.StatusCreated, out)
	return nil
}

// missingTeam names the team that was not found.
func (c *call) missingTeam(err error) error {
	if !errors.Is(err, race.ErrNotFound) {
		return err
	}
	return race.Errorf(race.CodeNoSuchTeam, "El equipo %s no existe", c.idText)
}

// refuseRecords returns the refusal of a whole request. What is not a rule of
// the race is temporary: 503, so that the app sends it again.
func (c *call) refuseRecords(err error, failed []badRecordJSON) error {
	body := refusedJSON{Records: []sentRecordJSON{}, Failed: failed}
	if failed == nil {
		body.Failed = []badRecordJSON{}
	}
	out := &refusal{}
	var known *race.Error
	if errors.As(err, &known) && known.Code != race.CodeInternal {
		body.Error, body.Code = known.Text, string(known.Code)
		out.status = recordStatus(known.Code)
	} else {
		body.Error, body.Code = c.say(textUnavailable), string(race.CodeUnavailable)
		out.status, out.cause = http.StatusServiceUnavailable, fmt.Errorf("records of team %s: %w", c.idText, err)
	}
	if out.status == http.StatusTooManyRequests {
		out.retryAfter = retryLimited
	}
	out.body = body
	return out
}

// badRecordOf describes a refused record; an internal reason stays internal.
func badRecordOf(index int, err error) badRecordJSON {
	code := race.CodeOf(err)
	if code == race.CodeInternal {
		return badRecordJSON{index, textUnavailable.es, string(race.CodeUnavailable)}
	}
	return badRecordJSON{index, err.Error(), string(code)}
}

// teamRecords answers GET /api/equipos/{id}/registros/estado/. The times of a
// team are its judge's until the competition is archived.
func (s *Server) teamRecords(c *call) error {
	team, err := s.readTeam(race.TeamID(c.id))
	if errors.Is(err, race.ErrNotFound) {
		return c.mistake(http.StatusNotFound, textNoTeam)
	}
	if err != nil {
		return err
	}
	competition, err := s.readCompetition(team.Competition)
	if err != nil {
		return err
	}
	foreign := team.Judge != c.judge.ID
	if foreign && !competition.Archived() {
		return c.mistake(http.StatusForbidden, textForeignTeam)
	}
	records, err := within(storeTimeout, "read records", func(ctx context.Context) ([]race.TimeRecord, error) {
		return s.cfg.Store.TeamRecords(ctx, team.ID)
	})
	if err == nil && foreign {
		records, err = c.unconcealed(team.Team, records)
	}
	if err != nil {
		return err
	}
	out := teamRecordsJSON{
		TeamID: int64(team.ID), TeamName: team.Name,
		Total: len(records), Max: competition.TeamSize, MaySend: len(records) < competition.TeamSize,
		Registered: make([]recordStateJSON, len(records)),
	}
	for i, r := range records {
		out.Registered[i] = recordStateOf(r)
	}
	c.reply(http.StatusOK, out)
	return nil
}

// unconcealed leaves out of a team's records what the public must not see; of a
// concealed team nothing is told.
func (c *call) unconcealed(team race.Team, records []race.TimeRecord) ([]race.TimeRecord, error) {
	hidden, err := within(storeTimeout, "read what is concealed", func(ctx context.Context) (map[race.RecordID]bool, error) {
		return c.s.cfg.Desk.Concealed(ctx, team)
	})
	if race.CodeOf(err) == race.CodeForeignTeam {
		return nil, c.mistake(http.StatusForbidden, textForeignTeam)
	}
	return slices.DeleteFunc(records, func(r race.TimeRecord) bool { return hidden[r.ID] }), err
}
