-- The figures of markets that nothing has written since the triggers were created. A migration of its own, so that
-- writers of markets do not wait for it.
INSERT INTO "market_figures" ("market_number", "participant_count", "probability", "volume_24h", "volume_total")
SELECT n."number", m."participant_count", m."probability", m."volume_24h", m."volume_total"
FROM "markets" m JOIN "market_numbers" n ON n."market_id" = m."id"
ORDER BY n."number"
ON CONFLICT DO NOTHING;
