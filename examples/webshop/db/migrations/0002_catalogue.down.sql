DROP VIEW available_products;
DROP TABLE products;
DROP TABLE categories;
