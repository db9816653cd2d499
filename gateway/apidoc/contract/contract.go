package contract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"

	"server5k/gateway/apidoc"
)

// Contract is a transport that validates each exchange and remembers which
// answers it saw.
type Contract struct {
	base   http.RoundTripper
	doc    *openapi3.T
	paths  []pathRule
	frames frames

	// Skip leaves out requests that are none of the API, such as those for pages
	// of another part; nil skips nothing. It must be set before the first request.
	Skip func(*http.Request) bool

	mu       sync.Mutex // protects problems, seen
	problems []string
	seen     map[Answer]int
}

// Route is a method of a path as the document writes it.
type Route struct{ Method, Path string }

// Answer is an operation and a status of it.
type Answer struct {
	Operation string // its operationId
	Status    string // as the document writes it
}

// New returns a contract that sends requests on with base, nil for
// http.DefaultTransport. It fails when the documents are not valid.
func New(base http.RoundTripper) (*Contract, error) {
	if base == nil {
		base = http.DefaultTransport
	}
	doc, err := Document()
	if err != nil {
		return nil, err
	}
	c := &Contract{base: base, doc: doc, paths: pathRules(doc), seen: map[Answer]int{}}
	if c.frames, err = compileFrames(apidoc.AsyncAPI()); err != nil {
		return nil, err
	}
	return c, nil
}

// Document returns the served OpenAPI document, loaded and valid.
func Document() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(apidoc.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("load openapi: %w", err)
	}
	if err := doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, fmt.Errorf("validate openapi: %w", err)
	}
	return doc, nil
}

// RoundTrip implements http.RoundTripper. What is wrong with an exchange is kept
// for Problems; the caller gets the answer as it came.
func (c *Contract) RoundTrip(r *http.Request) (*http.Response, error) { return c.exchange(r, c.base) }

// On returns a transport that sends with another base and keeps here what it sees.
func (c *Contract) On(base http.RoundTripper) http.RoundTripper { return detour{c, base} }

