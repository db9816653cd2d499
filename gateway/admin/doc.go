// Package admin is the panel for organizers at /admin/: pages that the server
// renders, in Spanish and English, and the few files that they load. It decides
// nothing about a race: every change goes through the race office (Desk), which
// knows who may do what.
//
// The pages work without JavaScript. Lists are GET with their filters in the
// query; a form is a POST that answers 303, or 422 with the form as it was typed
// and the errors at its fields. Scripts only keep a page fresh: htmx fetches
// fragments again, admin.js runs the chronometers and listens to the public
// socket of the competition.
//
// Nobody is kept in memory: a session is a signed cookie, see session.go, and
// every node can read it.
//
// It starts no goroutines.
package admin
