package admin

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"server5k/race"
)

// fill makes competition 2 a race of 100 teams of 15.
func fill(b *bench) {
	c := b.db.events[2]
	c.StartedAt, c.FinishedAt = gun, gun.Add(time.Hour)
	b.db.events[2] = c
	for i := range 100 {
		id, judge := race.TeamID(1000+i), race.JudgeID(100+i)
		b.db.judges[judge] = race.Judge{ID: judge, Username: fmt.Sprintf("puesto%03d", i), FirstName: "Íñigo", LastName: "Ñandú", Active: true}
		b.db.teams[id] = race.Team{ID: id, Competition: 2, Judge: judge, Name: fmt.Sprintf("Equipo Ñ %d", i), Bib: i + 1, Category: race.CategoryStudents}
		for n := range 15 {
			at := 18*time.Minute + time.Duration(i*37+n*29_003)*time.Millisecond
			seq := int64(len(b.db.records[2]) + 1)
			b.db.records[2] = append(b.db.records[2], race.TimeRecord{
				ID: race.RecordID(uuid.New()), Team: id, Judge: judge, Elapsed: at, ReceivedAt: gun.Add(at), Source: race.SourceSocket, State: race.StateCounted, Slot: n + 1, Seq: seq,
			})
		}
		b.db.presence = append(b.db.presence, race.Presence{Judge: judge, HeardAt: b.now, ClockUncertainty: time.Millisecond, Battery: 50, Received: 15, Confirmed: 15})
	}
}

// bigPages are those that grow with the event.
var bigPages = []string{
	"/admin/", "/admin/competencias/2/", "/admin/competencias/2/preparacion/", "/admin/competencias/2/puestos/", "/admin/competencias/2/revision/", "/admin/competencias/2/resultados/",
	"/admin/competencias/2/asignar/", "/admin/competencias/2/ajustes/", "/admin/competencias/2/salida/", "/admin/competencias/2/marcas/importar/",
	"/admin/equipos/1001/", "/admin/jueces/", "/admin/auditoria/",
}

// TestPages_ReadsDoNotGrow counts what a page asks of the database for a small and
// for a large event.
func TestPages_ReadsDoNotGrow(t *testing.T) {
	t.Parallel()
	small, large := setup(t), setup(t)
	fill(large)
	for _, path := range bigPages {
		reads := func(b *bench, path string) int {
			before := b.db.calls
			b.get(super, path).want(t, http.StatusOK)
			return b.db.calls - before
		}
		few := path
		if path == "/admin/equipos/1001/" {
			few = "/admin/equipos/11/"
		}
		if path == "/admin/competencias/2/salida/" {
			few = "/admin/competencias/1/salida/"
		}
		a, b := reads(small, few), reads(large, path)
		if b > a || b > 12 {
			t.Errorf("%s: %d reads with few teams, %d with many", path, a, b)
		}
	}
}

func BenchmarkPages(b *testing.B) {
	h := setup(b)
	fill(h)
	cookie := h.panel.sessions.encode(h.session(super))
	for _, path := range bigPages {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var ctx fasthttp.RequestCtx
				ctx.Request.SetRequestURI("http://panel.test" + path)
				ctx.Request.Header.SetHost("panel.test")
				ctx.Request.Header.SetCookie(sessionCookie, cookie)
				h.panel.Handler(&ctx)
				if ctx.Response.StatusCode() != http.StatusOK {
					b.Fatal(ctx.Response.StatusCode())
				}
			}
		})
	}
}
