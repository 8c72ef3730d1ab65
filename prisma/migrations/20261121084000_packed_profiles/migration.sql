-- What a person's profile holds is one value, which a commit writes whole. Profiles of before are made anew from
-- their interactions when they are first read: version 0 says that there is nothing to be made, so all others move.
UPDATE "profiles" SET "version" = "version" + 1;

-- AlterTable
ALTER TABLE "profiles" DROP COLUMN "country",
DROP COLUMN "last_active_at",
DROP COLUMN "session_interactions",
DROP COLUMN "session_started_at",
DROP COLUMN "stakes",
DROP COLUMN "total_interactions",
ADD COLUMN     "state" BYTEA;

-- DropTable
DROP TABLE "topic_scores";

-- DropTable
DROP TABLE "engagements";

-- DropTable
DROP TABLE "hidden_markets";

-- DropTable
DROP TABLE "impressions";

-- DropEnum
DROP TYPE "topic_kind";

-- Below this line: what schema.prisma can not express.

-- A state is packed already, so compressing it would only cost time; one of up to a page stays in its row. Room is
-- left on each page for the next version of a row, so that no index needs to change with it.
ALTER TABLE "profiles" ALTER COLUMN "state" SET STORAGE EXTERNAL;
ALTER TABLE "profiles" SET (toast_tuple_target = 8160, fillfactor = 70);

-- Stores events together with what they make of the profiles, all or nothing.
--
-- people, versions: whose profiles change, and the versions that they get, one above those that are stored; version 1
-- of a person who may not be stored yet. In the order in which everybody locks people.
-- states, starts, lengths: the new states one after the other, and where each begins (from 1) and how long it is.
-- events: what to insert, in order, as a JSON list of objects.
-- claim: whether the client event ids are still to be taken.
-- sinks: to which of them the events go.
--
-- Raises BW001 when a profile is not at the version before, and unique_violation when a client event id is taken.
CREATE FUNCTION "record_events"("people" TEXT[], "versions" INTEGER[], "states" BYTEA, "starts" INTEGER[],
    "lengths" INTEGER[], "events" TEXT, "claim" BOOLEAN, "sinks" TEXT[]) RETURNS void
LANGUAGE plpgsql
-- The plans are kept, whatever the size of the tables when they were made: people are looked up one by one.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    updated BIGINT;
    added BIGINT;
BEGIN
    UPDATE profiles p SET version = n.version, state = substr(states, n.start, n.length)
    FROM unnest(people, versions, starts, lengths) AS n(user_key, version, start, length)
    WHERE p.user_key = n.user_key AND p.version = n.version - 1;
    GET DIAGNOSTICS updated = ROW_COUNT;
    IF updated < cardinality(people) THEN
        INSERT INTO profiles (user_key, version, state)
        SELECT n.user_key, n.version, substr(states, n.start, n.length)
        FROM unnest(people, versions, starts, lengths) AS n(user_key, version, start, length)
        WHERE n.version = 1
        ON CONFLICT (user_key) DO NOTHING;
        GET DIAGNOSTICS added = ROW_COUNT;
        IF updated + added < cardinality(people) THEN
            RAISE EXCEPTION 'A profile was changed meanwhile.' USING ERRCODE = 'BW001';
        END IF;
    END IF;

    -- After the profiles: whoever holds a client event id of a person holds that person's profile.
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

    -- The people are locked since before, so for each of them the order of seq is that of the commits.
    IF cardinality(sinks) > 0 THEN
        INSERT INTO outbox (sink, user_key, event, recorded_at)
        SELECT s.sink, e.item->>'userKey', e.item - 'userKey', (e.item->>'receivedAt')::timestamptz
        FROM jsonb_array_elements(events::jsonb) WITH ORDINALITY AS e(item, place)
        CROSS JOIN unnest(sinks) AS s(sink)
        ORDER BY e.place;
    END IF;
END $$;
