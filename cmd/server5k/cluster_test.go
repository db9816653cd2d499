package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"server5k/persistence"
	"server5k/race"
)

// TestCluster_Race plays a whole race at three nodes: wherever a judge or a screen
// is connected, it is one race.
func TestCluster_Race(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, raceDump(raceJudges))
	c := startNodes(t, cfg, 3)
	playRace(t, cfg, c.urls(), func() {
		for _, n := range c.alive() {
			n.terminate(t)
			c.remove(n)
		}
	})
}

// clusterJudges post to teams of their own while the nodes come and go.
const clusterJudges = 12

// TestCluster_NodesComeAndGo: whatever happens to the nodes, a phone that tries
// three times gets every team stored, once.
func TestCluster_NodesComeAndGo(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, clusterDump())
	c := startNodes(t, cfg, 3)
	admin := rest{url: c.urls()[0], token: rest{url: c.urls()[0]}.login(t, "/api/token/", testAdmin)}
	changeRace(t, admin, "iniciar", true)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var phones []*poster
	g, gctx := errgroup.WithContext(t.Context())
	for n := range clusterJudges {
		p := &poster{id: race.JudgeID(n + 1), token: judgeToken(t, race.JudgeID(n+1)), nodes: c, rng: rand.New(rand.NewPCG(7, uint64(n)))}
		phones = append(phones, p)
		g.Go(func() error { return p.run(gctx, ctx.Done()) })
	}
	steps := []struct {
		name string
		do   func()
	}{
		{"the owner is killed", func() { c.killOwner() }},
		{"it comes back", func() { c.add("nodo-nuevo"); c.whole() }},
		{"every node is restarted", func() { c.rollingRestart() }},
		{"a fourth node comes", func() { c.add("nodo4"); c.whole() }},
		{"the owner leaves", func() { c.stop(c.owner()); c.whole() }},
		{"the owner is frozen", func() { c.freezeOwner() }},
	}
	for _, s := range steps {
		began := time.Now()
		s.do()
		c.awaitPosts(gctx, phones, 2)
		t.Logf("%s: all went on after %v", s.name, time.Since(began).Round(time.Millisecond))
		if gctx.Err() != nil {
			break
		}
	}
	stop()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	checkPosts(t, cfg, phones)
}

// killOwner sends SIGKILL to the node that owns competition 1.
func (c *nodes) killOwner() {
	n := c.owner()
	n.kill(c.tb)
	c.remove(n)
}

// stop asks a node to leave.
func (c *nodes) stop(n *testNode) {
	n.terminate(c.tb)
	c.remove(n)
}

// rollingRestart replaces one node after the other.
func (c *nodes) rollingRestart() {
	for i, n := range c.alive() {
		c.add(fmt.Sprintf("segunda-vuelta%d", i+1))
		c.whole()
		c.stop(n)
		c.whole()
	}
}

// freezeOwner stops the owner for longer than its lease, and lets it go on.
func (c *nodes) freezeOwner() {
	n := c.owner()
	if err := n.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.tb.Fatal(err)
	}
	c.remove(n) // nobody is sent there by a load balancer
	c.owner()   // another one has it
	if err := n.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.tb.Fatal(err)
	}
	c.mu.Lock()
	n.gone = false
	c.mu.Unlock()
	c.whole()
	c.await("the frozen node to join anew", func() bool { return strings.Contains(n.logs.String(), "declared dead") })
}

// clusterDump has one competition and more teams than are filled.
func clusterDump() persistence.Dump {
	d := raceDump(clusterJudges)
	d.Teams = nil
	for n := range clusterJudges * clusterTeams {
		judge := race.JudgeID(n/clusterTeams + 1)
		d.Teams = append(d.Teams, race.Team{
			ID: race.TeamID(n + 1), Competition: 1, Judge: judge, Name: fmt.Sprintf("Equipo %d", n+1), Bib: n + 1, Category: alternate(n + 1),
		})
	}
	return d
}

