-- Functions with which a statement names the users whose rows it may see and change, and acts on them, in one round trip. The
-- roles, their grants, and the policies are created at startup (src/storage/database/table-access.ts), because the names of
-- the roles contain the schema.

-- Adds users to those whose rows the application role sees and changes until the transaction ends. A JSON object, because a
-- policy then finds a key in it in logarithmic time, and never as the condition of an index, which would be sorted for each
-- user of a batch.
CREATE FUNCTION "add_visible_users"("keys" TEXT[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    visible JSONB := coalesce(nullif(current_setting('bellwether.user_keys', true), '')::jsonb, '{}');
BEGIN
    visible := visible || jsonb_object(keys, array_fill(''::text, ARRAY[cardinality(keys)]));
    PERFORM set_config('bellwether.user_keys', visible::text, true);
END $$;

-- Returns the profiles of these users. The lifetime sums are null unless they are requested.
CREATE FUNCTION "profiles_of"("keys" TEXT[], "with_lifetime" BOOLEAN)
RETURNS TABLE ("user_key" VARCHAR, "version" INTEGER, "state_version" INTEGER, "state" BYTEA, "shown" BYTEA, "recent" BYTEA,
    "lifetime" BYTEA)
LANGUAGE plpgsql
-- The plan is kept, whatever the size of the table when it was made.
SET enable_seqscan = off AS $$
BEGIN
    PERFORM add_visible_users(keys);
    RETURN QUERY SELECT p.user_key, p.version, p.state_version, p.state, p.shown, p.recent,
            CASE WHEN with_lifetime THEN p.lifetime END
        FROM profiles p WHERE p.user_key = ANY (keys);
END $$;

-- Returns a served feed, unless it is of a user that is not among the readers. Null as the readers: the feed of any user.
CREATE FUNCTION "find_served_feed"("id" UUID, "readers" TEXT[])
RETURNS TABLE ("feed_id" UUID, "user_key" VARCHAR, "served_at" TIMESTAMPTZ, "ranking" TEXT, "page" BYTEA, "rest" BYTEA)
LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    IF readers IS NULL THEN
        PERFORM set_config('bellwether.viewer', 'service', true);
    ELSE
        PERFORM add_visible_users(readers);
    END IF;
    -- A subquery, because these tables have no statistics: for a join, the planner reads all rests of an hour.
    RETURN QUERY SELECT f.feed_id, f.user_key, f.served_at, f.ranking, f.page,
            (SELECT r.rest FROM served_feed_rests r WHERE r.served_at = f.served_at AND r.feed_id = f.feed_id)
        FROM served_feeds f WHERE f.feed_id = id;
END $$;

-- Creates an empty partition for rows from one instant up to another. Its rows are reached through the partitioned table,
-- whose policies then apply. The partition itself has no policy, so it shows no row.
CREATE OR REPLACE FUNCTION "create_partition"("parent" TEXT, "partition" TEXT, "kind" TEXT, "first" TIMESTAMPTZ, "past_last" TIMESTAMPTZ)
RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(4201003, hashtext(current_schema() || '.'));
    -- Another process may have created it meanwhile, which a query is sure to see and to_regclass is not.
    IF NOT EXISTS (SELECT FROM pg_class WHERE relname = partition AND relnamespace = current_schema()::regnamespace) THEN
        EXECUTE format('CREATE %s TABLE %I (LIKE %I INCLUDING ALL)', kind, partition, parent);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, partition, first, past_last);
    END IF;
END $$;

-- As before, but first adds the users to those whose rows are visible.
--
-- Stores events together with what they change of the profiles, all or nothing.
--
-- users: the users of the events, in the order in which profiles are locked everywhere.
-- batches, starts, lengths: the encoded events of each user; where they begin (from 1) and how long they are.
-- events: the rows to insert, in order, as a JSON list of objects.
-- claim: whether the client event ids are still to be taken.
-- sinks: the sinks to which the events go.
--
-- Returns the new versions of the profiles, and the size of their recent events. Raises unique_violation when a client
-- event id is taken.
--
-- The events go before the earlier ones, so that only they differ from the bytes of the row before: PostgreSQL then logs
-- little more than them. A profile without state is made from the interactions when it is next read, with these events.
CREATE OR REPLACE FUNCTION "record_events"("users" TEXT[], "batches" BYTEA, "starts" INTEGER[], "lengths" INTEGER[],
    "events" TEXT, "claim" BOOLEAN, "sinks" TEXT[])
RETURNS TABLE ("user_key" VARCHAR, "version" INTEGER, "recent_bytes" INTEGER)
LANGUAGE plpgsql
SET "lock_timeout" = '500ms'
-- The plans are kept, whatever the size of the tables when they were made: users are looked up one by one.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    updated TEXT[];
    versions INTEGER[];
    sizes INTEGER[];
BEGIN
    PERFORM add_visible_users(users);
    WITH u AS (
        UPDATE profiles p SET version = p.version + 1,
            recent = CASE WHEN p.state IS NULL THEN '' ELSE substr(batches, n.start, n.length) || p.recent END
        FROM unnest(users, starts, lengths) AS n(user_key, start, length)
        WHERE p.user_key = n.user_key
        RETURNING p.user_key, p.version, octet_length(p.recent) AS size
    )
    SELECT coalesce(array_agg(user_key), '{}'), array_agg(version), array_agg(size) INTO updated, versions, sizes FROM u;
    RETURN QUERY SELECT * FROM unnest(updated::varchar[], versions, sizes);
    IF cardinality(updated) < cardinality(users) THEN
        -- Another transaction may have inserted some of these users since the update.
        RETURN QUERY
        INSERT INTO profiles AS p (user_key, version, state, recent)
        SELECT n.user_key, 1, '', substr(batches, n.start, n.length)
        FROM unnest(users, starts, lengths) AS n(user_key, start, length)
        WHERE n.user_key <> ALL (updated)
        ON CONFLICT (user_key) DO UPDATE SET version = p.version + 1,
            recent = CASE WHEN p.state IS NULL THEN '' ELSE excluded.recent || p.recent END
        RETURNING p.user_key, p.version, octet_length(p.recent);
    END IF;

    -- After the profiles: whoever holds a client event id of a user holds that user's profile.
    WITH e AS MATERIALIZED (
        SELECT * FROM json_to_recordset(events::json) AS r("id" UUID, "userKey" TEXT, "marketId" TEXT,
            "eventType" event_type, "weight" FLOAT8, "dwellMs" INT, "section" feed_section, "position" INT,
            "country" TEXT, "sessionId" TEXT, "feedId" TEXT, "stake" FLOAT8, "context" JSONB, "clientEventId" TEXT,
            "probability" FLOAT8, "volume24h" FLOAT8, "occurredAt" TIMESTAMPTZ, "receivedAt" TIMESTAMPTZ,
            "clamped" BOOLEAN)
    ), claimed AS (
        INSERT INTO client_events (user_key, client_event_id, interaction_id, received_at)
        SELECT "userKey", "clientEventId", "id", "receivedAt" FROM e WHERE claim AND "clientEventId" IS NOT NULL
    )
    INSERT INTO interactions (id, user_key, market_id, event_type, weight, dwell_ms, section, position, country,
        session_id, feed_id, stake, context, client_event_id, probability, volume_24h, occurred_at, received_at, clamped)
    SELECT * FROM e;

    -- The profiles are locked since before, so for each user the order of seq is that of the commits.
    IF cardinality(sinks) > 0 THEN
        INSERT INTO outbox (sink, user_key, event, recorded_at)
        SELECT s.sink, e.item->>'userKey', e.item - 'userKey', (e.item->>'receivedAt')::timestamptz
        FROM jsonb_array_elements(events::jsonb) WITH ORDINALITY AS e(item, place)
        CROSS JOIN unnest(sinks) AS s(sink)
        ORDER BY e.place;
    END IF;
END $$;
