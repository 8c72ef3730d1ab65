-- CreateIndex
CREATE INDEX "markets_search_idx" ON "markets" USING GIN ("search");
