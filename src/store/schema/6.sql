-- Version 6.

-- Rows of decisions that were written in the running transaction and whose digests the audit does not carry yet. At the
-- end of each transaction they are sealed: an audit entry names each with its digest (src/store/seal.rs makes the
-- triggers that fill this table, for every covered table, at every start).
CREATE TABLE unsealed (
  tbl TEXT NOT NULL,
  key TEXT NOT NULL,
  PRIMARY KEY (tbl, key)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER draft_remains BEFORE DELETE ON draft BEGIN SELECT RAISE(ABORT, 'what was shown cannot be deleted'); END;
CREATE TRIGGER proposal_remains BEFORE DELETE ON proposal BEGIN SELECT RAISE(ABORT, 'a proposal cannot be deleted'); END;

-- Officers: two more roles. A check of a column can only be changed by making its table anew; the foreign keys of others
-- find it by its name.
DROP TRIGGER notice_needs_approver;
DROP TRIGGER model_decision_by_approver;
CREATE TABLE officer_6 (
  name TEXT PRIMARY KEY,
  display TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'shelter_desk', 'duty_officer', 'approver', 'administrator', 'auditor')),
  password TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO officer_6 SELECT name, display, role, password FROM officer;
DROP TABLE officer;
ALTER TABLE officer_6 RENAME TO officer;
CREATE TRIGGER model_decision_by_approver BEFORE INSERT ON model_decision
WHEN (SELECT role FROM officer WHERE name = NEW.officer) IS NOT 'approver'
BEGIN SELECT RAISE(ABORT, 'only an approver decides which model is used'); END;

