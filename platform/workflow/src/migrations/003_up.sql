-- Events 1 to `version` of aggregates to which nothing has happened for long, packed. What happens to them later stands in
-- aggregate_events as ever. So events do leave that table; its newest one never does, so positions are still used once.
CREATE TABLE aggregate_archive (
    id          BLOB NOT NULL CHECK (length(id) = 16),
    aggregate   TEXT NOT NULL,
    version     INTEGER NOT NULL,
    -- How it is packed, and into how many bytes it unpacks.
    format      INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    packed      BLOB NOT NULL,
    archived_at INTEGER NOT NULL,
    PRIMARY KEY (id, aggregate)
) STRICT;

-- How far a generation that is being built has come in the archive, which it takes first; NULL once it is through.
ALTER TABLE projections ADD COLUMN archive_after BLOB;
