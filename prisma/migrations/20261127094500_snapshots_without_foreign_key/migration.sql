-- Each snapshot locked the row of its market, which wrote that row's whole page to the WAL after each checkpoint.
-- DropForeignKey
ALTER TABLE "market_snapshots" DROP CONSTRAINT "market_snapshots_market_id_fkey";

-- Below this line: what schema.prisma cannot express.

CREATE FUNCTION "remove_market_snapshots"() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    DELETE FROM market_snapshots WHERE market_id IN (SELECT id FROM removed);
    RETURN NULL;
END $$;

CREATE TRIGGER "remove_snapshots_of_removed" AFTER DELETE ON "markets"
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION "remove_market_snapshots"();
