CREATE TRIGGER search_docs_put AFTER INSERT ON search_docs BEGIN
    UPDATE search_changes SET goods = goods + 1, texts = texts + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_docs_set AFTER UPDATE OF visible, facets ON search_docs BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_prices_put AFTER INSERT ON search_prices BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
CREATE TRIGGER search_prices_set AFTER UPDATE ON search_prices BEGIN
    UPDATE search_changes SET goods = goods + 1;
    UPDATE search_docs SET changed = (SELECT goods FROM search_changes) WHERE doc = new.doc;
END;
