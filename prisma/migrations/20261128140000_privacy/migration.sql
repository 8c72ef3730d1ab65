-- CreateTable
CREATE TABLE "user_settings" (
    "user_key" VARCHAR(128) NOT NULL,
    "personalization_enabled" BOOLEAN NOT NULL,
    "data_sharing_consent" BOOLEAN NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "user_settings_pkey" PRIMARY KEY ("user_key")
);

-- CreateTable
CREATE TABLE "retired_users" (
    "user_hash" VARCHAR(34) NOT NULL,
    "user_key" VARCHAR(128),
    "retired_at" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "retired_users_pkey" PRIMARY KEY ("user_hash")
);

-- CreateTable
CREATE TABLE "privacy_changes" (
    "seq" BIGSERIAL NOT NULL,
    "user_hash" VARCHAR(34) NOT NULL,
    "user_key" VARCHAR(128),
    "flags" SMALLINT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "privacy_changes_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "replicas" (
    "id" VARCHAR(64) NOT NULL,
    "seen_at" TIMESTAMPTZ(6) NOT NULL,
    "applied" BIGINT NOT NULL,

    CONSTRAINT "replicas_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "retired_users_user_key_idx" ON "retired_users"("user_key");

-- Below this line: what schema.prisma cannot express.

-- The feeds of a user, for export, erasure, and merge. Four bytes of hash instead of a key of up to 128 characters.
CREATE INDEX "served_feeds_user_idx" ON "served_feeds" (hashtext("user_key")) WHERE "user_key" IS NOT NULL;

-- The idempotency keys of imports, which never expire, may outlive their events. All others are found by their events.
CREATE INDEX "client_events_kept_user_idx" ON "client_events" (hashtext("user_key")) WHERE "received_at" = 'infinity';

-- Returns true unless the key with this pseudonym is retired at an instant; then it raises BW001. A statement that inserts a
-- profile calls it afterwards: it reads what was committed by then. The transaction that retires a key deletes the profile
-- while it holds its lock. So either the retirement is visible here, or it waits for this transaction and deletes what that
-- stored.
CREATE FUNCTION "require_active_user"("hash" TEXT, "at" TIMESTAMPTZ) RETURNS BOOLEAN
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF EXISTS (SELECT FROM retired_users WHERE user_hash = hash AND until > at) THEN
        RAISE EXCEPTION 'a user of these events is retired' USING ERRCODE = 'BW001';
    END IF;
    RETURN true;
END $$;
