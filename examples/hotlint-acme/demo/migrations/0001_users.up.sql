CREATE TABLE countries (code text PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, country text REFERENCES countries);
