-- The app must not show how many orders we have: give each a public id.
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE orders ADD CONSTRAINT orders_public_id_key UNIQUE (public_id);

-- The first wholesale customer orders screws by the billion.
ALTER TABLE order_items ALTER COLUMN quantity TYPE bigint;
