package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"server5k/gateway"
	"server5k/persistence"
)

// announced are metrics of parts that the test does not start. One that turns up
// in the registry after all has to leave the list.
var announced = []string{
	"server5k_acks_total", "server5k_ack_seconds", "server5k_batch_records", "server5k_commit_seconds", "server5k_queue_records",
	"server5k_owned_competitions", "server5k_activations_total", "server5k_fenced_total", "server5k_handovers_total",
	"server5k_resubscribes_total", "server5k_stale_competitions", "server5k_retries_total", "server5k_forwarded_total",
	"server5k_cluster_members", "server5k_cluster_owners", "server5k_cluster_leased", "server5k_cluster_rejoins_total",
	"server5k_cluster_beat_failures_total", "server5k_cluster_beat_seconds", "server5k_cluster_peer_seconds", "server5k_database_up",
}

// exposed returns the names in the registry of a server, and the announced ones.
func exposed(t *testing.T) []string {
	t.Helper()
	reg := newRegistry()
	var names []string
	setup(t).store(func(store persistence.Store) {
		gateway.New(gateway.Config{Store: store, Metrics: reg})
		names = gathered(t, reg)
	})
	for _, name := range announced {
		if slices.Contains(names, name) {
			t.Errorf("%s is exposed; it need not be announced", name)
		}
	}
	return append(names, announced...)
}

func gathered(t *testing.T, reg prometheus.Gatherer) []string {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		names = append(names, family.GetName())
	}
	return names
}

var (
	metricName = regexp.MustCompile(`\bserver5k_[a-z0-9_]+`)
	histogram  = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// unknown returns the metrics of ours in an expression that no server exposes.
func unknown(expr string, names []string) []string {
	var out []string
	for _, name := range metricName.FindAllString(expr, -1) {
		if !slices.Contains(names, name) && !slices.Contains(names, histogram.ReplaceAllString(name, "")) {
			out = append(out, name)
		}
	}
	return out
}

func readDeploy(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDeploy_AlertRules: a rule over a metric that does not exist never fires and
// nobody notices.
func TestDeploy_AlertRules(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(readDeploy(t, "prometheus", "server5k.rules.yml"), &file); err != nil {
		t.Fatal(err)
	}
	names, seen := exposed(t), map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if seen[rule.Alert] || rule.Alert == "" || rule.Expr == "" {
				t.Errorf("rule %q: not unique or not whole", rule.Alert)
			}
			seen[rule.Alert] = true
			if bad := unknown(rule.Expr, names); bad != nil {
				t.Errorf("%s: nothing exposes %v", rule.Alert, bad)
			}
			if s := rule.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s: severity %q", rule.Alert, s)
			}
			if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
				t.Errorf("%s: says nothing", rule.Alert)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d rules were read", len(seen))
	}
}

func TestDeploy_PrometheusConfig(t *testing.T) {
	t.Parallel()
	var file struct {
		RuleFiles []string `yaml:"rule_files"`
		Scrape    []struct {
			Job string `yaml:"job_name"`
		} `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(readDeploy(t, "prometheus", "prometheus.yml"), &file); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(file.RuleFiles, []string{"server5k.rules.yml"}) || len(file.Scrape) != 1 || file.Scrape[0].Job != "server5k" {
		t.Errorf("got %+v", file)
	}
}

func TestDeploy_Dashboard(t *testing.T) {
	t.Parallel()
	type panel struct {
		ID      int                      `json:"id"`
		Type    string                   `json:"type"`
		Title   string                   `json:"title"`
		Grid    struct{ X, Y, W, H int } `json:"gridPos"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	}
	var board struct {
		Schema     int     `json:"schemaVersion"`
		Panels     []panel `json:"panels"`
		Templating struct {
			List []struct {
				Name, Type string
			} `json:"list"`
		} `json:"templating"`
	}
	raw := readDeploy(t, "grafana", "server5k.json")
	if err := json.Unmarshal(raw, &board, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	if board.Schema == 0 || len(board.Templating.List) == 0 || board.Templating.List[0].Type != "datasource" {
		t.Errorf("no dashboard with a datasource to choose: %+v", board.Templating)
	}
	names, ids := exposed(t), map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.Grid.X+p.Grid.W > 24 {
			t.Errorf("panel %d %q: at %+v", p.ID, p.Title, p.Grid)
		}
		ids[p.ID] = true
		if (len(p.Targets) == 0) != (p.Type == "row") {
			t.Errorf("panel %q: %d queries", p.Title, len(p.Targets))
		}
		for _, target := range p.Targets {
			if bad := unknown(target.Expr, names); bad != nil {
				t.Errorf("panel %q: nothing exposes %v", p.Title, bad)
			}
		}
	}
	// What is exposed and never shown was measured for nobody.
	for _, name := range names {
		if strings.HasPrefix(name, "server5k_") && !strings.Contains(string(raw), name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}
