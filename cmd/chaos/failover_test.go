package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOutages_AreMeasuredByWhoStored(t *testing.T) {
	t.Parallel()
	e := clean() // the second owner stores first at 330, the first last at 230
	e.Blows = []blow{
		{fault: fault{Kind: ownerKill}, At: 225, Hits: []hit{{Competition: 1, Epoch: 1, At: 225}}},
		{fault: fault{Kind: nodeTerm}, At: 345, Hits: []hit{{Node: "a", At: 345}}},
		{fault: fault{Kind: ownerTerm}, At: 380, Hits: []hit{{Competition: 1, Epoch: 2, At: 380}}},
	}
	want := map[kind][]outage{ownerKill: {{took: 105, silence: 100}}}
	if diff := cmp.Diff(want, outages(newVerdict(e)), cmp.AllowUnexported(outage{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	var list []time.Duration
	for i := range 200 {
		list = append(list, time.Duration(200-i)*time.Second)
	}
	if got, want := quantiles(list), "1.000 100.000 198.000 200.000"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := quantiles(nil); strings.ContainsAny(got, "0123456789") {
		t.Errorf("figures of nothing: %s", got)
	}
}

func TestSeries_KillsOwnersMost(t *testing.T) {
	t.Parallel()
	c := &campaign{failover: 20, kinds: measuredKinds}
	got := map[kind]int{}
	for _, f := range c.series() {
		got[f.Kind]++
	}
	want := map[kind]int{ownerKill: 20, ownerLoss: 10, ownerTerm: 10, ownerFreeze: 10, scaleOut: 5}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c := (&campaign{duration: time.Minute}); c.series() != nil || c.length() != time.Minute {
		t.Error("a campaign of a plan has a series")
	}
	if c := (&campaign{rolling: 3, kinds: clusterKinds}); len(c.series()) != 3 || c.series()[0].Kind != rollingRestart {
		t.Error("rolling restarts are not what is played")
	}
}
