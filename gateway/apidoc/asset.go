package apidoc

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Media types of what is served.
const (
	typeYAML   = "application/yaml"
	typeJSON   = "application/json"
	typeHTML   = "text/html; charset=utf-8"
	typeScript = "text/javascript; charset=utf-8"
	typeStyle  = "text/css; charset=utf-8"
	typeText   = "text/plain; charset=utf-8"
)

// Asset is the answer to a GET: headers and a body. It is never changed and may
// be used from any goroutine.
type Asset struct {
	ContentType string
	// CSP is the Content-Security-Policy, "" for what is no page.
	CSP string
	// ETag is weak: it stands for the content in whatever encoding.
	ETag string
	// Vary is "" for what does not depend on the request.
	Vary string
	// CacheControl lets a client keep the answer and ask whether it changed.
	CacheControl string

	packed []byte // gzip
}

// packAsset returns the asset of plain bytes.
func packAsset(contentType string, plain []byte) Asset {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant of the package
	}
	if _, err := w.Write(plain); err != nil {
		panic(err) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return newAsset(contentType, b.Bytes())
}

func newAsset(contentType string, packed []byte) Asset {
	sum := sha256.Sum256(packed)
	return Asset{
		ContentType: contentType, ETag: `W/"` + hex.EncodeToString(sum[:8]) + `"`,
		Vary: "Accept-Encoding", CacheControl: "no-cache", packed: packed,
	}
}

// Body returns the body for a client with this Accept-Encoding header, and the
// Content-Encoding to send: "gzip", or "" when the client does not take it.
func (a Asset) Body(acceptEncoding string) (body []byte, encoding string) {
	if acceptsGzip(acceptEncoding) {
		return a.packed, "gzip"
	}
	plain, err := unpack(a.packed)
	if err != nil {
		panic(err) // the bytes are part of the program; a test reads each
	}
	return plain, ""
}

// Unchanged says whether a client that sends this If-None-Match header has the
// asset already; the answer is then 304 without a body.
func (a Asset) Unchanged(ifNoneMatch string) bool {
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(a.ETag, "W/") {
			return true
		}
	}
	return false
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack asset: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack asset: %w", err)
	}
	return plain, nil
}

// acceptsGzip reads an Accept-Encoding header.
func acceptsGzip(header string) bool {
	return preference(header, "gzip") > 0
}

// preference returns the weight of the first of names that a header of weighted
// items has, such as Accept; 0 for none.
func preference(header string, names ...string) float64 {
	for _, name := range names {
		for item := range strings.SplitSeq(header, ",") {
			value, parameters, _ := strings.Cut(item, ";")
			if !strings.EqualFold(strings.TrimSpace(value), name) {
				continue
			}
			return weight(parameters)
		}
	}
	return 0
}

// weight reads q of the parameters of an item; 1 without one.
func weight(parameters string) float64 {
	for p := range strings.SplitSeq(parameters, ";") {
		if q, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
			w, _ := strconv.ParseFloat(q, 64) // nonsense weighs nothing
			return w
		}
	}
	return 1
}
