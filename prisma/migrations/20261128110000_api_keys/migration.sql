-- CreateEnum
CREATE TYPE "api_key_role" AS ENUM ('SERVICE', 'MONITOR', 'ADMIN', 'SUPERADMIN');

-- CreateTable
CREATE TABLE "api_keys" (
    "id" VARCHAR(16) NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "role" "api_key_role" NOT NULL,
    "hash" BYTEA NOT NULL,
    "ending" VARCHAR(4) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");
