-- +goose Up
-- A row for each set of records that was stored at once: one link of the hash
-- chain of a competition (race.Link). 0003 makes those of the records that are
-- here already.

CREATE TABLE batches (
    competition_id INTEGER NOT NULL REFERENCES competitions (id), -- competition id
    first_seq      INTEGER NOT NULL CHECK (first_seq > 0), -- number of the first record
    last_seq       INTEGER NOT NULL CHECK (last_seq >= first_seq), -- number of the last record
    epoch          INTEGER NOT NULL, -- number of the owner that wrote it
    digest         BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 over the digest before and the records
    PRIMARY KEY (competition_id, first_seq)
) STRICT, WITHOUT ROWID;

ALTER TABLE competitions ADD COLUMN digest BLOB CHECK (digest IS NULL OR length(digest) = 32); -- digest of the last link

-- +goose StatementBegin
CREATE TRIGGER batches_update BEFORE UPDATE ON batches
BEGIN
    SELECT RAISE(ABORT, 'batches are immutable');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER batches_delete BEFORE DELETE ON batches
WHEN NOT EXISTS (SELECT 1 FROM purge_guard WHERE competition_id = OLD.competition_id)
BEGIN
    SELECT RAISE(ABORT, 'batches are immutable');
END;
-- +goose StatementEnd
