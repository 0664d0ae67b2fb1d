-- How many requests were counted in each window of each limit (docs/limits.md). A counter's id is that of the quota and
-- when its window begins; from `gone` on its room may be taken back.
CREATE TABLE counters (
  id TEXT NOT NULL PRIMARY KEY,
  used INTEGER NOT NULL,
  gone INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_gone ON counters (gone);
