BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE order_items DROP CONSTRAINT order_items_product_fk;
COMMIT;
