-- A served feed is stored as two rows of packed bytes: its page, kept to be explained, and the markets that follow the
-- page, kept for paging only. Feeds of before stay readable as JSON in "ranking" until their partitions are dropped.
-- AlterTable
ALTER TABLE "served_feeds" ADD COLUMN "page" BYTEA,
ALTER COLUMN "ranking" DROP NOT NULL;

-- Below this line: what schema.prisma cannot express.

-- The partitions are unlogged: a crash may lose what a client can ask for anew.
CREATE TABLE "served_feed_rests" (
    "feed_id" UUID NOT NULL,
    "served_at" TIMESTAMPTZ(3) NOT NULL,
    "rest" BYTEA NOT NULL
) PARTITION BY RANGE ("served_at");

-- 22 bytes for each feed; with the feed id it would be 40. The few feeds of one millisecond are told apart by their rows.
CREATE INDEX "served_feed_rests_served_at_idx" ON "served_feed_rests"("served_at");

-- Creates the missing partitions for feeds served between two instants: of six hours for pages, of one hour for what
-- follows them. Takes no lock if none is missing. Rows are only added until the partition is dropped within hours or a
-- day, so vacuuming them is wasted work.
CREATE OR REPLACE FUNCTION "ensure_served_feed_partitions"("first" TIMESTAMPTZ, "last" TIMESTAMPTZ) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    start TIMESTAMP;
    partition TEXT;
BEGIN
    FOR start IN SELECT generate_series(date_bin('6 hours', first AT TIME ZONE 'UTC', TIMESTAMP '2000-01-01'),
            last AT TIME ZONE 'UTC', interval '6 hours') LOOP
        partition := 'served_feeds_' || to_char(start, 'YYYY_MM_DD_HH24');
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM create_partition('served_feeds', partition, 'UNLOGGED',
                start AT TIME ZONE 'UTC', (start + interval '6 hours') AT TIME ZONE 'UTC');
            EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', partition);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION "ensure_served_feed_rest_partitions"("first" TIMESTAMPTZ, "last" TIMESTAMPTZ) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    start TIMESTAMP;
    partition TEXT;
BEGIN
    FOR start IN SELECT generate_series(date_trunc('hour', first AT TIME ZONE 'UTC'),
            last AT TIME ZONE 'UTC', interval '1 hour') LOOP
        partition := 'served_feed_rests_' || to_char(start, 'YYYY_MM_DD_HH24');
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM create_partition('served_feed_rests', partition, 'UNLOGGED',
                start AT TIME ZONE 'UTC', (start + interval '1 hour') AT TIME ZONE 'UTC');
            EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = false)', partition);
        END IF;
    END LOOP;
END $$;
