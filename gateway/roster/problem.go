package roster

import (
	"slices"

	"server5k/gateway/sheets"
)

// Problem is something about one cell that its author should know.
type Problem struct {
	Row     int    // of the file; 0 when it is not about one row
	Column  Column // 0 when it is not about a known column
	Value   string // of the cell; never a password
	Warning bool   // the import goes on without what it is about
	Text    sheets.Phrase
}

// Refused says whether one of the problems is an error: then the file must not
// be applied, and a plan made from it is only a preview.
func Refused(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}