type detour struct {
	*Contract
	by http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (d detour) RoundTrip(r *http.Request) (*http.Response, error) { return d.exchange(r, d.by) }

func (c *Contract) exchange(r *http.Request, base http.RoundTripper) (*http.Response, error) {
	if c.Skip != nil && c.Skip(r) {
		return base.RoundTrip(r)
	}
	sent, err := drain(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	forward := r.Clone(r.Context())
	forward.Body = io.NopCloser(bytes.NewReader(sent))
	if r.Body == nil {
		forward.Body = nil
	}
	res, err := base.RoundTrip(forward)
	if err != nil || res.StatusCode == http.StatusSwitchingProtocols {
		return res, err
	}
	var got []byte
	if !streams(res) {
		if got, err = drain(res.Body); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		res.Body = io.NopCloser(bytes.NewReader(got))
	}
	if err := c.Check(r, sent, res, got); err != nil {
		c.note(fmt.Sprintf("%s %s: %d: %v", r.Method, r.URL.Path, res.StatusCode, err))
	}
	return res, nil
}

// streams says whether an answer has no end: what comes are frames, see Frame.
func streams(res *http.Response) bool {
	return strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")
}

func drain(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	defer func() { _ = body.Close() }() // what was read is whole or an error
	return io.ReadAll(body)
}

func (c *Contract) note(problem string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, problem)
}

// Check validates one exchange whose bodies are given apart, for those who have
// no http.Client, and counts it as seen.
func (c *Contract) Check(r *http.Request, sent []byte, res *http.Response, got []byte) error {
	if strings.HasPrefix(r.URL.Path, apidoc.PathStatic) || r.Method == http.MethodOptions {
		return nil // files, and what is the same everywhere
	}
	switch res.StatusCode {
	case http.StatusRequestTimeout, http.StatusRequestHeaderFieldsTooLarge:
		return c.isDetail(got) // of no route: the request could not be read
	}
	rule, values, found := find(c.paths, r.URL.Path)
	if !found && !strings.HasSuffix(r.URL.Path, "/") {
		rule, values, found = find(c.paths, r.URL.Path+"/")
		if found && res.StatusCode == http.StatusMovedPermanently {
			return redirected(r, res)
		}
	}
	if !found { // a file is also found with the slash that others end in
		rule, values, found = find(c.paths, strings.TrimSuffix(r.URL.Path, "/"))
	}
	if !found {
		switch res.StatusCode {
		case http.StatusNotFound, http.StatusBadRequest, http.StatusRequestEntityTooLarge: // the last is found before the path
			return c.isDetail(got)
		}
		return errors.New("the path is not documented")
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	operation := rule.item.GetOperation(method)
	if operation == nil {
		return c.checkForeign(r, rule, res, got)
	}
	c.count(operation, res.StatusCode)
	route := &routers.Route{Spec: c.doc, Path: rule.path, PathItem: rule.item, Method: method, Operation: operation}
	return c.validate(r, sent, route, values, res, got)
}

// checkForeign takes the answer to a method that the path does not have: any
// refusal that one of its methods may give.
func (c *Contract) checkForeign(r *http.Request, rule pathRule, res *http.Response, got []byte) error {
	if res.StatusCode < http.StatusBadRequest {
		return errors.New("the method is not documented")
	}
	var err error
	for method, operation := range rule.item.Operations() {
		route := &routers.Route{Spec: c.doc, Path: rule.path, PathItem: rule.item, Method: method, Operation: operation}
		if err = c.validate(r, nil, route, nil, res, got); err != nil {
			continue
		}
		if res.StatusCode == http.StatusMethodNotAllowed {
			c.count(operation, res.StatusCode)
			continue
		}
		return nil
	}
	return err
}

// validate holds an exchange against an operation. A request that was refused
// need not be valid.
func (c *Contract) validate(r *http.Request, sent []byte, route *routers.Route, values map[string]string, res *http.Response, got []byte) error {
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(sent))
	request := &openapi3filter.RequestValidationInput{
		Request: again, PathParams: values, QueryParams: r.URL.Query(), Route: route, Options: options(),
	}
	if res.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(r.Context(), request); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: res.StatusCode, Header: res.Header, Options: options(),
	}
	answer.Options.ExcludeResponseBody = res.Header.Get("Content-Encoding") != "" || streams(res)
	answer.SetBodyBytes(got)
	if err := openapi3filter.ValidateResponse(r.Context(), answer); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// options are those of both directions. IncludeResponseStatus counts only on the
// answer's.
func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		IncludeResponseStatus: true, MultiError: true, SkipSettingDefaults: true,
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{
			openapi3.WithStringFormatValidator("uuid", openapi3.NewCallbackValidator(func(s string) error {
				_, err := uuid.Parse(s)
				return err
			})),
		},
	}
}

// isDetail says whether a body is a Detail.
func (c *Contract) isDetail(body []byte) error {
	schema := c.doc.Components.Schemas["Detail"].Value
	v, err := decode(body)
	if err != nil {
		return err
	}
	return schema.VisitJSON(v, openapi3.EnableJSONSchema2020())
}

func redirected(r *http.Request, res *http.Response) error {
	want := r.URL.Path + "/"
	if r.URL.RawQuery != "" {
		want += "?" + r.URL.RawQuery
	}
	if got := res.Header.Get("Location"); got != want {
		return fmt.Errorf("redirected to %q instead of %q", got, want)
	}
	return nil
}

func (c *Contract) count(o *openapi3.Operation, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[Answer{o.OperationID, fmt.Sprint(status)}]++
}

// Problems returns what was wrong, in the order it was noticed.
func (c *Contract) Problems() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.problems)
}

// Seen lists the answers that came, valid or not.
func (c *Contract) Seen() []Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Keys(c.seen), compareAnswers)
}

// Unseen lists what is documented and never came. An upgrade to a socket is not
// seen by a transport: see Upgraded.
func (c *Contract) Unseen() []Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Answer
	for _, rule := range c.paths {
		for _, operation := range rule.item.Operations() {
			for status := range operation.Responses.Map() {
				if a := (Answer{operation.OperationID, status}); c.seen[a] == 0 {
					out = append(out, a)
				}
			}
		}
	}
	slices.SortFunc(out, compareAnswers)
	return out
}

func compareAnswers(a, b Answer) int {
	return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Status, b.Status))
}
