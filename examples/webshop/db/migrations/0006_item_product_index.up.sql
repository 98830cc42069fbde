-- Done right: one statement in its file, so that golang-migrate runs it outside a transaction.
CREATE INDEX CONCURRENTLY order_items_product_idx ON order_items (product_id);
