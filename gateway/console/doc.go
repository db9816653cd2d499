// Package console is the judge console at /juez/: a web application that needs no
// install. The server only hands out its files; everything a judge does happens in
// the browser and on the routes that any phone app uses. It is the reference client
// of the wire contract.
//
// # How the files come together
//
// Go writes one script from the plain files under static/, in the order of scripts,
// with the texts of both languages in front, and names every file by its content.
// Nothing is built, bundled or translated. The files up to heartbeat.js touch
// neither page nor storage and run in any JavaScript engine; the tests run them in
// one:
//
//	ids.js clock.js timeline.js   who and when
//	outbox.js post.js export.js   the marks, what became of them, how they leave
//	sender.js link.js heartbeat.js   the protocol of the judge socket
//	text.js dom.js store.js session.js device.js races.js   the browser
//	tap.js sheet.js notices.js screen*.js main.js   the page
//
// A mark takes this way: the instant of the touch, the list in memory, the counter
// on the screen; then IndexedDB; then, once the start is known and the clock is
// measured, time and clock are frozen with it and written again; only what is on
// disk is sent. See decisions/0024.
//
// # Hooks of the page
//
// Tests in a browser hold on to these; they stay:
//
//	main[data-screen]     start, login, teams, mark, phone or elsewhere: what is shown
//	#login-user #login-password #login-send #login-error
//	[data-team="ID"]      a team: card in the list, chip on the marking screen
//	#mark                 the button; #void #absent #declare the actions below it
//	#counts[data-marked][data-confirmed][data-kept]   the numbers of the team
//	#offset               data-offset and data-uncertainty in ms, empty until measured
//	#link[data-link]      off, connecting, open or waiting
//	#last [data-mark][data-state]   marks by id: marked, sent, confirmed, kept, attention, voided
//	#absent-yes #declare-total #declare-send #logout #logout-yes   questions and their answers
//	[data-notice]         ended, storage, attention, battery, others, insecure, update, stepped…
//	#to-teams #to-phone #phone-back #export-file #export-qr #use-here
//	#qr-canvas[data-frame]   the text of the QR frame that is shown
//	performance measures named "mark"   how long the handler of each touch took
//	window.server5k       {version, marks()}: read only
//
// It starts no goroutines.
package console
