package redis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	protocluster "github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/remote"
	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"server5k/cluster"
	"server5k/cluster/redis"
)

func TestProvider_JoinIsSeenByAll(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	o.Beat, o.TTL = slowBeat, 3*slowBeat // only messages bring news
	a, b, c := three(t, o)
	if diff := cmp.Diff(a.last().Members, b.last().Members); diff != "" {
		t.Errorf("a and b differ:\n%s", diff)
	}
	ids := map[string]bool{}
	for _, n := range []*node{a, b, c} {
		v := n.last()
		if v.Self == "" || !v.Leased {
			t.Errorf("%s: view %+v", n.name, v)
		}
		ids[v.Self] = true
		n.untilKnown(3)
	}
	if len(ids) != 3 {
		t.Errorf("ids %v", ids)
	}
	for _, m := range a.last().Members {
		if !ids[m.ID] || m.Address == "" || m.Name == "" || m.Owns {
			t.Errorf("member %+v", m)
		}
	}
}

func TestProvider_GracefulLeaveIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	o.Beat, o.TTL = slowBeat, 3*slowBeat
	a, b, c := three(t, o)
	gone := c.last().Self
	start := time.Now()
	if err := c.p.Shutdown(true); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b} {
		for _, m := range n.untilMembers(2).Members {
			if m.ID == gone {
				t.Errorf("%s still knows c", n.name)
			}
		}
	}
	t.Logf("seen by all after %v", time.Since(start))
	v := c.until("outside", func(v cluster.View) bool { return v.Self == "" })
	if len(v.Members) != 2 || v.Leased || len(c.views) != 0 {
		t.Errorf("last view %+v", v)
	}
	if err := c.p.Shutdown(true); err != nil {
		t.Errorf("second shutdown: %v", err)
	}
	if c.p.Health().Leased {
		t.Error("leased after the farewell")
	}
}

func TestProvider_CrashIsSeenWhenTheLeaseEnds(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	a, b, c := three(t, o)
	start := time.Now()
	if err := c.p.Shutdown(false); err != nil {
		t.Fatal(err)
	}
	a.untilMembers(2)
	if took := time.Since(start); took < o.TTL/2 {
		t.Errorf("given up after %v, lease %v", took, o.TTL)
	} else {
		t.Logf("given up after %v, lease %v", took, o.TTL)
	}
	b.untilMembers(2)
	if v := c.until("outside", func(v cluster.View) bool { return v.Self == "" }); len(v.Members) != 2 {
		t.Errorf("last view %+v", v)
	}
}

func TestProvider_OwnsIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	o.Beat, o.TTL = slowBeat, 3*slowBeat
	a, b := newNode(t, "a", o), newNode(t, "b", o).join()
	a.p.SetOwns(true) // before it joins
	a.join()
	owns := func(want bool) func(cluster.View) bool {
		return func(v cluster.View) bool {
			for _, m := range v.Members {
				if m.Name == "a" {
					return m.Owns == want
				}
			}
			return false
		}
	}
	b.until("a owns", owns(true))
	a.p.SetOwns(false)
	a.until("a does not own", owns(false))
	b.until("a does not own", owns(false))
}

func TestProvider_FencedNodeJoinsAgain(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	a, b := newNode(t, "a", o).join(), newNode(t, "b", o).join()
	a.untilMembers(2)
	b.untilMembers(2)
	old := a.last().Self
	a.untilKnown(2)
	bury(t, o, old)
	a.until("fenced", func(v cluster.View) bool { return v.Self == "" && !v.Leased && len(v.Members) == 1 })
	v := a.until("a member again", func(v cluster.View) bool { return v.Self != "" && v.Leased })
	if v.Self == old {
		t.Error("the id is the same")
	}
	b.until("the new id", func(w cluster.View) bool {
		return len(w.Members) == 2 && (w.Members[0].ID == v.Self || w.Members[1].ID == v.Self)
	})
	if h := a.p.Health(); h.Rejoins != 1 || !h.Leased {
		t.Errorf("health %+v", h)
	}
	known := a.untilKnown(3) // the one that is no more as well: see handOver
	if !slices.ContainsFunc(known, func(m *protocluster.Member) bool { return m.Id == v.Self }) {
		t.Errorf("protoactor knows %v", known)
	}
}

