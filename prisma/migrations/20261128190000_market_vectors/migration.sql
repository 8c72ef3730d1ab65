-- CreateTable
CREATE TABLE "market_vectors" (
    "market_number" INTEGER NOT NULL,
    "model" VARCHAR(64) NOT NULL,
    "title_digest" UUID NOT NULL,
    "vector" BYTEA NOT NULL,
    "version" BIGINT NOT NULL,

    CONSTRAINT "market_vectors_pkey" PRIMARY KEY ("market_number")
);
