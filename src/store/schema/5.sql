-- Version 5.

-- Which model files may forecast. A file is named by its digest; a decision about it is made by a person who may approve,
-- with the card before their eyes, and stays.
CREATE TABLE model_decision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  gauge TEXT NOT NULL CHECK (gauge <> ''),
  digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
  card TEXT NOT NULL CHECK (json_valid(card) AND json_extract(card, '$.gauge') = gauge),
  decision TEXT NOT NULL CHECK (decision IN ('approved', 'withdrawn')),
  officer TEXT NOT NULL REFERENCES officer (name),
  reason TEXT NOT NULL CHECK (reason <> ''),
  at_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER model_decision_remains BEFORE DELETE ON model_decision
BEGIN SELECT RAISE(ABORT, 'a decision about a model stays noted'); END;
CREATE TRIGGER model_decision_is_final BEFORE UPDATE ON model_decision
BEGIN SELECT RAISE(ABORT, 'a decision about a model is not changed, a new one is made'); END;
CREATE TRIGGER model_decision_by_approver BEFORE INSERT ON model_decision
WHEN (SELECT role FROM officer WHERE name = NEW.officer) IS NOT 'approver'
BEGIN SELECT RAISE(ABORT, 'only an approver decides which model is used'); END;
