SET lock_timeout = '2s';
ALTER TABLE orders DROP COLUMN public_id;
ALTER TABLE order_items ALTER COLUMN quantity TYPE integer;
