package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"server5k/persistence"
	"server5k/race"
)

// readExport reads a whole file.
func readExport(data []byte) (persistence.Accounts, []persistence.Archive, time.Time, error) {
	r, err := newExportReader(bytes.NewReader(data))
	if err != nil {
		return persistence.Accounts{}, nil, time.Time{}, err
	}
	accounts, err := r.accounts()
	if err != nil {
		return persistence.Accounts{}, nil, time.Time{}, err
	}
	var archives []persistence.Archive
	for a, err := range r.archives() {
		if err != nil {
			return persistence.Accounts{}, nil, time.Time{}, err
		}
		archives = append(archives, a)
	}
	return accounts, archives, r.at, nil
}

// rewrite writes what readExport returns.
func rewrite(accounts persistence.Accounts, archives []persistence.Archive, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	_, err := writeExport(&out, at, accounts, func(yield func(persistence.Archive, error) bool) {
		for _, a := range archives {
			if !yield(a, nil) {
				return
			}
		}
	})
	return out.Bytes(), err
}

// contents is all that a database has.
func (b *bench) contents(t *testing.T) (accounts persistence.Accounts, archives []persistence.Archive) {
	t.Helper()
	b.store(func(s persistence.Store) {
		var err error
		if accounts, err = s.Accounts(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := competitionsByID(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for a, err := range archivesOf(t.Context(), s, all, func() {}) {
			if err != nil {
				t.Fatal(err)
			}
			archives = append(archives, a)
		}
	})
	return accounts, archives
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// afterHead is a file without its first line, which has the time.
func afterHead(t *testing.T, path string) string {
	t.Helper()
	_, rest, _ := strings.Cut(read(t, path), "\n")
	return rest
}

func TestExport_RoundTripThroughBothDatabases(t *testing.T) {
	t.Parallel()
	first, second, third := setup(t), setupPostgres(t), setup(t)
	first.store(func(s persistence.Store) { fill(t, s); fillOffice(t, s); fillClocks(t, s) })
	accounts, archives := first.contents(t)
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "1.jsonl"), filepath.Join(dir, "2.jsonl"), filepath.Join(dir, "3.jsonl")}
	out := first.must("export", "--all", files[0])
	for i, b := range []*bench{second, third} {
		if text := b.must("import", files[i]); !strings.Contains(text, "Verificado: ") {
			t.Errorf("printed %q", text)
		}
		gotAccounts, gotArchives := b.contents(t)
		if diff := cmp.Diff(accounts, gotAccounts); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(archives, gotArchives); diff != "" {
			t.Error(diff)
		}
		if again := b.must("export", "--all", files[i+1]); again != out {
			t.Errorf("printed %q, want %q", again, out)
		}
		if diff := cmp.Diff(afterHead(t, files[0]), afterHead(t, files[i+1])); diff != "" {
			t.Error(diff)
		}
		b.goesOn(t)
	}
}

// goesOn lets a judge go on where fill ended.
func (b *bench) goesOn(t *testing.T) {
	t.Helper()
	b.store(func(s persistence.Store) {
		before, err := s.Archive(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		o := own(t, s, 1)
		d, _, err := s.Append(t.Context(), race.Batch{Competition: 1, Epoch: o.epoch, Requests: []race.Request{
			{Judge: 2, Team: 12, Records: o.make(1)},
		}})
		if err != nil || d.Seq != before.Seq+1 || o.epoch != before.Epoch+1 {
			t.Errorf("decision %+v in epoch %d, %v", d, o.epoch, err)
		}
	})
	if out := b.must("verify"); !strings.Contains(out, "(22 registros en 7 lotes") || !strings.Contains(out, "Todo bien") {
		t.Errorf("printed %q", out)
	}
}

func TestExport_FileIsPrivateNewAndWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store(func(s persistence.Store) { fill(t, s) })
	dir := t.TempDir()
	path := filepath.Join(dir, "r.jsonl.gz")
	b.must("export", "--all", path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v", mode)
	}
	before := read(t, path)
	if _, err := b.run("", "export", "--all", path); err == nil || !strings.Contains(err.Error(), "ya existe") {
		t.Errorf("second export to the same name: %v", err)
	}
	if read(t, path) != before {
		t.Error("the file was changed")
	}
	if _, err := b.run("", "export", path); err == nil {
		t.Error("export without --all was accepted")
	}
	b.spoil(damages[0].sql...)
	_, err = b.run("", "export", "--all", filepath.Join(dir, "bad.jsonl"))
	if err == nil || !strings.Contains(err.Error(), "lote 8–11 dañado") {
		t.Errorf("export of a damaged database: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if out := setup(t).must("import", path); !strings.Contains(out, "Verificado") {
		t.Errorf("import of a compressed file printed %q", out)
	}
}

func TestExport_ToAndFromStandardStreams(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store(func(s persistence.Store) { fill(t, s) })
	var out, messages bytes.Buffer
	lookup := func(name string) (string, bool) { v, ok := b.env[name]; return v, ok }
	if err := run(t.Context(), []string{"export", "--all", "-"}, lookup, stdio{out: &out, err: &messages}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(messages.String(), "Exportados: ") || strings.Contains(out.String(), "Exportados") {
		t.Errorf("printed %q", messages.String())
	}
	var zipped bytes.Buffer
	if err := compressed(&zipped, func(w io.Writer) error { _, err := w.Write(out.Bytes()); return err }); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), "\ufeff" + strings.ReplaceAll(out.String(), "\n", "\r\n"), zipped.String()} {
		if text, err := setup(t).run(text, "import", "-"); err != nil || !strings.Contains(text, "Verificado") {
			t.Errorf("printed %q, %v", text, err)
		}
	}
}

// Accounts that change while an export runs must not make a file that nobody can
// import.
func TestExport_NoticesThatAccountsChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store(func(s persistence.Store) { fill(t, s) })
	accounts, archives := b.contents(t)
	for name, change := range map[string]func(a *persistence.Accounts){
		"judge":    func(a *persistence.Accounts) { a.Judges = a.Judges[1:] },
		"category": func(a *persistence.Accounts) { a.Categories = a.Categories[:2] },
	} {
		changed := accounts
		change(&changed)
		if _, err := rewrite(changed, archives, gunAt()); err == nil || err.Error() != "la base cambió durante la exportación; repita" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestImport_CheckStoresNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store(func(s persistence.Store) { fill(t, s) })
	path := filepath.Join(t.TempDir(), "r.jsonl")
	b.must("export", "--all", path)
	if out := b.must("import", "--check", path); !strings.Contains(out, "Comprobado, no se guardó nada") || !strings.Contains(out, "registros 24") {
		t.Errorf("printed %q", out)
	}
	if _, err := b.run("", "import", path); err == nil || !strings.Contains(err.Error(), "base de datos nueva") {
		t.Errorf("import into a full database: %v", err)
	}
}

// badExports are files with one mistake each and what the error must name.
func badExports(good string) map[string]struct{ text, want string } {
	lines := strings.SplitAfter(strings.TrimSuffix(good, "\n"), "\n")
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			panic("not in the file: " + old)
		}
		return strings.Replace(good, old, new, 1)
	}
	last := len(lines) - 1
	without := func(i int) string { return strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "") }
	at := func(prefix string) int {
		return slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
	}
	record := lines[at(`{"registro":`)]
	return map[string]struct{ text, want string }{
		"empty":                 {"", "vacío"},
		"other json":            {"{}\n", "no es un archivo de «server5k export»"},
		"newer":                 {swap(`"version":1`, `"version":4`), "línea 1: el archivo es de la versión 4 y este programa lee hasta la 3"},
		"older than grants":     {swap(lines[at(`{"competencia":`)], `{"permiso":{"organizador_id":1,"competencia_id":1}}`+"\n"+lines[at(`{"competencia":`)]), "la versión 1 no tiene"},
		"head only":             {lines[0], "incompleto"},
		"no last line":          {strings.Join(lines[:last], ""), "incompleto"},
		"cut in a line":         {good[:len(good)-40], "incompleto"},
		"cut in the middle":     {good[:len(good)/2], "incompleto"},
		"unknown field":         {swap(`"is_superuser"`, `"jefe":1,"is_superuser"`), "línea 2: tiene un campo desconocido"},
		"unknown kind":          {swap(`{"juez":`, `{"persona":`), "línea 3: tiene un campo desconocido"},
		"two kinds":             {swap(`{"juez":`, `{"lote":{"desde":1,"hasta":1,"epoca":1,"huella":"`+strings.Repeat("0", 64)+`"},"juez":`), "línea 3: debe ser de una clase"},
		"no kind":               {swap(lines[1], "{}\n"), "línea 2: debe ser de una clase"},
		"missing field":         {swap(`"is_superuser":true,`, ``), "línea 2: no es como la escribe"},
		"type":                  {swap(`"is_superuser":true`, `"is_superuser":1`), "línea 2: no se entiende"},
		"space":                 {swap(`{"juez":`, `{ "juez":`), "línea 3: no es como la escribe"},
		"nanoseconds":           {swap(`09:00:00.123456Z`, `09:00:00.1234567Z`), "no es como la escribe"},
		"order":                 {lines[0] + lines[2] + lines[1] + strings.Join(lines[3:], ""), "línea 3: está fuera de orden"},
		"team first":            {lines[0] + lines[at(`{"equipo":`)] + strings.Join(lines[1:], ""), "línea 2: está fuera de orden"},
		"id":                    {swap(`"id_registro":"01`, `"id_registro":"0x`), "UUID"},
		"time too long":         {swap(`"tiempo":0`, `"tiempo":86400001`), "tiempo debe estar entre"},
		"digest":                {swap(`"huella":"`, `"huella":"00`), "no se entiende"},
		"record changed":        {swap(`"tiempo":0,`, `"tiempo":1,`), "lote 8–11 dañado"},
		"record missing":        {strings.Replace(good, record, "", 1), "lote 1–2 dañado (época 2): falta el registro 1"},
		"team missing":          {without(at(`{"equipo":{"id":11,`)), "su equipo 11 no está en la competencia"},
		"judge missing":         {without(at(`{"juez":`)), "falta el juez 1"},
		"category missing":      {without(at(`{"categoria":{"codigo":"veteranos"`)), "falta la categoría"},
		"organizer missing":     {without(1), "el archivo dice tener organizadores 1"},
		"results":               {swap(`"redondeo":"up-each"`, `"redondeo":"raw"`), "los resultados de las competencias no son"},
		"judge twice":           {strings.Replace(strings.Replace(good, lines[2], lines[2]+lines[2], 1), `"jueces":3`, `"jueces":4`, 1), `el juez 1 "ana" ya existe`},
		"data after the end":    {good + lines[1], "después de la última línea"},
		"more after the end":    {good + "\n", "después de la última línea"},
		"record of another day": {swap(`"timestamp":"2026-05-03`, `"timestamp":"2026-05-04`), "dañado"},
	}
}

