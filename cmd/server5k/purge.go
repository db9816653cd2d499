package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"server5k/persistence"
	"server5k/race"
)

type purgeCmd struct {
	Days int  `name:"dias" required:"" placeholder:"N" help:"Competencias terminadas hace más de N días."`
	Yes  bool `name:"si" help:"No pregunta."`
}

func (purgeCmd) Help() string {
	return "Antes de borrar escribe cada competencia completa en un archivo de DATA_DIR.\n\nEjemplo: server5k limpiar_registros --dias 365"
}

// Run exports finished competitions and deletes them.
func (c *purgeCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	if c.Days < 0 {
		return errors.New("--dias no puede ser negativo")
	}
	return withStore(ctx, cfg, func(store persistence.Store) error {
		finished, err := store.Finished(ctx, time.Now().AddDate(0, 0, -c.Days))
		if err != nil {
			return err
		}
		if len(finished) == 0 {
			std.printf("No hay competencias terminadas hace más de %d días.\n", c.Days)
			return nil
		}
		for _, competition := range finished {
			path, err := exportCompetition(ctx, cfg, store, competition)
			if err != nil {
				return fmt.Errorf("exportar la competencia %d: %w", competition.ID, err)
			}
			std.printf("Exportada: %d «%s» en %s\n", competition.ID, competition.Name, path)
		}
		if err := c.confirm(ctx, std, len(finished)); err != nil {
			return err
		}
		return purgeAll(ctx, store, std, finished)
	})
}

func (c *purgeCmd) confirm(ctx context.Context, std stdio, n int) error {
	if c.Yes {
		return nil
	}
	answer, err := ask(ctx, std, fmt.Sprintf("¿Borrar %d competencias con sus equipos y registros? [s/N] ", n))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(answer) {
	case "s", "si", "sí":
		return nil
	}
	return errors.New("no se borró nada")
}

func purgeAll(ctx context.Context, store persistence.Store, std stdio, finished []race.Competition) error {
	var total persistence.Counts
	for _, competition := range finished {
		n, err := store.Purge(ctx, competition.ID)
		if err != nil {
			return fmt.Errorf("borrar la competencia %d: %w", competition.ID, err)
		}
		total.Competitions += n.Competitions
		total.Teams += n.Teams
		total.Records += n.Records
	}
	std.printf("Borrados: competencias %d, equipos %d, registros %d\n", total.Competitions, total.Teams, total.Records)
	return nil
}
