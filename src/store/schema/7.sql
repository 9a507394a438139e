-- Version 7.

-- What leaves for an approved notice, finished when it was approved and the same for every channel: the document as it is
-- published (with its signature, if the town signs), all words, the state of each area after it, its place in the chain of
-- reports. `texts` is NULL for notices of earlier versions.
CREATE TABLE publication (
  notice TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  document BLOB NOT NULL CHECK (length(document) > 0),
  texts TEXT CHECK (texts IS NULL OR json_valid(texts)),
  areas TEXT NOT NULL CHECK (json_valid(areas)),
  chain TEXT NOT NULL CHECK (json_valid(chain)),
  FOREIGN KEY (notice, digest) REFERENCES notice (id, digest)
) STRICT;
INSERT INTO publication SELECT id, digest, document, NULL, '[]', json_object('document', id, 'revision', 1) FROM notice;
CREATE TRIGGER publication_is_new BEFORE INSERT ON publication
WHEN EXISTS (SELECT 1 FROM publication WHERE notice = NEW.notice)
BEGIN SELECT RAISE(ABORT, 'what is published cannot be replaced'); END;
CREATE TRIGGER publication_stays BEFORE UPDATE ON publication BEGIN SELECT RAISE(ABORT, 'what is published cannot be changed'); END;
CREATE TRIGGER publication_remains BEFORE DELETE ON publication BEGIN SELECT RAISE(ABORT, 'what is published cannot be deleted'); END;

-- The outbox with more channels, attempts that have begun, and deliveries that were given up. `lease` names the run of the
-- service that began the attempt: one of another run was cut off, and whether it arrived is not known.
ALTER TABLE delivery RENAME TO delivery_before_7;
CREATE TABLE delivery (
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
  UNIQUE (notice, channel),
  CHECK ((state = 'sending') = (lease IS NOT NULL)),
  FOREIGN KEY (notice, digest) REFERENCES notice (id, digest)
) STRICT;
INSERT INTO delivery SELECT id, notice, digest, channel, state, attempts, changed_ms, note, NULL FROM delivery_before_7;
DROP TABLE delivery_before_7;
CREATE INDEX delivery_owed ON delivery (channel, id) WHERE state IN ('waiting', 'sending', 'retrying');
CREATE TRIGGER delivery_is_new BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE id = NEW.id OR (notice = NEW.notice AND channel = NEW.channel))
BEGIN SELECT RAISE(ABORT, 'a delivery cannot be replaced'); END;
CREATE TRIGGER delivery_needs_publication BEFORE INSERT ON delivery
WHEN NOT EXISTS (SELECT 1 FROM publication WHERE notice = NEW.notice AND digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'nothing is owed that is not ready to leave'); END;
CREATE TRIGGER delivery_keeps BEFORE UPDATE OF id, notice, digest, channel ON delivery
BEGIN SELECT RAISE(ABORT, 'what is owed cannot be changed'); END;
CREATE TRIGGER delivery_is_final BEFORE UPDATE ON delivery WHEN OLD.state IN ('delivered', 'given_up')
BEGIN SELECT RAISE(ABORT, 'a delivery that happened cannot be undone'); END;
CREATE TRIGGER delivery_remains BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'a delivery cannot be deleted'); END;
