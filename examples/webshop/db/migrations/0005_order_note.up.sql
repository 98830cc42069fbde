-- Done right: a constant default is kept in the catalog, and nobody waits longer than two seconds.
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT '';
COMMIT;
