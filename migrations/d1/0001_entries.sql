-- The entries of Latchkey's store in D1. Applied by: wrangler d1 migrations apply <database>
-- (docs/storage.md says what the columns mean).
CREATE TABLE entries (
  id TEXT NOT NULL PRIMARY KEY,
  family TEXT NOT NULL,
  value TEXT NOT NULL,
  version TEXT NOT NULL,
  name TEXT,
  expires INTEGER,
  gone INTEGER
) STRICT;
CREATE INDEX entries_by_name ON entries (family, name, id) WHERE name IS NOT NULL;
CREATE INDEX entries_by_expires ON entries (family, expires, id) WHERE expires IS NOT NULL;
CREATE INDEX entries_by_gone ON entries (gone) WHERE gone IS NOT NULL;
