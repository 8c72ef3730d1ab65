-- AlterTable
ALTER TABLE "market_momentum" ALTER COLUMN "volume_spike" DROP NOT NULL;