func TestImport_BadExportChangesNothing(t *testing.T) {
	t.Parallel()
	bad := badExports(goldenExport(t))
	for name, setup := range bothDatabases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for name, tt := range bad {
				runs := [][]string{{"import", "-"}, {"import", "--check", "-"}}
				if b.cfg.postgresURL() != "" {
					runs = runs[:1] // --check leaves the database alone
				}
				for _, args := range runs {
					out, err := b.run(tt.text, args...)
					if err == nil || !strings.Contains(err.Error(), tt.want) {
						t.Errorf("%s, %v: got %v and %q, want %q", name, args, err, out, tt.want)
					}
				}
			}
			b.store(func(s persistence.Store) {
				if empty, err := s.Empty(t.Context()); !empty || err != nil {
					t.Errorf("the database is not empty: %v", err)
				}
			})
		})
	}
}

func TestImport_CutCompressedFile(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	if err := compressed(&zipped, func(w io.Writer) error { _, err := io.WriteString(w, goldenExport(t)); return err }); err != nil {
		t.Fatal(err)
	}
	b := setup(t)
	for _, cut := range []int{1, 8, 9, 200} { // up to 8 the checksum only
		if out, err := b.run(zipped.String()[:zipped.Len()-cut], "import", "-"); err == nil {
			t.Errorf("without the last %d bytes: %q", cut, out)
		}
	}
	b.store(func(s persistence.Store) {
		if empty, err := s.Empty(t.Context()); !empty || err != nil {
			t.Errorf("the database is not empty: %v", err)
		}
	})
}

