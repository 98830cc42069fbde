-- Done right, second half: reads every row while writes go on.
ALTER TABLE order_items VALIDATE CONSTRAINT order_items_product_fk;
