-- how often what search knows has changed: who keeps a copy in memory sees here what to read anew. Triggers count, so
-- that a release that does not know of it counts, too
CREATE TABLE search_changes (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- of documents and their prices; each has the number of its last one
    goods INTEGER NOT NULL,
    -- of documents that were taken out
    removals INTEGER NOT NULL,
    -- of categories and attributes
    shelves INTEGER NOT NULL,
    -- of what is found by words
    texts INTEGER NOT NULL
) STRICT;
INSERT INTO search_changes (only_row, goods, removals, shelves, texts) VALUES (1, 0, 0, 0, 0);

ALTER TABLE search_docs ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX search_docs_by_change ON search_docs (changed);

CREATE TRIGGER search_docs_put AFTER INSERT ON search_docs BEGIN
    UPDATE search_changes SET goods = goods + 1, texts = texts + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_docs_set AFTER UPDATE OF visible, facets ON search_docs BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_docs_removed AFTER DELETE ON search_docs BEGIN
    UPDATE search_changes SET removals = removals + 1, texts = texts + 1;
END;
CREATE TRIGGER search_prices_put AFTER INSERT ON search_prices BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_prices_set AFTER UPDATE ON search_prices BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_prices_removed AFTER DELETE ON search_prices BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = old.doc;
END;

-- the index of texts has no triggers; it is only ever written with the product or its document
CREATE TRIGGER search_texts_set AFTER UPDATE ON products BEGIN
    UPDATE search_changes SET texts = texts + 1;
END;

CREATE TRIGGER search_category_put AFTER INSERT ON categories BEGIN
    UPDATE search_changes SET shelves = shelves + 1;
END;
CREATE TRIGGER search_category_set AFTER UPDATE ON categories BEGIN
    UPDATE search_changes SET shelves = shelves + 1;
END;
CREATE TRIGGER search_category_removed AFTER DELETE ON categories BEGIN
    UPDATE search_changes SET shelves = shelves + 1;
END;
CREATE TRIGGER search_attribute_put AFTER INSERT ON attributes BEGIN
    UPDATE search_changes SET shelves = shelves + 1;
END;
CREATE TRIGGER search_attribute_set AFTER UPDATE ON attributes BEGIN
    UPDATE search_changes SET shelves = shelves + 1;
END;
CREATE TRIGGER search_attribute_removed AFTER DELETE ON attributes BEGIN
    UPDATE search_changes SET shelves = shelves + 1;
END;
