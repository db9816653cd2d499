package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"server5k/race"
)

// auditPage shows what organizers did.
type auditPage struct {
	Lines  []auditLine
	Paging paging
	Events []option
	Names  map[race.CompetitionID]string
	Author string
	Action string
	Kinds  []option
}

// auditLine is an entry with what changed, readable.
type auditLine struct {
	race.AuditEntry
	Changes []change
}

// change is one field before and after; Before is "" when the entry has one value.
type change struct{ Field, Before, After string }

// auditKinds are the prefixes of actions that the filter offers.
var auditKinds = []string{"competition.", "team.", "judge.", "organizer.", "category.", "ruling.", "marks.", "webhook."}

// auditLog answers GET /admin/auditoria/.
func auditLog(ctx context.Context, c *call) error {
	filter := race.AuditFilter{Competition: race.CompetitionID(c.queryID("competencia")), Author: c.query("autor"), Action: c.query("accion"), Limit: pageSize}
	page := int(min(max(c.queryID("page"), 1), 1<<20))
	filter.Offset = (page - 1) * pageSize
	entries, total, err := c.p.cfg.Desk.Audit(ctx, c.who, filter)
	if err != nil {
		return err
	}
	events, err := c.p.cfg.Desk.Competitions(ctx, c.who)
	if err != nil {
		return err
	}
	out := auditPage{Names: map[race.CompetitionID]string{}, Author: filter.Author, Action: filter.Action}
	out.Paging, _, _ = c.paging(total)
	for _, e := range entries {
		out.Lines = append(out.Lines, auditLine{e, changesOf(e)})
	}
	for _, r := range events {
		out.Names[r.ID] = r.Name
		out.Events = append(out.Events, option{fmt.Sprint(r.ID), r.Name, r.ID == filter.Competition})
	}
	for _, k := range auditKinds {
		out.Kinds = append(out.Kinds, option{k, c.say("audit." + strings.TrimSuffix(k, ".")), k == filter.Action})
	}
	return c.page(http.StatusOK, "audit", c.say("audit.title"), out)
}

// changesOf reads the detail of an entry: {"field":["old","new"]}; of a ruling it
// is the reason.
func changesOf(e race.AuditEntry) []change {
	var detail map[string]any
	if e.Ruling != 0 || json.Unmarshal([]byte(e.Detail), &detail) != nil {
		if e.Detail == "" || e.Detail == "{}" {
			return nil
		}
		return []change{{After: e.Detail}}
	}
	var out []change
	for name, v := range detail {
		if both, ok := v.([]any); ok && len(both) == 2 {
			out = append(out, change{name, plain(both[0]), plain(both[1])})
			continue
		}
		out = append(out, change{name, "", plain(v)})
	}
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// plain writes a value for people, "" when there was none.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
