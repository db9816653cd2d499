package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"server5k/persistence"
)

type importCmd struct {
	File  string `arg:"" name:"archivo" help:"Archivo de «server5k export» o JSON de «manage.py dumpdata», comprimido o no; - es la entrada estándar."`
	Check bool   `help:"Solo comprueba: no guarda nada."`
}

func (importCmd) Help() string {
	return "Guarda todo o nada. Se conservan las claves primarias, las contraseñas y las horas con sus microsegundos. " +
		"Un archivo de «export» se restaura solo en una base de datos vacía, y después se compara lo guardado con el archivo.\n\n" +
		"Ejemplo: server5k import --check respaldo.jsonl.gz && DATABASE_URL=postgres://server5k@localhost/nueva server5k import respaldo.jsonl.gz"
}

// Run imports a file of export or a dump of the original server: the first byte
// says which.
func (c *importCmd) Run(ctx context.Context, cfg *Config, std stdio) (err error) {
	file := std.in
	if c.File != standardStream {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("abrir el archivo: %w", err)
		}
		defer func() { _ = f.Close() }() // only read from
		file = f
	}
	in, err := plain(file)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	first, err := in.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: el archivo está vacío", c.File)
	case err != nil:
		return fmt.Errorf("leer %s: %w", c.File, err)
	case first[0] == '{':
		return c.importExport(ctx, cfg, std, in)
	}
	return c.importDump(ctx, cfg, std, in)
}

// plain returns the content of a file without compression and byte order mark.
func plain(file io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReader(file)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("descomprimir: %w", err)
		}
		in = bufio.NewReader(z)
	}
	if bom, _ := in.Peek(3); string(bom) == "\ufeff" { // Windows shells write one
		_, _ = in.Discard(3)
	}
	return in, nil
}

// importDump imports a dump of the original server.
func (c *importCmd) importDump(ctx context.Context, cfg *Config, std stdio, in io.Reader) error {
	dump, report, err := decodeDump(in)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return withStore(ctx, cfg, func(store persistence.Store) error {
		counts, err := store.Add(ctx, dump, c.Check)
		if err != nil {
			return fmt.Errorf("importar (no se guardó nada): %w", err)
		}
		if c.Check {
			std.printf("Comprobado, no se guardó nada: %s\n", describe(counts))
		} else {
			std.printf("Importados: %s\n", describe(counts))
		}
		report.print(std)
		return nil
	})
}

func (r dumpReport) print(std stdio) {
	for _, model := range slices.Sorted(maps.Keys(r.Skipped)) {
		std.printf("Omitidos: %s %d\n", model, r.Skipped[model])
	}
	if r.Mismatched > 0 {
		std.printf("Registros con horas, minutos o segundos distintos de su tiempo (vale el tiempo): %d\n", r.Mismatched)
	}
}
