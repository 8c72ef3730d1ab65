-- CreateEnum
CREATE TYPE "market_status" AS ENUM ('OPEN', 'CLOSED', 'RESOLVED');

-- CreateEnum
CREATE TYPE "topic_kind" AS ENUM ('CATEGORY', 'TAG');

-- CreateEnum
CREATE TYPE "event_type" AS ENUM ('PARTICIPATE', 'COMMENT', 'SHARE', 'BOOKMARK', 'PARTICIPATE_INTENT', 'RETURN_VISIT', 'CLICK', 'VIEW_MARKET', 'DWELL_30', 'DWELL_5', 'SCROLL_PAST', 'SKIP_FAST', 'NOT_INTERESTED', 'HIDE', 'UNHIDE', 'IMPRESSION');

-- CreateEnum
CREATE TYPE "feed_section" AS ENUM ('HERO', 'GRID', 'STREAM', 'SEARCH', 'OTHER');

-- CreateTable
CREATE TABLE "markets" (
    "id" VARCHAR(128) NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT,
    "category" TEXT NOT NULL,
    "category_key" TEXT NOT NULL,
    "probability" DOUBLE PRECISION,
    "volume_24h" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "volume_total" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "participant_count" INTEGER NOT NULL DEFAULT 0,
    "image_url" TEXT,
    "url" TEXT,
    "status" "market_status" NOT NULL DEFAULT 'OPEN',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "resolves_at" TIMESTAMPTZ(3),
    "editorial_description" TEXT,
    "editorial_boost" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "event_key" TEXT,
    "source" TEXT,
    "blocked_countries" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "version" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "markets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "market_tags" (
    "market_id" VARCHAR(128) NOT NULL,
    "key" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "position" SMALLINT NOT NULL,

    CONSTRAINT "market_tags_pkey" PRIMARY KEY ("market_id","key")
);

-- CreateTable
CREATE TABLE "market_snapshots" (
    "market_id" VARCHAR(128) NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "probability" DOUBLE PRECISION,
    "volume_24h" DOUBLE PRECISION NOT NULL,
    "participant_count" INTEGER NOT NULL,

    CONSTRAINT "market_snapshots_pkey" PRIMARY KEY ("market_id","at")
);

-- CreateTable
CREATE TABLE "interactions" (
    "id" UUID NOT NULL,
    "user_key" VARCHAR(128) NOT NULL,
    "market_id" VARCHAR(128) NOT NULL,
    "event_type" "event_type" NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL,
    "dwell_ms" INTEGER,
    "section" "feed_section",
    "position" INTEGER,
    "country" CHAR(2),
    "session_id" TEXT,
    "feed_id" TEXT,
    "stake" DOUBLE PRECISION,
    "context" JSONB,
    "client_event_id" VARCHAR(64),
    "probability" DOUBLE PRECISION,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "clamped" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "interactions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "client_events" (
    "user_key" VARCHAR(128) NOT NULL,
    "client_event_id" VARCHAR(64) NOT NULL,
    "interaction_id" UUID NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "client_events_pkey" PRIMARY KEY ("user_key","client_event_id")
);

-- CreateTable
CREATE TABLE "profiles" (
    "user_key" VARCHAR(128) NOT NULL,
    "total_interactions" INTEGER NOT NULL DEFAULT 0,
    "country" CHAR(2),
    "last_active_at" TIMESTAMPTZ(3),
    "session_started_at" TIMESTAMPTZ(3),
    "session_interactions" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "profiles_pkey" PRIMARY KEY ("user_key")
);

-- CreateTable
CREATE TABLE "topic_scores" (
    "user_key" VARCHAR(128) NOT NULL,
    "kind" "topic_kind" NOT NULL,
    "key" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "points" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "long_term" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "session" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "dwell_ms_total" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "dwell_events" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "topic_scores_pkey" PRIMARY KEY ("user_key","kind","key")
);

