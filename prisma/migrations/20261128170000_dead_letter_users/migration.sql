-- AlterTable
-- Null in dead letters of earlier versions: an erasure finds those by the id of their event.
ALTER TABLE "rejected_events" ADD COLUMN "user_hash" VARCHAR(34);
