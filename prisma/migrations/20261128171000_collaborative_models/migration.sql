-- CreateTable
CREATE TABLE "collaborative_models" (
    "version" SERIAL NOT NULL,
    "method" VARCHAR(16) NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,
    "seq" BIGINT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "checksum" BYTEA NOT NULL,

    CONSTRAINT "collaborative_models_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "collaborative_model_parts" (
    "version" INTEGER NOT NULL,
    "part" INTEGER NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "collaborative_model_parts_pkey" PRIMARY KEY ("version","part")
);

-- AddForeignKey
ALTER TABLE "collaborative_model_parts" ADD CONSTRAINT "collaborative_model_parts_version_fkey" FOREIGN KEY ("version") REFERENCES "collaborative_models"("version") ON DELETE CASCADE ON UPDATE CASCADE;
