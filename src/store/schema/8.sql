-- Version 8.

-- A text on screen of before version 6 does not say how many must approve it, and a lift of before this version not what it rests on:
-- they are prepared anew. An order that waits for its second person goes on waiting.
UPDATE draft SET state = 'dropped' WHERE state = 'shown' AND choice IN ('', 'lift');

-- Which realm and town a record belongs to is for good. The table is sealed, as those of decisions are; `about` keeps what counts on.
CREATE TABLE belonging (
  key TEXT PRIMARY KEY CHECK (key IN ('realm', 'town')),
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO belonging SELECT key, value FROM about WHERE key IN ('realm', 'town');
DELETE FROM about WHERE key IN ('realm', 'town');
CREATE TRIGGER belonging_is_new BEFORE INSERT ON belonging WHEN EXISTS (SELECT 1 FROM belonging WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'what a record belongs to cannot be replaced'); END;
CREATE TRIGGER belonging_stays BEFORE UPDATE ON belonging
BEGIN SELECT RAISE(ABORT, 'what a record belongs to cannot be changed'); END;
CREATE TRIGGER belonging_remains BEFORE DELETE ON belonging
BEGIN SELECT RAISE(ABORT, 'what a record belongs to cannot be deleted'); END;
DROP TRIGGER draft_of_this_realm;
CREATE TRIGGER draft_of_this_realm BEFORE INSERT ON draft
WHEN json_extract(NEW.facts, '$.realm') IS NOT (SELECT value FROM belonging WHERE key = 'realm')
BEGIN SELECT RAISE(ABORT, 'this text was made in another realm'); END;

-- Who gave the password of an account: empty when its officer chose it, else whoever knows it, too.
ALTER TABLE officer ADD COLUMN password_by TEXT NOT NULL DEFAULT '';
-- When a session began: it ends some time after that, clicks or not. Sessions of before have ended.
ALTER TABLE session ADD COLUMN begun_ms INTEGER NOT NULL DEFAULT 0;

-- Lost keys: who asked for a new password or for the end of a second factor, and who did it. For accounts that approve or
-- manage accounts these are two persons.
CREATE TABLE recovery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  officer TEXT NOT NULL REFERENCES officer (name),
  what TEXT NOT NULL CHECK (what IN ('password', 'second_factor')),
  asked_by TEXT NOT NULL CHECK (asked_by <> ''),
  asked_ms INTEGER NOT NULL,
  done_by TEXT,
  done_ms INTEGER,
  CHECK ((done_by IS NULL) = (done_ms IS NULL))
) STRICT;
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

-- Secrets of second factors are encrypted with a key that is not in this file: 12 bytes of chance, 20 of the secret, 16 that
-- authenticate both and the account. The 40 digits of before are read until the next start encrypts them.
DROP TRIGGER second_factor_once;
CREATE TABLE second_factor_8 (
  officer TEXT PRIMARY KEY REFERENCES officer (name),
  secret TEXT NOT NULL CHECK (length(secret) IN (40, 96)),
  last_step INTEGER NOT NULL,
  added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO second_factor_8 SELECT officer, secret, last_step, added_ms FROM second_factor;
DROP TABLE second_factor;
ALTER TABLE second_factor_8 RENAME TO second_factor;
CREATE TRIGGER second_factor_once BEFORE UPDATE OF last_step ON second_factor WHEN NEW.last_step <= OLD.last_step
BEGIN SELECT RAISE(ABORT, 'a code works once'); END;
CREATE TRIGGER second_factor_is_sealed BEFORE INSERT ON second_factor WHEN length(NEW.secret) <> 96
BEGIN SELECT RAISE(ABORT, 'a second factor is kept encrypted'); END;

-- Orders that no later notice has replaced, lifted or cancelled, so that an approval need not read all notices to know them. One
-- that has expired stays here until it is ended: the law wants that said, too. `expires_ms` is rounded up to the second.
CREATE TABLE in_force (
  notice TEXT PRIMARY KEY REFERENCES notice (id),
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO in_force
  SELECT n.id, (CAST(strftime('%s', json_extract(n.facts, '$.expires')) AS INTEGER) + 1) * 1000 FROM notice n
  WHERE json_extract(n.facts, '$.kind') = 'issue' AND NOT EXISTS
    (SELECT 1 FROM notice o, json_each(o.facts, '$.replaces') r WHERE json_extract(r.value, '$.id') = n.id);
CREATE TRIGGER notice_begins AFTER INSERT ON notice WHEN json_extract(NEW.facts, '$.kind') = 'issue'
BEGIN
  INSERT INTO in_force
    VALUES (NEW.id, (CAST(strftime('%s', json_extract(NEW.facts, '$.expires')) AS INTEGER) + 1) * 1000);
END;
CREATE TRIGGER notice_ends AFTER INSERT ON notice
BEGIN
  DELETE FROM in_force
    WHERE notice IN (SELECT json_extract(value, '$.id') FROM json_each(NEW.facts, '$.replaces'));
END;
