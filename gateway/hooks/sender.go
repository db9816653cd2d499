package hooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"server5k/race"
)

const (
	// sendTimeout bounds an attempt, from the look-up of the name to the end of the
	// answer.
	sendTimeout = 10 * time.Second
	// maxAnswer is how much of an answer is read, in bytes; it says nothing that
	// matters beyond its status. maxHeader bounds its header.
	maxAnswer = 4 << 10
	maxHeader = 16 << 10
)

// The headers of a delivery.
const (
	HeaderSignature = "X-Server5K-Signature"
	HeaderDelivery  = "X-Server5K-Delivery"

	userAgent = "Server5K-Webhook"
)

// Sign returns what HeaderSignature is for a body that is sent at an instant.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// answer is what came of an attempt. A fault of "" is success; status is 0 when
// there was no answer.
type answer struct {
	status     int
	fault      race.DeliveryFault
	retryAfter time.Duration
	err        error // for the log
}

// sender posts deliveries. Connections are not kept: they are rare, and each is
// checked anew.
type sender struct {
	client *http.Client
	now    func() time.Time
}

func newSender(cfg Config) *sender {
	dialer := &net.Dialer{Timeout: sendTimeout, Control: cfg.Guard.control, Resolver: cfg.Resolver}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would connect where the guard does not see
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
	return &sender{now: cfg.Now, client: &http.Client{
		Transport: transport, Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send makes one attempt.
func (s *sender) send(ctx context.Context, w race.Webhook, d race.Delivery) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(d.Body))
	if err != nil {
		return answer{fault: race.FaultUnreachable, err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set(HeaderDelivery, d.ID.String())
	req.Header.Set(HeaderSignature, Sign(w.Secret, s.now(), d.Body))
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{fault: faultOf(err), err: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }() // it has been read as far as it matters
	// The status counts, even when the rest of the answer does not arrive.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return s.judge(resp)
}

// judge says what a status means.
func (s *sender) judge(resp *http.Response) answer {
	a := answer{status: resp.StatusCode}
	switch {
	case a.status >= 200 && a.status < 300:
		return a
	case a.status == http.StatusGone:
		a.fault = race.FaultGone
	case a.status >= 300 && a.status < 400:
		a.fault = race.FaultRedirect
	default:
		a.fault = race.FaultStatus
		a.retryAfter = retryAfter(resp.Header.Get("Retry-After"), s.now())
	}
	a.err = fmt.Errorf("status %d", a.status)
	return a
}

// retryAfter reads the header of that name: seconds or a date, 0 when it is neither.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(value, 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// faultOf says in which way a request failed that got no answer.
func faultOf(err error) race.DeliveryFault {
	var (
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		host   x509.HostnameError
		slow   net.Error
	)
	switch {
	case errors.Is(err, errRefused):
		return race.FaultRefused
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &host):
		return race.FaultTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return race.FaultTimeout
	default:
		return race.FaultUnreachable
	}
}

// withoutURL takes the URL out of an error, which may hold a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
