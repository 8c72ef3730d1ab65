-- An index on (user_key, seq) takes each event on another page of the whole index, and after a checkpoint each of these
-- pages goes to the WAL as a whole. This index orders users only within buckets of 2^18 events: new events touch about
-- 10 MB of it.
CREATE INDEX "interactions_user_bucket_idx" ON "interactions" ((("seq" >> 18)::int), hashtext("user_key"), "seq");
DROP INDEX "interactions_user_key_seq_idx";

-- Returns the events of a user in the order of seq: after one seq, up to `last_seq`, at most `max_events`. Looks into each
-- bucket between the two, so the caller bounds the range.
CREATE FUNCTION "events_of_user"("key" TEXT, "after_seq" BIGINT, "last_seq" BIGINT, "max_events" INTEGER)
RETURNS SETOF "interactions" LANGUAGE plpgsql STABLE
-- Partitions without statistics are otherwise read as a whole.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
    remaining INTEGER := max_events;
    found_now INTEGER;
BEGIN
    FOR bucket IN (after_seq >> 18)::int .. (last_seq >> 18)::int LOOP
        EXIT WHEN remaining <= 0;
        -- Of users with the same hash, only one is meant.
        RETURN QUERY SELECT i.* FROM interactions i
            WHERE (i.seq >> 18)::int = bucket AND hashtext(i.user_key) = hashtext(key) AND i.user_key = key
                AND i.seq > after_seq AND i.seq <= last_seq
            ORDER BY i.seq LIMIT remaining;
        GET DIAGNOSTICS found_now = ROW_COUNT;
        remaining := remaining - found_now;
    END LOOP;
END $$;
