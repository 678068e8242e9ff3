-- pictures whose files lie in the store of objects. A row is there before its files and goes after them
CREATE TABLE pictures (
    -- of the file that was sent
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    format TEXT NOT NULL CHECK (format IN ('jpeg', 'png')),
    state TEXT NOT NULL CHECK (state IN ('coming', 'shown', 'going')),
    -- products that show it
    uses INTEGER NOT NULL CHECK (uses >= 0),
    touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX pictures_unused ON pictures (touched_at) WHERE uses = 0;
