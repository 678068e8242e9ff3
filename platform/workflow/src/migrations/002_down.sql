DROP TABLE projections;
DROP TABLE aggregate_snapshots;
DROP TABLE aggregate_events;
