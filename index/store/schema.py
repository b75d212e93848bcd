"""The tables of a corpus, and the views by which one that was laid over another is read with it as one."""

from __future__ import annotations

SCHEMA = "4"
PURGE, READ_AT = "purge", "read_at"
"""Names in `meta`: the corpus it is laid over holds what was taken out and must go; when the run that read the files
began, in nanoseconds since the epoch."""
GONE = "document IN (SELECT id FROM main.gone)"
LAID_OVER = f"""
CREATE TEMP VIEW documents AS
    SELECT rowid, * FROM below.documents WHERE id NOT IN (SELECT id FROM main.gone) UNION ALL
    SELECT rowid + (SELECT coalesce(max(rowid), 0) FROM below.documents), * FROM main.documents;
CREATE TEMP VIEW articles AS
    SELECT * FROM below.articles WHERE NOT {GONE} UNION ALL SELECT * FROM main.articles;
CREATE TEMP VIEW passages AS
    SELECT * FROM below.passages WHERE NOT {GONE} UNION ALL
    SELECT position + (SELECT coalesce(max(position), 0) FROM below.passages), id, document, article, start, stop, page,
        embedded FROM main.passages;
CREATE TEMP VIEW embeddings AS SELECT * FROM below.embeddings UNION ALL SELECT * FROM main.embeddings;
"""
"""A name without a schema is looked for here first, so every query reads both; paths and the rest are those above."""
TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE documents (id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, text TEXT NOT NULL, encoding TEXT NOT NULL,
    replaced INTEGER NOT NULL, hidden INTEGER NOT NULL, notes TEXT NOT NULL, layout TEXT NOT NULL,
    blocks BLOB NOT NULL) STRICT;
CREATE TABLE paths (path TEXT PRIMARY KEY, location BLOB NOT NULL, document TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL) STRICT;
CREATE TABLE articles (document TEXT NOT NULL REFERENCES documents, ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, title TEXT, outlet TEXT, author TEXT, date TEXT,
    headline_start INTEGER, headline_stop INTEGER, byline_start INTEGER, byline_stop INTEGER, columns TEXT,
    PRIMARY KEY (document, ordinal)) STRICT;
CREATE TABLE passages (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL,
    article INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, page INTEGER, embedded TEXT NOT NULL,
    FOREIGN KEY (document, article) REFERENCES articles) STRICT;
CREATE INDEX passages_by_article ON passages (document, article, start);
CREATE INDEX passages_by_embedded ON passages (embedded);
CREATE INDEX paths_by_document ON paths (document, path);
CREATE TABLE embeddings (fingerprint TEXT NOT NULL, text_sha256 TEXT NOT NULL, vector BLOB NOT NULL,
    lines BLOB NOT NULL, PRIMARY KEY (fingerprint, text_sha256)) STRICT;
CREATE TABLE gone (id TEXT PRIMARY KEY) STRICT;
CREATE TABLE identities (path TEXT PRIMARY KEY, identity TEXT NOT NULL) STRICT;
"""
