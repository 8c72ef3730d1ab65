-- AlterTable
ALTER TABLE "ranking_models" ADD COLUMN "exploration" BYTEA;