func FuzzDecodeExport(f *testing.F) {
	accounts, archives, at, err := readExport([]byte(goldenExport(f)))
	if err != nil {
		f.Fatal(err)
	}
	// The smaller competition only. With -fuzzminimizetime=10x the fuzzer does not
	// spend its time on making such files smaller.
	good, err := rewrite(accounts, archives[1:], at)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, file := range []string{"testdata/export-2.jsonl", "testdata/export-3.jsonl"} {
		whole, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Add(bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")))
	f.Add(good[:len(good)/2])
	f.Add(bytes.Replace(good, []byte(`"tiempo":1`), []byte(`"tiempo":2`), 1))
	f.Add([]byte(`{"formato":"server5k","version":1,"exportado_en":"2026-05-03T09:00:00Z"}` + "\n" +
		`{"fin":{"filas":{"organizadores":0,"jueces":0,"categorias":0,"sesiones_cerradas":0,"competencias":0,"equipos":0,"registros":0,"decisiones":0,"lotes":0},"resultados":[]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		accounts, archives, at, err := readExport(data)
		if err != nil {
			return
		}
		got, err := rewrite(accounts, archives, at)
		want := bytes.TrimSuffix(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\n"))
		for _, older := range []string{"1", "2"} {
			want = bytes.Replace(want, []byte(`"version":`+older+`,"exportado_en"`), []byte(`"version":3,"exportado_en"`), 1)
		}
		if !bytes.Equal(bytes.TrimSuffix(got, []byte("\n")), want) || err != nil {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	})
}
