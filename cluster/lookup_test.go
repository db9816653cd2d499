package cluster

import (
	"fmt"
	"testing"

	protocluster "github.com/asynkron/protoactor-go/cluster"

	"server5k/race"
)

func view(addresses ...string) View {
	v := View{Self: "self", Leased: true}
	for _, a := range addresses {
		v.Members = append(v.Members, Member{ID: a, Address: a, Owns: true})
	}
	return v
}

func owners(l *Lookup, n int) map[race.CompetitionID]string {
	out := map[race.CompetitionID]string{}
	for id := race.CompetitionID(1); id <= race.CompetitionID(n); id++ {
		out[id] = l.Owner(id)
	}
	return out
}

// Addresses that differ in their last digit only share the competitions evenly,
// also the first few, which are all that most events have.
func TestLookup_SharesEvenly(t *testing.T) {
	t.Parallel()
	const n = 3000
	l := NewLookup("owners")
	l.Set(view("10.0.0.1:8090", "10.0.0.2:8090", "10.0.0.3:8090"))
	share := map[string]int{}
	for _, address := range owners(l, n) {
		share[address]++
	}
	for address, got := range share {
		if got < n/3*9/10 || got > n/3*11/10 {
			t.Errorf("%s owns %d of %d", address, got, n)
		}
	}
}

// A node that goes moves what it owned and nothing else, and gets the same back.
func TestLookup_MovesOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	l := NewLookup("owners")
	all, fewer := view("a:1", "b:1", "c:1"), view("a:1", "c:1")
	l.Set(all)
	before := owners(l, 300)
	l.Set(fewer)
	for id, now := range owners(l, 300) {
		if was := before[id]; was != "b:1" && was != now || now == "b:1" {
			t.Errorf("competition %d moved from %s to %s", id, was, now)
		}
	}
	l.Set(all)
	for id, now := range owners(l, 300) {
		if now != before[id] {
			t.Errorf("competition %d came back to %s, not %s", id, now, before[id])
		}
	}
}

func TestLookup_OnlyWhoCan(t *testing.T) {
	t.Parallel()
	l := NewLookup("owners")
	if got := l.Owner(1); got != "" {
		t.Errorf("without nodes %q owns", got)
	}
	v := view("a:1", "b:1")
	v.Members[0].Owns = false
	l.Set(v)
	for id, address := range owners(l, 50) {
		if address != "b:1" {
			t.Errorf("competition %d is owned by %q", id, address)
		}
	}
	if got := fmt.Sprint(l.Nodes()); got != "[a:1 b:1]" {
		t.Errorf("nodes %s", got)
	}
	v.Members[1].Owns = false
	l.Set(v)
	if got := l.Owner(1); got != "" {
		t.Errorf("%q owns though nobody can", got)
	}
}

func TestLookup_TellsOfEachView(t *testing.T) {
	t.Parallel()
	l := NewLookup("owners")
	var seen []string
	l.Watch(func() {
		name, valid := l.Membership()
		seen = append(seen, fmt.Sprint(name, " ", valid, " ", l.Owner(1)))
	})
	l.Set(view("a:1"))
	l.Set(View{Members: view("b:1").Members})
	if got, want := fmt.Sprint(seen), "[self true a:1  false b:1]"; got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

func TestLookup_ForProtoactor(t *testing.T) {
	t.Parallel()
	l := NewLookup("owners")
	if pid := l.Get(protocluster.NewClusterIdentity("1", "competition")); pid != nil {
		t.Errorf("without nodes: %v", pid)
	}
	l.Set(view("a:1"))
	if pid := l.Get(protocluster.NewClusterIdentity("1", "competition")); pid.GetAddress() != "a:1" || pid.GetId() != "owners" {
		t.Errorf("got %v", pid)
	}
	if pid := l.Get(protocluster.NewClusterIdentity("x", "competition")); pid != nil {
		t.Errorf("not a number: %v", pid)
	}
}

func TestAlone_OwnsEverything(t *testing.T) {
	t.Parallel()
	l := Alone("nonhost")
	if _, valid := l.Membership(); l.Owner(7) != "nonhost" || !valid {
		t.Errorf("owner %q, valid %v", l.Owner(7), valid)
	}
}

func BenchmarkLookup_Owner(b *testing.B) {
	l := NewLookup("owners")
	l.Set(view("10.0.0.1:8090", "10.0.0.2:8090", "10.0.0.3:8090", "10.0.0.4:8090", "10.0.0.5:8090"))
	for i := range b.N {
		_ = l.Owner(race.CompetitionID(i))
	}
}
