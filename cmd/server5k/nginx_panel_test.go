package main

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
)

// checkPanel: a file that is larger than anything a judge sends gets through to
// the import, and nowhere else; and forms of the panel keep their origin.
func (n *nginx) checkPanel(t *testing.T, admin rest) {
	t.Helper()
	// The documents of the API know nothing of the panel, and not how nginx refuses.
	plain := &http.Client{Transport: &http.Transport{TLSClientConfig: n.tls, DisableKeepAlives: true}}
	file := "dorsal,equipo,categoria\n"
	for bib := range 2000 {
		file += fmt.Sprintf("%d,Equipo de los que vienen de muy lejos %d,Estudiantes por Equipos\n", bib+1, bib)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, admin.url+"/admin/entrar/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := plain.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // the headers are all
	if got := res.Header.Values("Referrer-Policy"); len(got) != 1 || got[0] != "same-origin" || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("panel behind nginx: %d, referrer policy %q", res.StatusCode, got)
	}
	body, media := form(t, "equipos.csv", file, "simular", "1")
	for path, want := range map[string]int{"/api/competencias/1/importar/": http.StatusOK, "/api/equipos/": http.StatusRequestEntityTooLarge} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, admin.url+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		req.Header.Set("Authorization", "Bearer "+admin.token)
		res, err := plain.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // the status is all
		if res.StatusCode != want {
			t.Errorf("%d KiB to %s: %d, want %d", len(body)>>10, path, res.StatusCode, want)
		}
	}
}
