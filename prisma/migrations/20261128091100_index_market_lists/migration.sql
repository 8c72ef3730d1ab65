-- CreateIndex
CREATE INDEX "markets_event_key_created_at_id_idx" ON "markets"("event_key", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "markets_status_created_at_id_idx" ON "markets"("status", "created_at" DESC, "id" DESC);

-- Below this line: what schema.prisma cannot express.

-- For lists by the end of markets; the same expression as in market-repository.ts.
CREATE INDEX "markets_end_idx" ON "markets" ((coalesce("closes_at", "resolves_at", 'infinity'::timestamptz)), "id");
