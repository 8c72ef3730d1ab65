-- Events know the arms of experiments of the feed that they are attributed to, and exposures are stored.
-- DropIndex
DROP INDEX "servings_algorithm_version_config_version_model_version_key";

-- AlterTable
ALTER TABLE "servings" ADD COLUMN "arms" VARCHAR(2000) NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "exposures" (
    "user_key" VARCHAR(128) NOT NULL,
    "experiment" VARCHAR(32) NOT NULL,
    "day" DATE NOT NULL,
    "arm" VARCHAR(32) NOT NULL,
    "exposed_at" TIMESTAMPTZ(3) NOT NULL,
    "seq" BIGSERIAL NOT NULL,

    CONSTRAINT "exposures_pkey" PRIMARY KEY ("user_key","experiment","day")
);

-- CreateIndex
CREATE INDEX "exposures_experiment_day_idx" ON "exposures"("experiment", "day");

-- CreateIndex
CREATE UNIQUE INDEX "servings_algorithm_version_config_version_model_version_arm_key" ON "servings"("algorithm_version", "config_version", "model_version", "arms");
