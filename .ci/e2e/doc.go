// Package e2e drives a built server the way people do: pages in a real browser,
// and judges' phones on their sockets. It has a module of its own, so that the
// server does not depend on what drives a browser.
//
// A test starts a Server of its own and takes tabs from a Browser:
//
//	server := e2e.StartServer(t, e2e.Options{Judges: 3})
//	tab := e2e.StartBrowser(t).Tab(t)
//	tab.Open(server.URL + "/admin/")
//	tab.Fill("#username", e2e.AdminName)
//	tab.Follow("button[type=submit]")
//	tab.WaitText("h1", "Competencias")
//	tab.Axe()
//	tab.Screenshot("home")
//
// Every helper that takes or holds a testing.TB ends the test with FailNow when it
// cannot do its step, so it belongs to the test's own goroutine. The message names
// the step and has the text of the page and a screenshot. When a test ends, each of
// its tabs fails it for what went wrong without being noticed: errors in the
// console, violations of the content security policy, requests that failed or left
// for another host. Tab.Allow names what a test provokes on purpose.
//
// A tab can be a phone in the field: SetClock gives it a clock that is wrong and
// StepClock sets it, Tap touches it with a finger at a known instant, and a Path
// between it and the server is slow, silent or cut. Browser, server and test share
// the machine's clock, so a test can say what a phone's clock should have come to.
// Server.Watch and Server.Feed are people who watch and note when they hear what.
//
// The variables SERVER5K_BIN (the program), SERVER5K_NEXT (the same with a newer
// console), E2E_SHOTS (folder of the screenshots) and CHROME_BIN (the browser) come
// from `make e2e`; only the first is needed, and the second by who upgrades.
package e2e
