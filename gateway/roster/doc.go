// Package roster imports who takes part in one competition: its teams, the
// judges that time them and the categories they compete in, from a table that
// an organizer keeps in a spreadsheet.
//
//	sheets.Table ─► Parse ─► Roster ─► Compare ─► Plan ─► Apply
//	                  │                   ▲         │
//	                  └─► []Problem       │         └─► Report
//	                       what is stored ┘
//
// Everything up to the plan is pure, so a preview costs nothing and changes
// nothing. Apply writes the plan through a [Writer] that the caller opens a
// transaction for: all of it is stored, or none.
//
// An import adds and changes and never removes: a team that the file does not
// mention stays, and an empty cell says nothing about what is stored. So the
// same file again changes nothing.
//
// The package starts no goroutine, keeps no state and never logs; it holds
// passwords of new judges, which belong into no log either.
package roster
