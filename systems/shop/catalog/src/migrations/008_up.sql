-- Each commit adds a piece to the index of texts. Merged four at a time, as it is meant, that is a third of what the index
-- costs an import; they are merged as soon as nobody writes, see 'actions/tidy_texts.rs', down to fewer than ever before
INSERT INTO product_text (product_text, rank) VALUES ('automerge', 16);
