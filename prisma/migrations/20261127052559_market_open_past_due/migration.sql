-- AlterTable
ALTER TABLE "markets" ADD COLUMN     "open_past_due" BOOLEAN NOT NULL DEFAULT false;
