package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"

	"server5k/actors"
	"server5k/cluster/redis"
)

// lateBeat is when a node's beat is called late: two were missed.
const lateBeat = 1500 * time.Millisecond

// clusterCmd groups what is asked of a cluster.
type clusterCmd struct {
	Status clusterStatusCmd `cmd:"" help:"Muestra los nodos del clúster y qué competencias lleva cada uno."`
}

// clusterStatusCmd shows the nodes as Redis and they themselves know them.
type clusterStatusCmd struct {
	JSON bool `name:"json" help:"Escribe JSON en lugar de tablas."`
}

// Help shows an example.
func (clusterStatusCmd) Help() string {
	return "Lee de Redis lo que cada nodo dice de sí mismo, una vez por segundo. Termina con 1 si no hay nodos, si alguno calla o no alcanza su base de datos, o si dos creen llevar la misma competencia.\n\nEjemplo: server5k cluster status --redis-url redis://10.0.0.5"
}

// listedNode is a node as `cluster status` shows it.
type listedNode struct {
	Node    string `json:"node"`
	Member  string `json:"member"`
	Address string `json:"address"`
	Owns    bool   `json:"owns"`
	AgeMS   int64  `json:"beat_age_ms"`
	Since   string `json:"joined_at"`
	Said    report `json:"said"`
}

// Run reads the members once.
func (cmd clusterStatusCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	if !cfg.isNode() {
		return errors.New("REDIS_URL: indique el Redis del clúster")
	}
	client, err := redis.Dial(cfg.RedisURL)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // it was only read from
	listed, err := redis.List(ctx, client, cfg.Cluster.Name)
	if err != nil {
		return fmt.Errorf("clúster %s: %w", cfg.Cluster.Name, err)
	}
	nodes := make([]listedNode, 0, len(listed))
	for _, l := range listed {
		n := listedNode{
			Node: l.Name, Member: l.ID, Address: l.Address, Owns: l.Owns, AgeMS: l.Age.Milliseconds(), Since: l.JoinedAt.Format(time.RFC3339),
		}
		if len(l.Status) > 0 {
			if err := json.Unmarshal(l.Status, &n.Said); err != nil {
				return fmt.Errorf("clúster %s: estado de %s: %w", cfg.Cluster.Name, l.Name, err)
			}
		}
		nodes = append(nodes, n)
	}
	if cmd.JSON {
		if err := json.MarshalWrite(std.out, nodes, json.Deterministic(true)); err != nil {
			return err
		}
		std.printf("\n")
	} else if err := printNodes(std.out, nodes); err != nil {
		return err
	}
	return trouble(cfg.Cluster.Name, nodes)
}

// printNodes writes a table of nodes and one of competitions.
func printNodes(out io.Writer, nodes []listedNode) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush returns the error
	row("NODO\tDIRECCIÓN\tLATIDO\tBASE DE DATOS\tLLEVA\tCONEXIONES\tIDA Y VUELTA\tVERSIÓN")
	type owned struct {
		actors.Owned
		node string
	}
	var all []owned
	for _, n := range nodes {
		database := "no responde"
		if n.Said.Database.Up {
			database = milliseconds(n.Said.Database.US)
		}
		if !n.Owns {
			database += ", no lleva"
		}
		row("%s\t%s\thace %d ms\t%s\t%d\t%d\t%s\t%s",
			n.Node, n.Address, n.AgeMS, database, len(n.Said.Owned), n.Said.Sockets, trips(n.Said.Peers), n.Said.Version)
		for _, o := range n.Said.Owned {
			all = append(all, owned{o, n.Node})
		}
	}
	slices.SortFunc(all, func(a, b owned) int {
		return cmp.Or(cmp.Compare(a.Competition, b.Competition), cmp.Compare(a.Epoch, b.Epoch))
	})
	row("\nCOMPETENCIA\tNODO\tÉPOCA\tREGISTROS\tEVENTO\tEN ESPERA\tNODOS QUE ESCUCHAN")
	for _, o := range all {
		row("%d\t%s\t%d\t%d\t%d\t%d\t%d", o.Competition, o.node, o.Epoch, o.Records, o.Event, o.Waiting, o.Subscribers)
	}
	return w.Flush()
}

// trips is the slowest way to another node.
func trips(peers []actors.Peer) string {
	if len(peers) == 0 {
		return "-"
	}
	slowest := slices.MaxFunc(peers, func(a, b actors.Peer) int { return cmp.Compare(a.Trip, b.Trip) })
	text := milliseconds(slowest.Trip)
	for _, p := range peers {
		if p.Silent {
			text += ", calla " + p.Address
		}
	}
	return text
}

func milliseconds(us int64) string {
	return strconv.FormatFloat(float64(us)/1000, 'f', 1, 64) + " ms"
}

// trouble names what an operator should look at.
func trouble(name string, nodes []listedNode) error {
	if len(nodes) == 0 {
		return fmt.Errorf("clúster %s: no hay nodos", name)
	}
	var errs []error
	owner := map[int64]string{}
	for _, n := range nodes {
		if n.AgeMS > lateBeat.Milliseconds() {
			errs = append(errs, fmt.Errorf("%s no late desde hace %d ms", n.Node, n.AgeMS))
		}
		if !n.Said.Database.Up {
			errs = append(errs, fmt.Errorf("%s no alcanza la base de datos", n.Node))
		}
		if n.Said.Stale > 0 {
			errs = append(errs, fmt.Errorf("%s no oye a quien lleva %d competencias", n.Node, n.Said.Stale))
		}
		for _, p := range n.Said.Peers {
			if p.Silent {
				errs = append(errs, fmt.Errorf("%s no oye a %s", n.Node, p.Address))
			}
		}
		for _, o := range n.Said.Owned {
			id := int64(o.Competition)
			if other, ok := owner[id]; ok {
				errs = append(errs, fmt.Errorf("%s y %s creen llevar la competencia %d; solo escribe el de la época mayor", other, n.Node, id))
			}
			owner[id] = n.Node
		}
	}
	return errors.Join(errs...)
}