const clusterTeams = 400 // of a judge

// poster is a phone that posts one team after the other, as the app does: fifteen
// records in a call that it repeats twice if there is no answer, or one that says
// to try again.
type poster struct {
	id    race.JudgeID
	token string
	nodes *nodes
	rng   *rand.Rand

	mu     sync.Mutex // protects the fields below
	filled [][]sentRecord
	tries  int
}

func (p *poster) run(ctx context.Context, stop <-chan struct{}) error {
	for team := 0; team < clusterTeams; team++ {
		select {
		case <-stop:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		var records []sentRecord
		for i := range race.DefaultTeamSize {
			records = append(records, sentRecord{ID: race.NewRecordID().String(), Total: 900_000 + int64(i)})
		}
		if err := p.post(ctx, race.TeamID((int(p.id)-1)*clusterTeams+team+1), records); err != nil {
			return fmt.Errorf("judge %d: %w", p.id, err)
		}
		p.mu.Lock()
		p.filled = append(p.filled, records)
		p.mu.Unlock()
	}
	return nil
}

// post tries three times, each time at a node that lives.
func (p *poster) post(ctx context.Context, team race.TeamID, records []sentRecord) error {
	var seen []string
	last := ""
	for try := range 3 {
		if try > 0 {
			wait := time.NewTimer(time.Duration(400*try)*time.Millisecond + time.Duration(p.rng.Int64N(int64(200*time.Millisecond))))
			select {
			case <-wait.C:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		// As a proxy does: another node than the one that has just failed.
		urls := slices.DeleteFunc(p.nodes.urls(), func(u string) bool { return u == last })
		last = urls[p.rng.IntN(len(urls))]
		api := rest{url: last, token: p.token}
		var got struct {
			OK    bool   `json:"exito"`
			Saved int    `json:"total_guardados"`
			Error string `json:"error"`
		}
		status, err := api.call(ctx, http.MethodPost, fmt.Sprintf("/api/equipos/%d/registros/", team), map[string]any{"registros": records}, &got)
		p.mu.Lock()
		p.tries++
		p.mu.Unlock()
		switch {
		case err == nil && status == http.StatusCreated && got.OK && got.Saved == len(records):
			return nil
		case err == nil && status != http.StatusServiceUnavailable:
			return fmt.Errorf("team %d: %d %+v", team, status, got)
		}
		seen = append(seen, fmt.Sprint(status, " ", err, " ", got.Error))
	}
	return fmt.Errorf("team %d failed three times: %s", team, strings.Join(seen, "; "))
}

func (p *poster) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.filled)
}

// awaitPosts waits until every phone has filled n more teams.
func (c *nodes) awaitPosts(ctx context.Context, phones []*poster, n int) {
	c.tb.Helper()
	before := make([]int, len(phones))
	for i, p := range phones {
		before[i] = p.count()
	}
	c.await("every phone to go on", func() bool {
		if ctx.Err() != nil {
			return true // one has failed and says why
		}
		for i, p := range phones {
			if p.count() < before[i]+n && p.count() < clusterTeams {
				return false
			}
		}
		return true
	})
}

// checkPosts compares what is stored with what the phones were told.
func checkPosts(t *testing.T, cfg *Config, phones []*poster) {
	t.Helper()
	stored := map[string]int64{}
	var records []race.TimeRecord
	err := withStore(t.Context(), cfg, func(s persistence.Store) (err error) {
		records, err = s.Records(t.Context(), 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if _, twice := stored[r.ID.String()]; twice {
			t.Errorf("%v is stored twice", r.ID)
		}
		stored[r.ID.String()] = r.Elapsed.Milliseconds()
	}
	want, tries, teams := 0, 0, 0
	for _, p := range phones {
		for _, records := range p.filled {
			for _, r := range records {
				want++
				if got, ok := stored[r.ID]; !ok || got != r.Total {
					t.Errorf("judge %d: %s was acknowledged as %d and is stored as %d, %v", p.id, r.ID, r.Total, got, ok)
				}
			}
		}
		tries, teams = tries+p.tries, teams+len(p.filled)
	}
	if extra := len(stored) - want; extra < 0 || extra > len(phones)*race.DefaultTeamSize {
		t.Errorf("%d stored, %d acknowledged", len(stored), want)
	}
	t.Logf("%d teams in %d calls", teams, tries)
}

// TestCluster_LogoutIsEverywhere: a judge who logs out at one node is closed at
// the other. These nodes talk by TLS.
func TestCluster_LogoutIsEverywhere(t *testing.T) {
	t.Parallel()
	certs := t.TempDir()
	writeCertificate(t, certs, "con-tls")
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, raceDump(1))
	c := startNodes(t, cfg, 2, "CLUSTER_NAME=con-tls", "CLUSTER_CERT="+filepath.Join(certs, "fullchain.pem"),
		"CLUSTER_KEY="+filepath.Join(certs, "privkey.pem"), "CLUSTER_CA="+filepath.Join(certs, "fullchain.pem"))
	if log := c.alive()[0].logs.String(); !strings.Contains(log, "tls=true") {
		t.Errorf("no TLS:\n%s", log)
	}
	urls := c.urls()
	var pair struct{ Access, Refresh string }
	status, err := rest{url: urls[0]}.call(t.Context(), http.MethodPost, "/api/login/", map[string]string{"username": "juez1", "password": testPassword}, &pair)
	if err != nil || status != http.StatusOK {
		t.Fatalf("login: %d %v", status, err)
	}
	sock, err := rest{url: urls[0], token: pair.Access}.dialJudge(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer sock.cut(false)
	status, err = rest{url: urls[1], token: pair.Access}.call(t.Context(), http.MethodPost, "/api/logout/", map[string]string{"refresh": pair.Refresh}, nil)
	if err != nil || status != http.StatusResetContent {
		t.Fatalf("logout: %d %v", status, err)
	}
	if m, err := sock.read(); err == nil || !strings.Contains(err.Error(), "4002") {
		t.Errorf("read %+v, %v; want the close", m, err)
	}
}

// TestCluster_Status shows a cluster to an operator, and what is wrong with it.
func TestCluster_Status(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, raceDump(1))
	c := startNodes(t, cfg, 2)
	admin := rest{url: c.urls()[0], token: rest{url: c.urls()[0]}.login(t, "/api/token/", testAdmin)}
	changeRace(t, admin, "iniciar", true)
	owner := c.owner()
	ask := func() (string, error) {
		var out bytes.Buffer
		env := map[string]string{"REDIS_URL": c.redis, "CLUSTER_NAME": c.name}
		lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
		err := run(t.Context(), []string{"cluster", "status"}, lookup, stdio{in: strings.NewReader(""), out: &out, err: &out})
		return out.String(), err
	}
	c.await("the status of a whole cluster", func() bool {
		out, err := ask()
		return err == nil && strings.Contains(out, "nodo1") && strings.Contains(out, "nodo2") && strings.Contains(out, "1            "+owner.name)
	})
	owner.kill(t)
	c.remove(owner)
	c.await("the status without a node", func() bool {
		out, err := ask()
		return err == nil && !strings.Contains(out, owner.name)
	})
}

// TestCluster_PublicAddressNeedsTLS: whoever reaches the remoting of a node is
// believed.
func TestCluster_PublicAddressNeedsTLS(t *testing.T) {
	t.Parallel()
	cfg := &Config{RedisURL: "redis://127.0.0.1:1", Cluster: clusterOptions{Name: "server5k", Addr: "203.0.113.1:8090"}}
	err := (&parts{}).joinCluster(t.Context(), cfg, func() {})
	if err == nil || !strings.Contains(err.Error(), "CLUSTER_ADDR") || !strings.Contains(err.Error(), "CLUSTER_CERT") {
		t.Errorf("got %v", err)
	}
}
