-- CREATE TABLE … PARTITION OF locks the whole partitioned table against reads and writes: it waits for every transaction
-- that uses the table, and everything else waits behind it. A table that is created on its own and then attached needs
-- only SHARE UPDATE EXCLUSIVE, which neither reads nor writes wait for. Each wait for a lock ends after 2 s.

-- Creates an empty partition for rows from one instant up to another.
CREATE FUNCTION "create_partition"("parent" TEXT, "partition" TEXT, "kind" TEXT, "first" TIMESTAMPTZ, "past_last" TIMESTAMPTZ)
RETURNS void LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(4201003, hashtext(current_schema() || '.'));
    -- Another process may have created it meanwhile, which a query is sure to see and to_regclass is not.
    IF NOT EXISTS (SELECT FROM pg_class WHERE relname = partition AND relnamespace = current_schema()::regnamespace) THEN
        EXECUTE format('CREATE %s TABLE %I (LIKE %I INCLUDING ALL)', kind, partition, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, partition, first, past_last);
    END IF;
END $$;

-- Creates the missing partitions for the months of some instants. Months are in UTC. Takes no lock if none is missing.
CREATE OR REPLACE FUNCTION "ensure_interaction_partitions"("instants" TIMESTAMPTZ[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    month TIMESTAMP;
    partition TEXT;
BEGIN
    FOR month IN SELECT DISTINCT date_trunc('month', i AT TIME ZONE 'UTC') FROM unnest(instants) i LOOP
        partition := 'interactions_' || to_char(month, 'YYYY_MM');
        IF to_regclass(quote_ident(partition)) IS NULL THEN
            PERFORM create_partition('interactions', partition, '',
                month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        END IF;
    END LOOP;
END $$;

-- Creates the missing partitions for feeds served between two instants. A day in UTC has four. Takes no lock if none is
-- missing.
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
            EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (served_at) WHERE user_key IS NULL',
                partition || '_of_nobody', partition);
        END IF;
    END LOOP;
END $$;
