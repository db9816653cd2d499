package public

import (
	"net/http"
	"testing"

	"github.com/valyala/fasthttp"
)

// BenchmarkPageCold reads, builds, renders and compresses a page of 72 teams, as
// after every event that is asked for.
func BenchmarkPageCold(b *testing.B) {
	for name, uri := range map[string]string{
		"live": "/competencia/3/", "screen": "/competencia/3/?pantalla=1", "announcer": "/competencia/3/locutor/", "team": "/equipo/100/", "data": "/competencia/3/datos.json",
	} {
		b.Run(name, func(b *testing.B) {
			f := setup(b)
			e := sample(sampleTeams)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				e.Records[0].Event = int64(5000 + n)
				f.store.put(e)
				f.advance(maxView)
				if got := f.get(b, uri, "Accept-Encoding", "gzip"); got.status != http.StatusOK {
					b.Fatal(got.status)
				}
			}
		})
	}
}

// BenchmarkPageView builds the view alone.
func BenchmarkPageView(b *testing.B) {
	e := sample(sampleTeams)
	for b.Loop() {
		build(e, nil, nil).digest()
	}
}

// BenchmarkPageCached serves the page from what is kept, as to the second who asks.
func BenchmarkPageCached(b *testing.B) {
	for name, header := range map[string]string{"full": "", "unchanged": "*"} {
		b.Run(name, func(b *testing.B) {
			f := setup(b)
			var ctx fasthttp.RequestCtx
			ctx.Request.SetRequestURI("/competencia/3/")
			ctx.Request.Header.Set("Accept-Encoding", "gzip")
			if header != "" {
				ctx.Request.Header.Set("If-None-Match", header)
			}
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				f.Handler(&ctx)
			}
			b.ReportMetric(float64(len(ctx.Response.Body())), "payload-B")
		})
	}
}

// BenchmarkPagePayload reports what a phone loads for 72 teams: the page, compressed,
// and with the styles and scripts that it keeps from then on.
func BenchmarkPagePayload(b *testing.B) {
	f := setup(b)
	for name, uri := range map[string]string{"live": "/competencia/3/", "screen": "/competencia/3/?pantalla=1", "team": "/equipo/100/", "data": "/competencia/3/datos.json", "list": "/"} {
		b.Run(name, func(b *testing.B) {
			var size int
			for b.Loop() {
				size = len(f.get(b, uri, "Accept-Encoding", "gzip").body)
			}
			b.ReportMetric(float64(size), "page-B")
			first := size
			for _, path := range loads(f.get(b, uri).body) {
				first += len(f.get(b, path, "Accept-Encoding", "gzip").body)
			}
			b.ReportMetric(float64(first), "first-visit-B")
		})
	}
}

var _ Store = (*memoryStore)(nil)
