-- +goose Up
-- What the race office keeps: who may work on what, official results, who did
-- what. Rulings are rows of decisions; value has the milliseconds of an amount or
-- the key of a finding, and record_seq names the record, not record_id.

ALTER TABLE competitions ADD COLUMN gun_shift_ms INTEGER NOT NULL DEFAULT 0; -- by how much the gun was after started_at, milliseconds
ALTER TABLE competitions ADD COLUMN version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0); -- number of the last official results, 0 none
ALTER TABLE organizers ADD COLUMN viewer INTEGER NOT NULL DEFAULT 0 CHECK (viewer IN (0, 1)); -- 0 or 1, 1: changes nothing
ALTER TABLE organizers ADD COLUMN signed_out_at INTEGER; -- instant, microseconds UTC; tokens of before are not valid
ALTER TABLE judges ADD COLUMN signed_out_at INTEGER; -- instant, microseconds UTC; tokens of before are not valid

ALTER TABLE decisions ADD COLUMN record_seq INTEGER CHECK (record_seq > 0); -- number of the record that it is about
ALTER TABLE decisions ADD COLUMN key TEXT CHECK (length(key) = 36); -- UUID of the order, lower case; NULL when it had none
ALTER TABLE decisions ADD COLUMN version INTEGER CHECK (version > 0); -- number of the official results that it made
CREATE UNIQUE INDEX decisions_key ON decisions (competition_id, key) WHERE key IS NOT NULL;
CREATE INDEX decisions_record ON decisions (competition_id, record_seq) WHERE record_seq IS NOT NULL;
CREATE INDEX decisions_undoes ON decisions (undoes) WHERE undoes IS NOT NULL;

CREATE TABLE grants (
    organizer_id   INTEGER NOT NULL REFERENCES organizers (id) ON DELETE CASCADE, -- organizer id
    competition_id INTEGER NOT NULL REFERENCES competitions (id) ON DELETE CASCADE, -- competition id that it may work on
    PRIMARY KEY (organizer_id, competition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_competition ON grants (competition_id);
-- Until now an organizer saw everything.
INSERT INTO grants (organizer_id, competition_id)
    SELECT o.id, c.id FROM organizers o CROSS JOIN competitions c WHERE NOT o.superuser;

CREATE TABLE versions (
    competition_id INTEGER NOT NULL REFERENCES competitions (id), -- competition id
    number         INTEGER NOT NULL CHECK (number > 0), -- 1, 2, … in the competition
    ruling_id      INTEGER NOT NULL UNIQUE REFERENCES decisions (id), -- decision id that published it
    author         TEXT    NOT NULL, -- user name of the organizer
    at             INTEGER NOT NULL, -- instant, microseconds UTC
    reason         TEXT    NOT NULL, -- why, for people
    digest         BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 of sheet
    sheet          BLOB    NOT NULL, -- race.Sheet as it was encoded
    PRIMARY KEY (competition_id, number)
) STRICT;

-- A competition that is gone leaves its entries, so there is no foreign key.
CREATE TABLE audit (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- entry id
    at             INTEGER NOT NULL, -- instant, microseconds UTC
    author         TEXT    NOT NULL, -- user name of the organizer
    action         TEXT    NOT NULL CHECK (action <> ''), -- such as team.update
    competition_id INTEGER, -- competition id that it is about, NULL none
    subject        TEXT    NOT NULL DEFAULT '', -- what it is about, for people
    detail         TEXT    NOT NULL DEFAULT '' -- what changed, JSON object
) STRICT;
CREATE INDEX audit_competition ON audit (competition_id, at);

CREATE TABLE judge_codes (
    judge_id   INTEGER PRIMARY KEY REFERENCES judges (id) ON DELETE CASCADE, -- judge id
    digest     BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256 of the code
    expires_at INTEGER NOT NULL -- instant, microseconds UTC
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER versions_update BEFORE UPDATE ON versions
BEGIN
    SELECT RAISE(ABORT, 'versions are immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER versions_delete BEFORE DELETE ON versions
WHEN NOT EXISTS (SELECT 1 FROM purge_guard WHERE competition_id = OLD.competition_id)
BEGIN
    SELECT RAISE(ABORT, 'versions are immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM purge_guard WHERE competition_id = OLD.competition_id)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is immutable');
END;
-- +goose StatementEnd

-- The owner of a competition keeps in memory which judge may write.
-- +goose StatementBegin
CREATE TRIGGER judges_active AFTER UPDATE OF active ON judges WHEN OLD.active <> NEW.active
BEGIN
    UPDATE competitions SET epoch = epoch + 1 WHERE id IN (SELECT t.competition_id FROM teams t WHERE t.judge_id = NEW.id);
END;
-- +goose StatementEnd
