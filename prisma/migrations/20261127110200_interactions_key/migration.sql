-- Nothing reads an event by its id. The first and the last seq are read to find the events of a user.
ALTER TABLE "interactions" DROP CONSTRAINT "interactions_pkey",
ADD CONSTRAINT "interactions_pkey" PRIMARY KEY ("seq", "occurred_at");

-- The roll-ups read events by time, and need more columns than the market.
CREATE INDEX "interactions_occurred_at_idx" ON "interactions" ("occurred_at");
DROP INDEX "interactions_occurred_at_market_id_idx";
