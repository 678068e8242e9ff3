DROP TABLE saga_signals;
DROP TABLE saga_journal;
DROP TABLE saga_runs;
DROP TABLE saga_definitions;
