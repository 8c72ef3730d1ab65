-- DropIndex
DROP INDEX "market_snapshots_at_idx";

-- AlterTable
ALTER TABLE "market_snapshots" ADD COLUMN     "resolution" SMALLINT NOT NULL DEFAULT 0;

-- What was computed is computed anew within a minute.
DROP TABLE "trending_scores";

-- CreateTable
CREATE TABLE "trending_scopes" (
    "scope" VARCHAR(16) NOT NULL,
    "market_ids" TEXT[],
    "scores" DOUBLE PRECISION[],

    CONSTRAINT "trending_scopes_pkey" PRIMARY KEY ("scope")
);

-- AlterTable
ALTER TABLE "market_attention" DROP COLUMN "computed_at";

-- Six hours of feeds are a table of their own, so that forgetting them is dropping a table. They hold nothing that
-- a crash may not take, or this migration: what is in them can be asked for anew.
DROP TABLE "served_feeds";

CREATE TABLE "served_feeds" (
    "feed_id" UUID NOT NULL,
    "user_key" VARCHAR(128),
    "served_at" TIMESTAMPTZ(3) NOT NULL,
    "ranking" TEXT NOT NULL,

    CONSTRAINT "served_feeds_pkey" PRIMARY KEY ("feed_id","served_at")
) PARTITION BY RANGE ("served_at");

-- Makes the partitions that feeds served between two instants need, those that are not there yet. A day of UTC has four.
CREATE FUNCTION "ensure_served_feed_partitions"("first" TIMESTAMPTZ, "last" TIMESTAMPTZ) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    start TIMESTAMP;
    partition TEXT;
BEGIN
    FOR start IN SELECT generate_series(date_bin('6 hours', first AT TIME ZONE 'UTC', TIMESTAMP '2000-01-01'),
            last AT TIME ZONE 'UTC', interval '6 hours') LOOP
        partition := 'served_feeds_' || to_char(start, 'YYYY_MM_DD_HH24');
        -- Looked up first: making a partition locks the whole table, even when it is there already.
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(4201003);
            -- Another process may have made it meanwhile, which only the statements themselves are sure to see.
            EXECUTE format('CREATE UNLOGGED TABLE IF NOT EXISTS %I PARTITION OF served_feeds FOR VALUES FROM (%L) TO (%L)',
                partition, start AT TIME ZONE 'UTC', (start + interval '6 hours') AT TIME ZONE 'UTC');
            EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (served_at) WHERE user_key IS NULL',
                partition || '_of_nobody', partition);
        END IF;
    END LOOP;
END $$;

-- CreateTable
CREATE TABLE "computations" (
    "name" VARCHAR(32) NOT NULL,
    "version" INTEGER NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "computations_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "market_momentum" (
    "market_id" VARCHAR(128) NOT NULL,
    "views_5m" INTEGER NOT NULL,
    "views_1h" INTEGER NOT NULL,
    "views_24h" INTEGER NOT NULL,
    "participations_5m" INTEGER NOT NULL,
    "participations_1h" INTEGER NOT NULL,
    "participations_24h" INTEGER NOT NULL,
    "odds_change_1h" DOUBLE PRECISION,
    "odds_change_24h" DOUBLE PRECISION,
    "volume_spike" DOUBLE PRECISION NOT NULL,
    "participant_delta_24h" INTEGER,
    "probability_24h_ago" DOUBLE PRECISION,

    CONSTRAINT "market_momentum_pkey" PRIMARY KEY ("market_id")
);

-- CreateTable
CREATE TABLE "source_states" (
    "name" VARCHAR(64) NOT NULL,
    "state" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "source_states_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "job_runs" (
    "id" BIGSERIAL NOT NULL,
    "job" VARCHAR(96) NOT NULL,
    "attempt" SMALLINT NOT NULL,
    "worker" VARCHAR(128) NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "outcome" VARCHAR(16) NOT NULL,
    "detail" TEXT,

    CONSTRAINT "job_runs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "job_runs_job_started_at_idx" ON "job_runs"("job", "started_at" DESC);

-- CreateIndex
CREATE INDEX "market_snapshots_resolution_at_idx" ON "market_snapshots"("resolution", "at");

-- Ids of imported events are kept for as long as the events may be imported again; those of clients for a week.
UPDATE "client_events" SET "received_at" = 'infinity' WHERE "client_event_id" LIKE 'import:%';
