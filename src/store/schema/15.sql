-- Version 15.

-- 職員の判断: what an officer asks for of their own accord waits in the inbox beside the recommendations. Of a recommendation one
-- cause has one item; of judgements as many as officers state.
ALTER TABLE proposal ADD COLUMN stated_by TEXT REFERENCES officer (name);
DROP INDEX proposal_open;
CREATE UNIQUE INDEX proposal_open ON proposal (river, level) WHERE state = 'open' AND stated_by IS NULL;
CREATE INDEX proposal_stated ON proposal (first_ms, id) WHERE state = 'open' AND stated_by IS NOT NULL;

CREATE TRIGGER proposal_stated_by_its_author BEFORE INSERT ON proposal
WHEN NEW.stated_by IS NOT json_extract(NEW.body, '$.judgement.by')
  OR (NEW.stated_by IS NOT NULL AND NEW.id IS NOT json_extract(NEW.body, '$.judgement.id'))
BEGIN SELECT RAISE(ABORT, 'a judgement is stated by its author'); END;
CREATE TRIGGER proposal_stated_by_whoever_may BEFORE INSERT ON proposal
WHEN NEW.stated_by IS NOT NULL AND (SELECT role FROM officer WHERE name = NEW.stated_by) NOT IN ('duty_officer', 'approver')
BEGIN SELECT RAISE(ABORT, 'this officer may not state a judgement'); END;
CREATE TRIGGER proposal_author_stays BEFORE UPDATE OF stated_by ON proposal
BEGIN SELECT RAISE(ABORT, 'who stated a judgement cannot be changed'); END;
CREATE TRIGGER proposal_statement_stays BEFORE UPDATE OF body ON proposal
WHEN json_extract(NEW.body, '$.judgement') IS NOT json_extract(OLD.body, '$.judgement')
BEGIN SELECT RAISE(ABORT, 'what was stated cannot be changed'); END;

-- Whoever states a judgement is one of two persons: neither the only one, nor the one who comes second.
CREATE TRIGGER draft_of_its_author_wants_two BEFORE INSERT ON draft
WHEN NEW.needs <> 'two' AND EXISTS (SELECT 1 FROM proposal WHERE id = NEW.proposal AND stated_by = NEW.author)
BEGIN SELECT RAISE(ABORT, 'a text of one''s own judgement wants two persons'); END;
CREATE TRIGGER approval_second_is_not_the_author BEFORE INSERT ON approval
WHEN NEW.place = 'second'
  AND EXISTS (SELECT 1 FROM draft d JOIN proposal p ON p.id = d.proposal WHERE d.id = NEW.draft AND p.stated_by = NEW.officer)
BEGIN SELECT RAISE(ABORT, 'whoever stated a judgement does not come second'); END;
CREATE TRIGGER notice_not_by_its_author_alone BEFORE INSERT ON notice
WHEN NEW.how = 'one'
  AND EXISTS (SELECT 1 FROM draft d JOIN proposal p ON p.id = d.proposal WHERE d.id = NEW.id AND p.stated_by = NEW.approved_by)
BEGIN SELECT RAISE(ABORT, 'whoever stated a judgement does not let it out alone'); END;
