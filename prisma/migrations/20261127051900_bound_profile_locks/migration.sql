-- Recording events fails with lock_not_available (55P03) instead of waiting for long, so that one locked profile does
-- not hold up the events of all users. Other transactions of the gateway hold a profile for milliseconds.
ALTER FUNCTION "record_events"(TEXT[], INTEGER[], BYTEA, INTEGER[], INTEGER[], TEXT, BOOLEAN, TEXT[])
SET "lock_timeout" = '500ms';
