-- Version 3.

-- Devices: who may speak at the embedded broker. A secret is never here, only what recognises it.
CREATE TABLE device (
  name TEXT PRIMARY KEY,
  stations TEXT NOT NULL CHECK (json_valid(stations)),
  topics TEXT NOT NULL CHECK (json_valid(topics)),
  limits TEXT NOT NULL CHECK (json_valid(limits)),
  certificate TEXT CHECK (certificate IS NULL OR length(certificate) = 64),
  verifier TEXT,
  before TEXT,
  before_until_ms INTEGER,
  state TEXT NOT NULL CHECK (state IN ('in_use', 'out_of_use', 'revoked')),
  barred_ms INTEGER,
  barred_by TEXT,
  reason TEXT,
  enrolled_ms INTEGER NOT NULL,
  enrolled_by TEXT NOT NULL,
  rotated_ms INTEGER,
  CHECK (state = 'in_use' OR (barred_ms IS NOT NULL AND barred_by <> '' AND reason <> ''))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_certificate ON device (certificate) WHERE certificate IS NOT NULL;
CREATE TRIGGER device_remains BEFORE DELETE ON device BEGIN SELECT RAISE(ABORT, 'a device is revoked, not deleted'); END;
CREATE TRIGGER device_stays_revoked BEFORE UPDATE ON device WHEN OLD.state = 'revoked'
BEGIN SELECT RAISE(ABORT, 'a device that was revoked stays revoked'); END;
-- Counts changes, so that a running service sees what another process wrote.
CREATE TABLE device_changes (changes INTEGER NOT NULL) STRICT;
INSERT INTO device_changes VALUES (1);
CREATE TRIGGER device_added AFTER INSERT ON device BEGIN UPDATE device_changes SET changes = changes + 1; END;
CREATE TRIGGER device_changed AFTER UPDATE ON device BEGIN UPDATE device_changes SET changes = changes + 1; END;

-- Readings that an officer does not believe any more. The service marks them and notes how far that went, so that a
-- replay can follow it.
CREATE TABLE distrust (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device TEXT NOT NULL REFERENCES device (name),
  station TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  asked_ms INTEGER NOT NULL,
  upto_seq INTEGER,
  after_evaluation INTEGER,
  marked INTEGER,
  CHECK ((upto_seq IS NULL) = (after_evaluation IS NULL) AND (upto_seq IS NULL) = (marked IS NULL))
) STRICT;
CREATE TRIGGER distrust_remains BEFORE DELETE ON distrust BEGIN SELECT RAISE(ABORT, 'what was not believed stays noted'); END;
CREATE TRIGGER distrust_is_final BEFORE UPDATE ON distrust WHEN OLD.upto_seq IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'readings are marked once'); END;
