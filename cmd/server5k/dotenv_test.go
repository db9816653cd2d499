package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"
)

const dotenvExample = "../../.env.example"

// optionVariables lists the variables of every flag at n or below: the first of
// each in names, with their other names in all.
func optionVariables(n *kong.Node) (names, all []string) {
	for _, flag := range n.Flags {
		if len(flag.Tag.Envs) > 0 {
			names = append(names, flag.Tag.Envs[0])
			all = append(all, flag.Tag.Envs...)
		}
	}
	for _, child := range n.Children {
		more, rest := optionVariables(child)
		names, all = append(names, more...), append(all, rest...)
	}
	return names, all
}

func TestDotenvExample_HasEveryVariable(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(dotenvExample)
	if err != nil {
		t.Fatal(err)
	}
	composeOnly := []string{"VERSION", "CERTS_DIR", "COMPOSE_PROFILES", "REDIS_PASSWORD", "GRAFANA_PASSWORD"}
	names, known := optionVariables(parser.Model.Node)
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(text), -1) {
		name, value := m[1], m[2]
		got = append(got, name)
		if !slices.Contains(known, name) && !slices.Contains(composeOnly, name) && !strings.HasPrefix(name, "POSTGRES_") {
			t.Errorf("%s is no option", name)
		}
		if secret := strings.HasSuffix(name, "PASSWORD") || strings.HasSuffix(name, "KEY"); secret && value != "" {
			t.Errorf("%s has a value", name)
		}
	}
	for _, name := range names {
		if !slices.Contains(got, name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestDotenvExample_UnchangedMeansDefaults(t *testing.T) {
	t.Parallel()
	env, err := godotenv.Read(dotenvExample)
	if err != nil {
		t.Fatal(err)
	}
	c := parseConfig(t, env)
	if err := c.validate(false); err != nil {
		t.Fatal(err)
	}
	if c.SecretKey != "" || c.ListenAddr != ":8000" || c.Debug {
		t.Errorf("got %+v", c)
	}
}
