package ws

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 prescribes SHA-1; nothing secret depends on it
	"encoding/base64"
	"encoding/json"
	"iter"

	"github.com/valyala/fasthttp"
)

const (
	acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	keyLen     = 24 // base64 of 16 bytes
)

// CheckHandshake tells whether the request is a valid WebSocket upgrade (RFC 6455, 4.2.1). When not,
// it answers 400, or 426 for a missing upgrade or another protocol version, with a JSON error, and
// returns false.
func CheckHandshake(ctx *fasthttp.RequestCtx) bool {
	h := &ctx.Request.Header
	switch {
	case !h.IsGet() || !h.IsHTTP11() || len(ctx.Request.Body()) > 0:
		refuse(ctx, fasthttp.StatusBadRequest, "a websocket handshake is a GET of HTTP/1.1 without body")
	case h.ConnectionClose() || hasToken(h.PeekAll(fasthttp.HeaderConnection), "close"):
		// fasthttp skips the hijack of such a request, and the peer announced that it leaves.
		refuse(ctx, fasthttp.StatusBadRequest, "a websocket handshake cannot ask to close the connection")
	case !hasToken(h.PeekAll(fasthttp.HeaderUpgrade), "websocket") ||
		!hasToken(h.PeekAll(fasthttp.HeaderConnection), "upgrade"):
		refuse(ctx, fasthttp.StatusUpgradeRequired, "this path speaks websocket only")
	case string(h.Peek(fasthttp.HeaderSecWebSocketVersion)) != "13":
		refuse(ctx, fasthttp.StatusUpgradeRequired, "only websocket version 13 is spoken here")
	case !validKey(h.PeekAll(fasthttp.HeaderSecWebSocketKey)):
		refuse(ctx, fasthttp.StatusBadRequest, "the header Sec-WebSocket-Key must be 16 bytes in base64")
	default:
		return true
	}
	return false
}

func refuse(ctx *fasthttp.RequestCtx, status int, message string) {
	ctx.Response.Reset()
	ctx.SetStatusCode(status)
	ctx.SetContentType("application/json; charset=utf-8")
	ctx.SetBody(errorBody(message))
	if status == fasthttp.StatusUpgradeRequired {
		ctx.Response.Header.Set(fasthttp.HeaderUpgrade, "websocket")
		ctx.Response.Header.Set(fasthttp.HeaderSecWebSocketVersion, "13")
	}
}

func errorBody(message string) []byte {
	body, err := json.Marshal(struct {
		Error string `json:"error"`
	}{message})
	if err != nil {
		return []byte(`{"error":"internal"}`)
	}
	return body
}

func hasToken(values [][]byte, want string) bool {
	for token := range tokens(values) {
		if bytes.EqualFold(token, []byte(want)) {
			return true
		}
	}
	return false
}

// tokens yields the elements of a comma separated header that may come in several lines.
func tokens(values [][]byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, value := range values {
			for token := range bytes.SplitSeq(value, []byte{','}) {
				if !yield(bytes.TrimSpace(token)) {
					return
				}
			}
		}
	}
}

func validKey(keys [][]byte) bool {
	if len(keys) != 1 || len(keys[0]) != keyLen {
		return false
	}
	var raw [keyLen]byte
	n, err := base64.StdEncoding.Decode(raw[:], keys[0])
	return err == nil && n == 16
}

// switchingProtocols builds the 101 answer. It never names an extension.
func switchingProtocols(key []byte, subprotocol string) []byte {
	sum := sha1.Sum(append(bytes.Clone(key), acceptGUID...)) //nolint:gosec // prescribed
	answer := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
	answer = base64.StdEncoding.AppendEncode(answer, sum[:])
	if subprotocol != "" {
		answer = append(answer, "\r\nSec-WebSocket-Protocol: "...)
		answer = append(answer, subprotocol...)
	}
	return append(answer, "\r\n\r\n"...)
}
