// Package site owns what the pages of this server have in common: the languages they
// speak, and the files they load. Which language a page is shown in, and what its
// files are made of, each of them decides from the parts here.
//
// It starts no goroutines. What is loaded is loaded once, when the server starts: a
// broken file of ours panics then.
package site
