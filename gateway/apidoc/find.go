package apidoc

import (
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// The addresses. Pages have two each: those of the server that this one replaces
// stay good.
const (
	PathOpenAPI  = "/api/schema/"
	PathAsyncAPI = "/api/schema/asyncapi/"
	// PathStatic is where scripts and styles are; the only addresses that do not
	// end in a slash.
	PathStatic = "/api/schema/static/"

	pathSockets      = "/api/schema/asyncapi/docs/"
	pathSwagger      = "/api/schema/swagger-ui/"
	pathSwaggerAlias = "/api/docs/"
	pathRedoc        = "/api/schema/redoc/"
	pathRedocAlias   = "/api/redoc/"
)

//go:embed static
var static embed.FS

// Find returns what a GET of a path answers. format is the parameter `format` of
// the query, accept the Accept header; both matter to the documents alone and may
// be "". ok is false for paths that are not of this package.
func Find(path, format, accept string) (a Asset, ok bool) {
	switch path {
	case PathOpenAPI:
		return openAPI().form(format, accept), true
	case PathAsyncAPI:
		return asyncAPI().form(format, accept), true
	}
	a, ok = fixed()[path]
	return a, ok
}

// Paths lists every path that Find knows, in order.
func Paths() []string {
	return slices.Sorted(maps.Keys(merged(fixed(), map[string]Asset{PathOpenAPI: {}, PathAsyncAPI: {}})))
}

func merged(all ...map[string]Asset) map[string]Asset {
	out := map[string]Asset{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// fixed are the assets that do not depend on the request.
var fixed = sync.OnceValue(func() map[string]Asset {
	swagger, redoc := swaggerPage(), redocPage()
	return merged(files(), map[string]Asset{
		pathSwagger: swagger, pathSwaggerAlias: swagger,
		pathRedoc: redoc, pathRedocAlias: redoc,
		pathSockets: socketPage(),
	})
})

// files are the scripts and styles, those of others compressed already.
func files() map[string]Asset {
	entries, err := fs.ReadDir(static, "static")
	if err != nil {
		panic(err) // embedded
	}
	out := map[string]Asset{}
	for _, e := range entries {
		raw, err := static.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			panic(err)
		}
		name, packed := strings.CutSuffix(e.Name(), ".gz")
		var a Asset
		if packed {
			a = newAsset(typeOf(name), raw)
		} else {
			a = packAsset(typeOf(name), raw)
		}
		out[PathStatic+name] = a
	}
	return out
}

func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return typeScript
	case ".css":
		return typeStyle
	}
	return typeText
}
