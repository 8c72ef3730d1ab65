-- CreateTable
CREATE TABLE "market_attention" (
    "market_id" VARCHAR(128) NOT NULL,
    "impressions" INTEGER NOT NULL,
    "clicks" INTEGER NOT NULL,
    "popularity" DOUBLE PRECISION NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "market_attention_pkey" PRIMARY KEY ("market_id")
);

-- CreateTable
-- It holds nothing that a crash may not take: what is in it can be asked for anew.
CREATE UNLOGGED TABLE "served_feeds" (
    "feed_id" UUID NOT NULL,
    "user_key" VARCHAR(128),
    "served_at" TIMESTAMPTZ(3) NOT NULL,
    "ranking" TEXT NOT NULL,

    CONSTRAINT "served_feeds_pkey" PRIMARY KEY ("feed_id")
);

-- CreateIndex
CREATE INDEX "served_feeds_served_at_idx" ON "served_feeds"("served_at");
