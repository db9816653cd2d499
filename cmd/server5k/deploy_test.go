package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

const deployDir = "../../deploy/"

// notOptions are variables in the manifests that others than the options read.
var notOptions = []string{"POD_IP", "GOMEMLIMIT"}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKubernetes_SetsOnlyWhatIsAnOption(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	_, known := optionVariables(parser.Model.Node)
	files, err := filepath.Glob(deployDir + "kubernetes/*.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	// Keys of a map, also when commented out, and names in a list.
	variable := regexp.MustCompile(`(?m)^[ #]+([A-Z][A-Z_]+): |name: ([A-Z][A-Z_]+)\b`)
	found := map[string]bool{}
	for _, file := range files {
		for _, m := range variable.FindAllStringSubmatch(readText(t, file), -1) {
			name := m[1] + m[2]
			found[name] = true
			if !slices.Contains(known, name) && !slices.Contains(notOptions, name) {
				t.Errorf("%s: %s is no option", file, name)
			}
		}
	}
	for _, name := range []string{"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "NODE_NAME", "CLUSTER_ADDR", "CLUSTER_CA", "METRICS_ADDR", "TRUSTED_PROXIES"} {
		if !found[name] {
			t.Errorf("%s is not set", name)
		}
	}
}

// Whoever stops a node waits for as long as it may take.
func TestDeployments_WaitForTheDrain(t *testing.T) {
	t.Parallel()
	const margin = 5 * time.Second
	for file, pattern := range map[string]string{
		"../../docker-compose.yml":             `(?m)^  stop_grace_period: (\d+)s .*server`,
		deployDir + "systemd/server5k.service": `(?m)^TimeoutStopSec=(\d+)$`,
		// The wait in preStop is part of it: see .ci/deployfiles.
		deployDir + "kubernetes/deployment.yaml": `(?m)^ +terminationGracePeriodSeconds: (\d+)$`,
	} {
		all := regexp.MustCompile(pattern).FindAllStringSubmatch(readText(t, file), -1)
		if len(all) != 1 {
			t.Errorf("%s has %d times %s", file, len(all), pattern)
			continue
		}
		seconds, err := strconv.Atoi(all[0][1])
		if got := time.Duration(seconds) * time.Second; err != nil || got < stopTimeout+margin {
			t.Errorf("%s waits %v, %v; the server may take %v", file, got, err, stopTimeout)
		}
	}
}

func TestKubernetes_NodesListenWhereTheyAreCalled(t *testing.T) {
	t.Parallel()
	text := readText(t, deployDir+"kubernetes/deployment.yaml")
	for name, port := range map[string]string{"http": "8000", "nodes": clusterPort, "metrics": "9100"} {
		if !regexp.MustCompile(`name: ` + name + `, containerPort: ` + port + `}`).MatchString(text) {
			t.Errorf("the port %s is not %s", name, port)
		}
	}
	for name, value := range map[string]string{"LISTEN_ADDR": ":8000", "CLUSTER_ADDR": `\$\(POD_IP\):` + clusterPort, "METRICS_ADDR": `\$\(POD_IP\):9100`} {
		if !regexp.MustCompile(`name: ` + name + `, value: "` + value + `"`).MatchString(text) {
			t.Errorf("%s is not %s", name, value)
		}
	}
}
