-- CreateIndex
CREATE INDEX "markets_status_created_at_id_idx" ON "markets"("status", "created_at" DESC, "id" DESC);
