-- The words by which a market is found; the gateway writes them with every change of the market.
ALTER TABLE "markets" ADD COLUMN "search" tsvector;
