-- Concurrently, as it should be; but inside a transaction the server refuses it.
BEGIN;
CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);
COMMIT;
