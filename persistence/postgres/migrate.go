package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"server5k/persistence/tables"
)

//go:embed migration/*.sql
var migrations embed.FS

const (
	versionTable = "goose_db_version"
	// appRole has the rights that a serving process needs and no more. Roles are
	// the whole server's: it is the same one for all databases of this kind.
	appRole = "server5k_app"
	// migrateTimeout bounds a migration, with the wait for another node's.
	migrateTimeout = 5 * time.Minute
)

// Migrated says what Migrate did.
type Migrated struct {
	Applied []string // names of the migrations, none when the tables were up to date
	Role    bool     // the serving processes run without the right to change or delete records
}

// Migrate brings the database that url names up to date. Several may run at
// once: one waits for the other. Where the user of url may, it makes the role
// that serving processes take: one that cannot change or delete records.
func Migrate(ctx context.Context, url string) (_ Migrated, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, migrateTimeout, errors.New("migrate: not done in 5 minutes"))
	defer cancel()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return Migrated{}, errors.New("DATABASE_URL cannot be read as a PostgreSQL URL") // err may quote the password
	}
	if !given(url, "connect_timeout") {
		cfg.ConnectTimeout = connectTimeout
	}
	db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(checkServer))
	defer func() { err = errors.Join(err, db.Close()) }()
	var m Migrated
	if m.Applied, err = migrateTo(ctx, db, goose.MaxVersion); err != nil {
		return m, fmt.Errorf("migrate: %w", tables.WithCause(ctx, err))
	}
	if m.Role, err = grantRole(ctx, db); err != nil {
		return m, fmt.Errorf("migrate: make role %s: %w", appRole, tables.WithCause(ctx, err))
	}
	return m, nil
}

// migrateTo applies the migrations up to a version.
func migrateTo(ctx context.Context, db *sql.DB, version int64) ([]string, error) {
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker),
		goose.WithVerbose(false), goose.WithDisableGlobalRegistry(true), goose.WithTableName(versionTable))
	if err != nil {
		return nil, err
	}
	results, err := p.UpTo(ctx, version)
	var names []string
	for _, r := range results {
		names = append(names, r.Source.Path)
	}
	return names, err
}

// newest is the version of the last migration in this program.
func newest() (int64, error) {
	files, err := fs.Glob(migrations, "migration/*.sql")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(errors.New("no migrations in this program"), err)
	}
	return goose.NumericComponent(files[len(files)-1])
}

// grants are what a serving process may do. Records, batches, decisions, official
// results and the audit log can only be read and added.
var grants = []string{
	`GRANT SELECT, INSERT, UPDATE, DELETE ON organizers, judges, competitions, categories, teams, revoked_tokens, purge_guard,
    grants, judge_codes, webhooks, webhook_cursors, webhook_deliveries TO ` + appRole,
	`GRANT SELECT, INSERT ON time_records, batches, decisions, versions, audit TO ` + appRole,
	`GRANT SELECT ON ` + versionTable + ` TO ` + appRole,
	`GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO ` + appRole,
	`GRANT EXECUTE ON FUNCTION remove_guarded () TO ` + appRole,
}

// grantRole makes the role, gives it its rights in this database and makes the
// present user a member. false, without an error, where the user may not.
func grantRole(ctx context.Context, db *sql.DB) (bool, error) {
	const makeRole = `DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '` + appRole + `') THEN CREATE ROLE ` + appRole + ` NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was first
END $$`
	// Who made the role is not allowed to take it, from version 16 on. A superuser
	// may take any.
	const joinRole = `DO $$ BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT ` + appRole + ` TO %I', current_user);
    END IF;
END $$`
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	for _, statement := range append([]string{makeRole, joinRole}, grants...) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			if is(err, insufficientPrivilege) {
				return false, tx.Rollback()
			}
			return false, errors.Join(err, tx.Rollback())
		}
	}
	return true, tx.Commit()
}

// takeRole makes a connection act as appRole where its user can.
func takeRole(ctx context.Context, conn *pgx.Conn) error {
	const query = `SELECT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(current_user, r.oid,
    CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END))
AND to_regclass('time_records') IS NOT NULL AND has_table_privilege($1, 'time_records', 'INSERT')`
	var can bool
	if err := conn.QueryRow(ctx, query, appRole).Scan(&can); err != nil {
		// Without the tables, or without the role, there are no rights to check.
		if is(err, undefinedTable) || is(err, undefinedObject) {
			return nil
		}
		return fmt.Errorf("look for role %s: %w", appRole, err)
	}
	if !can {
		return nil
	}
	if _, err := conn.Exec(ctx, "SET ROLE "+appRole); err != nil {
		return fmt.Errorf("take role %s: %w", appRole, err)
	}
	return nil
}
