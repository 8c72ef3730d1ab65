-- CreateTable
CREATE TABLE "rollups" (
    "name" VARCHAR(32) NOT NULL,
    "settings" TEXT NOT NULL,
    "covered_from" TIMESTAMPTZ(3),

    CONSTRAINT "rollups_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "rollup_events" (
    "market" BIGINT NOT NULL,
    "user_hash" BIGINT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL,
    "event_type" "event_type" NOT NULL,
    "change" SMALLINT NOT NULL,
    "country" VARCHAR(2) NOT NULL
);

-- CreateTable
CREATE TABLE "trend_pairs" (
    "user_hash" BIGINT NOT NULL,
    "market" BIGINT NOT NULL,
    "sum" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "capped_until" TIMESTAMPTZ(6),
    "events" INTEGER NOT NULL,
    "scope" VARCHAR(2) NOT NULL,

    CONSTRAINT "trend_pairs_pkey" PRIMARY KEY ("user_hash","market","scope")
);

-- CreateTable
CREATE TABLE "trend_sums" (
    "scope" VARCHAR(2) NOT NULL,
    "market" BIGINT NOT NULL,
    "pairs" INTEGER NOT NULL,
    "capped" INTEGER NOT NULL,
    "sum" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "trend_sums_pkey" PRIMARY KEY ("scope","market")
);

-- CreateTable
CREATE TABLE "popularity_pairs" (
    "user_hash" BIGINT NOT NULL,
    "market" BIGINT NOT NULL,
    "sum" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "capped_until" TIMESTAMPTZ(6),
    "events" INTEGER NOT NULL,
    "scope" VARCHAR(2) NOT NULL,

    CONSTRAINT "popularity_pairs_pkey" PRIMARY KEY ("user_hash","market","scope")
);

-- CreateTable
CREATE TABLE "popularity_sums" (
    "scope" VARCHAR(2) NOT NULL,
    "market" BIGINT NOT NULL,
    "pairs" INTEGER NOT NULL,
    "capped" INTEGER NOT NULL,
    "sum" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "popularity_sums_pkey" PRIMARY KEY ("scope","market")
);

-- CreateTable
CREATE TABLE "activity_counts" (
    "minutes" INTEGER NOT NULL,
    "market" BIGINT NOT NULL,
    "views" INTEGER NOT NULL,
    "participations" INTEGER NOT NULL,
    "impressions" INTEGER NOT NULL,

    CONSTRAINT "activity_counts_pkey" PRIMARY KEY ("minutes","market")
);

-- Below this line: what schema.prisma cannot express.

-- Roll-ups are derived from interactions. Unlogged, they write no WAL. A crash of the server empties all of them together
-- (the positions and the queue too), and the jobs build them again from interactions.
ALTER TABLE "rollups" SET UNLOGGED;
ALTER TABLE "rollup_events" SET UNLOGGED;
ALTER TABLE "trend_pairs" SET UNLOGGED;
ALTER TABLE "trend_sums" SET UNLOGGED;
ALTER TABLE "popularity_pairs" SET UNLOGGED;
ALTER TABLE "popularity_sums" SET UNLOGGED;
ALTER TABLE "activity_counts" SET UNLOGGED;

-- Room for the next version of a row on its page, so that no index changes with it.
ALTER TABLE "trend_pairs" SET (fillfactor = 85);
ALTER TABLE "popularity_pairs" SET (fillfactor = 90);
ALTER TABLE "trend_sums" SET (fillfactor = 50);
ALTER TABLE "popularity_sums" SET (fillfactor = 50);
ALTER TABLE "activity_counts" SET (fillfactor = 50);

-- The pairs whose sum exceeds the cap, by the time at which it no longer does.
CREATE INDEX "trend_pairs_capped_until_idx" ON "trend_pairs" ("capped_until") WHERE "capped_until" IS NOT NULL;
CREATE INDEX "popularity_pairs_capped_until_idx" ON "popularity_pairs" ("capped_until") WHERE "capped_until" IS NOT NULL;

-- Its rows are read and deleted by the scan of the whole table, which has to stay small.
ALTER TABLE "rollup_events" SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_threshold = -1);

-- Queues events for the roll-ups in the transaction that stores or deletes them, so that an event is in the queue if and
-- only if no roll-up has taken it into account. A deletion takes its event back.
CREATE FUNCTION "queue_rollup_events"() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO rollup_events (market, user_hash, occurred_at, weight, event_type, change, country)
    SELECT hashtextextended(market_id, 0), hashtextextended(user_key, 0), occurred_at, weight, event_type,
        CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END, coalesce(country, '')
    FROM changed WHERE weight > 0 OR event_type IN ('VIEW_MARKET', 'CLICK', 'PARTICIPATE', 'IMPRESSION');
    RETURN NULL;
END $$;

CREATE TRIGGER "queue_inserted_events" AFTER INSERT ON "interactions"
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "queue_rollup_events"();

CREATE TRIGGER "queue_deleted_events" AFTER DELETE ON "interactions"
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION "queue_rollup_events"();
