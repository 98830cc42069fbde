-- Done right, first half: new rows are checked from now on, old ones in the next migration.
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE order_items
    ADD CONSTRAINT order_items_product_fk FOREIGN KEY (product_id) REFERENCES products NOT VALID;
COMMIT;
