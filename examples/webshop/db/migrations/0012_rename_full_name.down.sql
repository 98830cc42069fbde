SET lock_timeout = '2s';
ALTER TABLE customers DROP COLUMN locale;
ALTER TABLE customers RENAME COLUMN display_name TO full_name;
