-- Each event refers to the place in a served feed where the user saw its market.
-- CreateEnum
CREATE TYPE "feed_slot" AS ENUM ('PERSONAL', 'TRENDING', 'LOCAL', 'RISING', 'EXPLORATION');

-- AlterTable
ALTER TABLE "interactions" ADD COLUMN "propensity" DOUBLE PRECISION,
ADD COLUMN "served_feed_id" UUID,
ADD COLUMN "served_rank" SMALLINT,
ADD COLUMN "served_slot" "feed_slot",
ADD COLUMN "serving_id" INTEGER;

-- CreateTable
CREATE TABLE "servings" (
    "id" SERIAL NOT NULL,
    "algorithm_version" VARCHAR(16) NOT NULL,
    "config_version" VARCHAR(64) NOT NULL,
    "model_version" VARCHAR(64) NOT NULL,
    "used_on" DATE NOT NULL,

    CONSTRAINT "servings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "servings_algorithm_version_config_version_model_version_key" ON "servings"("algorithm_version", "config_version", "model_version");

-- Below this line: what schema.prisma cannot express.

-- As before, with the columns of the attribution. Earlier versions of the gateway send none; theirs stay null.
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
            "clamped" BOOLEAN, "attribution" JSONB, "servingId" INT)
    ), claimed AS (
        INSERT INTO client_events (user_key, client_event_id, interaction_id, received_at)
        SELECT "userKey", "clientEventId", "id", "receivedAt" FROM e WHERE claim AND "clientEventId" IS NOT NULL
    )
    INSERT INTO interactions (id, user_key, market_id, event_type, weight, dwell_ms, section, position, country,
        session_id, feed_id, stake, context, client_event_id, probability, volume_24h, occurred_at, received_at, clamped,
        served_feed_id, served_rank, served_slot, propensity, serving_id)
    SELECT "id", "userKey", "marketId", "eventType", "weight", "dwellMs", "section", "position", "country",
        "sessionId", "feedId", "stake", "context", "clientEventId", "probability", "volume24h", "occurredAt", "receivedAt",
        "clamped", ("attribution"->>'feedId')::uuid, ("attribution"->>'rank')::smallint,
        ("attribution"->>'slot')::feed_slot, ("attribution"->>'propensity')::float8, "servingId"
    FROM e;

    -- The profiles are locked since before, so for each user the order of seq is that of the commits.
    IF cardinality(sinks) > 0 THEN
        INSERT INTO outbox (sink, user_key, event, recorded_at)
        SELECT s.sink, e.item->>'userKey', e.item - 'userKey' - 'servingId', (e.item->>'receivedAt')::timestamptz
        FROM jsonb_array_elements(events::jsonb) WITH ORDINALITY AS e(item, place)
        CROSS JOIN unnest(sinks) AS s(sink)
        ORDER BY e.place;
    END IF;
END $$;
