-- Version 4.

-- Official information is forgotten by age, but never what was known when somebody decided: what arrived in the seven
-- days before a text was put before an officer, approved, or a proposal was decided on.
CREATE INDEX notice_approved ON notice (approved_ms);
CREATE INDEX draft_prepared ON draft (prepared_ms);
CREATE INDEX proposal_decided ON proposal (decided_ms) WHERE decided_ms IS NOT NULL;
CREATE INDEX official_drill_received ON official_drill (received_ms);
CREATE TRIGGER official_known_remains BEFORE DELETE ON official
WHEN EXISTS (SELECT 1 FROM notice WHERE approved_ms BETWEEN OLD.received_ms AND OLD.received_ms + 604800000)
  OR EXISTS (SELECT 1 FROM draft WHERE prepared_ms BETWEEN OLD.received_ms AND OLD.received_ms + 604800000)
  OR EXISTS (SELECT 1 FROM proposal WHERE decided_ms BETWEEN OLD.received_ms AND OLD.received_ms + 604800000)
BEGIN SELECT RAISE(ABORT, 'what was known when somebody decided stays'); END;
