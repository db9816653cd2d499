-- +goose Up
-- Instants are INTEGER microseconds since 1970 UTC, NULL while unset. Durations
-- say their unit in the name. Ids are AUTOINCREMENT, so that the id of a deleted
-- row is never given to another.

CREATE TABLE organizers (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- organizer id
    username      TEXT    NOT NULL UNIQUE CHECK (username <> ''), -- login name, case matters
    email         TEXT    NOT NULL DEFAULT '', -- e-mail address, '' none
    superuser     INTEGER NOT NULL DEFAULT 0 CHECK (superuser IN (0, 1)), -- 0 or 1
    active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)), -- 0 or 1
    password_hash TEXT    NOT NULL DEFAULT '', -- encoded hash, '' cannot log in
    created_at    INTEGER -- instant, microseconds UTC
) STRICT;
CREATE INDEX organizers_email ON organizers (lower(email)) WHERE email <> '';

CREATE TABLE judges (
    id            INTEGER PRIMARY KEY AUTOINCREMENT, -- judge id
    username      TEXT    NOT NULL UNIQUE CHECK (username <> ''), -- login name, case matters
    first_name    TEXT    NOT NULL DEFAULT '', -- given name
    last_name     TEXT    NOT NULL DEFAULT '', -- family name
    email         TEXT    NOT NULL DEFAULT '', -- e-mail address, '' none
    active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)), -- 0 or 1
    password_hash TEXT    NOT NULL DEFAULT '', -- encoded hash, '' cannot log in
    created_at    INTEGER -- instant, microseconds UTC
) STRICT;
CREATE INDEX judges_email ON judges (lower(email)) WHERE email <> '';

