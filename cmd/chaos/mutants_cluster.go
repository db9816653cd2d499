package main

import "time"

// clusterMutantDuration leaves time for what follows from a node that is gone.
const clusterMutantDuration = 14 * time.Second

// longCut is a cut that viewers have to be told of.
const longCut = freshFor + 4*time.Second

// swallowedEvery lets what was swallowed come out before the next time.
const swallowedEvery = 1300 * time.Millisecond

// swallowed are n short times in which the answers of PostgreSQL vanish.
func swallowed(n int) (plan []fault) {
	for i := range n {
		plan = append(plan, fault{
			Kind: linkSwallow, After: quietStart + time.Duration(i)*swallowedEvery, Length: 100 * time.Millisecond, Coin: uint64(i) + 1,
		})
	}
	return plan
}

// clusterMutants are faults planted in what only a cluster does.
func clusterMutants() []mutant {
	return []mutant{
		{
			name: "ack-before-forward",
			what: "a node that does not own the competition acknowledges before the owner has heard of it",
			changes: []planted{{
				sessionFile,
				`	ctx.Request(s.owners, route{id, recordTimes{Request: sl.request, Origin: s.id, Key: sl.key}})`,
				`	ctx.Request(s.owners, route{id, recordTimes{Request: sl.request, Origin: s.id, Key: sl.key}})
	if s.place.Owner(id) != ctx.Self().Address {
		s.finish(ctx, sl.key, race.Refuse(sl.request, race.Team{ID: sl.request.Team}, nil), nil)
	}`,
			}},
			faults: []kind{ownerKill, nodeCut},
			sees:   checkLost,
			seeds:  []uint64{1, 2, 3},
			lasts:  clusterMutantDuration,
		},
		{
			name: "everybody-owns",
			what: "each node takes itself for the owner, and a batch is stored whoever owns the competition",
			changes: []planted{
				withoutFence,
				{ownersFile, `	case owner == ctx.Self().Address:
		o.deliver(ctx, m)`, `	case owner != "":
		o.deliver(ctx, m)`},
			},
			faults: []kind{nodeFreeze, pairCut},
			sees:   checkFence,
			seeds:  []uint64{1, 2, 3},
			lasts:  clusterMutantDuration,
		},
		{
			name:    "blind-hub",
			what:    "a hub passes on what comes, also when it has missed something",
			changes: []planted{{hubFile, hubGap, `	case false:`}},
			// Each time an owner has stored more than it can tell of, and goes on telling
			// what comes next. A hub asks every second what it has missed, so what comes
			// next has to come sooner.
			plan:    swallowed(6),
			viewers: 24,
			sees:    checkViewer,
			seeds:   []uint64{1, 2, 3},
			lasts:   quietStart + 6*swallowedEvery,
		},
		{
			name:    "always-live",
			what:    "viewers are never told that their node hears nothing of the owner",
			changes: []planted{{hubFile, `	silentOwner = 5 * time.Second`, `	silentOwner = 5 * time.Hour`}},
			// Cuts longer than a viewer may be left without a word, and many who wait.
			plan: []fault{
				{Kind: nodeCut, After: quietStart, Length: longCut, Coin: 1},
				{Kind: nodeCut, After: quietStart + longCut + time.Second, Length: longCut, Coin: 2},
			},
			viewers: 24,
			sees:    checkViewer,
			lasts:   quietStart + 2*longCut + 2*time.Second,
			seeds:   []uint64{1, 2, 3},
		},
	}
}
