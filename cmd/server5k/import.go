package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"server5k/persistence"
)

type importCmd struct {
	File  string `arg:"" placeholder:"ARCHIVO" help:"Archivo JSON de «manage.py dumpdata»."`
	Check bool   `help:"Solo comprueba: no guarda nada."`
}

func (importCmd) Help() string {
	return "Guarda todo o nada. Se conservan las claves primarias, las contraseñas y las horas con sus microsegundos.\n\n" +
		"Ejemplo: manage.py dumpdata > datos.json && server5k import --check datos.json && server5k import datos.json"
}

// Run imports a dump of the original server.
func (c *importCmd) Run(ctx context.Context, cfg *Config, std stdio) (err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("abrir el volcado: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	in := bufio.NewReader(f)
	if bom, _ := in.Peek(3); string(bom) == "\ufeff" { // Windows shells write one
		_, _ = in.Discard(3)
	}
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
