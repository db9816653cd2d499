package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Direction says who sent a frame.
type Direction string

// The directions, seen from the server as AsyncAPI has it.
const (
	FromServer Direction = "send"
	FromClient Direction = "receive"
)

// Socket is one of the sockets, by its channel in the document.
type Socket string

// The sockets.
const (
	Judge  Socket = "juez"
	Viewer Socket = "competencia"
)

// frameKey is what a schema is found by.
type frameKey struct {
	direction Direction
	socket    Socket
	kind      string // `tipo`
}

type frames map[frameKey]*jsonschema.Schema

// asyncDoc is what is read of the AsyncAPI document to find the schemas.
type asyncDoc struct {
	Channels map[string]struct {
		Messages map[string]ref `json:"messages"`
	} `json:"channels"`
	Operations map[string]struct {
		Action   Direction `json:"action"`
		Channel  ref       `json:"channel"`
		Messages []ref     `json:"messages"`
	} `json:"operations"`
	Components struct {
		Messages map[string]struct {
			Name    string `json:"name"`
			Payload ref    `json:"payload"`
		} `json:"messages"`
	} `json:"components"`
}

type ref struct {
	To string `json:"$ref"`
}

// last is the name that a reference ends in.
func (r ref) last() string { return r.To[strings.LastIndexByte(r.To, '/')+1:] }

// documentURL stands for the document while it is compiled; nothing is fetched.
const documentURL = "asyncapi.json"

// compileFrames reads the schema of each message in each direction.
func compileFrames(document []byte) (frames, error) {
	var doc asyncDoc
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	whole, err := decode(document)
	if err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.RegisterFormat(&jsonschema.Format{Name: "uuid", Validate: func(v any) error {
		text, ok := v.(string)
		if !ok {
			return nil
		}
		_, err := uuid.Parse(text)
		return err
	}})
	if err := compiler.AddResource(documentURL, whole); err != nil {
		return nil, fmt.Errorf("read asyncapi: %w", err)
	}
	out := frames{}
	for name, operation := range doc.Operations {
		channel := operation.Channel.last()
		for _, message := range operation.Messages {
			kind := message.last()
			known, ok := doc.Components.Messages[doc.Channels[channel].Messages[kind].last()]
			if !ok || known.Name != kind {
				return nil, fmt.Errorf("operation %s: no message %q", name, message.To)
			}
			schema, err := compiler.Compile(documentURL + known.Payload.To)
			if err != nil {
				return nil, fmt.Errorf("message %s: %w", kind, err)
			}
			out[frameKey{operation.Action, Socket(channel), kind}] = schema
		}
	}
	return out, nil
}

// Frame validates the text of one frame. What a client sends on purpose to be
// refused is not for it.
func (c *Contract) Frame(d Direction, s Socket, frame []byte) error {
	return c.frames.check(d, s, frame)
}

func (f frames) check(d Direction, s Socket, frame []byte) error {
	v, err := decode(frame)
	if err != nil {
		return err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("the frame is no object: %.80q", frame)
	}
	kind, _ := object["tipo"].(string)
	schema, ok := f[frameKey{d, s, kind}]
	if !ok {
		return fmt.Errorf("%s %s: no message %q", d, s, kind)
	}
	if err := schema.Validate(v); err != nil {
		return fmt.Errorf("%s %s %s: %w", d, s, kind, err)
	}
	return nil
}

// decode reads one JSON value with its numbers as they are written.
func decode(raw []byte) (any, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read json: %w", err)
	}
	return v, nil
}
