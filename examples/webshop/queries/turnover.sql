-- The front page of the back office: what was sold on each day.
SELECT placed_at::date AS day, count(*), sum(total)
  FROM orders
 GROUP BY 1
 ORDER BY 1;
