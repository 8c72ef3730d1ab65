-- An index that begins with the user key takes each event on another page, and after a checkpoint each of these pages goes
-- to the WAL as a whole. Client event ids that begin with the time (UUIDv7) are adjacent in this index. Every query names
-- both columns.
ALTER TABLE "client_events" DROP CONSTRAINT "client_events_pkey",
ADD CONSTRAINT "client_events_pkey" PRIMARY KEY ("client_event_id", "user_key");

-- The index on received_at stays a btree, because the retention continues each step in its order. With a BRIN, a step reads
-- and sorts all ids that are left to remove: 250 ms of 400,000, against 60 to 130 ms of any number.
