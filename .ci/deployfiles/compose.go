package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// checkCompose loads the file as each kind of user does.
func checkCompose(root string) error {
	// A directory of its own, with an .env that nobody has filled in.
	dir, err := os.MkdirTemp("", "deployfiles-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for from, to := range map[string]string{"docker-compose.yml": "docker-compose.yml", ".env.example": ".env"} {
		raw, err := os.ReadFile(filepath.Join(root, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, to), raw, 0o600)
		}
		if err != nil {
			return err
		}
	}
	c := composeCheck{root: root, dir: dir}
	c.secrets()
	usual := []string{"migrate", "nginx", "postgres", "server"}
	cluster := append([]string{"redis", "server2", "server3"}, usual...)
	c.project("one node", nil, "", usual)
	c.project("cluster", []string{"cluster"}, "abc123", cluster)
	c.project("monitoring", []string{"monitoring"}, "", append([]string{"grafana", "prometheus"}, usual...))
	c.project("both", []string{"cluster", "monitoring"}, "abc123", append([]string{"grafana", "prometheus"}, cluster...))
	return c.err()
}

type composeCheck struct {
	problems
	root, dir string
}

func (c *composeCheck) load(profiles []string, env ...string) (*types.Project, error) {
	o, err := cli.NewProjectOptions([]string{filepath.Join(c.dir, "docker-compose.yml")},
		cli.WithWorkingDirectory(c.dir), cli.WithEnv(env), cli.WithProfiles(profiles))
	if err != nil {
		return nil, err
	}
	return o.LoadProject(context.Background())
}

// secrets checks that none has a default.
func (c *composeCheck) secrets() {
	_, err := c.load(nil)
	for _, name := range []string{"SECRET_KEY", "POSTGRES_PASSWORD"} {
		c.unless(err != nil && strings.Contains(err.Error(), "required variable "+name+" is missing"), "compose does not ask for %s: %v", name, err)
	}
}

// project checks what one choice of profiles starts.
func (c *composeCheck) project(name string, profiles []string, redisPassword string, want []string) {
	p, err := c.load(profiles, "SECRET_KEY=k", "POSTGRES_PASSWORD=p", "REDIS_PASSWORD="+redisPassword)
	if err != nil {
		c.add("compose, %s: %w", name, err)
		return
	}
	got := p.ServiceNames()
	slices.Sort(want)
	slices.Sort(got)
	c.unless(slices.Equal(got, want), "compose, %s starts %v, want %v", name, got, want)
	c.unless(bool(p.Networks["back"].Internal), "compose: the network of the database is not internal")
	var published, fronts []string
	for _, s := range p.Services {
		c.unless(s.ReadOnly && slices.Contains(s.CapDrop, "ALL") && slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
			"compose, %s: %s has more rights than the others", name, s.Name)
		for _, port := range s.Ports {
			published = append(published, port.HostIP+":"+port.Published)
		}
		for _, v := range s.Volumes {
			c.mount(name, s.Name, v)
		}
		if strings.HasPrefix(s.Name, "server") {
			fronts = append(fronts, s.Networks["front"].Ipv4Address+":8000")
			c.node(name, s, redisPassword)
		}
	}
	slices.Sort(published)
	ports := []string{":443", ":80"}
	if slices.Contains(profiles, "monitoring") {
		ports = []string{"127.0.0.1:3000", ":443", ":80"}
		slices.Sort(ports)
	}
	c.unless(slices.Equal(published, ports), "compose, %s publishes %v, want %v", name, published, ports)
	c.balanced(name, p, fronts)
}

// mount checks that what is mounted exists; certificates are the operator's.
func (c *composeCheck) mount(name, service string, v types.ServiceVolumeConfig) {
	if v.Type != types.VolumeTypeBind || strings.HasSuffix(v.Source, "/certs") {
		return
	}
	rel, err := filepath.Rel(c.dir, v.Source)
	if err == nil {
		_, err = os.Stat(filepath.Join(c.root, rel))
	}
	c.unless(err == nil, "compose, %s: %s mounts %s: %v", name, service, rel, err)
}

// node checks that a node knows the others when there are some, and has a name.
func (c *composeCheck) node(name string, s types.ServiceConfig, redisPassword string) {
	want := ""
	if redisPassword != "" {
		want = "redis://:" + redisPassword + "@redis:6379"
	}
	value := func(name string) string {
		if v := s.Environment[name]; v != nil {
			return *v
		}
		return ""
	}
	c.unless(value("REDIS_URL") == want, "compose, %s: %s has REDIS_URL %q, want %q", name, s.Name, value("REDIS_URL"), want)
	c.unless(value("NODE_NAME") == s.Name, "compose, %s: %s is called %q", name, s.Name, value("NODE_NAME"))
	_, back := s.Networks["back"]
	c.unless(back, "compose, %s: %s cannot reach the others", name, s.Name)
}

// balanced checks that nginx has the addresses of the nodes, and of no others.
func (c *composeCheck) balanced(name string, p *types.Project, fronts []string) {
	err := errors.New("not mounted")
	for _, v := range p.Services["nginx"].Volumes {
		if v.Target != "/etc/nginx/server5k-nodes.conf" {
			continue
		}
		var raw []byte
		if raw, err = os.ReadFile(filepath.Join(c.root, strings.TrimPrefix(v.Source, c.dir))); err != nil {
			break
		}
		var got []string
		for _, m := range regexp.MustCompile(`(?m)^server (\S+?)[ ;]`).FindAllStringSubmatch(string(raw), -1) {
			got = append(got, m[1])
		}
		slices.Sort(got)
		slices.Sort(fronts)
		c.unless(slices.Equal(got, fronts), "compose, %s: nginx has the nodes %v, there are %v", name, got, fronts)
	}
	c.unless(err == nil, "compose, %s: the nodes of nginx: %v", name, err)
}
