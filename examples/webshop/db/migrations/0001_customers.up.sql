-- The people who buy from us.
CREATE TABLE customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text,
    full_name  text        NOT NULL,
    phone      varchar(20),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE addresses (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    street      text   NOT NULL,
    postal_code text   NOT NULL,
    city        text   NOT NULL,
    country     char(2) NOT NULL DEFAULT 'DE'
);

CREATE INDEX addresses_customer_idx ON addresses (customer_id);
