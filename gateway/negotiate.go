package gateway

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// body is what a client sent: the fields of an object or of a form.
type body struct {
	fields map[string]jsontext.Value
	// object is false for a JSON array, string, number, bool or null.
	object bool
}

// presence says what a client made of a text field.
type presence uint8

const (
	given presence = iota
	missing
	null
	blank
	wrongType
)

// fault returns what is wrong with a required text field; ok when nothing is.
func (p presence) fault() (text phrase, ok bool) {
	switch p {
	case given:
		return phrase{}, true
	case missing:
		return phrase{"Este campo es requerido.", "This field is required."}, false
	case null:
		return phrase{"Este campo no puede ser nulo.", "This field may not be null."}, false
	case blank:
		return phrase{"Este campo no puede estar en blanco.", "This field may not be blank."}, false
	case wrongType:
	}
	return phrase{"No es una cadena válida.", "Not a valid string."}, false
}

// text reads a text field.
func (b body) text(name string) (string, presence) {
	raw, found := b.fields[name]
	if !found {
		return "", missing
	}
	switch raw.Kind() {
	case 'n':
		return "", null
	case '"':
	default:
		return "", wrongType
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", wrongType
	}
	if s == "" {
		return "", blank
	}
	return s, given
}

// errNotUTF8 says that a form holds bytes that are no text.
var errNotUTF8 = errors.New("form is not UTF-8")

// body reads the body of the request, JSON or a form. No body is an empty
// object. It refuses with 415 other media types, with 400 what cannot be parsed.
func (c *call) body() (body, error) {
	raw := c.ctx.Request.Body()
	encoding := string(c.ctx.Request.Header.ContentEncoding())
	if encoding != "" && !strings.EqualFold(encoding, "identity") {
		return body{}, c.detail(http.StatusUnsupportedMediaType, phrase{"No se acepta Content-Encoding.", "Content-Encoding is not supported."})
	}
	if len(raw) == 0 {
		return body{object: true}, nil
	}
	sent := string(c.ctx.Request.Header.ContentType())
	media, parameters, _ := mime.ParseMediaType(sent)
	var b body
	var err error
	switch media {
	case "application/json":
		b, err = readJSON(raw)
	case "application/x-www-form-urlencoded":
		b, err = readForm(raw)
	case "multipart/form-data":
		b, err = readMultipart(raw, parameters["boundary"])
	default:
		name := strconv.Quote(sent)
		return body{}, c.detail(http.StatusUnsupportedMediaType, phrase{
			"Tipo de medio " + name + " incompatible en la solicitud.", "Unsupported media type " + name + " in request.",
		})
	}
	if err != nil {
		return body{}, c.detail(http.StatusBadRequest, phrase{"El cuerpo de la solicitud no se pudo leer: " + media + " mal formado.", "The request body could not be read: malformed " + media + "."})
	}
	return b, nil
}

// readJSON reads one JSON value; of members with the same name the last counts,
// as the server this one replaces had it.
func readJSON(raw []byte) (body, error) {
	var value jsontext.Value
	if err := json.Unmarshal(raw, &value, jsontext.AllowDuplicateNames(true)); err != nil {
		return body{}, err
	}
	if value.Kind() != '{' {
		return body{}, nil
	}
	b := body{object: true}
	if err := json.Unmarshal(value, &b.fields, jsontext.AllowDuplicateNames(true)); err != nil {
		return body{}, err
	}
	return b, nil
}

func readForm(raw []byte) (body, error) {
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return body{}, err
	}
	b := body{object: true, fields: make(map[string]jsontext.Value, len(values))}
	for name, all := range values {
		if err := b.add(name, all[len(all)-1]); err != nil {
			return body{}, err
		}
	}
	return b, nil
}

// readMultipart reads the text parts of a form and skips files. The parts are
// bounded by the body, which is bounded by the server.
func readMultipart(raw []byte, boundary string) (body, error) {
	if boundary == "" {
		return body{}, http.ErrMissingBoundary
	}
	b := body{object: true, fields: map[string]jsontext.Value{}}
	parts := multipart.NewReader(bytes.NewReader(raw), boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return body{}, err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return body{}, err
		}
		if part.FormName() == "" || part.FileName() != "" {
			continue
		}
		if err := b.add(part.FormName(), string(value)); err != nil {
			return body{}, err
		}
	}
}

// add sets a field of a form; a later one replaces an earlier one.
func (b body) add(name, value string) error {
	if !utf8.ValidString(name) || !utf8.ValidString(value) {
		return errNotUTF8
	}
	quoted, err := jsontext.AppendQuote(nil, value)
	b.fields[name] = quoted
	return err
}

// reply answers with v as JSON.
func (c *call) reply(status int, v any) {
	// A text of the client may come back in an answer and need not be UTF-8.
	out, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		c.s.cfg.Log.Error("answer not encoded", "path", c.path, "err", err)
		status, out = http.StatusInternalServerError, []byte(`{"detail":"Error interno del servidor."}`)
	}
	c.ctx.SetContentType("application/json")
	c.ctx.SetStatusCode(status)
	c.ctx.SetBody(out)
}

// say returns a text in the language of the client.
func (c *call) say(p phrase) string {
	if prefersEnglish(string(c.ctx.Request.Header.Peek("Accept-Language"))) {
		return p.en
	}
	return p.es
}

// prefersEnglish reads an Accept-Language header; without a wish for English
// above Spanish the answer is Spanish.
func prefersEnglish(header string) bool {
	var english, spanish float64
	for item := range strings.SplitSeq(header, ",") {
		tag, parameter, _ := strings.Cut(item, ";")
		weight := 1.0
		if q, found := strings.CutPrefix(strings.TrimSpace(parameter), "q="); found {
			weight, _ = strconv.ParseFloat(q, 64) // nonsense weighs nothing
		}
		language, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		switch language {
		case "en":
			english = max(english, weight)
		case "es", "*":
			spanish = max(spanish, weight)
		}
	}
	return english > spanish
}

// query returns the last value of the first of names that the query has.
func (c *call) query(names ...string) (value string, found bool) {
	args := c.ctx.QueryArgs()
	for _, name := range names {
		if all := args.PeekMulti(name); len(all) > 0 {
			return string(all[len(all)-1]), true
		}
	}
	return "", false
}
