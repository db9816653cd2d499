package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"server5k/gateway/auth"
	"server5k/persistence"
	"server5k/race"
)

// minPasswordLength is for accounts that a person makes; NIST SP 800-63B.
const minPasswordLength = 8

type createSuperuserCmd struct {
	Username string `env:"SUPERUSER_USERNAME" placeholder:"NOMBRE" help:"Nombre de usuario."`
	Email    string `env:"SUPERUSER_EMAIL" placeholder:"CORREO" help:"Correo electrónico."`
	Password string `env:"SUPERUSER_PASSWORD" placeholder:"CLAVE" help:"Contraseña; mejor en el entorno que aquí, donde otros la ven."`
}

func (createSuperuserCmd) Help() string {
	return "Pregunta lo que falte si hay una terminal.\n\nEjemplo: server5k createsuperuser --username admin --email admin@example.com"
}

// Run creates an organizer.
func (c *createSuperuserCmd) Run(ctx context.Context, cfg *Config, std stdio) error {
	if err := c.complete(ctx, std); err != nil {
		return err
	}
	hash, err := newHasher(1).Hash(ctx, c.Password)
	if err != nil {
		return err
	}
	return withStore(ctx, cfg, func(store persistence.Store) error {
		_, _, err := store.OrganizerCredential(ctx, c.Username)
		if err == nil {
			return fmt.Errorf("ya existe el organizador %q", c.Username)
		}
		if !errors.Is(err, race.ErrNotFound) {
			return err
		}
		row := persistence.OrganizerRow{
			Organizer: race.Organizer{
				Username: c.Username, Email: c.Email, Superuser: true, Active: true, CreatedAt: now(),
			},
			PasswordHash: hash,
		}
		if _, err := store.Add(ctx, persistence.Dump{Organizers: []persistence.OrganizerRow{row}}, false); err != nil {
			return fmt.Errorf("crear el organizador: %w", err)
		}
		std.printf("Organizador creado: %s\n", c.Username)
		return nil
	})
}

// complete asks for what was not given and checks all of it.
func (c *createSuperuserCmd) complete(ctx context.Context, std stdio) error {
	interactive := isTerminal(std.in)
	if c.Username == "" && interactive {
		var err error
		if c.Username, err = ask(ctx, std, "Nombre de usuario [admin]: "); err != nil {
			return err
		}
		c.Username = cmp.Or(c.Username, "admin")
	}
	if c.Password == "" && interactive {
		if err := c.askPassword(ctx, std); err != nil {
			return err
		}
	}
	c.Username = strings.TrimSpace(c.Username)
	var errs []error
	if c.Username == "" {
		errs = append(errs, errors.New("falta --username o SUPERUSER_USERNAME"))
	}
	if c.Email != "" && !strings.Contains(c.Email, "@") {
		errs = append(errs, fmt.Errorf("%q no es un correo electrónico", c.Email))
	}
	switch {
	case c.Password == "":
		errs = append(errs, errors.New("falta --password o SUPERUSER_PASSWORD"))
	case len([]rune(c.Password)) < minPasswordLength:
		errs = append(errs, fmt.Errorf("la contraseña debe tener %d caracteres o más", minPasswordLength))
	}
	return errors.Join(errs...)
}

func (c *createSuperuserCmd) askPassword(ctx context.Context, std stdio) error {
	first, err := askHidden(ctx, std, "Contraseña: ")
	if err != nil {
		return err
	}
	second, err := askHidden(ctx, std, "Otra vez: ")
	if err != nil {
		return err
	}
	if first != second {
		return errors.New("las contraseñas no son iguales")
	}
	c.Password = first
	return nil
}

// newHasher returns the hasher of a command that hashes parallel passwords at
// once and never has more waiting.
func newHasher(parallel int) *auth.Hasher { return auth.NewHasher(parallel, parallel) }

// now is the time as the database keeps it, UTC in microseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