-- Whether the session was opened with a second factor, too. Sessions of before were not.
ALTER TABLE session ADD COLUMN strong INTEGER NOT NULL DEFAULT 0 CHECK (strong IN (0, 1));
-- Second factors: the shared secret of a time-based code, and the last time step that was used, so that a code works once.
CREATE TABLE second_factor (
  officer TEXT PRIMARY KEY REFERENCES officer (name),
  secret TEXT NOT NULL CHECK (length(secret) = 40),
  last_step INTEGER NOT NULL,
  added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER second_factor_once BEFORE UPDATE OF last_step ON second_factor WHEN NEW.last_step <= OLD.last_step
BEGIN SELECT RAISE(ABORT, 'a code works once'); END;
-- Browsers that an officer has signed in with before, by the digest of what they keep: guessing elsewhere does not make
-- them wait.
CREATE TABLE known_browser (
  token TEXT PRIMARY KEY CHECK (length(token) = 64),
  officer TEXT NOT NULL REFERENCES officer (name),
  seen_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Authority to issue: on which basis, up to which level, from when until when, in which place of the succession.
CREATE TABLE authority (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  officer TEXT NOT NULL REFERENCES officer (name),
  basis TEXT NOT NULL CHECK (basis IN ('own', 'delegated', 'acting', 'pre_authorised')),
  document TEXT NOT NULL CHECK (document <> ''),
  condition TEXT NOT NULL,
  level_max INTEGER NOT NULL CHECK (level_max IN (3, 4, 5)),
  rank INTEGER NOT NULL CHECK (rank >= 1),
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL CHECK (until_ms > from_ms),
  granted_by TEXT NOT NULL,
  granted_ms INTEGER NOT NULL,
  revoked_ms INTEGER,
  revoked_by TEXT,
  CHECK (basis <> 'pre_authorised' OR condition <> ''),
  CHECK ((revoked_ms IS NULL) = (revoked_by IS NULL))
) STRICT;
CREATE INDEX authority_of ON authority (officer);
CREATE TRIGGER authority_stays BEFORE UPDATE OF id, officer, basis, document, condition, level_max, rank, from_ms, until_ms,
  granted_by, granted_ms ON authority BEGIN SELECT RAISE(ABORT, 'an authority is revoked, not changed'); END;
CREATE TRIGGER authority_revoked_once BEFORE UPDATE ON authority WHEN OLD.revoked_ms IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an authority is revoked once'); END;
CREATE TRIGGER authority_remains BEFORE DELETE ON authority BEGIN SELECT RAISE(ABORT, 'an authority is revoked, not deleted'); END;
-- Approvers of before had no document on record; they keep what they could do, and the record says so.
INSERT INTO authority (officer, basis, document, condition, level_max, rank, from_ms, until_ms, granted_by, granted_ms)
  SELECT name, 'delegated', '文書の記載なし(記録の版6より前の承認者)', '', 5, 1, 0, 4102444800000, 'system', 0
  FROM officer WHERE role = 'approver';

-- How many must approve a draft, fixed when it is put on screen; and how long the second is waited for, in event time.
ALTER TABLE draft ADD COLUMN needs TEXT NOT NULL DEFAULT 'one' CHECK (needs IN ('one', 'two', 'one_then_review'));
ALTER TABLE draft ADD COLUMN lone_after_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE draft ADD COLUMN choice TEXT NOT NULL DEFAULT '' CHECK (choice IN ('', '3', '4', '5', 'lift', 'cancel'));
ALTER TABLE draft ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
CREATE TRIGGER draft_rule_stays BEFORE UPDATE OF needs, lone_after_ms, choice, reason_code ON draft
BEGIN SELECT RAISE(ABORT, 'what was shown cannot be changed'); END;

-- Approvals: who, of exactly which bytes, as first or second.
CREATE TABLE approval (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  draft TEXT NOT NULL REFERENCES draft (id),
  place TEXT NOT NULL CHECK (place IN ('first', 'second')),
  officer TEXT NOT NULL REFERENCES officer (name) CHECK (officer <> ''),
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  at_ms INTEGER NOT NULL,
  UNIQUE (draft, place)
) STRICT;
INSERT INTO approval (draft, place, officer, digest, at_ms)
  SELECT id, 'first', approved_by, digest, approved_ms FROM notice ORDER BY approved_ms, id;
CREATE TRIGGER approval_is_new BEFORE INSERT ON approval
WHEN EXISTS (SELECT 1 FROM approval WHERE draft = NEW.draft AND place = NEW.place)
BEGIN SELECT RAISE(ABORT, 'an approval cannot be replaced'); END;
CREATE TRIGGER approval_of_what_was_shown BEFORE INSERT ON approval
WHEN NOT EXISTS (SELECT 1 FROM draft WHERE id = NEW.draft AND digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'an approval is of exactly what was shown'); END;
CREATE TRIGGER approval_by_whoever_may BEFORE INSERT ON approval
WHEN (SELECT role FROM officer WHERE name = NEW.officer) NOT IN ('duty_officer', 'approver')
BEGIN SELECT RAISE(ABORT, 'this officer may not approve'); END;
CREATE TRIGGER approval_second_is_another BEFORE INSERT ON approval
WHEN NEW.place = 'second' AND NOT EXISTS
  (SELECT 1 FROM approval WHERE draft = NEW.draft AND place = 'first' AND officer <> NEW.officer AND at_ms <= NEW.at_ms)
BEGIN SELECT RAISE(ABORT, 'the second approval is by another person, after the first'); END;
CREATE TRIGGER approval_stays BEFORE UPDATE ON approval BEGIN SELECT RAISE(ABORT, 'an approval cannot be changed'); END;
CREATE TRIGGER approval_remains BEFORE DELETE ON approval BEGIN SELECT RAISE(ABORT, 'an approval cannot be deleted'); END;

-- What the second person chose before seeing the first's choice. One choice each.
CREATE TABLE second_choice (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  draft TEXT NOT NULL REFERENCES draft (id),
  officer TEXT NOT NULL REFERENCES officer (name),
  choice TEXT NOT NULL CHECK (choice IN ('3', '4', '5', 'lift', 'cancel', 'not_now')),
  at_ms INTEGER NOT NULL,
  UNIQUE (draft, officer)
) STRICT;
CREATE TRIGGER second_choice_is_new BEFORE INSERT ON second_choice
WHEN EXISTS (SELECT 1 FROM second_choice WHERE draft = NEW.draft AND officer = NEW.officer)
BEGIN SELECT RAISE(ABORT, 'a choice is made once'); END;
CREATE TRIGGER second_choice_stays BEFORE UPDATE ON second_choice BEGIN SELECT RAISE(ABORT, 'a choice cannot be changed'); END;
CREATE TRIGGER second_choice_remains BEFORE DELETE ON second_choice BEGIN SELECT RAISE(ABORT, 'a choice cannot be deleted'); END;

-- How a notice was approved, and on which authority.
ALTER TABLE notice ADD COLUMN how TEXT NOT NULL DEFAULT 'one' CHECK (how IN ('one', 'two', 'lone'));
ALTER TABLE notice ADD COLUMN authority INTEGER REFERENCES authority (id);
CREATE TRIGGER notice_needs_approver BEFORE INSERT ON notice
WHEN (SELECT role FROM officer WHERE name = NEW.approved_by) IS NOT 'approver'
BEGIN SELECT RAISE(ABORT, 'a notice needs an official who may approve'); END;
CREATE TRIGGER notice_needs_authority BEFORE INSERT ON notice
WHEN NOT EXISTS (SELECT 1 FROM authority a WHERE a.id = NEW.authority AND a.officer = NEW.approved_by AND a.revoked_ms IS NULL
  AND a.from_ms <= NEW.approved_ms AND NEW.approved_ms < a.until_ms
  AND a.level_max >= CASE json_extract(NEW.facts, '$.level')
    WHEN 'elderly_evacuation' THEN 3 WHEN 'evacuation_order' THEN 4 ELSE 5 END)
BEGIN SELECT RAISE(ABORT, 'a notice needs an authority that reaches it'); END;
CREATE TRIGGER notice_needs_approvals BEFORE INSERT ON notice
WHEN NOT CASE NEW.how
  WHEN 'one' THEN (SELECT needs FROM draft WHERE id = NEW.id) <> 'two'
    AND EXISTS (SELECT 1 FROM approval WHERE draft = NEW.id AND place = 'first' AND officer = NEW.approved_by AND digest = NEW.digest)
  WHEN 'two' THEN EXISTS (SELECT 1 FROM approval f JOIN approval s ON s.draft = f.draft AND s.place = 'second'
      WHERE f.draft = NEW.id AND f.place = 'first' AND f.digest = NEW.digest AND s.digest = NEW.digest
        AND s.officer = NEW.approved_by AND f.officer <> s.officer)
    AND EXISTS (SELECT 1 FROM second_choice c JOIN draft d ON d.id = c.draft
      WHERE d.id = NEW.id AND c.officer = NEW.approved_by AND c.choice = d.choice AND c.at_ms <= NEW.approved_ms)
  ELSE EXISTS (SELECT 1 FROM approval f JOIN draft d ON d.id = f.draft
      WHERE d.id = NEW.id AND f.place = 'first' AND f.officer = NEW.approved_by AND f.digest = NEW.digest
        AND d.needs = 'two' AND d.choice <> 'lift' AND NEW.approved_ms - f.at_ms >= d.lone_after_ms)
  END
BEGIN SELECT RAISE(ABORT, 'a notice needs its approvals'); END;

-- "I have seen this" (確認), and what happened when nobody said so. One row for each step of each item.
CREATE TABLE seen (
  proposal TEXT PRIMARY KEY REFERENCES proposal (id),
  officer TEXT NOT NULL REFERENCES officer (name),
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE escalation (
  proposal TEXT NOT NULL REFERENCES proposal (id),
  step INTEGER NOT NULL,
  officer TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (proposal, step)
) STRICT, WITHOUT ROWID;
-- The second look at a notice that one person let out.
CREATE TABLE review (
  notice TEXT PRIMARY KEY REFERENCES notice (id),
  officer TEXT NOT NULL REFERENCES officer (name),
  agrees INTEGER NOT NULL CHECK (agrees IN (0, 1)),
  words TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER review_by_another BEFORE INSERT ON review
WHEN EXISTS (SELECT 1 FROM notice WHERE id = NEW.notice AND approved_by = NEW.officer)
BEGIN SELECT RAISE(ABORT, 'a review is by another person'); END;
CREATE TRIGGER review_stays BEFORE UPDATE ON review BEGIN SELECT RAISE(ABORT, 'a review cannot be changed'); END;

-- Two worlds: what was made in the other one is not taken in, whoever carries it over.
CREATE TRIGGER draft_of_this_realm BEFORE INSERT ON draft
WHEN json_extract(NEW.facts, '$.realm') IS NOT (SELECT value FROM about WHERE key = 'realm')
BEGIN SELECT RAISE(ABORT, 'this text was made in another realm'); END;
