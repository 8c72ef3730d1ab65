-- The trends as they were computed last serve until the first run of the jobs.
ALTER TABLE "trending_scopes" RENAME TO "trending_scopes_before";
ALTER TABLE "trending_scopes_before" RENAME CONSTRAINT "trending_scopes_pkey" TO "trending_scopes_before_pkey";

-- CreateTable
CREATE TABLE "trending_scopes" (
    "scope" VARCHAR(16) NOT NULL,
    "page" INTEGER NOT NULL,
    "market_ids" TEXT[],
    "sums" DOUBLE PRECISION[],

    CONSTRAINT "trending_scopes_pkey" PRIMARY KEY ("scope","page")
);

-- Below this line: what schema.prisma cannot express.

-- The results are derived as well, and written anew all the time: unlogged, they write no WAL. After a crash of the
-- server they are empty until the roll-ups are built again.
ALTER TABLE "trending_scopes" SET UNLOGGED;
ALTER TABLE "market_momentum" SET UNLOGGED;
ALTER TABLE "market_attention" SET UNLOGGED;

-- Compressing the arrays takes longer than writing them.
ALTER TABLE "trending_scopes" ALTER COLUMN "market_ids" SET STORAGE EXTERNAL, ALTER COLUMN "sums" SET STORAGE EXTERNAL;

-- Scores are sums divided by the largest of the scope.
INSERT INTO "trending_scopes" ("scope", "page", "market_ids", "sums")
SELECT "scope", 0, "market_ids", "scores" FROM "trending_scopes_before";
DROP TABLE "trending_scopes_before";
