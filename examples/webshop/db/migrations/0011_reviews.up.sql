CREATE TABLE reviews (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id  bigint NOT NULL,
    customer_id bigint NOT NULL,
    stars       smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    body        text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Fine here: the table is made in this very migration, nobody else can see it yet.
CREATE INDEX reviews_product_idx ON reviews (product_id);

CREATE MATERIALIZED VIEW product_ratings AS
    SELECT product_id, avg(stars) AS stars, count(*) AS reviews
      FROM reviews
     GROUP BY product_id;

CREATE UNIQUE INDEX product_ratings_product_key ON product_ratings (product_id);
