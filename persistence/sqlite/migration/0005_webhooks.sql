-- +goose Up
-- Webhooks, what they have been told of and what is on its way to them. All of it
-- goes with its competition.

CREATE TABLE webhooks (
    id             INTEGER PRIMARY KEY AUTOINCREMENT, -- webhook id
    competition_id INTEGER REFERENCES competitions (id) ON DELETE CASCADE, -- competition id, NULL every one
    url            TEXT    NOT NULL CHECK (url <> ''), -- where to send
    secret         TEXT    NOT NULL CHECK (length(secret) >= 32), -- signs what is sent, in clear because it must
    kinds          TEXT    NOT NULL, -- race.WebhookKind of what is sent, with a space between
    active         INTEGER NOT NULL CHECK (active IN (0, 1)), -- 0 or 1
    author         TEXT    NOT NULL, -- user name of the organizer who made it
    created_at     INTEGER NOT NULL -- instant, microseconds UTC
) STRICT;
CREATE INDEX webhooks_competition ON webhooks (competition_id);

-- A competition that is younger than a webhook for every one has no row: nothing
-- of it has been told.
CREATE TABLE webhook_cursors (
    webhook_id     INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE, -- webhook id
    competition_id INTEGER NOT NULL REFERENCES competitions (id) ON DELETE CASCADE, -- competition id
    event          INTEGER NOT NULL CHECK (event >= 0), -- number of the last event that it has been told of
    PRIMARY KEY (webhook_id, competition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_cursors_competition ON webhook_cursors (competition_id);

CREATE TABLE webhook_deliveries (
    id             TEXT    PRIMARY KEY CHECK (length(id) = 36), -- UUID, lower case
    webhook_id     INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE, -- webhook id
    competition_id INTEGER NOT NULL REFERENCES competitions (id) ON DELETE CASCADE, -- competition id
    kind           TEXT    NOT NULL, -- race.WebhookKind
    subject        TEXT    NOT NULL CHECK (subject <> ''), -- what it tells: race.News
    body           BLOB    NOT NULL CHECK (length(body) <= 65536), -- JSON as it is sent
    state          TEXT    NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')), -- race.DeliveryState
    attempts       INTEGER NOT NULL DEFAULT 0, -- that were begun since it was last asked for
    next_at        INTEGER NOT NULL, -- instant of the next attempt, microseconds UTC
    give_up_at     INTEGER NOT NULL, -- instant when it fails, microseconds UTC
    leased_until   INTEGER, -- instant until when a node may be sending it, microseconds UTC
    last_status    INTEGER, -- HTTP status of the last answer
    last_fault     TEXT    NOT NULL DEFAULT '', -- race.DeliveryFault of the last attempt
    created_at     INTEGER NOT NULL, -- instant, microseconds UTC
    delivered_at   INTEGER, -- instant, microseconds UTC
    UNIQUE (webhook_id, competition_id, subject)
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, created_at);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
CREATE INDEX webhook_deliveries_competition ON webhook_deliveries (competition_id);
