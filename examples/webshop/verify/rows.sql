-- Rows for `hotlint verify`: a small shop on a normal day. Run once, as soon as the schema has all of these tables.
INSERT INTO customers (email, full_name, phone)
SELECT 'customer' || n || '@example.org', 'Customer ' || n, '030-' || n FROM generate_series(1, 1000) n;

INSERT INTO addresses (customer_id, street, postal_code, city)
SELECT id, 'High Street 1', '10115', 'Berlin' FROM customers;

INSERT INTO categories (name, slug) SELECT 'Category ' || n, 'category-' || n FROM generate_series(1, 20) n;

INSERT INTO products (category_id, sku, name, price, stock)
SELECT c.id, c.slug || '-' || n, 'Product ' || n, n + 0.99, n % 7 FROM categories c, generate_series(1, 25) n;

INSERT INTO orders (customer_id, total) SELECT c.id, n * 10 FROM generate_series(1, 5) n, customers c;

INSERT INTO order_items (order_id, position, product_id, quantity, unit_price)
SELECT o.id, p.position, p.id, 1 + o.id % 3, p.price
  FROM orders o, (SELECT row_number() OVER (ORDER BY id) AS position, id, price FROM products LIMIT 2) p;

INSERT INTO newsletter_signups (email) SELECT 'reader' || n || '@example.org' FROM generate_series(1, 300) n;
