-- A month of events is a table of its own, so that forgetting a month is dropping a table. schema.prisma can not
-- express that; the columns and keys are those it states.
ALTER TABLE "interactions" RENAME TO "interactions_before";
ALTER TABLE "interactions_before" RENAME CONSTRAINT "interactions_pkey" TO "interactions_before_pkey";
ALTER INDEX "interactions_user_key_occurred_at_idx" RENAME TO "interactions_before_user_key_occurred_at_idx";
ALTER INDEX "interactions_occurred_at_market_id_idx" RENAME TO "interactions_before_occurred_at_market_id_idx";

CREATE TABLE "interactions" (
    "id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "user_key" VARCHAR(128) NOT NULL,
    "market_id" VARCHAR(128) NOT NULL,
    "event_type" "event_type" NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL,
    "dwell_ms" INTEGER,
    "section" "feed_section",
    "position" INTEGER,
    "country" CHAR(2),
    "session_id" TEXT,
    "feed_id" TEXT,
    "stake" DOUBLE PRECISION,
    "context" JSONB,
    "client_event_id" VARCHAR(64),
    "probability" DOUBLE PRECISION,
    "volume_24h" DOUBLE PRECISION,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "clamped" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "interactions_pkey" PRIMARY KEY ("id","occurred_at")
) PARTITION BY RANGE ("occurred_at");

CREATE INDEX "interactions_user_key_seq_idx" ON "interactions"("user_key", "seq");
CREATE INDEX "interactions_occurred_at_market_id_idx" ON "interactions"("occurred_at", "market_id");

-- Makes the partitions of the months of some instants, those that are not there yet. Months are those of UTC.
CREATE FUNCTION "ensure_interaction_partitions"("instants" TIMESTAMPTZ[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    month TIMESTAMP;
    partition TEXT;
BEGIN
    FOR month IN SELECT DISTINCT date_trunc('month', i AT TIME ZONE 'UTC') FROM unnest(instants) i LOOP
        partition := 'interactions_' || to_char(month, 'YYYY_MM');
        -- Looked up first: making a partition locks the whole table, even when it is there already.
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(4201003);
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF interactions FOR VALUES FROM (%L) TO (%L)',
                partition, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        END IF;
    END LOOP;
END $$;

SELECT "ensure_interaction_partitions"(array_agg(DISTINCT date_trunc('month', "occurred_at", 'UTC'))) FROM "interactions_before";

INSERT INTO "interactions" ("id", "user_key", "market_id", "event_type", "weight", "dwell_ms", "section", "position",
    "country", "session_id", "feed_id", "stake", "context", "client_event_id", "probability", "occurred_at",
    "received_at", "clamped")
SELECT "id", "user_key", "market_id", "event_type", "weight", "dwell_ms", "section", "position",
    "country", "session_id", "feed_id", "stake", "context", "client_event_id", "probability", "occurred_at",
    "received_at", "clamped"
FROM "interactions_before" ORDER BY "received_at", "occurred_at";

DROP TABLE "interactions_before";

-- AlterTable
ALTER TABLE "profiles" ADD COLUMN     "stakes" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "outbox" (
    "sink" VARCHAR(64) NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "user_key" VARCHAR(128) NOT NULL,
    "event" JSONB NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("sink","seq")
);

-- CreateTable
CREATE TABLE "rejected_events" (
    "id" BIGSERIAL NOT NULL,
    "rejected_at" TIMESTAMPTZ(3) NOT NULL,
    "origin" VARCHAR(64) NOT NULL,
    "reason" TEXT NOT NULL,
    "event" JSONB NOT NULL,

    CONSTRAINT "rejected_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "secrets" (
    "name" VARCHAR(64) NOT NULL,
    "value" BYTEA NOT NULL,

    CONSTRAINT "secrets_pkey" PRIMARY KEY ("name")
);
