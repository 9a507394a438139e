-- Version 12.

-- Which record this is, by chance and for good: its checkpoints name it, so that those of another exercise in the same folder speak
-- against nobody.
DROP TRIGGER IF EXISTS draft_of_this_realm;
CREATE TABLE belonging_12 (
  key TEXT PRIMARY KEY CHECK (key IN ('realm', 'town', 'record')),
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO belonging_12 SELECT key, value FROM belonging;
INSERT INTO belonging_12 VALUES ('record', lower(hex(randomblob(16))));
DROP TABLE belonging;
ALTER TABLE belonging_12 RENAME TO belonging;
CREATE TRIGGER belonging_is_new BEFORE INSERT ON belonging WHEN EXISTS (SELECT 1 FROM belonging WHERE key = NEW.key)
BEGIN SELECT RAISE(ABORT, 'what a record belongs to cannot be replaced'); END;
CREATE TRIGGER belonging_stays BEFORE UPDATE ON belonging
BEGIN SELECT RAISE(ABORT, 'what a record belongs to cannot be changed'); END;
CREATE TRIGGER belonging_remains BEFORE DELETE ON belonging
BEGIN SELECT RAISE(ABORT, 'what a record belongs to cannot be deleted'); END;
CREATE TRIGGER draft_of_this_realm BEFORE INSERT ON draft
WHEN json_extract(NEW.facts, '$.realm') IS NOT (SELECT value FROM belonging WHERE key = 'realm')
BEGIN SELECT RAISE(ABORT, 'this text was made in another realm'); END;

-- A delivery that was given up stays given up. An officer may order the same bytes for the same channel once more: that is another
-- delivery, and only one of them at a time is owed or was made.
CREATE TABLE delivery_12 (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL,
  digest TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('feed', 'mqtt', 'mail', 'area_mail', 'l_alert')
    OR (channel GLOB 'webhook:[a-z0-9]*' AND length(channel) <= 48)),
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'retrying', 'delivered', 'given_up')),
  attempts INTEGER NOT NULL DEFAULT 0,
  changed_ms INTEGER NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  lease TEXT,
  CHECK ((state = 'sending') = (lease IS NOT NULL)),
  FOREIGN KEY (notice, digest) REFERENCES notice (id, digest)
) STRICT;
INSERT INTO delivery_12 SELECT id, notice, digest, channel, state, attempts, changed_ms, note, lease FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_12 RENAME TO delivery;
CREATE UNIQUE INDEX delivery_once ON delivery (notice, channel) WHERE state <> 'given_up';
CREATE INDEX delivery_of ON delivery (notice, channel, id);
CREATE INDEX delivery_owed ON delivery (channel, id) WHERE state IN ('waiting', 'sending', 'retrying');
CREATE TRIGGER delivery_is_new BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id)
  OR EXISTS (SELECT 1 FROM delivery WHERE notice = NEW.notice AND channel = NEW.channel AND state <> 'given_up')
BEGIN SELECT RAISE(ABORT, 'a delivery cannot be replaced'); END;
CREATE TRIGGER delivery_needs_publication BEFORE INSERT ON delivery
WHEN NOT EXISTS (SELECT 1 FROM publication WHERE notice = NEW.notice AND digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'nothing is owed that is not ready to leave'); END;
CREATE TRIGGER delivery_keeps BEFORE UPDATE OF id, notice, digest, channel ON delivery
BEGIN SELECT RAISE(ABORT, 'what is owed cannot be changed'); END;
CREATE TRIGGER delivery_is_final BEFORE UPDATE ON delivery WHEN OLD.state IN ('delivered', 'given_up')
BEGIN SELECT RAISE(ABORT, 'a delivery that happened cannot be undone'); END;
CREATE TRIGGER delivery_remains BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'a delivery cannot be deleted'); END;

-- Drafts that stand ready from the moment a notice goes out: its correction (訂正) and its cancellation (取消).
ALTER TABLE draft ADD COLUMN prepared_for TEXT REFERENCES notice (id);
CREATE INDEX draft_prepared_for ON draft (prepared_for) WHERE prepared_for IS NOT NULL;
CREATE TRIGGER draft_purpose_stays BEFORE UPDATE OF prepared_for ON draft
BEGIN SELECT RAISE(ABORT, 'what was shown cannot be changed'); END;
