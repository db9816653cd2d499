package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"go.yaml.in/yaml/v3"
)

// exposition is what a node exposes, as text.
type exposition string

// expose reads the metrics of a node that has a peer: it has all that there are.
func expose(t *testing.T) exposition {
	t.Helper()
	cfg := testConfig(t, t.TempDir())
	cfg.DatabaseURL = databases.Database(t)
	addRace(t, cfg, raceDump(1))
	status, _, body := fetch(t, http.MethodGet, startNodes(t, cfg, 2).alive()[0].ops+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d %s", status, body)
	}
	return exposition(body)
}

// names returns the metrics.
func (e exposition) names() (names []string) {
	for _, m := range metricType.FindAllStringSubmatch(string(e), -1) {
		names = append(names, m[1])
	}
	return names
}

var (
	metricType = regexp.MustCompile(`(?m)^# TYPE (\S+) `)
	metricName = regexp.MustCompile(`\bserver5k_[a-z0-9_]+`)
	histogram  = regexp.MustCompile(`_(bucket|sum|count)$`)
	selector   = regexp.MustCompile(`\b(server5k_[a-z0-9_]+)\{([^}]*)\}`)
	// matcher finds labels whose values all exist before anything happens.
	matcher = regexp.MustCompile(`\b(kind|reason|code|check)=~?"([^"$]+)"`)
)

// unknown returns what an expression asks for and no node exposes.
func (e exposition) unknown(expr string) (out []string) {
	names := e.names()
	for _, name := range metricName.FindAllString(expr, -1) {
		if !slices.Contains(names, name) && !slices.Contains(names, histogram.ReplaceAllString(name, "")) {
			out = append(out, name)
		}
	}
	for _, sel := range selector.FindAllStringSubmatch(expr, -1) {
		for _, m := range matcher.FindAllStringSubmatch(sel[2], -1) {
			for value := range strings.SplitSeq(m[2], "|") {
				series := fmt.Sprintf(`(?m)^%s\{(.*,)?%s="%s"[,}]`, sel[1], m[1], regexp.QuoteMeta(value))
				if !regexp.MustCompile(series).MatchString(string(e)) {
					out = append(out, fmt.Sprintf("%s{%s=%q}", sel[1], m[1], value))
				}
			}
		}
	}
	return out
}

// TestDeploy_AsksForWhatThereIs: a rule over a metric that does not exist never
// fires and nobody notices.
func TestDeploy_AsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	exposed := expose(t)
	t.Run("rules", func(t *testing.T) { t.Parallel(); checkRules(t, exposed) })
	t.Run("dashboard", func(t *testing.T) { t.Parallel(); checkDashboard(t, exposed) })
	for expr, want := range map[string]int{
		`server5k_ready == 0`: 0, `rate(server5k_ack_seconds_bucket{le="1"}[1m])`: 0, `server5k_ws_refused_total{kind="judge",reason=~"full|address"}`: 0,
		`server5k_nothing`: 1, `server5k_ws_refused_total{reason=~"full|nothing"}`: 1, `server5k_ready_check{check="nothing"}`: 1,
	} {
		if got := exposed.unknown(expr); len(got) != want {
			t.Errorf("%s: unknown %v", expr, got)
		}
	}
}

func readDeploy(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "deploy"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkRules(t *testing.T, exposed exposition) {
	t.Helper()
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
	seen := map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if seen[rule.Alert] || rule.Alert == "" || rule.Expr == "" {
				t.Errorf("rule %q: not unique or not whole", rule.Alert)
			}
			seen[rule.Alert] = true
			if bad := exposed.unknown(rule.Expr); bad != nil {
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

func checkDashboard(t *testing.T, exposed exposition) {
	t.Helper()
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
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] || p.Title == "" || p.Grid.X+p.Grid.W > 24 {
			t.Errorf("panel %d %q: at %+v", p.ID, p.Title, p.Grid)
		}
		ids[p.ID] = true
		if (len(p.Targets) == 0) != (p.Type == "row") {
			t.Errorf("panel %q: %d queries", p.Title, len(p.Targets))
		}
		for _, target := range p.Targets {
			if bad := exposed.unknown(target.Expr); bad != nil {
				t.Errorf("panel %q: nothing exposes %v", p.Title, bad)
			}
		}
	}
	// What is exposed and never shown was measured for nobody.
	for _, name := range exposed.names() {
		if strings.HasPrefix(name, "server5k_") && !strings.Contains(string(raw), name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}
