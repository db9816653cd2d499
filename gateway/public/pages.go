package public

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
	"server5k/race"
)

// Store is what the pages read. A method that finds no row returns
// race.ErrNotFound.
type Store interface {
	Competitions(ctx context.Context, judge race.JudgeID) ([]race.Competition, error)
	Evidence(ctx context.Context, id race.CompetitionID) (race.Evidence, error)
	Team(ctx context.Context, id race.TeamID) (race.TeamRow, error)
	Results
}

// Results is the part of Store about what results are called and which of them
// were published.
type Results interface {
	Categories(ctx context.Context) ([]race.CategoryRow, error)
	Version(ctx context.Context, id race.CompetitionID, number int) (race.Version, error)
}

// Config is what Pages are made of. Store is required.
type Config struct {
	Store Store
	// Seq tells the newest event of a competition that this node knows, of what
	// history, and whether it hears of new ones as they come; nil: it knows nothing.
	// It is called often, for competitions that are there, and must not wait.
	Seq func(race.CompetitionID) (seq, stream int64, live bool)
	// Location is the zone in which instants are shown; nil is UTC.
	Location *time.Location
	Now      func() time.Time
	Log      *slog.Logger
}

// Pages answers for the paths of the public. It is safe for concurrent use.
type Pages struct {
	cfg    Config
	assets *site.Assets
	code   string // of the files
	texts  map[string]site.Catalogue
	pages  map[string]pageSet // by language
	views  *views
	list   list
}

// requestTimeout bounds what one request may wait for.
const requestTimeout = 8 * time.Second

var errRequestTimeout = errors.New("public page: no answer in time")

// New returns the pages. It panics when its own templates or texts are broken.
func New(cfg Config) *Pages {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	p := &Pages{cfg: cfg, assets: loadAssets(), texts: site.LoadCatalogues(textFiles), pages: map[string]pageSet{}}
	p.code = codeOf(p.assets)
	p.views = newViews(cfg, p.read)
	for _, lang := range site.Languages {
		p.pages[lang] = parsePages(p.functions(lang))
	}
	return p
}

// Handler answers a request for a path of the public. It does nothing and returns
// false when the path is none of them.
func (p *Pages) Handler(ctx *fasthttp.RequestCtx) bool {
	path := string(ctx.Path())
	t, ok := find(path)
	if !ok {
		return false
	}
	c := &call{p: p, ctx: ctx, target: t, path: path}
	defer func() {
		if cause := recover(); cause != nil {
			p.cfg.Log.Error("public page panicked", "path", path, "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			ctx.Response.Reset()
			c.fail(errors.New("panic"))
		}
	}()
	wait, cancel := context.WithTimeoutCause(context.Background(), requestTimeout, errRequestTimeout)
	defer cancel()
	if err := c.answer(wait); err != nil {
		c.fail(err)
	}
	return true
}

// read reads what the view of a competition is made of.
func (p *Pages) read(ctx context.Context, id race.CompetitionID) (*board, error) {
	e, err := p.cfg.Store.Evidence(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	if !visible(e.Competition) {
		return nil, race.ErrNotFound
	}
	rows, err := p.cfg.Store.Categories(ctx)
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	names := make(map[race.Category]string, len(rows))
	for _, r := range rows {
		names[r.Code] = r.Name
	}
	var version *race.Version
	if e.Competition.Version > 0 {
		v, err := p.cfg.Store.Version(ctx, id, e.Competition.Version)
		if err != nil {
			return nil, fmt.Errorf("read version %d: %w", e.Competition.Version, err)
		}
		version = &v
	}
	return build(e, names, version), nil
}
