-- Up to this seq, every event of the sink is delivered, and none can still be committed. A relay continues there, so that
-- it does not read the dead rows before it again and again while another session holds an old snapshot. Written once in
-- 5,000 events, because its own old versions stay for as long.
CREATE TABLE "outbox_positions" (
    "sink" VARCHAR(64) NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "outbox_positions_pkey" PRIMARY KEY ("sink")
);
