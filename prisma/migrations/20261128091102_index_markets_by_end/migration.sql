-- For lists by the end of markets; the same expression as in market-repository.ts. schema.prisma cannot express it.
CREATE INDEX "markets_end_idx" ON "markets" ((coalesce("closes_at", "resolves_at", 'infinity'::timestamptz)), "id");
