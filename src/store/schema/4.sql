-- Version 4.

-- Official information is forgotten by age. Never forgotten is what evaluations rest on, for they could not be recomputed
-- without it, and what was known when somebody decided: what arrived in the seven days before a text was put before an
-- officer, approved, or a proposal was decided on.
ALTER TABLE official ADD COLUMN ground INTEGER NOT NULL DEFAULT 0 CHECK (ground IN (0, 1));
CREATE INDEX official_ground ON official (seq) WHERE ground = 1;
CREATE INDEX notice_approved ON notice (approved_ms);
CREATE INDEX draft_prepared ON draft (prepared_ms);
CREATE INDEX proposal_decided ON proposal (decided_ms) WHERE decided_ms IS NOT NULL;
CREATE INDEX official_drill_received ON official_drill (received_ms);
CREATE TRIGGER official_known_remains BEFORE DELETE ON official
WHEN OLD.ground = 1
  OR EXISTS (SELECT 1 FROM notice WHERE approved_ms BETWEEN OLD.received_ms AND OLD.received_ms + 604800000)
  OR EXISTS (SELECT 1 FROM draft WHERE prepared_ms BETWEEN OLD.received_ms AND OLD.received_ms + 604800000)
  OR EXISTS (SELECT 1 FROM proposal WHERE decided_ms BETWEEN OLD.received_ms AND OLD.received_ms + 604800000)
BEGIN SELECT RAISE(ABORT, 'what advice or a decision rests on stays'); END;
