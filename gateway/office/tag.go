package office

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"server5k/race"
)

// Tag names the state of a row, as HTTP's ETag does, quotes included. The empty
// one in a call asks for no comparison: the last write wins.
type Tag string

// TagOf returns the tag of what a read of the Desk returned: a race.Competition,
// race.TeamRow, race.Judge, Account or race.CategoryRow.
func TagOf(v any) Tag {
	if row, ok := v.(race.TeamRow); ok {
		v = row.Team // the names beside it are not the team's
	}
	b, err := json.Marshal(v)
	if err != nil { // only rows, which are numbers, texts and instants
		panic(err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%T %s", v, b))
	return Tag(`"` + hex.EncodeToString(sum[:8]) + `"`)
}

// check compares with the row as it is now.
func (t Tag) check(v any) error {
	if t == "" || t == TagOf(v) {
		return nil
	}
	return refuse(race.CodeStale, Text{
		"Alguien más lo cambió mientras tanto. Vuelva a cargarlo y repita su cambio.",
		"Somebody else has changed it meanwhile. Load it again and repeat your change.",
	})
}
