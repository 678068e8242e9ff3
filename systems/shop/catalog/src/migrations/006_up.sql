-- A statement with triggers costs SQLite several times what the statement does, and an import has hundreds of thousands
-- of them: who writes a document or a price says so itself now, once a transaction. No release has written these tables
-- without knowing of the counts. Triggers stay on what is rare, and on what an earlier release does write.
DROP TRIGGER search_docs_put;
DROP TRIGGER search_docs_set;
DROP TRIGGER search_prices_put;
DROP TRIGGER search_prices_set;
