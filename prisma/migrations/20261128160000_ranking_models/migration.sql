-- CreateTable
CREATE TABLE "ranking_models" (
    "version" SERIAL NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,
    "seq" BIGINT NOT NULL,
    "state" JSONB NOT NULL,
    "signals" BYTEA,

    CONSTRAINT "ranking_models_pkey" PRIMARY KEY ("version")
);
