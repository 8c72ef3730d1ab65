-- Steps of the roll-ups take queued events by time. Without an index, each step read the whole heap of the queue, which
-- stays as large as the largest backlog was: vacuum frees its pages, but rarely can return them.
CREATE INDEX "rollup_events_occurred_at_idx" ON "rollup_events" ("occurred_at");
