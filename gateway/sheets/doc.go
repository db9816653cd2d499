// Package sheets reads and writes tables of cells in the files that people
// open with a spreadsheet: CSV and XLSX.
//
// Reading decides by content, never by the name or the type that a browser
// claims, and is bounded: [Limits] say how large a file, a row, a column and a
// cell may be. An XLSX file is a zip of XML, so a small file can stand for a
// huge one; what it unpacks to and what its parts repeat is checked before
// anything is taken into memory.
//
//	bytes ─► zip? ─► bounds of its parts ─► excelize ─┐
//	          └────► encoding ─► delimiter ─► csv ────┴─► Table
//
// Writing starts from a [Sheet] of typed cells. A text that a spreadsheet would
// run as a formula stays a text in both formats, and reading takes off again
// what writing put before it.
//
// The package knows nothing of competitions, starts no goroutine and keeps no
// state; everything in it may be called from anywhere.
package sheets
