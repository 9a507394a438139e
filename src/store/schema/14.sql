-- Version 14.

-- By which name the town's provider of single sign-on knows an officer. Bound at the console, never by signing in.
CREATE TABLE subject (
  officer TEXT PRIMARY KEY REFERENCES officer (name),
  issuer TEXT NOT NULL CHECK (issuer <> ''),
  subject TEXT NOT NULL CHECK (subject <> ''),
  bound_ms INTEGER NOT NULL,
  UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER subject_stays BEFORE UPDATE ON subject
BEGIN SELECT RAISE(ABORT, 'a binding is removed, not changed'); END;