-- CreateTable
CREATE TABLE "engagements" (
    "user_key" VARCHAR(128) NOT NULL,
    "market_id" VARCHAR(128) NOT NULL,
    "engaged_at" TIMESTAMPTZ(3),
    "weight" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "viewed_at" TIMESTAMPTZ(3),
    "view_probability" DOUBLE PRECISION,
    "category" TEXT NOT NULL,
    "tags" TEXT[],

    CONSTRAINT "engagements_pkey" PRIMARY KEY ("user_key","market_id")
);

-- CreateTable
CREATE TABLE "hidden_markets" (
    "user_key" VARCHAR(128) NOT NULL,
    "market_id" VARCHAR(128) NOT NULL,
    "hidden_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "hidden_markets_pkey" PRIMARY KEY ("user_key","market_id")
);

-- CreateTable
CREATE TABLE "impressions" (
    "user_key" VARCHAR(128) NOT NULL,
    "market_id" VARCHAR(128) NOT NULL,
    "shown_at" TIMESTAMPTZ(3)[],
    "probability" DOUBLE PRECISION,
    "volume_24h" DOUBLE PRECISION NOT NULL,
    "clicked_since" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "impressions_pkey" PRIMARY KEY ("user_key","market_id")
);

-- CreateTable
CREATE TABLE "trending_scores" (
    "scope" VARCHAR(16) NOT NULL,
    "market_id" VARCHAR(128) NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "computed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "trending_scores_pkey" PRIMARY KEY ("scope","market_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "markets_version_key" ON "markets"("version");

-- CreateIndex
CREATE INDEX "markets_created_at_id_idx" ON "markets"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "markets_category_key_created_at_idx" ON "markets"("category_key", "created_at" DESC);

-- CreateIndex
CREATE INDEX "market_tags_key_idx" ON "market_tags"("key");

-- CreateIndex
CREATE INDEX "market_snapshots_at_idx" ON "market_snapshots"("at");

-- CreateIndex
CREATE INDEX "interactions_user_key_occurred_at_idx" ON "interactions"("user_key", "occurred_at" DESC);

-- CreateIndex
CREATE INDEX "interactions_occurred_at_market_id_idx" ON "interactions"("occurred_at", "market_id");

-- CreateIndex
CREATE INDEX "client_events_received_at_idx" ON "client_events"("received_at");

-- CreateIndex
CREATE INDEX "engagements_user_key_engaged_at_idx" ON "engagements"("user_key", "engaged_at" DESC);

-- AddForeignKey
ALTER TABLE "market_tags" ADD CONSTRAINT "market_tags_market_id_fkey" FOREIGN KEY ("market_id") REFERENCES "markets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "market_snapshots" ADD CONSTRAINT "market_snapshots_market_id_fkey" FOREIGN KEY ("market_id") REFERENCES "markets"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Below this line: what schema.prisma can not express.

-- markets.version is taken from here with every change of any market.
CREATE SEQUENCE "market_version";

-- What the formulas rely on, whoever writes: a value out of range would spoil every ranking it takes part in.
ALTER TABLE "markets"
    ADD CONSTRAINT "markets_probability_range" CHECK ("probability" BETWEEN 0 AND 1),
    ADD CONSTRAINT "markets_editorial_boost_range" CHECK ("editorial_boost" BETWEEN 0 AND 1),
    ADD CONSTRAINT "markets_volume_24h_range" CHECK ("volume_24h" >= 0 AND "volume_24h" < 'Infinity'),
    ADD CONSTRAINT "markets_volume_total_range" CHECK ("volume_total" >= 0 AND "volume_total" < 'Infinity'),
    ADD CONSTRAINT "markets_participant_count_range" CHECK ("participant_count" >= 0);

ALTER TABLE "market_snapshots"
    ADD CONSTRAINT "market_snapshots_probability_range" CHECK ("probability" BETWEEN 0 AND 1),
    ADD CONSTRAINT "market_snapshots_volume_24h_range" CHECK ("volume_24h" >= 0 AND "volume_24h" < 'Infinity'),
    ADD CONSTRAINT "market_snapshots_participant_count_range" CHECK ("participant_count" >= 0);
