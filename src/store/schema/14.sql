-- Version 14.

-- By which name the town's provider of single sign-on knows an officer. Bound at the console, never by signing in.
CREATE TABLE subject (
  officer TEXT PRIMARY KEY REFERENCES officer (name),
  issuer TEXT NOT NULL CHECK (issuer <> ''),
  subject TEXT NOT NULL CHECK (subject <> ''),
  bound_ms INTEGER NOT NULL,
  UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER subject_stays BEFORE UPDATE ON subject
BEGIN SELECT RAISE(ABORT, 'a binding is removed, not changed'); END;

-- Whether a session was opened by that provider's word alone: neither password nor a second factor was shown to us.
ALTER TABLE session ADD COLUMN by_provider INTEGER NOT NULL DEFAULT 0 CHECK (by_provider IN (0, 1));

-- Who binds an account that is there opens another way into it: it stands beside the keys that were given back. Only the console does.
CREATE TABLE recovery_14 (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  officer TEXT NOT NULL REFERENCES officer (name),
  what TEXT NOT NULL CHECK (what IN ('password', 'second_factor', 'subject')),
  asked_by TEXT NOT NULL CHECK (asked_by <> ''),
  asked_ms INTEGER NOT NULL,
  done_by TEXT,
  done_ms INTEGER,
  CHECK ((done_by IS NULL) = (done_ms IS NULL)),
  CHECK (what <> 'subject' OR done_by IS 'console')
) STRICT;
INSERT INTO recovery_14 SELECT id, officer, what, asked_by, asked_ms, done_by, done_ms FROM recovery;
DROP TABLE recovery;
ALTER TABLE recovery_14 RENAME TO recovery;
CREATE TRIGGER recovery_stays BEFORE UPDATE OF id, officer, what, asked_by, asked_ms ON recovery
BEGIN SELECT RAISE(ABORT, 'what was asked for cannot be changed'); END;
CREATE TRIGGER recovery_done_once BEFORE UPDATE ON recovery WHEN OLD.done_ms IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a recovery is done once'); END;
CREATE TRIGGER recovery_remains BEFORE DELETE ON recovery BEGIN SELECT RAISE(ABORT, 'a recovery cannot be deleted'); END;
CREATE TRIGGER recovery_by_two BEFORE INSERT ON recovery
WHEN NEW.done_by = NEW.asked_by AND NEW.done_by <> 'console'
  AND (SELECT role FROM officer WHERE name = NEW.officer) IN ('approver', 'administrator')
BEGIN SELECT RAISE(ABORT, 'the keys of this account are given back by two persons'); END;
CREATE TRIGGER recovery_by_another BEFORE UPDATE ON recovery
WHEN NEW.done_by = NEW.asked_by OR NEW.done_by = NEW.officer
BEGIN SELECT RAISE(ABORT, 'a recovery is confirmed by another person'); END;
