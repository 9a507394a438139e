-- Version 2. A new data directory runs every step in order, an old one those it has not seen: there is one way only.

-- Readings of any quantity. A series is one quantity of one station, its name with the unit: water_level_m, rain_mm.
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  station INTEGER NOT NULL REFERENCES station (id),
  quantity TEXT NOT NULL,
  UNIQUE (station, quantity)
) STRICT;
INSERT INTO series (station, quantity) SELECT id, 'water_level_m' FROM station ORDER BY id;

-- Time goes first in the key: readings of all stations arrive at about the same time, so a commit touches the few pages
-- of this moment and not one page for each station. `late_ms` is how long after its own time a reading arrived.
CREATE TABLE reading_2 (
  at_ms INTEGER NOT NULL,
  series INTEGER NOT NULL REFERENCES series (id),
  value REAL NOT NULL,
  flag INTEGER NOT NULL CHECK (flag IN (1, 2, 3, 4, 9)),
  late_ms INTEGER NOT NULL,
  -- The device had kept it and said so.
  historic INTEGER NOT NULL CHECK (historic IN (0, 1)),
  seq INTEGER NOT NULL,
  PRIMARY KEY (at_ms, series)
) STRICT, WITHOUT ROWID;
INSERT INTO reading_2 (at_ms, series, value, flag, late_ms, historic, seq)
  SELECT r.at_s * 1000, s.id, r.level_m, r.flag, r.late_s * 1000, 0, r.seq FROM reading r
  JOIN series s ON s.station = r.station ORDER BY r.at_s, s.id;

-- The last place given in the order of arrival, so that nobody has to look for it among all readings.
INSERT INTO about (key, value) SELECT 'last_seq', CAST(coalesce(max(seq), 0) AS TEXT) FROM reading;

DROP TABLE reading;
ALTER TABLE reading_2 RENAME TO reading;
CREATE TRIGGER reading_stays BEFORE UPDATE OF at_ms, series, value, late_ms, historic, seq ON reading
BEGIN SELECT RAISE(ABORT, 'a reading cannot be changed'); END;

-- Official information as it came: the bytes packed by gzip, with what its envelope says beside them. `digest` is of the
-- bytes before packing, so that a message which comes by two ways is one. `seq` is its place among the readings.
CREATE TABLE official (
  seq INTEGER PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  topic TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  kind TEXT NOT NULL,
  office TEXT NOT NULL,
  title TEXT NOT NULL,
  info_type TEXT NOT NULL,
  event TEXT NOT NULL,
  serial TEXT NOT NULL,
  issued_ms INTEGER,
  size INTEGER NOT NULL,
  packed BLOB NOT NULL
) STRICT;
CREATE INDEX official_received ON official (received_ms);
CREATE TRIGGER official_stays BEFORE UPDATE ON official
BEGIN SELECT RAISE(ABORT, 'official information cannot be changed'); END;
-- Drills and tests of agencies: a record of their own that nothing else reads but to count them.
CREATE TABLE official_drill (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received_ms INTEGER NOT NULL,
  topic TEXT NOT NULL,
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  size INTEGER NOT NULL,
  packed BLOB NOT NULL
) STRICT;

-- Keys of messages that a network may deliver again; the oldest are forgotten.
CREATE TABLE uplink (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE CHECK (length(key) = 16)) STRICT;
