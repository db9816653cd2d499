package public

import (
	"strconv"
	"strings"
)

// page names a kind of page.
type page string

const (
	pageList      page = "list"
	pageLive      page = "live"
	pageScreen    page = "screen" // of a hall
	pageAnnouncer page = "announcer"
	pageTeam      page = "team"
	pageCharts    page = "charts"
	pageData      page = "data"
	pageAsset     page = "asset"
	pageOriginal  page = "original" // the address that the original server had
)

// target is what a path asks for.
type target struct {
	page page
	id   int64 // of the competition or team
	// path is the path as it should be; another one is redirected to it.
	path string
}

// find reads a path. Numbers that are the id of nothing are no paths of ours, nor
// is anything with more or fewer parts than we know, so that the paths of others
// are left to them.
func find(path string) (target, bool) {
	if path == "/" {
		return target{pageList, 0, path}, true
	}
	if strings.HasPrefix(path, staticPrefix) {
		return target{pageAsset, 0, path}, true
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if strings.Contains(path, "//") || len(parts) > 3 {
		return target{}, false
	}
	slashed := "/" + strings.Join(parts, "/") + "/"
	at := func(p page, digits, path string) (target, bool) {
		id, ok := number(digits)
		return target{p, id, path}, ok
	}
	switch {
	case len(parts) == 1:
		return at(pageOriginal, parts[0], "/competencia/"+parts[0]+"/")
	case len(parts) == 2 && parts[0] == "competencia":
		return at(pageLive, parts[1], slashed)
	case len(parts) == 2 && parts[0] == "equipo":
		return at(pageTeam, parts[1], slashed)
	case len(parts) == 3 && parts[0] == "competencia" && parts[2] == "locutor":
		return at(pageAnnouncer, parts[1], slashed)
	case len(parts) == 3 && parts[0] == "competencia" && parts[2] == "graficos":
		return at(pageCharts, parts[1], slashed)
	case len(parts) == 3 && parts[0] == "competencia" && parts[2] == "datos.json":
		return at(pageData, parts[1], strings.TrimSuffix(slashed, "/"))
	}
	return target{}, false
}

// number reads the digits of an id.
func number(digits string) (int64, bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}
