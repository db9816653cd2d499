package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// oldestVersion is the first release whose features the schema needs and that
// still gets corrections.
const oldestVersion = 14

// UnfitError says why a database cannot be used, with what to do about it. Its text
// is for operators.
type UnfitError struct{ Text string }

// Error returns the text.
func (u *UnfitError) Error() string { return u.Text }

// serverState is what the promise of durability rests on.
type serverState struct {
	number                       int // 150008 is 15.8
	version                      string
	fsync, fullPages, syncCommit string
	replica                      bool
}

// checkServer refuses a server that could lose what it has confirmed.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	const query = `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'), pg_is_in_recovery()`
	var s serverState
	err := conn.QueryRow(ctx, query).Scan(&s.number, &s.version, &s.fsync, &s.fullPages, &s.syncCommit, &s.replica)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	return s.fit()
}

func (s serverState) fit() error {
	text := ""
	switch {
	case s.number < oldestVersion*10_000:
		text = fmt.Sprintf("PostgreSQL es la versión %s y hace falta la %d o una más nueva: actualice el servidor", s.version, oldestVersion)
	case s.replica:
		text = "PostgreSQL es una réplica de solo lectura: apunte DATABASE_URL al servidor principal"
	case s.fsync != "on":
		text = "PostgreSQL tiene fsync=off y un corte de luz perdería tiempos confirmados: ponga fsync = on en postgresql.conf y recargue"
	case s.fullPages != "on":
		text = "PostgreSQL tiene full_page_writes=off y un corte de luz puede dañar la base: ponga full_page_writes = on en postgresql.conf y recargue"
	case s.syncCommit != "on":
		text = fmt.Sprintf("la conexión tiene synchronous_commit=%s y debe ser on: quite ese valor de DATABASE_URL", s.syncCommit)
	default:
		return nil
	}
	return &UnfitError{text}
}

// checkVersion refuses a database whose tables are not of this version.
func (s *Store) checkVersion(ctx context.Context) error {
	want, err := newest()
	if err != nil {
		return err
	}
	have, err := applied(ctx, s.others)
	switch {
	case err != nil:
		return err
	case have == 0:
		return &UnfitError{"la base de datos está vacía: ejecute «server5k migrate»"}
	case have < want:
		return &UnfitError{fmt.Sprintf("la base de datos es de la versión %d y este programa necesita la %d: ejecute «server5k migrate»", have, want)}
	case have > want:
		return &UnfitError{fmt.Sprintf("la base de datos es de la versión %d, más nueva que este programa (%d): use el programa nuevo", have, want)}
	}
	return nil
}

// Current fails when the tables are older than this program, or gone: a backup was
// restored under it. Newer ones are fine while it runs: that is how the nodes of a
// cluster are updated one after the other. It costs one query of a tiny table.
func (s *Store) Current(ctx context.Context) error {
	want, err := newest()
	if err != nil {
		return err
	}
	have, err := applied(ctx, s.others)
	if err == nil && have < want {
		err = &UnfitError{fmt.Sprintf("la base de datos es ahora de la versión %d y este programa necesita la %d: ejecute «server5k migrate»", have, want)}
	}
	return err
}

// applied returns the version of the tables, 0 when there are none.
func applied(ctx context.Context, pool *pgxpool.Pool) (int64, error) {
	var version *int64
	err := pool.QueryRow(ctx, `SELECT max(version_id) FROM `+versionTable+` WHERE is_applied`).Scan(&version)
	if is(err, undefinedTable) {
		return 0, nil
	}
	if err != nil || version == nil {
		return 0, err
	}
	return *version, nil
}

// given says whether a connection string sets a parameter itself.
func given(s, name string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" {
		return strings.Contains(s, name+"=") // key=value form
	}
	return u.Query().Has(name)
}

// AsUnfit finds the UnfitError in err's chain.
func AsUnfit(err error) (*UnfitError, bool) {
	var u *UnfitError
	return u, errors.As(err, &u)
}
