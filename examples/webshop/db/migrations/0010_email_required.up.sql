SET lock_timeout = '2s';
ALTER TABLE customers ALTER COLUMN email SET NOT NULL;
ALTER TABLE customers ADD CONSTRAINT customers_email_has_at CHECK (email LIKE '%@%');
