INSERT INTO product_text (product_text, rank) VALUES ('automerge', 4);
