-- The record. What an officer decided and what was published can be added, never changed.
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Readings: one row per station and device time; `seq` is the order of arrival, so that a replay can follow it.
CREATE TABLE station (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE reading (
  station INTEGER NOT NULL REFERENCES station (id),
  at_s INTEGER NOT NULL,
  level_m REAL NOT NULL,
  flag INTEGER NOT NULL CHECK (flag IN (1, 2, 3, 4, 9)),
  late_s INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (station, at_s)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER reading_stays BEFORE UPDATE OF station, at_s, level_m, late_s, seq ON reading
BEGIN SELECT RAISE(ABORT, 'a reading cannot be changed'); END;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received_ms INTEGER NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  size INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

-- Evaluations: enough to recompute each one from the readings before it.
CREATE TABLE evaluation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  as_of_ms INTEGER NOT NULL,
  upto_seq INTEGER NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  recommendations INTEGER NOT NULL,
  -- The advice itself; NULL when it is the same as in the row before.
  body TEXT
) STRICT;
CREATE TRIGGER evaluation_stays BEFORE UPDATE ON evaluation BEGIN SELECT RAISE(ABORT, 'an evaluation cannot be changed'); END;

-- Proposals: what officers are asked to decide.
CREATE TABLE proposal (
  id TEXT PRIMARY KEY,
  river TEXT NOT NULL,
  level INTEGER NOT NULL CHECK (level IN (3, 4, 5)),
  state TEXT NOT NULL CHECK (state IN ('open', 'declined', 'issued', 'superseded', 'expired')),
  first_ms INTEGER NOT NULL,
  supported_ms INTEGER NOT NULL,
  body TEXT NOT NULL,
  substance TEXT NOT NULL CHECK (length(substance) = 64),
  decided_ms INTEGER,
  decided_by TEXT,
  reason TEXT,
  CHECK (state NOT IN ('declined', 'issued') OR (decided_by IS NOT NULL AND decided_ms IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX proposal_open ON proposal (river, level) WHERE state = 'open';

CREATE TABLE officer (
  name TEXT PRIMARY KEY,
  display TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'duty_officer', 'approver', 'auditor')),
  password TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE session (
  token TEXT PRIMARY KEY,
  officer TEXT NOT NULL REFERENCES officer (name),
  csrf TEXT NOT NULL,
  seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Drafts: what was put before an officer. Waiting ones may be forgotten; they cannot be published.
CREATE TABLE draft (
  id TEXT PRIMARY KEY,
  proposal TEXT REFERENCES proposal (id),
  substance TEXT,
  author TEXT NOT NULL REFERENCES officer (name),
  reason TEXT NOT NULL,
  prepared_ms INTEGER NOT NULL,
  facts TEXT NOT NULL,
  document BLOB NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  state TEXT NOT NULL CHECK (state IN ('shown', 'approved', 'dropped'))
) STRICT;
CREATE UNIQUE INDEX draft_digest ON draft (digest);

-- Notices: approved by a named official, or not here at all.
CREATE TABLE notice (
  id TEXT PRIMARY KEY REFERENCES draft (id),
  facts TEXT NOT NULL,
  document BLOB NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  approved_by TEXT NOT NULL REFERENCES officer (name) CHECK (approved_by <> ''),
  approved_ms INTEGER NOT NULL,
  UNIQUE (id, digest)
) STRICT;
CREATE TRIGGER notice_needs_approver BEFORE INSERT ON notice
WHEN (SELECT role FROM officer WHERE name = NEW.approved_by) IS NOT 'approver'
BEGIN SELECT RAISE(ABORT, 'a notice needs an official who may approve'); END;
CREATE TRIGGER notice_is_what_was_shown BEFORE INSERT ON notice
WHEN NOT EXISTS (SELECT 1 FROM draft WHERE id = NEW.id AND digest = NEW.digest AND document = NEW.document AND facts = NEW.facts)
BEGIN SELECT RAISE(ABORT, 'a notice is exactly what was shown to an officer'); END;
-- REPLACE deletes without asking the triggers that guard deletion: what is there is never written again.
CREATE TRIGGER notice_is_new BEFORE INSERT ON notice
WHEN EXISTS (SELECT 1 FROM notice WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'an approved notice cannot be replaced'); END;
CREATE TRIGGER notice_stays BEFORE UPDATE ON notice BEGIN SELECT RAISE(ABORT, 'an approved notice cannot be changed'); END;
CREATE TRIGGER notice_remains BEFORE DELETE ON notice BEGIN SELECT RAISE(ABORT, 'an approved notice cannot be deleted'); END;
CREATE TRIGGER draft_stays BEFORE UPDATE OF id, proposal, substance, author, reason, facts, document, digest, prepared_ms ON draft
BEGIN SELECT RAISE(ABORT, 'what was shown cannot be changed'); END;

-- The outbox: nothing can be owed that was not approved, with exactly these bytes.
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL,
  digest TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('feed', 'mqtt')),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'retrying', 'delivered')),
  attempts INTEGER NOT NULL DEFAULT 0,
  changed_ms INTEGER NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  UNIQUE (notice, channel),
  FOREIGN KEY (notice, digest) REFERENCES notice (id, digest)
) STRICT;
CREATE TRIGGER delivery_is_new BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id OR (notice = NEW.notice AND channel = NEW.channel))
BEGIN SELECT RAISE(ABORT, 'a delivery cannot be replaced'); END;
CREATE TRIGGER delivery_keeps BEFORE UPDATE OF id, notice, digest, channel ON delivery
BEGIN SELECT RAISE(ABORT, 'what is owed cannot be changed'); END;
CREATE TRIGGER delivery_is_final BEFORE UPDATE ON delivery WHEN OLD.state = 'delivered'
BEGIN SELECT RAISE(ABORT, 'a delivery that happened cannot be undone'); END;
CREATE TRIGGER delivery_remains BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'a delivery cannot be deleted'); END;

-- The audit: append-only, each entry covers the one before it.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  previous TEXT NOT NULL CHECK (length(previous) = 64),
  hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
CREATE TRIGGER audit_follows BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'an audit entry follows the last one'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit cannot be changed'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit cannot be shortened'); END;
