package admin

import (
	"embed"
	"strings"

	"server5k/gateway/site"
)

//go:embed static/admin.css static/admin.js static/htmx.min.js.gz
var staticFiles embed.FS

const staticPrefix = "/admin/static/"

// loadAssets reads every embedded file.
func loadAssets() *site.Assets {
	all := site.NewAssets(staticPrefix)
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		raw, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		if name, packed := strings.CutSuffix(e.Name(), ".gz"); packed {
			all.AddPacked(name, raw)
		} else {
			all.Add(name, raw)
		}
	}
	return all
}
