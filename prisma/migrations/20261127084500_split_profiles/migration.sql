-- AlterTable
ALTER TABLE "profiles" ADD COLUMN     "state_version" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "shown" BYTEA NOT NULL DEFAULT '\x',
ADD COLUMN     "lifetime" BYTEA NOT NULL DEFAULT '\x',
ADD COLUMN     "recent" BYTEA NOT NULL DEFAULT '\x';

-- Below this line: what schema.prisma cannot express.

-- A row is rewritten by every event of its user, so it has to be small: columns that only change when recent events are
-- folded into them leave the row as soon as it exceeds 2 KB, and an update that does not change them does not write them.
-- "recent" stays in the row. Compressing packed bytes would only cost time.
ALTER TABLE "profiles" ALTER COLUMN "shown" SET STORAGE EXTERNAL,
    ALTER COLUMN "lifetime" SET STORAGE EXTERNAL,
    ALTER COLUMN "recent" SET STORAGE MAIN;
ALTER TABLE "profiles" RESET (toast_tuple_target);

DROP FUNCTION "record_events"(TEXT[], INTEGER[], BYTEA, INTEGER[], INTEGER[], TEXT, BOOLEAN, TEXT[]);

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
CREATE FUNCTION "record_events"("users" TEXT[], "batches" BYTEA, "starts" INTEGER[], "lengths" INTEGER[],
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
