-- The tables of a store file of version 5, step by step as its programs made them. Never changed: the file is a test's memory.

-- Version 1.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value ANY  NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the counters that every write transaction moves.
CREATE TABLE state (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq       INTEGER NOT NULL,
    change    INTEGER NOT NULL,
    log_bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE item (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    parent  INTEGER NOT NULL REFERENCES item (id),
    kind    INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
    part    INTEGER NOT NULL CHECK (part BETWEEN 0 AND 3),
    flags   INTEGER NOT NULL,
    status  INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    change  INTEGER NOT NULL,
    content INTEGER NOT NULL,
    date    BLOB    NOT NULL,
    source  BLOB
) STRICT;
CREATE INDEX item_source ON item (source, parent) WHERE source IS NOT NULL;

CREATE TABLE folder (
    id         INTEGER NOT NULL PRIMARY KEY REFERENCES item (id),
    parent     INTEGER NOT NULL REFERENCES item (id),
    deleted    INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    name       TEXT    NOT NULL,
    contents   INTEGER NOT NULL CHECK (contents >= 0),
    unread     INTEGER NOT NULL CHECK (unread >= 0),
    associated INTEGER NOT NULL CHECK (associated >= 0),
    folders    INTEGER NOT NULL CHECK (folders >= 0),
    removed    INTEGER NOT NULL CHECK (removed >= 0)
) STRICT;
CREATE UNIQUE INDEX folder_name ON folder (parent, name) WHERE deleted = 0;
CREATE INDEX folder_parent ON folder (parent, id);

CREATE TABLE bag (
    id   INTEGER NOT NULL PRIMARY KEY,
    form INTEGER NOT NULL CHECK (form IN (0, 1)),
    data BLOB    NOT NULL
) STRICT;

CREATE TABLE entry (
    container INTEGER NOT NULL REFERENCES item (id),
    part      INTEGER NOT NULL,
    ord       INTEGER NOT NULL,
    key       BLOB    NOT NULL,
    item      INTEGER NOT NULL REFERENCES item (id),
    PRIMARY KEY (container, part, ord, key, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE ord (
    id        INTEGER NOT NULL PRIMARY KEY,
    tag       INTEGER NOT NULL,
    ready     INTEGER NOT NULL CHECK (ready IN (0, 1)),
    collation TEXT    NOT NULL
) STRICT;

CREATE TABLE name (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id BETWEEN 32768 AND 65534),
    guid BLOB    NOT NULL,
    lid  INTEGER,
    text TEXT,
    mail INTEGER NOT NULL CHECK (mail IN (0, 1)),
    CHECK ((lid IS NULL) <> (text IS NULL))
) STRICT;
CREATE UNIQUE INDEX name_lid ON name (guid, lid) WHERE lid IS NOT NULL;
CREATE UNIQUE INDEX name_text ON name (guid, text) WHERE text IS NOT NULL;

CREATE TABLE log (
    seq     INTEGER NOT NULL PRIMARY KEY,
    time    INTEGER NOT NULL,
    origin  INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    object  INTEGER NOT NULL,
    folder  INTEGER NOT NULL,
    parent  INTEGER NOT NULL,
    other   INTEGER,
    changed BLOB,
    inverse BLOB
) STRICT;

CREATE TABLE blob (
    id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    hash   BLOB,
    size   INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    refs   INTEGER NOT NULL CHECK (refs >= 0),
    recipe BLOB
) STRICT;
CREATE UNIQUE INDEX blob_hash ON blob (hash) WHERE hash IS NOT NULL;
CREATE INDEX blob_unbound ON blob (id) WHERE refs = 0;

-- id = blob.id * 1048576 + number of the chunk.
CREATE TABLE chunk (
    id   INTEGER NOT NULL PRIMARY KEY,
    form INTEGER NOT NULL CHECK (form IN (0, 1)),
    data BLOB    NOT NULL
) STRICT;

CREATE TABLE sync (
    origin INTEGER NOT NULL,
    object INTEGER NOT NULL,
    key    BLOB    NOT NULL,
    value  BLOB    NOT NULL,
    PRIMARY KEY (origin, object, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX sync_object ON sync (object);

-- Version 2.
CREATE TABLE search (
    folder      INTEGER NOT NULL PRIMARY KEY REFERENCES item (id),
    run         INTEGER NOT NULL,
    phase       INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 2),
    flags       INTEGER NOT NULL CHECK (flags BETWEEN 0 AND 31),
    version     INTEGER NOT NULL,
    scope       BLOB    NOT NULL,
    restriction BLOB    NOT NULL,
    reached     INTEGER
) STRICT;

-- Version 3.
CREATE VIRTUAL TABLE fulltext USING fts5 (
    subject, sender, "to", cc, bcc, other, body, attachment,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);
INSERT INTO fulltext (fulltext, rank) VALUES
    ('pgsz', 8100), ('hashsize', 8388608), ('automerge', 0), ('usermerge', 16), ('crisismerge', 400);

CREATE TABLE indexed (
    key   INTEGER NOT NULL PRIMARY KEY,
    item  INTEGER NOT NULL REFERENCES item (id),
    whole INTEGER NOT NULL CHECK (whole IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX indexed_item ON indexed (item);
CREATE INDEX indexed_in_part ON indexed (key) WHERE whole = 0;

-- One row: messages above `last`, and up to `reached`, are indexed.
CREATE TABLE indexing (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    rules   TEXT    NOT NULL,
    reached INTEGER NOT NULL,
    last    INTEGER NOT NULL
) STRICT;
INSERT INTO indexing (id, rules, reached, last) SELECT 1, '', 0, coalesce(max(id), 0) FROM item;

-- Version 4.
ALTER TABLE item ADD COLUMN thread INTEGER;
CREATE INDEX item_thread ON item (thread) WHERE thread IS NOT NULL;

CREATE TABLE node (
    key    INTEGER NOT NULL PRIMARY KEY,
    thread INTEGER NOT NULL
) STRICT;

CREATE TABLE topic (
    key    INTEGER NOT NULL PRIMARY KEY,
    thread INTEGER NOT NULL,
    begun  INTEGER NOT NULL CHECK (begun IN (0, 1))
) STRICT;

CREATE TABLE joined (
    thread INTEGER NOT NULL PRIMARY KEY,
    whole  INTEGER NOT NULL
) STRICT;

-- One row: messages up to `reached` have their thread; all, where that is null.
CREATE TABLE threading (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    reached INTEGER
) STRICT;
INSERT INTO threading (id, reached) SELECT 1, CASE WHEN EXISTS (SELECT 1 FROM item WHERE kind = 3) THEN 0 END;

-- Version 5. It adds nothing: bags in parts are rows like any other.
