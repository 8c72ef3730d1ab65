-- CreateTable
CREATE TABLE "privacy_budgets" (
    "day" DATE NOT NULL,
    "epsilon_millionths" INTEGER NOT NULL,
    "delta_trillionths" INTEGER NOT NULL,

    CONSTRAINT "privacy_budgets_pkey" PRIMARY KEY ("day")
);

-- CreateTable
CREATE TABLE "audience_releases" (
    "day" DATE NOT NULL,
    "kind" VARCHAR(8) NOT NULL,
    "by_country" BOOLEAN NOT NULL,
    "released_at" TIMESTAMPTZ(3) NOT NULL,
    "epsilon_millionths" INTEGER NOT NULL,
    "delta_trillionths" INTEGER NOT NULL,
    "noise" VARCHAR(8) NOT NULL,
    "standard_deviation" DOUBLE PRECISION NOT NULL,
    "threshold" INTEGER NOT NULL,
    "cells_per_user" INTEGER NOT NULL,
    "cells" JSONB NOT NULL,

    CONSTRAINT "audience_releases_pkey" PRIMARY KEY ("day","kind","by_country")
);
