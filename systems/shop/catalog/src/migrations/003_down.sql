DROP TABLE search_prices;
DROP TABLE variant_prices;
DROP TABLE product_text;
DROP TABLE facet_values;
DROP TABLE search_docs;
