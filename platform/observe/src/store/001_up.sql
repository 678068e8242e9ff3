-- Spans of one trace that came in together. Everything is ordered by id, which is the order of arrival: the clocks of
-- other processes order nothing.
CREATE TABLE observe_fragments (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    trace BLOB NOT NULL,
    started INTEGER NOT NULL,
    length INTEGER NOT NULL,
    -- Whether the first span of the trace is in it.
    root INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    spans INTEGER NOT NULL,
    name TEXT NOT NULL,
    service TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX observe_fragments_by_trace ON observe_fragments (trace);
CREATE INDEX observe_fragments_by_length ON observe_fragments (length);
CREATE INDEX observe_fragments_failed ON observe_fragments (id) WHERE failed = 1;
-- Words only: which of them stand beside each other is looked up in the body.
CREATE VIRTUAL TABLE observe_fragment_words USING fts5(text, content='', contentless_delete=1, detail=none);

CREATE TABLE observe_lines (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    told INTEGER NOT NULL,
    level INTEGER NOT NULL,
    service TEXT NOT NULL,
    target TEXT NOT NULL,
    trace BLOB,
    span INTEGER,
    message TEXT NOT NULL,
    fields TEXT NOT NULL
) STRICT;
CREATE INDEX observe_lines_by_trace ON observe_lines (trace) WHERE trace IS NOT NULL;
CREATE INDEX observe_lines_by_level ON observe_lines (level, id);
CREATE VIRTUAL TABLE observe_line_words USING fts5(text, content='', contentless_delete=1, detail=none);

CREATE TABLE observe_series (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    labels TEXT NOT NULL,
    counts INTEGER NOT NULL,
    UNIQUE (name, labels)
) STRICT;
-- The values of all series at one time; one that is not whole has only what changed since the one before.
CREATE TABLE observe_samples (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX observe_samples_by_time ON observe_samples (at);
