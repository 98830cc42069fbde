DROP MATERIALIZED VIEW product_ratings;
DROP TABLE reviews;
