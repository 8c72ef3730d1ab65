-- CreateTable
CREATE TABLE "market_figures" (
    "market_number" INTEGER NOT NULL,
    "participant_count" INTEGER NOT NULL,
    "probability" DOUBLE PRECISION,
    "volume_24h" DOUBLE PRECISION NOT NULL,
    "volume_total" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "market_figures_pkey" PRIMARY KEY ("market_number")
);

-- CreateTable
CREATE TABLE "market_figure_changes" (
    "version" BIGINT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "market_numbers" INTEGER[],

    CONSTRAINT "market_figure_changes_pkey" PRIMARY KEY ("version")
);

-- Below this line: what schema.prisma cannot express.

-- Room for the new versions of rows on their page, so that an update adds nothing to the index.
ALTER TABLE "market_figures" SET (fillfactor = 80);

-- Before every change: a process that knows this version has missed none.
INSERT INTO "market_figure_changes" ("version", "changed_at", "market_numbers") VALUES (0, 'epoch', '{}');

-- Every statement that writes whole markets, whoever runs it, writes their figures.
CREATE FUNCTION "write_market_figures"() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO market_figures AS f (market_number, participant_count, probability, volume_24h, volume_total)
    SELECT n.number, w.participant_count, w.probability, w.volume_24h, w.volume_total
    FROM written w JOIN market_numbers n ON n.market_id = w.id
    ON CONFLICT (market_number) DO UPDATE SET participant_count = excluded.participant_count,
        probability = excluded.probability, volume_24h = excluded.volume_24h, volume_total = excluded.volume_total
    WHERE (f.participant_count, f.probability, f.volume_24h, f.volume_total)
        IS DISTINCT FROM (excluded.participant_count, excluded.probability, excluded.volume_24h, excluded.volume_total);
    RETURN NULL;
END $$;

-- Triggers run in the order of their names: after number_inserted_markets.
CREATE TRIGGER "write_inserted_figures" AFTER INSERT ON "markets"
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION "write_market_figures"();

CREATE TRIGGER "write_updated_figures" AFTER UPDATE ON "markets"
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION "write_market_figures"();
