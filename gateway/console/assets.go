package console

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"

	"server5k/gateway/site"
)

//go:embed static/*.js static/console.css icons/icon.svg icons/*.png lib/qrcode.js
var files embed.FS

const staticPrefix = Prefix + "static/"

// scripts are the files of console.js, in their order. The first ones, up to
// browserless, run without a page.
var scripts = []string{
	"ids.js", "clock.js", "timeline.js", "outbox.js", "post.js", "export.js", "sender.js", "link.js", "heartbeat.js",
	"text.js", "dom.js", "store.js", "session.js", "device.js", "races.js", "tap.js",
	"sheet.js", "notices.js", "screens.js", "screen_mark.js", "screen_phone.js", "main.js",
}

// loadAssets makes all files of the page.
func loadAssets(texts map[string]site.Catalogue) *site.Assets {
	all := site.NewAssets(staticPrefix)
	all.Add("console.js", bundle(texts))
	for _, name := range []string{"static/console.css", "lib/qrcode.js", "icons/icon.svg", "icons/icon-192.png", "icons/icon-512.png"} {
		all.Add(path.Base(name), read(name))
	}
	return all
}

// bundle writes the script of the page: its files one after the other, in a scope
// of their own.
func bundle(texts map[string]site.Catalogue) []byte {
	var out bytes.Buffer
	out.WriteString("(() => {\"use strict\";\nconst TEXTS = ")
	out.Write(jsonOf(texts))
	out.WriteString(";\n")
	for _, name := range scripts {
		out.Write(read("static/" + name))
	}
	out.WriteString("})();\n")
	return out.Bytes()
}

// renderWorker writes the service worker of a version: it keeps the page and all
// files of it.
func renderWorker(version string, a *site.Assets) []byte {
	return fmt.Appendf(nil, "const VERSION = %s;\nconst FILES = %s;\n%s", jsonOf(version), jsonOf(append([]string{Prefix}, a.Paths()...)), read("static/sw.js"))
}

// versionOf is a digest of all that the console is.
func versionOf(a *site.Assets, texts map[string]site.Catalogue) string {
	all := fmt.Appendf(nil, "%q", a.Paths())
	for _, lang := range site.Languages {
		all = append(all, renderShell(shell{Lang: lang}, texts[lang], a)...)
	}
	return site.Digest(append(all, read("static/sw.js")...))[:8]
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

// jsonOf encodes values of this package, which always encode; for objects the keys
// are in order, so that the same version is the same bytes on every node.
func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
