package gateway

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"

	"server5k/gateway/ws"
	"server5k/race"
)

// message is something to tell the public, encoded as JSON once. A socket gets it
// as a frame, an event stream as text/event-stream; which of both is made once for
// all who listen.
type message struct {
	kind string
	json []byte
	// at is the event it brings a listener to. What is no event has none, and a
	// stream that was cut is resumed at the one before.
	at mark
}

// mark is a point in the history of a competition.
type mark struct {
	stream, seq int64
	valid       bool
}

// encode makes a message that brings a listener to no event.
func encode(kind string, v any) message {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // the shapes of the wire always encode
	}
	return message{kind: kind, json: b}
}

// event encodes what brings a listener to an event.
func (e viewerEvent) message() message {
	m := encode(e.Type, e)
	m.at = mark{e.Stream, e.Seq, true}
	return m
}

// frame is the message for sockets.
func (m message) frame() ws.Frame { return ws.TextFrame(m.json) }

// text is the message for event streams: its type, a name to resume by, and the
// JSON that sockets get, which has no line break.
func (m message) text() ws.Frame {
	b := make([]byte, 0, len(m.json)+len(m.kind)+64)
	if m.at.valid {
		b = append(b, "id: "...)
		b = strconv.AppendInt(b, m.at.stream, 10)
		b = append(b, '-')
		b = strconv.AppendInt(b, m.at.seq, 10)
		b = append(b, '\n')
	}
	b = append(append(b, "event: "...), m.kind...)
	b = append(append(b, "\ndata: "...), m.json...)
	return append(b, "\n\n"...)
}

// to is the message for one of both.
func (m message) to(stream bool) ws.Frame {
	if stream {
		return m.text()
	}
	return m.frame()
}

// viewerMessage is an event for the public. What is concealed, or changes nothing
// that is shown, leaves only its number, so that nobody takes it for lost.
func (s stamp) viewerMessage(e race.Event) message {
	switch {
	case e.Kind == race.RulingMade || (e.Kind == race.TimesRecorded && e.Total.Concealed):
		return viewerEvent{Type: "sin_cambios", Seq: e.Seq, Stream: e.Stream}.message()
	case e.Kind == race.TimesRecorded:
		return viewerEvent{"registros_actualizados", e.Seq, e.Stream, total(e.Total)}.message()
	}
	kind, _ := lifecycleText(e.Competition)
	return viewerEvent{kind, e.Seq, e.Stream, s.lifecycle(e.Competition)}.message()
}

// liveMessage tells viewers whether a competition is live.
func liveMessage(id race.CompetitionID, live bool) message {
	const kind = "estado_en_vivo"
	return encode(kind, viewerLive{kind, liveCondition{id, live}})
}
