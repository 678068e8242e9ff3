DROP TABLE observe_samples;
DROP TABLE observe_series;
DROP TABLE observe_line_words;
DROP TABLE observe_lines;
DROP TABLE observe_fragment_words;
DROP TABLE observe_fragments;
