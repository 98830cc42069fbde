-- The same shop once 0012 is through, which no customer of rows.sql survives: what the migrations after it do to rows.
INSERT INTO customers (email, display_name, phone, locale)
SELECT 'customer' || n || '@example.org', 'Customer ' || n, '030-' || n, 'de' FROM generate_series(1, 1000) n;

INSERT INTO orders (customer_id, total) SELECT c.id, n * 10 FROM generate_series(1, 5) n, customers c;

INSERT INTO newsletter_signups (email) SELECT 'reader' || n || '@example.org' FROM generate_series(1, 300) n;
