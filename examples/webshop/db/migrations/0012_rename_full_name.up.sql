-- Marketing wants "display name" everywhere.
SET lock_timeout = '2s';
ALTER TABLE customers RENAME COLUMN full_name TO display_name;
ALTER TABLE customers ADD COLUMN locale text NOT NULL;
