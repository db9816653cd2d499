package public

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"server5k/gateway/site"
)

const (
	// clockStep is how long a page with a running clock is kept: who reloads it
	// without JavaScript sees the clock go on.
	clockStep = 10 * time.Second
	// maxDocuments bounds what is kept of one view: every team of a big event in both
	// languages, and the other pages. maxDocumentBytes bounds their size.
	maxDocuments     = 512
	maxDocumentBytes = 16 << 20
)

// documentKey names one rendering of a view.
type documentKey struct {
	page    string
	lang    string
	variant string // category or team
	stale   bool
}

// document is a rendered page, ready to be sent.
type document struct {
	mediaType    string
	plain, small []byte
	tag          string // strong, of the plain form
}

func newDocument(mediaType string, content []byte) *document {
	sum := sha256.Sum256(content)
	return &document{mediaType, content, site.Pack(content), base64.RawURLEncoding.EncodeToString(sum[:12])}
}

// documents keeps what was rendered of one view. The zero value is empty.
type documents struct {
	mu   sync.Mutex // protects kept, size
	kept map[documentKey]*rendering
	size int
}

// rendering is a document that is made once.
type rendering struct {
	once  sync.Once
	until time.Time // when it has to be made anew, zero never
	doc   *document
	err   error
}

// get returns a document, made by render when there is none that is good at now.
// life bounds how long it is good, 0 for ever.
func (d *documents) get(key documentKey, now time.Time, life time.Duration, render func() (*document, error)) (*document, error) {
	d.mu.Lock()
	r := d.kept[key]
	if r == nil || (!r.until.IsZero() && !now.Before(r.until)) {
		if d.kept == nil || len(d.kept) >= maxDocuments || d.size > maxDocumentBytes {
			d.kept, d.size = map[documentKey]*rendering{}, 0
		}
		r = &rendering{}
		if life > 0 {
			r.until = now.Add(life)
		}
		d.kept[key] = r
	}
	d.mu.Unlock()
	r.once.Do(func() {
		r.doc, r.err = render()
		if r.err == nil {
			d.mu.Lock()
			d.size += len(r.doc.plain) + len(r.doc.small)
			d.mu.Unlock()
		}
	})
	return r.doc, r.err
}

// send answers with a document, or says that the client has it.
func (d *document) send(ctx *fasthttp.RequestCtx, status int) {
	h := &ctx.Response.Header
	h.Set("Cache-Control", "no-cache")
	h.Add("Vary", "Accept-Encoding")
	tag, body := `"`+d.tag+`"`, d.plain
	if ctx.Request.Header.HasAcceptEncoding("gzip") {
		tag, body = `"`+d.tag+`-gz"`, d.small
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if status == http.StatusOK && matches(ctx.Request.Header.Peek("If-None-Match"), tag) {
		h.Del("Content-Encoding")
		ctx.SetStatusCode(http.StatusNotModified)
		return
	}
	h.SetContentType(d.mediaType)
	ctx.SetStatusCode(status)
	ctx.Response.SetBodyRaw(body)
}

// matches says whether a list of entity tags has the tag. Proxies that compress
// make strong tags weak; for a GET that is as good.
func matches(list []byte, tag string) bool {
	for one := range bytes.SplitSeq(list, []byte(",")) {
		name := strings.TrimPrefix(string(bytes.TrimSpace(one)), "W/")
		if name == tag || name == "*" {
			return true
		}
	}
	return false
}
