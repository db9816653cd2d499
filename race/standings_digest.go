package race

import "crypto/sha256"

// StandingsDigest sums up the results of c, as Rank returns them: two databases
// with the same digest give the same results. It covers the rules (id, team size
// and rounding of c) and, in the order of standings, the team, status, places,
// numbers of records and of absent runners and total of each line with the id
// and time of each of its members. Names do not count: correcting one is no
// change of a result.
func StandingsDigest(c Competition, standings []Standing) Digest {
	b := appendInts(nil, int64(c.ID), int64(c.TeamSize), int64(c.Rounding.number()), int64(len(standings)))
	for _, s := range standings {
		b = appendInts(b, int64(s.Team.ID), int64(order(s.Status)), int64(s.Place), int64(s.CategoryPlace),
			int64(s.Records), int64(s.Absent), s.Total.Milliseconds(), int64(len(s.Members)))
		for _, m := range s.Members {
			b = appendInts(append(b, m.ID[:]...), m.Official.Milliseconds())
		}
	}
	return sha256.Sum256(b)
}

// number stands for the policy in a digest; 0 is none of the known ones.
func (r Rounding) number() int {
	switch r {
	case RoundRaw:
		return 1
	case RoundUpEach:
		return 2
	case RoundUpTotal:
		return 3
	}
	return 0
}
