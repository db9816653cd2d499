// Package lanca serves, to phones in a local network, the certificate of the private
// authority that signed the server's own: /ca.crt is the file and /ca/ a page in two
// languages that says how to install it, how to check it and how to remove it.
//
// It reads one file, with a certificate in it, and sends nothing else of that file:
// no key leaves it even if one is put there. It starts no goroutines.
package lanca

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

// Paths of what this package answers.
const (
	PathPage        = "/ca/"
	PathStyle       = "/ca/page.css"
	PathCertificate = "/ca.crt"
)

// Config is what Pages are made of.
type Config struct {
	// CAFile is the PEM certificate of the authority. It is read at each request
	// and may be missing: the paths then answer 404 and say how to make one.
	CAFile string
	// PlainPort and TLSPort are those the server listens on; "" while it does not
	// speak TLS by itself.
	PlainPort, TLSPort string
	// Log hears of a file that is of no use; nil: nobody does.
	Log *slog.Logger
}

// Pages answer the paths of this package. All methods may be called from any
// goroutine.
type Pages struct {
	cfg   Config
	texts map[string]site.Catalogue // by language, as are the pages
	pages map[string]*template.Template
}

// New returns the pages of an authority.
func New(cfg Config) *Pages {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	texts := site.LoadCatalogues(textFiles)
	return &Pages{cfg, texts, parsePages(texts)}
}

// Certificate answers with the certificate of the authority, PEM.
func (p *Pages) Certificate(ctx *fasthttp.RequestCtx) {
	h := &ctx.Response.Header
	h.Set("Cache-Control", "no-cache")
	a, err := p.read()
	if err != nil {
		t := p.texts[language(ctx)]
		h.Add("Vary", "Accept-Language") // beside Origin, which the gateway may have named
		ctx.SetStatusCode(http.StatusNotFound)
		ctx.SetContentType("text/plain; charset=utf-8")
		ctx.SetBodyString(t["none.title"] + "\n\n" + t["none.text"] + "\n\n  " + makeCommand + "\n")
		return
	}
	ctx.SetContentType("application/x-x509-ca-cert")
	h.Set("Content-Disposition", `attachment; filename="server5k-ca.crt"`)
	ctx.SetBody(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// authority is what is told of the certificate.
type authority struct{ cert *x509.Certificate }

// maxFile bounds what is read of CAFile; a certificate takes about a kilobyte.
const maxFile = 64 << 10

// read loads the certificate; any error means that there is none to offer.
func (p *Pages) read() (authority, error) {
	f, err := os.Open(p.cfg.CAFile)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			p.cfg.Log.Warn("certificate of the authority cannot be read", "error", err)
		}
		return authority{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return authority{}, err
	}
	a, err := parse(text)
	if err != nil {
		p.cfg.Log.Warn("certificate of the authority is of no use", "file", p.cfg.CAFile, "error", err)
	}
	return a, err
}

func parse(text []byte) (authority, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return authority{}, err
		}
		if !cert.IsCA {
			return authority{}, errors.New("not the certificate of an authority")
		}
		return authority{cert}, nil
	}
	return authority{}, errors.New("no certificate in the file")
}

// fingerprint is the SHA-256 of the certificate as phones show it, in lines that fit
// a narrow one.
func (a authority) fingerprint() (lines []string) {
	const perLine = 8
	sum := sha256.Sum256(a.cert.Raw)
	for part := range slices.Chunk(sum[:], perLine) {
		lines = append(lines, strings.ReplaceAll(strings.ToUpper(fmt.Sprintf("% x", part)), " ", ":"))
	}
	return lines
}

func (a authority) until() string { return a.cert.NotAfter.Format(time.DateOnly) }

// names lists what the authority may sign for; none when it is not constrained.
func (a authority) names() []string {
	out := slices.Clone(a.cert.PermittedDNSDomains)
	for _, r := range a.cert.PermittedIPRanges {
		ip, ok := netip.AddrFromSlice(r.IP)
		if bits, all := r.Mask.Size(); ok && bits == all {
			out = append(out, ip.Unmap().String())
		} else {
			out = append(out, r.String())
		}
	}
	return out
}

// permits says whether the authority may sign for a host.
func (a authority) permits(host string) bool {
	if len(a.cert.PermittedDNSDomains)+len(a.cert.PermittedIPRanges) == 0 {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		for _, r := range a.cert.PermittedIPRanges {
			if r.Contains(ip.AsSlice()) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(a.cert.PermittedDNSDomains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}

// reachable is a host among those of the authority that a phone can call; "" when
// there is none. Addresses come first: they need no DNS.
func (a authority) reachable() string {
	best, rank := "", 0
	for _, name := range a.names() {
		r := 0
		ip, err := netip.ParseAddr(name)
		switch {
		case isLoopback(name):
		case err == nil && ip.Is4():
			r = 4
		case err != nil && strings.HasSuffix(name, ".local"):
			r = 2
		case err != nil && strings.Contains(name, ".") && !strings.Contains(name, "/"):
			r = 3
		case err == nil:
			r = 1
		}
		if r > rank {
			best, rank = name, r
		}
	}
	return best
}

// isLoopback says whether a host is the machine that asks.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}
