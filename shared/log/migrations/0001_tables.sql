-- The log: what was decided, what channels were told, what was heard; and positions, which alone move.
-- `recorded_at`: microseconds since 1970-01-01 UTC; set under the writer lock, it follows the order of the log.
-- Text is compared by bytes, as SQLite does, so that both stores sort alike.
CREATE TABLE log.events (
    notification_id bigint PRIMARY KEY,
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text COLLATE "C" NOT NULL,
    state bytea NOT NULL,
    recorded_at bigint NOT NULL,
    UNIQUE (originator_id, originator_version)
);
CREATE INDEX events_recorded ON log.events (recorded_at, notification_id);

CREATE TABLE log.told (
    channel text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    event_id text COLLATE "C" NOT NULL,
    envelope bytea NOT NULL,
    digest bytea NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (channel, sequence),
    UNIQUE (channel, event_id)
);
CREATE INDEX told_events ON log.told (event_id);

CREATE TABLE log.heard (
    channel text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    event_id text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    recorded_at bigint NOT NULL,
    PRIMARY KEY (channel, sequence),
    UNIQUE (channel, event_id)
);

-- Rewritten at every message: room on the page lets the new row stand beside the old one.
CREATE TABLE log.positions (
    application_name text COLLATE "C" PRIMARY KEY,
    notification_id bigint NOT NULL
) WITH (fillfactor = 50);

GRANT USAGE ON SCHEMA log TO {service};
GRANT SELECT, INSERT ON log.events, log.told, log.heard TO {service};
GRANT SELECT, INSERT, UPDATE ON log.positions TO {service};
GRANT SELECT ON log.migrations TO {service};
