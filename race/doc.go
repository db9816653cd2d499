// Package race is the domain of a 5K team competition: competitions, judges,
// teams, time records, the decision about each record and the standings.
//
// It is pure: no I/O, no goroutines, no clock. Whoever needs the time passes
// it in. The heart is Ledger, which decides a batch of requests against what is
// stored; the owner of a competition keeps one in memory and every store uses
// the same code inside its transaction, so both always agree on the rules.
//
// It imports nothing else of this module.
package race
