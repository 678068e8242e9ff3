ALTER TABLE products ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- 'sellable' says the same to a release that does not know this column, and is kept true
ALTER TABLE products ADD COLUMN status TEXT NOT NULL DEFAULT 'published'
    CHECK (status IN ('draft', 'published', 'archived'));
UPDATE products SET status = 'draft' WHERE sellable = 0;
-- a JSON array of names
ALTER TABLE products ADD COLUMN options TEXT NOT NULL DEFAULT '[]';
-- a JSON object, by the code of the attribute
ALTER TABLE products ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
-- the ids of the categories one after the other, the main one first
ALTER TABLE products ADD COLUMN categories BLOB NOT NULL DEFAULT x'';
ALTER TABLE products ADD COLUMN variant_count INTEGER NOT NULL DEFAULT 0;
UPDATE products SET variant_count = (SELECT count(*) FROM variants WHERE product_id = products.id);

-- a JSON array of values, or NULL for a product without options
ALTER TABLE variants ADD COLUMN options TEXT;
CREATE UNIQUE INDEX variants_by_options ON variants (product_id, options) WHERE options IS NOT NULL;

-- addresses that products had before
CREATE TABLE old_slugs (
    slug TEXT NOT NULL PRIMARY KEY,
    product_id BLOB NOT NULL CHECK (length(product_id) = 16)
) STRICT, WITHOUT ROWID;

CREATE TABLE categories (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    parent_id BLOB CHECK (length(parent_id) = 16),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE product_categories (
    category_id BLOB NOT NULL CHECK (length(category_id) = 16),
    product_id BLOB NOT NULL CHECK (length(product_id) = 16),
    PRIMARY KEY (category_id, product_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attributes (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'flag')),
    unit TEXT NOT NULL,
    filterable INTEGER NOT NULL CHECK (filterable IN (0, 1)),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