// bury declares a member dead as another node would.
func bury(t *testing.T, o redis.Options, id string) {
	t.Helper()
	prefix := "server5k:{" + o.Cluster + "}:"
	_, err := o.Client.TxPipelined(t.Context(), func(p goredis.Pipeliner) error {
		p.HDel(t.Context(), prefix+"members", id)
		p.ZRem(t.Context(), prefix+"alive", id)
		p.ZRem(t.Context(), prefix+"seen", id)
		p.ZAdd(t.Context(), prefix+"dead", goredis.Z{Score: float64(time.Now().UnixMilli()), Member: id})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestProvider_SameAddressReplaces(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	o.Beat, o.TTL = slowBeat, 3*slowBeat
	a, b := newNode(t, "a", o).join(), "10.9.9.9:8090"
	first := newNodeAt(t, "b", b, o).join()
	self := a.untilMembers(2).Self
	old := first.until("joined", func(v cluster.View) bool { return v.Self != "" }).Self
	if err := first.p.Shutdown(false); err != nil { // a crash
		t.Fatal(err)
	}
	second := newNodeAt(t, "b", b, o).join()
	v := second.until("joined", func(v cluster.View) bool { return v.Self != "" })
	if len(v.Members) != 2 {
		t.Errorf("members %+v", v.Members)
	}
	a.until("the new one", func(w cluster.View) bool {
		for _, m := range w.Members {
			if m.ID == old {
				return false
			}
		}
		return len(w.Members) == 2
	})
	if a.last().Self != self {
		t.Error("a has another id")
	}
}

func TestProvider_TwoAtOneAddressDoNotSpin(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	a := newNodeAt(t, "a", "10.9.9.9:8090", o).join()
	newNodeAt(t, "b", "10.9.9.9:8090", o).join()
	a.until("fenced", func(v cluster.View) bool { return v.Self == "" })
	start := time.Now()
	a.until("a member again", func(v cluster.View) bool { return v.Self != "" })
	if took := time.Since(start); took < o.TTL/2 {
		t.Errorf("took the address back after %v", took)
	}
}

func TestProvider_ClosedPortShortensTheLease(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	o.TTL, o.Beat, o.Suspect = 60*time.Second, 100*time.Millisecond, 1500*time.Millisecond
	a := newNode(t, "a", o).join()
	address := closedPort(t)
	b := newNodeAt(t, "b", address, o).join()
	a.untilMembers(2)
	event := &remote.EndpointTerminatedEvent{Address: address}

	a.proto.ActorSystem.EventStream.Publish(event)
	a.proto.ActorSystem.EventStream.Publish(&remote.EndpointTerminatedEvent{Address: "10.0.0.1:1"})
	if views := a.quiet(o.Suspect + 5*o.Beat); len(views) != 0 {
		t.Errorf("a suspect that lives was given up: %+v", views)
	}

	if err := b.p.Shutdown(false); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	a.proto.ActorSystem.EventStream.Publish(event)
	a.untilMembers(1)
	if took := time.Since(start); took < o.Suspect/2 || took > patience/2 {
		t.Errorf("given up after %v", took)
	} else {
		t.Logf("given up after %v, suspect %v", took, o.Suspect)
	}
}

func TestProvider_StartRefuses(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	for _, test := range []struct{ name, cluster, address, want string }{
		{"no name", "", "10.0.0.1:1", "cluster name"},
		{"braces", "a}b", "10.0.0.1:1", "cluster name"},
		{"no remoting", "x", "nonhost", "HOST:PORT"},
		{"port", "x", "host:0", "HOST:PORT"},
	} {
		o.Cluster = test.cluster
		n := newNodeAt(t, "a", test.address, o)
		if err := n.p.StartMember(n.proto); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	o.Cluster = "x"
	n := newNode(t, "a", o)
	if err := n.p.StartClient(n.proto); err == nil {
		t.Error("a client was started")
	}
	if n.p.Health() != (redis.Health{}) {
		t.Error("healthy before the start")
	}
	if err := n.p.Shutdown(true); err != nil {
		t.Error(err)
	}
	if err := n.p.StartMember(n.proto); err == nil {
		t.Error("started after the end")
	}
}

func TestProvider_KeepsIPv6Addresses(t *testing.T) {
	t.Parallel()
	n := newNodeAt(t, "a", "[fd00::1]:8090", options(t, shared.Server(t).URL())).join()
	if got := n.untilKnown(1)[0].Address(); got != "[fd00::1]:8090" {
		t.Errorf("address %q", got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	if got, err := redis.List(t.Context(), o.Client, o.Cluster); err != nil || len(got) != 0 {
		t.Fatalf("before: %v, %v", got, err)
	}
	before := time.Now().Add(-time.Second)
	b := newNode(t, "b", o)
	b.p.SetOwns(true)
	b.join()
	status := make(chan []byte, 1)
	status <- []byte(`{"n":1}`)
	o.Status = func() []byte { s := <-status; status <- s; return s }
	a := newNode(t, "a", o).join()
	a.untilMembers(2)
	got, err := redis.List(t.Context(), o.Client, o.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" || got[0].Owns || !got[1].Owns || string(got[0].Status) != `{"n":1}` || got[1].Status != nil {
		t.Fatalf("listed %+v", got)
	}
	for _, l := range got {
		if l.Age < 0 || l.Age > o.TTL || l.JoinedAt.Before(before) || l.JoinedAt.After(time.Now()) {
			t.Errorf("%s: age %v, joined at %v", l.Name, l.Age, l.JoinedAt)
		}
	}
	if v := a.untilMembers(2); got[0].ID != v.Self || got[0].Address != a.proto.ActorSystem.Address() {
		t.Errorf("listed %+v, view %+v", got[0], v)
	}
	<-status
	status <- []byte(`{"n":2}`)
	eventually(t, "the status is renewed", func() bool {
		got, err := redis.List(t.Context(), o.Client, o.Cluster)
		return err == nil && len(got) == 2 && string(got[0].Status) == `{"n":2}`
	})
	<-status
	status <- make([]byte, 17<<10)
	if views := a.quiet(1200 * time.Millisecond); len(views) != 0 || a.p.Health().Err != nil {
		t.Errorf("a long status: views %+v, health %+v", views, a.p.Health())
	}
}
