-- The old landing page is gone, and nobody phones any more.
SET lock_timeout = '2s';
DROP TABLE newsletter_signups;
ALTER TABLE customers DROP COLUMN phone;
