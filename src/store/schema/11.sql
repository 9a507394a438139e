-- Version 11.

-- Passkeys: the public halves of keys that officers carry. One belongs to one account. `state` is what a signature may change:
-- how often the key has signed (the counter shows a copy), whether copies of it are kept.
CREATE TABLE passkey (
  id TEXT PRIMARY KEY CHECK (id <> ''),
  officer TEXT NOT NULL REFERENCES officer (name),
  public BLOB NOT NULL CHECK (length(public) > 32),
  state BLOB NOT NULL CHECK (length(state) = 7),
  label TEXT NOT NULL CHECK (label <> ''),
  added_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_of ON passkey (officer);
CREATE TRIGGER passkey_stays BEFORE UPDATE OF id, officer, public, label, added_ms ON passkey
BEGIN SELECT RAISE(ABORT, 'a passkey is removed, not changed'); END;
CREATE TRIGGER passkey_is_new BEFORE INSERT ON passkey WHEN EXISTS (SELECT 1 FROM passkey WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'this passkey is registered'); END;
