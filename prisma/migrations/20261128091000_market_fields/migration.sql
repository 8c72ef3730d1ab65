-- AlterEnum
ALTER TYPE "market_status" ADD VALUE 'PAUSED' AFTER 'OPEN';
ALTER TYPE "market_status" ADD VALUE 'CANCELLED';

-- AlterTable
-- Stored zeros stay zeros: whether they meant "unknown" is not recorded.
ALTER TABLE "markets" ADD COLUMN     "closes_at" TIMESTAMPTZ(3),
ADD COLUMN     "resolved_at" TIMESTAMPTZ(3),
ADD COLUMN     "volume_unit" VARCHAR(16),
ALTER COLUMN "volume_24h" DROP NOT NULL,
ALTER COLUMN "volume_24h" DROP DEFAULT,
ALTER COLUMN "volume_total" DROP NOT NULL,
ALTER COLUMN "volume_total" DROP DEFAULT,
ALTER COLUMN "participant_count" DROP NOT NULL,
ALTER COLUMN "participant_count" DROP DEFAULT;

-- AlterTable
ALTER TABLE "market_figures" ADD COLUMN     "as_of" TIMESTAMPTZ(3),
ADD COLUMN     "updated_at" TIMESTAMPTZ(3),
ALTER COLUMN "participant_count" DROP NOT NULL,
ALTER COLUMN "volume_24h" DROP NOT NULL,
ALTER COLUMN "volume_total" DROP NOT NULL;

-- AlterTable
ALTER TABLE "market_snapshots" ALTER COLUMN "volume_24h" DROP NOT NULL,
ALTER COLUMN "participant_count" DROP NOT NULL;
