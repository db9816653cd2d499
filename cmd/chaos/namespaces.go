package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// namespacePrefix begins the names of what is made, followed by the pid, so
	// that what a killed program left can be told from what is in use.
	namespacePrefix = "s5k"
	// nowhere is a hardware address that nobody has: what is sent there vanishes.
	nowhere     = "02:de:ad:00:00:01"
	wireTimeout = 20 * time.Second
)

// namespaces give every node a network of its own, on one bridge.
//
//	node a ─┐
//	node b ─┼─ bridge (a namespace too: firewalls of the machine see nothing) ── this program
//	node c ─┘
//
// A cut is an entry for the other node in a node's table of neighbours, with a
// hardware address that nobody has: packets vanish without a trace, one way.
type namespaces struct {
	prefix string // of the names of this program
	subnet string // first three numbers
	nodes  []string
}

func openNamespaces(ctx context.Context, nodes []string) (*namespaces, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, wireTimeout, errors.New("make networks: not done in 20s"))
	defer cancel()
	if err := sweepNamespaces(ctx); err != nil {
		return nil, err
	}
	subnet, err := freeSubnet(os.Getpid())
	if err != nil {
		return nil, err
	}
	n := &namespaces{prefix: namespacePrefix + strconv.Itoa(os.Getpid()), subnet: subnet, nodes: nodes}
	if err := n.build(ctx); err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

// build makes the bridge and a namespace for each node on it.
func (n *namespaces) build(ctx context.Context) error {
	sw := n.name("sw")
	steps := []string{
		"netns add " + sw,
		"-n " + sw + " link add br0 type bridge",
		"-n " + sw + " link set br0 up",
		"link add " + n.prefix + " type veth peer name outside netns " + sw,
		"-n " + sw + " link set outside master br0 up",
		"addr add " + n.host() + "/24 dev " + n.prefix,
		"link set " + n.prefix + " up",
	}
	for _, node := range n.nodes {
		ns := n.name(node)
		steps = append(
			steps,
			"netns add "+ns,
			"-n "+ns+" link add eth0 type veth peer name to-"+node+" netns "+sw,
			"-n "+ns+" addr add "+n.addr(node)+"/24 dev eth0",
			"-n "+ns+" link set eth0 up",
			"-n "+ns+" link set lo up",
			"-n "+sw+" link set to-"+node+" master br0 up",
		)
	}
	for _, s := range steps {
		if _, err := ip(ctx, s); err != nil {
			return err
		}
	}
	for _, node := range n.nodes {
		if err := n.probe(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

// probe dials a node on which nothing listens yet: a refusal is an answer.
func (n *namespaces) probe(ctx context.Context, node string) error {
	c, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", n.addr(node)+":8000")
	switch {
	case err == nil:
		return errors.Join(fmt.Errorf("something listens on %s already", n.addr(node)), c.Close())
	case refused(err):
		return nil
	}
	return fmt.Errorf("node %s cannot be reached: %w", node, err)
}

func (n *namespaces) how() string { return "a network namespace for each node, " + n.subnet + ".0/24" }

func (n *namespaces) host() string { return n.subnet + ".1" }

func (n *namespaces) name(node string) string { return n.prefix + "-" + node }

func (n *namespaces) addr(node string) string {
	return n.subnet + "." + strconv.Itoa(11+slices.Index(n.nodes, node))
}

func (n *namespaces) plug(_ context.Context, node string) (socketed, error) {
	at := n.addr(node)
	return socketed{
		clients: at + ":8000", metrics: at + ":9100", remoting: at + ":8090", advertise: at + ":8090",
		wrap: []string{"ip", "netns", "exec", n.name(node)},
	}, nil
}

func (n *namespaces) cut(ctx context.Context, from, to string, broken bool) error {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), wireTimeout, errors.New("change a network: not done in 20s"))
	defer cancel()
	at := n.addr(to) + " dev eth0"
	step := "-n " + n.name(from) + " neigh del " + at
	if broken {
		step = "-n " + n.name(from) + " neigh replace " + at + " lladdr " + nowhere + " nud permanent"
	}
	_, err := ip(ctx, step)
	if err != nil && !broken && strings.Contains(err.Error(), "No such file") {
		return nil // there was no cut
	}
	return err
}

func (n *namespaces) heal(ctx context.Context) error {
	var errs []error
	for _, from := range n.nodes {
		out, err := ip(ctx, "-n "+n.name(from)+" neigh show nud permanent")
		errs = append(errs, err)
		for _, to := range n.nodes {
			if strings.Contains(out, n.addr(to)+" ") {
				errs = append(errs, n.cut(ctx, from, to, false))
			}
		}
	}
	return errors.Join(errs...)
}

// close removes everything; what hangs on a namespace goes with it.
func (n *namespaces) close() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), wireTimeout, errors.New("remove networks: not done in 20s"))
	defer cancel()
	return removeNamespaces(ctx, func(name string) bool { return strings.HasPrefix(name, n.prefix+"-") })
}

// sweepNamespaces removes what programs left that are no more.
func sweepNamespaces(ctx context.Context) error {
	return removeNamespaces(ctx, func(name string) bool {
		owner, _, ok := strings.Cut(strings.TrimPrefix(name, namespacePrefix), "-")
		pid, err := strconv.Atoi(owner)
		if !ok || err != nil || !strings.HasPrefix(name, namespacePrefix) {
			return false
		}
		_, err = os.Stat(fmt.Sprintf("/proc/%d", pid))
		return errors.Is(err, os.ErrNotExist)
	})
}

func removeNamespaces(ctx context.Context, which func(name string) bool) error {
	out, err := ip(ctx, "netns list")
	if err != nil {
		return err
	}
	var errs []error
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 0 && which(f[0]) {
			_, err := ip(ctx, "netns del "+f[0])
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// freeSubnet picks three numbers that no interface of the machine has.
func freeSubnet(start int) (string, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for i := range 250 {
		subnet := fmt.Sprintf("10.213.%d", (start+i)%250)
		if !slices.ContainsFunc(addrs, func(a net.Addr) bool { return strings.HasPrefix(a.String(), subnet+".") }) {
			return subnet, nil
		}
	}
	return "", errors.New("no subnet is free")
}

// ip runs the program that changes networks.
func ip(ctx context.Context, args string) (string, error) {
	out, err := exec.CommandContext(ctx, "ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ip %s: %w: %s", args, err, out)
	}
	return string(out), nil
}
