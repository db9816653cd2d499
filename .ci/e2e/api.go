package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// answerTimeout is longer than the server takes to give a request up.
const answerTimeout = 15 * time.Second

// API calls the server's REST routes as one account.
type API struct {
	tb    testing.TB // nil within Phones
	url   string
	token string
}

// retryPause is how long a client waits that was told to come back.
const retryPause = time.Second

// login asks path for an access token. Passwords are slow to check on purpose: of
// many at once some are told to come back, and do so until ctx ends.
func login(ctx context.Context, url, path string, who Credentials) (*API, error) {
	var got struct {
		Access string `json:"access"`
	}
	api := &API{url: url}
	body := map[string]string{"username": who.Username, "password": who.Password}
	for {
		status, err := api.call(ctx, http.MethodPost, path, body, &got)
		switch {
		case err != nil:
			return nil, fmt.Errorf("login of %s: %w", who.Username, err)
		case status == http.StatusOK && got.Access != "":
			api.token = got.Access
			return api, nil
		case status != http.StatusServiceUnavailable:
			return nil, fmt.Errorf("login of %s: status %d", who.Username, status)
		}
		select {
		case <-time.After(retryPause):
		case <-ctx.Done():
			return nil, fmt.Errorf("login of %s: status %d: %w", who.Username, status, context.Cause(ctx))
		}
	}
}

// Call sends in as JSON, unless it is nil, reads the answer into out, unless that
// is nil, and returns the status.
func (a *API) Call(method, path string, in, out any) (status int) {
	a.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	status, err := a.call(ctx, method, path, in, out)
	if err != nil {
		a.tb.Fatal(err)
	}
	return status
}

// Must is Call for what has to succeed.
func (a *API) Must(method, path string, in, out any) {
	a.tb.Helper()
	if status := a.Call(method, path, in, out); status/100 != 2 {
		a.tb.Fatalf("%s %s: status %d", method, path, status)
	}
}

func (a *API) call(ctx context.Context, method, path string, in, out any) (int, error) {
	var body io.Reader = http.NoBody
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read, or there is an error already
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if out != nil && res.StatusCode/100 == 2 {
		if err := json.Unmarshal(raw, out); err != nil {
			return res.StatusCode, fmt.Errorf("%s %s: %w in %s", method, path, err, raw)
		}
	}
	return res.StatusCode, nil
}
