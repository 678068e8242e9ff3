CREATE TABLE products_before (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    -- a JSON array of addresses
    pictures TEXT NOT NULL,
    -- says whether the status is 'published' to a release that does not know the status, and is kept true
    sellable INTEGER NOT NULL CHECK (sellable IN (0, 1)),
    version INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'published'
        CHECK (status IN ('draft', 'published', 'archived')),
    -- a JSON array of names
    options TEXT NOT NULL DEFAULT '[]',
    -- a JSON object, by the code of the attribute
    attributes TEXT NOT NULL DEFAULT '{}',
    -- the ids of the categories one after the other, the main one first
    categories BLOB NOT NULL DEFAULT x'',
    variant_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO products_before (id, slug, name, description, pictures, sellable, version, status, options, attributes, categories,
        variant_count)
    SELECT id, slug, name, description, pictures, sellable, version, status, options, attributes, categories, variant_count
    FROM products;
-- and with it its trigger
DROP TABLE products;
ALTER TABLE products_before RENAME TO products;
CREATE TRIGGER search_texts_set AFTER UPDATE ON products BEGIN
    UPDATE search_changes SET texts = texts + 1;
END;
