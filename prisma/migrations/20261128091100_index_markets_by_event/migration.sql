-- Each index of this table in a migration of its own, so that writers of markets wait for one index build at a time.
-- CreateIndex
CREATE INDEX "markets_event_key_created_at_id_idx" ON "markets"("event_key", "created_at" DESC, "id" DESC);
