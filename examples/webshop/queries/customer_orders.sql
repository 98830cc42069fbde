-- "My orders": a customer's last ones, with what was in them.
SELECT o.id, o.placed_at, sum(i.quantity * i.unit_price) AS total
  FROM orders o
  JOIN order_items i ON i.order_id = o.id
 WHERE o.customer_id = (SELECT min(id) FROM customers)
 GROUP BY o.id
 ORDER BY o.placed_at DESC
 LIMIT 10;
