-- Version 10.

-- What was told by the moment of an evaluation: orders in force, reports, states of shelters, the agency's word. With the levels
-- before it, an evaluation can be recomputed from it. NULL where it is the same as in the row before.
ALTER TABLE evaluation ADD COLUMN told TEXT CHECK (told IS NULL OR json_valid(told));
-- Digest of what about the advice does not move with the clock; the advice itself is written out when it changes.
ALTER TABLE evaluation ADD COLUMN essence TEXT CHECK (essence IS NULL OR length(essence) = 64);

-- What people saw (漏水・越水・決壊など), typed in by an officer. A report stands until somebody closes it, with a reason.
CREATE TABLE report (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind <> ''),
  river TEXT,
  units TEXT NOT NULL CHECK (json_valid(units)),
  source TEXT NOT NULL CHECK (source <> ''),
  words TEXT NOT NULL,
  seen_ms INTEGER NOT NULL,
  reported_ms INTEGER NOT NULL,
  reported_by TEXT NOT NULL REFERENCES officer (name),
  closed_ms INTEGER,
  closed_by TEXT REFERENCES officer (name),
  closed_because TEXT,
  CHECK ((closed_ms IS NULL) = (closed_by IS NULL) AND (closed_ms IS NULL) = (closed_because IS NULL))
) STRICT;
CREATE INDEX report_open ON report (id) WHERE closed_ms IS NULL;
CREATE TRIGGER report_remains BEFORE DELETE ON report BEGIN SELECT RAISE(ABORT, 'a report is closed, not deleted'); END;
CREATE TRIGGER report_stays BEFORE UPDATE OF id, kind, river, units, source, words, seen_ms, reported_ms, reported_by ON report
BEGIN SELECT RAISE(ABORT, 'a report cannot be changed'); END;
CREATE TRIGGER report_is_closed_once BEFORE UPDATE ON report WHEN OLD.closed_ms IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a report is closed once'); END;

-- What the shelter desk said of each shelter, word after word. The newest counts.
CREATE TABLE shelter_word (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  shelter TEXT NOT NULL CHECK (shelter <> ''),
  state TEXT NOT NULL CHECK (state IN ('open', 'closed', 'full', 'unreachable')),
  occupancy INTEGER CHECK (occupancy IS NULL OR occupancy BETWEEN 0 AND 100000),
  places INTEGER CHECK (places IS NULL OR places BETWEEN 1 AND 100000),
  note TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  officer TEXT NOT NULL REFERENCES officer (name)
) STRICT;
CREATE INDEX shelter_word_newest ON shelter_word (shelter, id);
CREATE TRIGGER shelter_word_stays BEFORE UPDATE ON shelter_word BEGIN SELECT RAISE(ABORT, 'what was said of a shelter cannot be changed'); END;
CREATE TRIGGER shelter_word_remains BEFORE DELETE ON shelter_word BEGIN SELECT RAISE(ABORT, 'what was said of a shelter stays'); END;
