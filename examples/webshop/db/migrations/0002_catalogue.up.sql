CREATE TABLE categories (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id integer REFERENCES categories,
    name      text NOT NULL,
    slug      text NOT NULL UNIQUE
);

CREATE TABLE products (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id integer NOT NULL REFERENCES categories,
    sku         varchar(32) NOT NULL UNIQUE,
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    price       numeric(8, 2) NOT NULL CHECK (price >= 0),
    stock       integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX products_category_idx ON products (category_id);

-- What the shop front lists: whatever can be bought today.
CREATE VIEW available_products AS
    SELECT id, sku, name, price
      FROM products
     WHERE stock > 0;
