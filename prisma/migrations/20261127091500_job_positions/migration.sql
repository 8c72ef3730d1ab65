-- CreateTable
CREATE TABLE "job_positions" (
    "job" VARCHAR(96) NOT NULL,
    "position" TEXT NOT NULL,

    CONSTRAINT "job_positions_pkey" PRIMARY KEY ("job")
);