CREATE TABLE competitions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- competition id
    name         TEXT    NOT NULL CHECK (name <> ''), -- name for people
    scheduled_at INTEGER, -- instant, microseconds UTC
    active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)), -- 0 or 1
    running      INTEGER NOT NULL DEFAULT 0 CHECK (running IN (0, 1)), -- 0 or 1
    started_at   INTEGER, -- instant of the gun, microseconds UTC
    finished_at  INTEGER, -- instant of the stop, microseconds UTC
    team_size    INTEGER NOT NULL DEFAULT 15 CHECK (team_size BETWEEN 1 AND 15), -- runners
    rounding     TEXT    NOT NULL DEFAULT 'raw' CHECK (rounding IN ('raw', 'up-each', 'up-total')), -- race.Rounding
    epoch        INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0), -- number of the owner that may write
    seq          INTEGER NOT NULL DEFAULT 0 CHECK (seq >= 0), -- number of the last record
    event        INTEGER NOT NULL DEFAULT 0 CHECK (event >= 0), -- number of the last event
    stream       INTEGER NOT NULL CHECK (stream BETWEEN 1 AND 9007199254740991) -- random name of the event history, 53 bits
) STRICT;
CREATE INDEX competitions_finished ON competitions (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE categories (
    code TEXT PRIMARY KEY CHECK (code <> ''), -- wire value
    name TEXT NOT NULL -- name for people
) STRICT, WITHOUT ROWID;
INSERT INTO categories (code, name) VALUES
    ('estudiantes', 'Estudiantes por Equipos'),
    ('interfacultades', 'Interfacultades por Equipos');

CREATE TABLE teams (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- team id
    competition_id INTEGER NOT NULL REFERENCES competitions (id), -- competition id
    judge_id       INTEGER REFERENCES judges (id), -- judge id, NULL nobody
    name           TEXT    NOT NULL CHECK (name <> ''), -- name for people
    bib            INTEGER NOT NULL, -- number of the team in its competition
    category       TEXT    NOT NULL REFERENCES categories (code), -- category code
    UNIQUE (competition_id, bib)
) STRICT;
CREATE INDEX teams_judge ON teams (judge_id) WHERE judge_id IS NOT NULL;

CREATE TABLE time_records (
    id                   INTEGER PRIMARY KEY, -- row number, says nothing
    record_id            TEXT    NOT NULL CHECK (length(record_id) = 36), -- the client's UUID, lower case
    competition_id       INTEGER NOT NULL REFERENCES competitions (id), -- competition id
    team_id              INTEGER NOT NULL REFERENCES teams (id), -- team id
    judge_id             INTEGER REFERENCES judges (id), -- judge id, NULL nobody
    elapsed_ms           INTEGER NOT NULL CHECK (elapsed_ms BETWEEN 0 AND 86400000), -- duration, milliseconds; 0 absent
    state                TEXT    NOT NULL CHECK (state IN ('counted', 'held')), -- race.State
    reason               TEXT, -- race.Code, why it is held
    slot                 INTEGER, -- place in the team, 1..15; NULL when held
    seq                  INTEGER NOT NULL CHECK (seq > 0), -- number of the record, gapless in the competition
    event                INTEGER, -- number of the event that announced it; NULL when held
    source               TEXT    NOT NULL CHECK (source IN ('ws', 'http', 'import', 'manual')), -- race.Source
    anonymous            INTEGER NOT NULL CHECK (anonymous IN (0, 1)), -- 1: the client sent no id
    marked_at            INTEGER, -- instant of the tap by the device, microseconds UTC
    clock_offset_us      INTEGER, -- offset of the device's clock, microseconds
    clock_uncertainty_us INTEGER, -- uncertainty of that offset, microseconds
    device               TEXT, -- name of the device
    device_seq           INTEGER, -- number of the mark on that device
    received_at          INTEGER NOT NULL, -- instant, microseconds UTC
    epoch                INTEGER NOT NULL, -- number of the owner that wrote it
    UNIQUE (competition_id, seq),
    CHECK (state <> 'counted' OR (slot IS NOT NULL AND slot BETWEEN 1 AND 15 AND event IS NOT NULL)),
    CHECK (state <> 'held' OR (slot IS NULL AND event IS NULL))
) STRICT;
CREATE UNIQUE INDEX time_records_counted ON time_records (record_id) WHERE state = 'counted';
-- Held records have no slot and NULLs are distinct, so this binds counted ones
-- only; as a full index it also serves the foreign key when a team is deleted.
CREATE UNIQUE INDEX time_records_slot ON time_records (team_id, slot);
-- The team first, so that the index also counts the held marks of a team.
CREATE UNIQUE INDEX time_records_held ON time_records (team_id, record_id, elapsed_ms) WHERE state = 'held';

-- Void, include, move and penalty are rows of later versions; undoes points
-- backwards because rows never change.
CREATE TABLE decisions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- decision id
    competition_id INTEGER NOT NULL REFERENCES competitions (id), -- competition id
    kind           TEXT    NOT NULL CHECK (kind <> ''), -- start, stop
    event          INTEGER, -- number of the event that announced it
    team_id        INTEGER REFERENCES teams (id), -- team id that it is about
    record_id      TEXT, -- UUID of the record that it is about
    value          TEXT, -- what it sets, as its kind says
    author         TEXT    NOT NULL DEFAULT '', -- user name of the organizer
    at             INTEGER NOT NULL, -- instant, microseconds UTC
    reason         TEXT    NOT NULL DEFAULT '', -- why, for people
    undoes         INTEGER REFERENCES decisions (id) -- decision id that it takes back
) STRICT;
CREATE INDEX decisions_competition ON decisions (competition_id);
CREATE INDEX decisions_team ON decisions (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE revoked_tokens (
    id         TEXT    PRIMARY KEY, -- token id (jti)
    expires_at INTEGER NOT NULL -- instant, microseconds UTC
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);

-- A row is here only inside the transaction that deletes its competition.
CREATE TABLE purge_guard (
    competition_id INTEGER PRIMARY KEY -- competition id
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER time_records_update BEFORE UPDATE ON time_records
BEGIN
    SELECT RAISE(ABORT, 'time records are immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER time_records_delete BEFORE DELETE ON time_records
WHEN NOT EXISTS (SELECT 1 FROM purge_guard WHERE competition_id = OLD.competition_id)
BEGIN
    SELECT RAISE(ABORT, 'time records are immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER decisions_update BEFORE UPDATE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions are immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER decisions_delete BEFORE DELETE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM purge_guard WHERE competition_id = OLD.competition_id)
BEGIN
    SELECT RAISE(ABORT, 'decisions are immutable');
END;
-- +goose StatementEnd
