-- One commit in one round trip. Writers take turns at an advisory lock; each statement after it sees what the
-- writer before committed, so ids have no gaps and no reader that follows the log can miss one.
-- Raises serialization_failure where messages were sealed after a head, or for a time, that is not the last:
-- nothing is recorded, and the caller seals them anew.
CREATE FUNCTION log.append(
    at bigint,
    originators uuid[], versions bigint[], topics text[], states bytea[],
    told_channels text[], told_sequences bigint[], told_events text[], envelopes bytea[], told_digests bytea[],
    heard_channels text[], heard_sequences bigint[], heard_events text[], heard_digests bytea[],
    tracked text, reached bigint,
    OUT first_id bigint, OUT recorded bigint
) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1886, 1);
    SELECT e.notification_id + 1, greatest(e.recorded_at, at) INTO first_id, recorded
        FROM log.events e ORDER BY e.notification_id DESC LIMIT 1;
    IF NOT FOUND THEN
        first_id := 1;
        recorded := at;
    END IF;

    INSERT INTO log.events
        SELECT first_id - 1 + n, originator, version, topic, state, recorded
        FROM unnest(originators, versions, topics, states) WITH ORDINALITY AS e(originator, version, topic, state, n);

    IF cardinality(told_channels) > 0 THEN
        IF recorded > at OR EXISTS (
            SELECT FROM unnest(told_channels, told_sequences) AS new(channel, sequence)
            GROUP BY new.channel
            HAVING min(new.sequence) <> 1 + coalesce(
                (SELECT t.sequence FROM log.told t WHERE t.channel = new.channel ORDER BY t.sequence DESC LIMIT 1), 0)
        ) THEN
            RAISE serialization_failure USING MESSAGE = 'others told these channels meanwhile';
        END IF;
        INSERT INTO log.told
            SELECT channel, sequence, event, envelope, digest, recorded
            FROM unnest(told_channels, told_sequences, told_events, envelopes, told_digests)
                AS new(channel, sequence, event, envelope, digest);
    END IF;

    IF cardinality(heard_channels) > 0 THEN
        IF EXISTS (
            SELECT FROM unnest(heard_channels, heard_sequences) AS new(channel, sequence)
            GROUP BY new.channel
            HAVING min(new.sequence) <> 1 + coalesce(
                (SELECT h.sequence FROM log.heard h WHERE h.channel = new.channel ORDER BY h.sequence DESC LIMIT 1), 0)
        ) THEN
            RAISE serialization_failure USING MESSAGE = 'others heard these channels meanwhile';
        END IF;
        INSERT INTO log.heard
            SELECT channel, sequence, event, digest, recorded
            FROM unnest(heard_channels, heard_sequences, heard_events, heard_digests)
                AS new(channel, sequence, event, digest);
    END IF;

    IF tracked IS NOT NULL THEN
        INSERT INTO log.positions AS p VALUES (tracked, reached)
            ON CONFLICT (application_name) DO UPDATE SET notification_id = reached WHERE p.notification_id < reached;
        IF NOT FOUND THEN
            RAISE unique_violation USING MESSAGE = format('position of %s is %s or more already', tracked, reached);
        END IF;
    END IF;

    PERFORM pg_notify('log', '');
END
$$;
REVOKE ALL ON FUNCTION log.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append TO {service};
