-- Version 13.

-- With what an evaluation was worked out: the program, and a digest of town, criteria and settings. Only evaluations of the same
-- program and basis can be expected to give the same advice again. 0 and NULL: of a version that did not write it down.
ALTER TABLE evaluation ADD COLUMN program INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluation ADD COLUMN basis TEXT CHECK (basis IS NULL OR length(basis) = 64);
-- The first evaluation after a start says from which one the service went on; 0 = from nothing. NULL: it follows the row before.
ALTER TABLE evaluation ADD COLUMN resumed INTEGER;
-- Who looks for what was told last must not read all rows since.
CREATE INDEX evaluation_told ON evaluation (id) WHERE told IS NOT NULL;
CREATE INDEX evaluation_resumed ON evaluation (resumed) WHERE resumed IS NOT NULL;

-- What was advised at an evaluation, written out, for the start after: only the newest is kept, and those that a start went on from.
-- All others can be worked out again. `evaluation.body` is of earlier versions.
CREATE TABLE stood (
  evaluation INTEGER PRIMARY KEY REFERENCES evaluation (id),
  as_of_ms INTEGER NOT NULL,
  essence TEXT NOT NULL CHECK (length(essence) = 64),
  body TEXT NOT NULL
) STRICT;
