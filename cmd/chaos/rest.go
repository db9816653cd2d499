package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// targets are the servers that clients may talk to.
type targets struct {
	mu   sync.Mutex // protects urls
	urls []string
}

func (t *targets) set(urls ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.urls = urls
}

func (t *targets) pick(rng *rand.Rand) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.urls[rng.IntN(len(t.urls))]
}

// all is a copy of the list.
func (t *targets) all() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.urls)
}

// newHTTPClient keeps few connections open: a new one meets a broken server in
// more ways.
func newHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Second}}
}

// call makes a REST call and reads the answer into out. The status is 0 when
// there was no whole answer.
func call(ctx context.Context, client *http.Client, patience time.Duration, method, url, token string, in, out any) (status int, err error) {
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(raw)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	// net/http must not send a POST again by itself: each try is one of ours.
	req.GetBody = nil
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read, or there is an error already
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			return res.StatusCode, fmt.Errorf("%s %s: %w in %.200s", method, url, err, raw)
		}
	}
	return res.StatusCode, nil
}
