-- On its own, so that the lock of the new column is not held meanwhile. PostgreSQL folds and divides text a little
-- differently from the gateway, which overwrites this with the next change of the market.
UPDATE "markets" SET "search" = to_tsvector('simple', left(title || ' ' || coalesce(description, ''), 20000));
