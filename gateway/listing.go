package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

const (
	usualPage   = 50
	longestPage = 200
)

// listing says how the rows of a list are written, ordered (`?ordenar=name`,
// `?ordenar=-name`) and searched (`?buscar=text`).
type listing[T any] struct {
	wire  func(T) any
	order map[string]func(a, b T) int
	texts func(T) []string
}

// pageJSON is one page of a list.
type pageJSON struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []any   `json:"results"`
}

// list answers with the rows that are asked for: a bare array, or one page of it
// when the query says which.
func list[T any](c *call, rows []T, l listing[T]) error {
	rows = slices.Clone(rows)
	if needle, _ := c.query("buscar"); needle != "" && l.texts != nil {
		needle = fold(needle)
		rows = slices.DeleteFunc(rows, func(row T) bool {
			return !slices.ContainsFunc(l.texts(row), func(s string) bool { return strings.Contains(fold(s), needle) })
		})
	}
	if by, _ := c.query("ordenar"); by != "" {
		name, down := strings.CutPrefix(by, "-")
		compare := l.order[name]
		if compare == nil {
			return c.fault("ordenar", phrase{"No se puede ordenar por ese campo.", "Cannot be sorted by that field."})
		}
		slices.SortStableFunc(rows, func(a, b T) int {
			if down {
				return compare(b, a)
			}
			return compare(a, b)
		})
	}
	p, err := c.page()
	if err != nil {
		return err
	}
	if !p.wanted {
		c.reply(http.StatusOK, written(rows, l.wire))
		return nil
	}
	from := min(p.offset(), len(rows))
	return c.answerPage(p, len(rows), written(rows[from:min(from+p.size, len(rows))], l.wire))
}

func written[T any](rows []T, wire func(T) any) []any {
	out := make([]any, len(rows))
	for i, row := range rows {
		out[i] = wire(row)
	}
	return out
}

// page is what a client asks to see of a list.
type page struct {
	wanted       bool
	number, size int // from 1
}

func (p page) offset() int { return (p.number - 1) * p.size }

// page reads `?page=` and `?page_size=`.
func (c *call) page() (page, error) {
	p := page{number: 1, size: usualPage}
	for name, field := range map[string]*int{"page": &p.number, "page_size": &p.size} {
		text, found := c.query(name)
		if !found {
			continue
		}
		p.wanted = true
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1<<30/longestPage {
			return p, c.fault(name, phrase{"Debe ser un número entero mayor que 0.", "It must be a whole number above 0."})
		}
		*field = n
	}
	p.size = min(p.size, longestPage)
	return p, nil
}

// answerPage writes one page of count rows. A page behind the last one does not
// exist.
func (c *call) answerPage(p page, count int, rows []any) error {
	if p.number > 1 && p.offset() >= count {
		return c.detail(http.StatusNotFound, phrase{"Esa página no existe.", "That page does not exist."})
	}
	out := pageJSON{Count: count, Results: rows}
	if p.offset()+p.size < count {
		out.Next = c.pageURL(p.number + 1)
	}
	if p.number > 1 {
		out.Previous = c.pageURL(p.number - 1)
	}
	c.reply(http.StatusOK, out)
	return nil
}

// pageURL is the address of another page of the same list.
func (c *call) pageURL(number int) *string {
	var args fasthttp.Args
	c.ctx.QueryArgs().CopyTo(&args)
	args.SetUint("page", number)
	url := c.s.scheme(c.ctx) + "://" + string(c.ctx.Host()) + c.path + "?" + args.String()
	return &url
}

// fault refuses one field of a query.
func (c *call) fault(name string, p phrase) error {
	return &refusal{status: http.StatusBadRequest, body: map[string][]string{name: {c.say(p)}}}
}

// accents are what people leave out when they search.
var accents = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ü", "u", "ñ", "n")

// fold makes texts alike that people take for the same.
func fold(s string) string { return accents.Replace(strings.ToLower(s)) }
