package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"server5k/persistence"
	"server5k/race"
)

// shortDigest is how much of a digest people compare: 48 bits.
const shortDigest = 12

type verifyCmd struct {
	JSON bool `name:"json" help:"Un resumen en JSON, para programas."`
}

func (verifyCmd) Help() string {
	return "Vuelve a calcular la cadena de huellas de cada competencia y cuenta de nuevo sus resultados; señala el primer lote dañado. " +
		"Solo lee: puede ejecutarse durante la carrera. Termina con código 1 si encuentra daños.\n\n" +
		"Ejemplo: server5k verify && echo bien"
}

// verified is what verify says of one competition.
type verified struct {
	ID        race.CompetitionID `json:"id"`
	Name      string             `json:"name"`
	Intact    bool               `json:"bien"`
	Records   int                `json:"registros"`
	Links     int                `json:"lotes"`
	Standings race.Digest        `json:"huella_resultados"`
	Damages   []verifiedDamage   `json:"danos"`
}

type verifiedDamage struct {
	First int64  `json:"lote_desde,omitzero"`
	Last  int64  `json:"lote_hasta,omitzero"`
	Text  string `json:"texto"`
}

// Run checks every competition; an error when one is damaged.
func (c *verifyCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	return withStore(ctx, cfg, func(store persistence.Store) error {
		all, err := verifyAll(ctx, store, std)
		if err != nil {
			return err
		}
		damaged := 0
		for _, v := range all {
			if !v.Intact {
				damaged++
			}
			if !c.JSON {
				std.printf("%s\n", v)
			}
		}
		if c.JSON {
			if err := printVerified(std, all, damaged == 0); err != nil {
				return err
			}
		}
		if damaged > 0 {
			return fmt.Errorf("hay daños en %d de %d competencias", damaged, len(all))
		}
		if !c.JSON {
			std.printf("Todo bien: competencias %d\n", len(all))
		}
		return nil
	})
}

// verifyAll checks all competitions by id. One that is purged meanwhile is left
// out.
func verifyAll(ctx context.Context, store persistence.Store, std stdio) ([]verified, error) {
	competitions, err := competitionsByID(ctx, store)
	if err != nil {
		return nil, err
	}
	step, stop := newProgress(std, len(competitions), "Competencias")
	defer stop()
	v := persistence.NewVerifier()
	var all []verified
	for _, c := range competitions {
		r, err := v.Competition(ctx, store, c.ID)
		step()
		if errors.Is(err, race.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("comprobar la competencia %d: %w", c.ID, err)
		}
		all = append(all, newVerified(r))
	}
	return all, nil
}

// competitionsByID lists all competitions by id.
func competitionsByID(ctx context.Context, store persistence.Store) ([]race.Competition, error) {
	all, err := store.Competitions(ctx, 0)
	slices.SortFunc(all, func(a, b race.Competition) int { return cmp.Compare(a.ID, b.ID) })
	return all, err
}

func newVerified(r persistence.Report) verified {
	c := r.Archive.Competition
	v := verified{
		ID: c.ID, Name: c.Name, Intact: len(r.Damages) == 0,
		Records: len(r.Archive.Records), Links: len(r.Archive.Links), Standings: r.Standings,
	}
	for _, d := range r.Damages {
		v.Damages = append(v.Damages, verifiedDamage{d.First, d.Last, d.Text})
	}
	return v
}

// String is one line for people.
func (v verified) String() string {
	state := "bien"
	if !v.Intact {
		var texts []string
		for _, d := range v.Damages {
			texts = append(texts, d.Text)
		}
		state = strings.Join(texts, "; además, ")
	}
	return fmt.Sprintf("competencia %d «%s»: %s (%d registros en %d lotes, resultados %s)",
		v.ID, v.Name, state, v.Records, v.Links, v.Standings.String()[:shortDigest])
}

func printVerified(std stdio, all []verified, intact bool) error {
	out, err := json.Marshal(struct {
		Intact       bool       `json:"bien"`
		Competitions []verified `json:"competencias"`
	}{intact, all}, jsontext.Multiline(true))
	if err != nil {
		return fmt.Errorf("escribir el resumen: %w", err)
	}
	std.printf("%s\n", out)
	return nil
}
