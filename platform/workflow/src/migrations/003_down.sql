-- A release without an archive would not find what is in it: with rows in it this fails, and nothing is changed.
CREATE TABLE aggregate_archive_has_rows (aggregates INTEGER NOT NULL CHECK (aggregates = 0)) STRICT;
INSERT INTO aggregate_archive_has_rows SELECT count(*) FROM aggregate_archive;
DROP TABLE aggregate_archive_has_rows;
ALTER TABLE projections DROP COLUMN archive_after;
DROP TABLE aggregate_archive;
