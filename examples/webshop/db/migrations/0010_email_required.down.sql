-- Somebody forgot the constraint here.
ALTER TABLE customers ALTER COLUMN email DROP NOT NULL;
