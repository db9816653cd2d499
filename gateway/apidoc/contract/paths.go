package contract

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// pathRule is a path of the document and what matches it.
type pathRule struct {
	path    string
	item    *openapi3.PathItem
	names   []string // of its parameters
	pattern *regexp.Regexp
}

var parameter = regexp.MustCompile(`\{([^/{}]+)\}`)

// pathRules lists the paths of a document, those with fewer parameters first.
func pathRules(doc *openapi3.T) []pathRule {
	var rules []pathRule
	for path, item := range doc.Paths.Map() {
		rule := pathRule{path: path, item: item}
		expression, rest := "^", path
		for _, at := range parameter.FindAllStringSubmatchIndex(path, -1) {
			rule.names = append(rule.names, path[at[2]:at[3]])
			before := path[len(path)-len(rest) : at[0]]
			expression += regexp.QuoteMeta(before) + "([^/]+)"
			rest = path[at[1]:]
		}
		rule.pattern = regexp.MustCompile(expression + regexp.QuoteMeta(rest) + "$")
		rules = append(rules, rule)
	}
	slices.SortFunc(rules, func(a, b pathRule) int {
		return cmp.Or(cmp.Compare(len(a.names), len(b.names)), cmp.Compare(a.path, b.path))
	})
	return rules
}

// find returns the first rule that a path matches and the values of its
// parameters. An {id} or {n} of the REST routes is a number, as the gateway has it.
func find(rules []pathRule, path string) (rule pathRule, values map[string]string, found bool) {
	for _, rule := range rules {
		match := rule.pattern.FindStringSubmatch(path)
		if match == nil {
			continue
		}
		values := make(map[string]string, len(rule.names))
		for i, name := range rule.names {
			values[name] = match[i+1]
		}
		if !strings.HasPrefix(path, "/ws/") && (!isNumber(values["id"]) || !isNumber(values["n"])) {
			continue
		}
		return rule, values, true
	}
	return pathRule{}, nil, false
}

// isNumber says whether a parameter that has to be a number is one, or is not there.
func isNumber(value string) bool { return strings.Trim(value, "0123456789") == "" }

// Routes lists every documented method and path, in order.
func (c *Contract) Routes() []Route {
	var out []Route
	for _, rule := range c.paths {
		for method := range rule.item.Operations() {
			out = append(out, Route{method, rule.path})
		}
	}
	slices.SortFunc(out, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// Upgraded counts the handshake of a socket's path as seen; the status is 101.
func (c *Contract) Upgraded(path string) {
	if rule, _, found := find(c.paths, path); found && rule.item.Get != nil {
		c.count(rule.item.Get, http.StatusSwitchingProtocols)
	}
}
