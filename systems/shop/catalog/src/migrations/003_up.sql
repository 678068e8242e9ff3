-- what search knows of a product; 'doc' names it in the index of texts
CREATE TABLE search_docs (
    doc INTEGER PRIMARY KEY,
    product_id BLOB NOT NULL UNIQUE CHECK (length(product_id) = 16),
    visible INTEGER NOT NULL CHECK (visible IN (0, 1)),
    -- ids of facet_values, four bytes each, lowest first in each
    facets BLOB NOT NULL
) STRICT;

CREATE TABLE facet_values (
    id INTEGER PRIMARY KEY,
    -- 'category', 'option:<name>' or 'attribute:<code>'
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (value, facet)
) STRICT;
CREATE INDEX values_of_facet ON facet_values (facet, id);

CREATE VIRTUAL TABLE product_text USING fts5 (
    name, labels, description, tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
);

-- pricing's lists, as its events tell them
CREATE TABLE variant_prices (
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    currency TEXT NOT NULL,
    minor INTEGER NOT NULL,
    PRIMARY KEY (variant_id, currency)
) STRICT, WITHOUT ROWID;

-- the lowest price of each product's variants for sale
CREATE TABLE search_prices (
    currency TEXT NOT NULL,
    doc INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    PRIMARY KEY (currency, doc)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_prices_of_doc ON search_prices (doc);
