// Package export makes the files that an organizer takes along: results, teams and
// marks as tables, and what goes on paper as PDF or HTML.
//
//	office.Desk ─► Desk interface ─┬─► sheets: CSV, XLSX
//	                               └─► print: PDF, HTML
//
// Who may have a file is the desk's business: everything is read through it. The
// package keeps no state and starts no goroutine.
package export
