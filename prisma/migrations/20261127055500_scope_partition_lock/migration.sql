-- Advisory locks are shared by all schemas of a database, so the key includes the schema.

-- Creates the missing partitions for the months of some instants. Months are in UTC.
CREATE OR REPLACE FUNCTION "ensure_interaction_partitions"("instants" TIMESTAMPTZ[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    month TIMESTAMP;
    partition TEXT;
BEGIN
    FOR month IN SELECT DISTINCT date_trunc('month', i AT TIME ZONE 'UTC') FROM unnest(instants) i LOOP
        partition := 'interactions_' || to_char(month, 'YYYY_MM');
        -- Checked first: creating a partition locks the whole table, even if the partition exists.
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(4201003, hashtext(current_schema() || '.'));
            EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF interactions FOR VALUES FROM (%L) TO (%L)',
                partition, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        END IF;
    END LOOP;
END $$;

-- Creates the missing partitions for feeds served between two instants. A day in UTC has four.
CREATE OR REPLACE FUNCTION "ensure_served_feed_partitions"("first" TIMESTAMPTZ, "last" TIMESTAMPTZ) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    start TIMESTAMP;
    partition TEXT;
BEGIN
    FOR start IN SELECT generate_series(date_bin('6 hours', first AT TIME ZONE 'UTC', TIMESTAMP '2000-01-01'),
            last AT TIME ZONE 'UTC', interval '6 hours') LOOP
        partition := 'served_feeds_' || to_char(start, 'YYYY_MM_DD_HH24');
        -- Checked first: creating a partition locks the whole table, even if the partition exists.
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM pg_advisory_xact_lock(4201003, hashtext(current_schema() || '.'));
            -- Another process may have created it meanwhile, which only the statements themselves are sure to see.
            EXECUTE format('CREATE UNLOGGED TABLE IF NOT EXISTS %I PARTITION OF served_feeds FOR VALUES FROM (%L) TO (%L)',
                partition, start AT TIME ZONE 'UTC', (start + interval '6 hours') AT TIME ZONE 'UTC');
            EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (served_at) WHERE user_key IS NULL',
                partition || '_of_nobody', partition);
        END IF;
    END LOOP;
END $$;
