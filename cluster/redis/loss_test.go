package redis_test

import (
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"server5k/cluster"
	"server5k/cluster/redis"
)

// steady fails if a view of these had other members or another Self than the first.
func steady(t *testing.T, want cluster.View, nodes ...*node) {
	t.Helper()
	for _, n := range nodes {
		start := false
		for _, v := range append(n.seen, n.quiet(0)...) {
			start = start || len(v.Members) == len(want.Members)
			if start && len(v.Members) != len(want.Members) {
				t.Errorf("%s: members %+v", n.name, v.Members)
			}
			if v.Self != n.seen[0].Self {
				t.Errorf("%s: was %s, is %s", n.name, n.seen[0].Self, v.Self)
			}
		}
	}
}

func TestLoss_EverythingIsWrittenAnew(t *testing.T) {
	t.Parallel()
	s := own(t)
	o := options(t, s.URL())
	a, b, c := three(t, o)
	d := newNode(t, "d", o).join()
	dead := d.until("joined", func(v cluster.View) bool { return v.Self != "" }).Self
	for _, n := range []*node{a, b, c} {
		n.untilMembers(4)
	}
	if err := d.p.Shutdown(true); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b, c} {
		n.seen = []cluster.View{n.untilMembers(3)}
	}
	if err := o.Client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all registered again", func() bool {
		listed, err := redis.List(t.Context(), o.Client, o.Cluster)
		return err == nil && len(listed) == 3
	})
	eventually(t, "the grave is dug again", func() bool {
		return o.Client.ZScore(t.Context(), "server5k:{"+o.Cluster+"}:dead", dead).Err() == nil
	})
	a.quiet(o.TTL + 3*o.Beat)
	steady(t, a.last(), a, b, c)
}

func TestLoss_EvictedLeasesAreGrantedAgain(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	a, b, c := three(t, o)
	for _, key := range []string{"alive", "seen", "members"} {
		if err := o.Client.Del(t.Context(), "server5k:{"+o.Cluster+"}:"+key).Err(); err != nil {
			t.Fatal(err)
		}
		a.quiet(3 * o.Beat)
	}
	steady(t, a.last(), a, b, c)
	if err := c.p.Shutdown(false); err != nil {
		t.Fatal(err)
	}
	a.untilMembers(2)
}

func TestLoss_RedisComesBackEmpty(t *testing.T) {
	t.Parallel()
	s := own(t)
	o := options(t, s.URL())
	a, b, c := three(t, o)
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loss is noticed", func() bool { return a.p.Health().Err != nil })
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b, c} {
		failures := n.p.Health().Beats
		eventually(t, "beats are answered", func() bool { h := n.p.Health(); return h.Err == nil && h.Leased && h.Beats > failures })
	}
	a.quiet(o.TTL + 3*o.Beat)
	steady(t, a.last(), a, b, c)
	c.p.SetOwns(true) // and news flow again
	a.until("c owns", func(v cluster.View) bool {
		for _, m := range v.Members {
			if m.Owns {
				return true
			}
		}
		return false
	})
}

func TestLoss_FrozenRedisChangesNothing(t *testing.T) {
	t.Parallel()
	s := own(t)
	o := options(t, s.URL())
	a, b, c := three(t, o)
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b, c} {
		n.until("no lease", func(v cluster.View) bool { return !v.Leased })
		if h := n.p.Health(); h.Leased || h.LastBeat.IsZero() {
			t.Errorf("%s: health %+v", n.name, h)
		}
	}
	eventually(t, "beats fail", func() bool { h := a.p.Health(); return h.Err != nil && h.Failures > 0 })
	if err := s.Thaw(); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b, c} {
		n.until("a lease", func(v cluster.View) bool { return v.Leased })
	}
	a.quiet(o.TTL + 3*o.Beat)
	steady(t, a.last(), a, b, c)
}

func TestLoss_ClockPutBack(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	a, prefix, ghost := newNode(t, "a", o).join(), "server5k:{"+o.Cluster+"}:", "00000000-ghost"
	later := float64(time.Now().Add(time.Hour).UnixMilli())
	o.Client.HSet(t.Context(), prefix+"members", ghost, `{"name":"ghost","address":"10.0.0.9:1"}`)
	o.Client.ZAdd(t.Context(), prefix+"seen", goredis.Z{Score: later, Member: ghost})
	o.Client.ZAdd(t.Context(), prefix+"alive", goredis.Z{Score: later, Member: ghost})
	a.untilMembers(2)
	a.untilMembers(1) // in a lease, not in an hour
}

func TestLoss_AwayAtTheStart(t *testing.T) {
	t.Parallel()
	s := own(t)
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	n := newNode(t, "a", options(t, s.URL())).join()
	if h := n.p.Health(); h.Err == nil || h.Leased || h.Failures == 0 {
		t.Errorf("health %+v", h)
	}
	if len(n.views) != 0 {
		t.Error("a view without Redis")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := n.until("joined", func(cluster.View) bool { return true }); v.Self == "" || !v.Leased || len(v.Members) != 1 {
		t.Errorf("first view %+v", v)
	}
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := n.p.Shutdown(true); err == nil || !strings.Contains(err.Error(), "leave") {
		t.Errorf("a farewell nobody heard: %v", err)
	}
	if v := n.until("outside", func(v cluster.View) bool { return v.Self == "" }); v.Leased {
		t.Errorf("view %+v", v)
	}
}

func TestLoss_NothingIsLeftOfADeadCluster(t *testing.T) {
	t.Parallel()
	o := options(t, shared.Server(t).URL())
	o.TTL, o.Beat, o.Tombstone = 100*time.Millisecond, 20*time.Millisecond, time.Second
	a, b := newNode(t, "a", o).join(), newNode(t, "b", o).join()
	a.until("b", func(v cluster.View) bool { return len(v.Members) == 2 })
	keys := func() []string {
		found, err := o.Client.Keys(t.Context(), "server5k:{"+o.Cluster+"}:*").Result()
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := keys(); len(found) < 4 {
		t.Errorf("keys %v", found)
	}
	if err := b.p.Shutdown(true); err != nil {
		t.Fatal(err)
	}
	if err := a.p.Shutdown(false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all keys expired", func() bool { return len(keys()) == 0 })
}
