package lanca

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"

	"github.com/valyala/fasthttp"
	"rsc.io/qr"

	"server5k/gateway/site"
)

//go:embed page.html page.css
var files embed.FS

// makeCommand makes an authority.
const makeCommand = "server5k cert --host carrera.lan --ip 192.168.1.10"

// policy lets the page have its style sheet and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// page is what the template shows.
type page struct {
	Lang, Other string
	Path        string
	Style       string
	Command     string
	// None says that there is no authority, and the rest is empty.
	None        bool
	Name        string // of the authority, as settings of phones list it
	Names       string
	Until       string
	Fingerprint []string // in lines
	File        code     // the address of the certificate
	Console     code     // of the judges' console; empty while there is no TLS
}

// code is an address with its QR code, drawn in units of one module.
type code struct {
	URL  string
	Size int
	Path string // of the dark modules
}

// parsePages parses the page in each language; its texts come from the catalogue.
func parsePages(all map[string]site.Catalogue) map[string]*template.Template {
	out := map[string]*template.Template{}
	for lang, texts := range all {
		out[lang] = template.Must(template.New("page.html").Option("missingkey=error").
			Funcs(template.FuncMap{
				"t":     texts.Text,
				"steps": func(key, arg string) []string { return steps(texts, key, arg) },
			}).ParseFS(files, "page.html"))
	}
	return out
}

// Page answers with the page. scheme is how the caller came, "http" or "https": a
// proxy may have said so.
func (p *Pages) Page(ctx *fasthttp.RequestCtx, scheme string) {
	lang := language(ctx)
	empty := page{Lang: lang, Other: other(lang), Path: PathPage, Style: PathStyle, Command: makeCommand}
	out, status := empty, http.StatusOK
	a, err := p.read()
	if err == nil {
		err = out.fill(a, p.addresses(ctx, a, scheme))
	}
	if err != nil {
		out, status = empty, http.StatusNotFound
		out.None = true
	}
	var body bytes.Buffer
	if err := p.pages[lang].Execute(&body, out); err != nil {
		panic(err) // a test renders all that there is
	}
	h := &ctx.Response.Header
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Accept-Language") // beside Origin, which the gateway may have named
	ctx.SetStatusCode(status)
	ctx.SetContentType("text/html; charset=utf-8")
	ctx.SetBody(body.Bytes())
}

// Style answers with the style sheet of the page.
func (p *Pages) Style(ctx *fasthttp.RequestCtx) {
	body, err := files.ReadFile("page.css")
	if err != nil {
		panic(err) // it is part of the program
	}
	ctx.SetContentType("text/css; charset=utf-8")
	ctx.Response.Header.Set("Cache-Control", "max-age=3600")
	ctx.SetBody(body)
}

func (out *page) fill(a authority, to addresses) error {
	out.Name, out.Names, out.Until, out.Fingerprint = a.cert.Subject.CommonName, strings.Join(a.names(), ", "), a.until(), a.fingerprint()
	var err error
	if out.File, err = draw(to.file); err != nil {
		return err
	}
	if to.console != "" {
		out.Console, err = draw(to.console)
	}
	return err
}

// addresses are what a phone is to open.
type addresses struct{ file, console string }

// addresses tells where a phone finds what this caller sees. The certificate comes
// by plain HTTP: over TLS the phone would warn of what it does not know yet. Who
// calls the machine by itself, as the organizer's laptop does, is shown a host that
// phones reach.
func (p *Pages) addresses(ctx *fasthttp.RequestCtx, a authority, scheme string) (out addresses) {
	called := string(ctx.Host())
	host, port := called, ""
	if h, p, err := net.SplitHostPort(called); err == nil {
		host, port = h, p
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if best := a.reachable(); isLoopback(host) && best != "" {
		host = best
	}
	if ctx.IsTLS() {
		scheme, port = "http", p.cfg.PlainPort
	}
	out.file = address(scheme, host, port) + PathCertificate
	if p.cfg.TLSPort == "" {
		return out
	}
	if best := a.reachable(); !a.permits(host) && best != "" {
		host = best
	}
	out.console = address("https", host, p.cfg.TLSPort) + "/juez/"
	return out
}

// address writes an origin without the port that its scheme means.
func address(scheme, host, port string) string {
	switch {
	case port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme]:
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return scheme + "://" + host
}

// draw makes the QR code of an address, with the light border that scanners need.
func draw(url string) (code, error) {
	const border = 4
	c, err := qr.Encode(url, qr.M)
	if err != nil {
		return code{}, fmt.Errorf("draw the code of an address: %w", err)
	}
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+border, y+border, x-from, x-from)
			}
		}
	}
	return code{url, c.Size + 2*border, path.String()}, nil
}
