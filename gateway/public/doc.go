// Package public is what everybody may see of a competition: the list at "/", the
// live results at "/competencia/{id}/" with their screen for a hall
// ("?pantalla=1"), the page of a team, the announcer's desk, the charts and the
// same as JSON. Pages are whole without JavaScript, in Spanish and English.
//
//	race.Evidence ──build──► board ──render──► document (bytes, gzip, ETag)
//	                  view of one competition    one for each page and language
//
// A view is what the pages of one competition stand on. It is read from the store
// when the node knows of a newer event, at most every fifth of a second, and
// otherwise when it is three seconds old and somebody asks: see cache.go. What
// rulings conceal is left out when the board is built, so nothing behind it can
// show it. While the database is away the last view is shown with its age.
//
// The scripts under static/ are joined to one in the order of assets.go. They take
// the state from the page, follow the public socket from there, and rank anew in
// the browser with rank.js, which a test holds to race.Evidence.Standings.
//
// Hooks that tests of the pages may rely on: [data-team="ID"] for the row of a
// team with [data-cell="place|records|total|gap|status"] in it, [data-live-state]
// and [data-age] for how current it is, #standings, #podium, #justin, #clock,
// #charts and #announce (what screen readers are told).
//
// A rebuild of a view runs in a goroutine of its own that ends within
// rebuildTimeout. Nothing else is started.
package public
