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
