BEGIN;
CREATE TABLE mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_migrations" VALUES ('idempotency',1,'keys','93e95282642fdcb9e048528ae63f7e54',1795636321194793);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.events',1,'outbox, consumers, inbox, parked keys','c1920e0fc6eed81b2bb6671edfb0b35c',1795636321172079);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',1,'jobs and schedules','e43797034031b3f292dc176f64933f8a',1795636321173926);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',2,'rates by kind','b0fe2381c58b82edd4e9fb35df36ef86',1795636321177941);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.sql',1,'leases','c9eea117a36c1066e9e4b2392109cab0',1795636321164057);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',1,'sagas','15b2c62ca12ec68e5934f6423b81f63f',1795636321191988);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',2,'aggregates and projections','bc2cf9ac63ba9618d7a47865d0115649',1795636321193533);
INSERT INTO "mainstay_migrations" VALUES ('shop.orders',1,'checkouts, order numbers, order list, sales by day','6da66d953e03627f9709317f97944802',1795636321195572);
CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_leases" VALUES ('background','0c292fb0-d124-4c3a-8e61-873c30a2533a/4026531836/15917/546183/5',2,0);
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY,
    id       BLOB NOT NULL,
    topic    TEXT NOT NULL,
    type     TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    trace    BLOB,
    data     BLOB NOT NULL
) STRICT;
INSERT INTO "outbox" VALUES (1,x'01a21443de3e7554bd701ba4d3cd350f','shop.orders.order','shop.orders.v1.OrderEvent','ord_01m8a47qggffxaqj2mdx6pswtr',1795636321853804,x'ff2fde4f020b3a1ff35040f84a4bbdb94ed86c6cee9e63f300',x'0a1001a21443de107bfaabc8546f4d6cf3581207532d31303030311a10796f7540686f6d652e6578616d706c6552a0020a1001a21443de107bfaabc8546f4d6cf358121001a21443ddf875fdaa808100e598df091a1001a21443de107bfaabc8546f4d6cf358221e7365735f30316d38613437716671656364763268357473743831746635332a270a03596f75120d312048696768205374726565742204596f726b2a07594f312037484832024742325b0a10a74d4f0d05a859b0a5d8ea5aff231e6a120b4d55472d4841522d424c551a17486172626f7572206d75672c20736c61746520626c756520022a0808e2091203474250320808c41312034742503a0808f403120347425040d00f3a087374616e64617264420808de0212034742504a0708461203474250520808a21612034742505a0808ba041203474250620808dc1a120347425068ecc2f0c8f2a39803');
INSERT INTO "outbox" VALUES (2,x'01a21443de6375f2ba5befd25f173eb7','shop.orders.order','shop.orders.v1.OrderEvent','ord_01m8a47qggffxaqj2mdx6pswtr',1795636321891850,x'ff2fde4f020b3a1ff35040f84a4bbdb94ed86c6cee9e63f300',x'0a1001a21443de107bfaabc8546f4d6cf3581207532d31303030311a10796f7540686f6d652e6578616d706c655aad020a0808dc1a120347425012a0020a1001a21443de107bfaabc8546f4d6cf358121001a21443ddf875fdaa808100e598df091a1001a21443de107bfaabc8546f4d6cf358221e7365735f30316d38613437716671656364763268357473743831746635332a270a03596f75120d312048696768205374726565742204596f726b2a07594f312037484832024742325b0a10a74d4f0d05a859b0a5d8ea5aff231e6a120b4d55472d4841522d424c551a17486172626f7572206d75672c20736c61746520626c756520022a0808e2091203474250320808c41312034742503a0808f403120347425040d00f3a087374616e64617264420808de0212034742504a0708461203474250520808a21612034742505a0808ba041203474250620808dc1a120347425068ecc2f0c8f2a39803');
CREATE TABLE event_consumers (
    number   INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    source   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    parked   INTEGER NOT NULL DEFAULT 0 CHECK (parked >= 0)
) STRICT;
INSERT INTO "event_consumers" VALUES (1,'shop.orders.payments','shop.payments','shop.payments.payment',2,0);
CREATE TABLE event_inbox (
    consumer INTEGER NOT NULL,
    id       BLOB NOT NULL,
    PRIMARY KEY (consumer, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "event_inbox" VALUES (1,x'01a21443de3671a8af4e05909d83eab6');
INSERT INTO "event_inbox" VALUES (1,x'01a21443de5b7456a6f402aedd55076f');
CREATE TABLE event_parked_keys (
    consumer INTEGER NOT NULL,
    lane     TEXT NOT NULL,
    dead     INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    code     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (consumer, lane)
) STRICT, WITHOUT ROWID;
CREATE TABLE event_parked (
    consumer INTEGER NOT NULL,
    lane     TEXT NOT NULL,
    position INTEGER NOT NULL,
    id       BLOB NOT NULL,
    type     TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    trace    BLOB,
    data     BLOB NOT NULL
) STRICT;
CREATE TABLE jobs (
    id           BLOB NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    priority     INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    enqueued_at  INTEGER NOT NULL,
    ended_at     INTEGER,
    unique_key   TEXT,
    tenant       BLOB NOT NULL,
    principal    TEXT NOT NULL,
    on_behalf_of TEXT,
    trace        BLOB NOT NULL,
    code         TEXT,
    reason       TEXT,
    payload      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE job_schedules (
    name     TEXT NOT NULL PRIMARY KEY,
    pattern  TEXT NOT NULL,
    next_at  INTEGER NOT NULL,
    last_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE job_rates (
    kind    TEXT NOT NULL PRIMARY KEY,
    full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE saga_definitions (
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    shape   TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
INSERT INTO "saga_definitions" VALUES ('shop.checkout',1,'fix_prices > reserve > authorise > commit_stock! > place > capture > notify');
INSERT INTO "saga_definitions" VALUES ('shop.refund',1,'repay! > restock > finish');
CREATE TABLE saga_runs (
    number       INTEGER PRIMARY KEY,
    status       INTEGER NOT NULL,
    wake_at      INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    deadline     INTEGER,
    run          BLOB NOT NULL UNIQUE CHECK (length(run) = 16),
    name         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    awaits       TEXT,
    tenant       BLOB NOT NULL,
    principal    TEXT NOT NULL,
    on_behalf_of TEXT,
    trace        TEXT NOT NULL,
    failure      TEXT,
    reason       TEXT
) STRICT;
INSERT INTO "saga_runs" VALUES (1,2,0,1795636321808385,1795636321891850,NULL,x'01a21443de107bfaabc8546f4d6cf358','shop.checkout',1,NULL,x'00000000000000000000000000000000','service:shop.orders','ses_01m8a47qfqecdv2h5tst81tf53','00-ff2fde4f020b3a1ff35040f84a4bbdb9-4ed86c6cee9e63f3-00',NULL,NULL);
INSERT INTO "saga_runs" VALUES (2,3,0,1795636321877332,1795636321891600,NULL,x'01a21443de55705683da3db22c64e0a0','shop.checkout',1,NULL,x'00000000000000000000000000000000','service:shop.orders','ses_01m8a47qfqecdv2h5tst81tf53','00-75b144903fd2acc604edba4d2d26c1b7-10953a11b2b90e9d-00','{"kind":8,"code":"cart.ordered","title":"The cart has become an order","message":"this cart has become an order"}',NULL);
CREATE TABLE saga_journal (
    entry    INTEGER PRIMARY KEY,
    kind     INTEGER NOT NULL,
    step     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    note     TEXT,
    state    TEXT
) STRICT;
INSERT INTO "saga_journal" VALUES (65536,0,'',0,1795636321808385,1795636321808385,NULL,'{"checkout_id":"chk_01m8a47qggffxaqj2mdx6pswtr","owner":"ses_01m8a47qfqecdv2h5tst81tf53","cart_id":"crt_01m8a47qfreqytn04103jshqr9","hold_until":"2026-11-25T20:07:01.808385Z","authorised":false}');
INSERT INTO "saga_journal" VALUES (65537,1,'fix_prices',1,1795636321812732,1795636321817069,NULL,'{"checkout_id":"chk_01m8a47qggffxaqj2mdx6pswtr","owner":"ses_01m8a47qfqecdv2h5tst81tf53","cart_id":"crt_01m8a47qfreqytn04103jshqr9","hold_until":"2026-11-25T20:07:01.808385Z","payment_token":"tok_ok","sale":{"owner":"ses_01m8a47qfqecdv2h5tst81tf53","email":"you@home.example","address":{"name":"You","line1":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"},"lines":[{"variant_id":"var_579n7gt1d8b6rabp7abbzj67ka","sku":"MUG-HAR-BLU","name":"Harbour mug, slate blue","quantity":2,"unit_net":{"amount":"12.50","currency":"GBP"},"net":{"amount":"25.00","currency":"GBP"},"tax":{"amount":"5.00","currency":"GBP"},"tax_rate":2000}],"shipping_method":"standard","shipping_net":{"amount":"3.50","currency":"GBP"},"shipping_tax":{"amount":"0.70","currency":"GBP"},"net":{"amount":"28.50","currency":"GBP"},"tax":{"amount":"5.70","currency":"GBP"},"total":{"amount":"34.20","currency":"GBP"}},"authorised":false}');
INSERT INTO "saga_journal" VALUES (65538,1,'reserve',1,1795636321818219,1795636321820690,NULL,NULL);
INSERT INTO "saga_journal" VALUES (65539,1,'authorise',1,1795636321821549,1795636321848792,NULL,'{"checkout_id":"chk_01m8a47qggffxaqj2mdx6pswtr","owner":"ses_01m8a47qfqecdv2h5tst81tf53","cart_id":"crt_01m8a47qfreqytn04103jshqr9","hold_until":"2026-11-25T20:07:01.808385Z","sale":{"owner":"ses_01m8a47qfqecdv2h5tst81tf53","email":"you@home.example","address":{"name":"You","line1":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"},"lines":[{"variant_id":"var_579n7gt1d8b6rabp7abbzj67ka","sku":"MUG-HAR-BLU","name":"Harbour mug, slate blue","quantity":2,"unit_net":{"amount":"12.50","currency":"GBP"},"net":{"amount":"25.00","currency":"GBP"},"tax":{"amount":"5.00","currency":"GBP"},"tax_rate":2000}],"shipping_method":"standard","shipping_net":{"amount":"3.50","currency":"GBP"},"shipping_tax":{"amount":"0.70","currency":"GBP"},"net":{"amount":"28.50","currency":"GBP"},"tax":{"amount":"5.70","currency":"GBP"},"total":{"amount":"34.20","currency":"GBP"}},"authorised":true}');
INSERT INTO "saga_journal" VALUES (65540,1,'commit_stock',1,1795636321850597,1795636321852799,NULL,NULL);
INSERT INTO "saga_journal" VALUES (65541,1,'place',1,1795636321853652,1795636321853804,NULL,'{"checkout_id":"chk_01m8a47qggffxaqj2mdx6pswtr","owner":"ses_01m8a47qfqecdv2h5tst81tf53","cart_id":"crt_01m8a47qfreqytn04103jshqr9","hold_until":"2026-11-25T20:07:01.808385Z","sale":{"owner":"ses_01m8a47qfqecdv2h5tst81tf53","email":"you@home.example","address":{"name":"You","line1":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"},"lines":[{"variant_id":"var_579n7gt1d8b6rabp7abbzj67ka","sku":"MUG-HAR-BLU","name":"Harbour mug, slate blue","quantity":2,"unit_net":{"amount":"12.50","currency":"GBP"},"net":{"amount":"25.00","currency":"GBP"},"tax":{"amount":"5.00","currency":"GBP"},"tax_rate":2000}],"shipping_method":"standard","shipping_net":{"amount":"3.50","currency":"GBP"},"shipping_tax":{"amount":"0.70","currency":"GBP"},"net":{"amount":"28.50","currency":"GBP"},"tax":{"amount":"5.70","currency":"GBP"},"total":{"amount":"34.20","currency":"GBP"}},"order_number":"S-10001","placed_at":"2026-11-25T19:52:01.853804Z","authorised":true}');
INSERT INTO "saga_journal" VALUES (65542,1,'capture',1,1795636321855295,1795636321889650,NULL,NULL);
INSERT INTO "saga_journal" VALUES (65543,1,'notify',1,1795636321891506,1795636321891850,NULL,NULL);
INSERT INTO "saga_journal" VALUES (131072,0,'',0,1795636321877332,1795636321877332,NULL,'{"checkout_id":"chk_01m8a47qjne1b87phxp8p69r50","owner":"ses_01m8a47qfqecdv2h5tst81tf53","cart_id":"crt_01m8a47qfreqytn04103jshqr9","hold_until":"2026-11-25T20:07:01.877332Z","authorised":false}');
INSERT INTO "saga_journal" VALUES (131073,4,'fix_prices',1,1795636321880664,1795636321884093,'{"failure":{"kind":8,"code":"cart.ordered","title":"The cart has become an order","message":"this cart has become an order"}}',NULL);
INSERT INTO "saga_journal" VALUES (131074,5,'fix_prices',1,1795636321888050,1795636321891600,NULL,NULL);
CREATE TABLE saga_signals (
    number   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    name     TEXT NOT NULL,
    payload  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO "saga_signals" VALUES (1,1,'payment','null',1795636321849080);
CREATE TABLE aggregate_events (
    position  INTEGER PRIMARY KEY,
    aggregate TEXT NOT NULL,
    id        BLOB NOT NULL CHECK (length(id) = 16),
    version   INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    schema    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    principal TEXT NOT NULL,
    trace     TEXT NOT NULL,
    data      TEXT NOT NULL,
    UNIQUE (id, aggregate, version)
) STRICT;
INSERT INTO "aggregate_events" VALUES (1,'order',x'01a21443de107bfaabc8546f4d6cf358',1,'placed',1,1795636321853804,'service:shop.orders','00-ff2fde4f020b3a1ff35040f84a4bbdb9-4ed86c6cee9e63f3-00','{"fact":"placed","number":"S-10001","checkout_id":"chk_01m8a47qggffxaqj2mdx6pswtr","placed_at":"2026-11-25T19:52:01.853804Z","sale":{"owner":"ses_01m8a47qfqecdv2h5tst81tf53","email":"you@home.example","address":{"name":"You","line1":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"},"lines":[{"variant_id":"var_579n7gt1d8b6rabp7abbzj67ka","sku":"MUG-HAR-BLU","name":"Harbour mug, slate blue","quantity":2,"unit_net":{"amount":"12.50","currency":"GBP"},"net":{"amount":"25.00","currency":"GBP"},"tax":{"amount":"5.00","currency":"GBP"},"tax_rate":2000}],"shipping_method":"standard","shipping_net":{"amount":"3.50","currency":"GBP"},"shipping_tax":{"amount":"0.70","currency":"GBP"},"net":{"amount":"28.50","currency":"GBP"},"tax":{"amount":"5.70","currency":"GBP"},"total":{"amount":"34.20","currency":"GBP"}}}');
INSERT INTO "aggregate_events" VALUES (2,'order',x'01a21443de107bfaabc8546f4d6cf358',2,'paid',1,1795636321889650,'service:shop.orders','00-ff2fde4f020b3a1ff35040f84a4bbdb9-4ed86c6cee9e63f3-00','{"fact":"paid","payment_id":"pay_01m8a47qggffxaqj2mdx6pswtr","amount":{"amount":"34.20","currency":"GBP"}}');
CREATE TABLE aggregate_snapshots (
    id        BLOB NOT NULL,
    aggregate TEXT NOT NULL,
    version   INTEGER NOT NULL,
    schema    INTEGER NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (id, aggregate)
) STRICT;
CREATE TABLE projections (
    name       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    stage      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (name, generation)
) STRICT, WITHOUT ROWID;
INSERT INTO "projections" VALUES ('orders.views',1,1,2);
CREATE TABLE idempotency_keys (
                scope TEXT NOT NULL,
                key TEXT NOT NULL,
                request_hash BLOB NOT NULL,
                reference BLOB NOT NULL,
                status INTEGER,
                body BLOB,
                expires_at INTEGER NOT NULL,
                PRIMARY KEY (scope, key)
            ) STRICT, WITHOUT ROWID;
INSERT INTO "idempotency_keys" VALUES ('ses_01m8a47qfqecdv2h5tst81tf53 POST /v1/checkouts','another-key',x'6ca92030cd0269343835ca792d8cc2e5759318c9e033253bedc3ecbacaeb195d',x'01a21443de55705683da3db22c64e0a0',NULL,NULL,1795722721877332);
INSERT INTO "idempotency_keys" VALUES ('ses_01m8a47qfqecdv2h5tst81tf53 POST /v1/checkouts','crt_01m8a47qfreqytn04103jshqr9',x'6ca92030cd0269343835ca792d8cc2e5759318c9e033253bedc3ecbacaeb195d',x'01a21443de107bfaabc8546f4d6cf358',NULL,NULL,1795722721808385);
CREATE TABLE checkouts (
                id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
                owner TEXT NOT NULL,
                -- Why it went back, once it has.
                failure TEXT,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
INSERT INTO "checkouts" VALUES (x'01a21443de107bfaabc8546f4d6cf358','ses_01m8a47qfqecdv2h5tst81tf53',NULL,1795636321808385);
INSERT INTO "checkouts" VALUES (x'01a21443de55705683da3db22c64e0a0','ses_01m8a47qfqecdv2h5tst81tf53','{"kind":8,"code":"cart.ordered","title":"The cart has become an order","message":"this cart has become an order"}',1795636321877332);
CREATE TABLE order_numbers (
                last INTEGER NOT NULL
            ) STRICT;
INSERT INTO "order_numbers" VALUES (10001);
CREATE TABLE order_list (
                generation INTEGER NOT NULL,
                id BLOB NOT NULL,
                owner TEXT NOT NULL,
                number TEXT NOT NULL,
                state TEXT NOT NULL,
                currency TEXT NOT NULL,
                total_minor INTEGER NOT NULL,
                refunded_minor INTEGER NOT NULL,
                placed_at INTEGER NOT NULL,
                PRIMARY KEY (generation, id)
            ) STRICT, WITHOUT ROWID;
INSERT INTO "order_list" VALUES (1,x'01a21443de107bfaabc8546f4d6cf358','ses_01m8a47qfqecdv2h5tst81tf53','S-10001','paid','GBP',3420,0,1795636321853804);
CREATE TABLE sales_by_day (
                generation INTEGER NOT NULL,
                day TEXT NOT NULL,
                country TEXT NOT NULL,
                currency TEXT NOT NULL,
                orders INTEGER NOT NULL,
                net_minor INTEGER NOT NULL,
                tax_minor INTEGER NOT NULL,
                refunded_minor INTEGER NOT NULL,
                PRIMARY KEY (generation, day, country, currency)
            ) STRICT, WITHOUT ROWID;
INSERT INTO "sales_by_day" VALUES (1,'2026-11-25','GB','GBP',1,2850,570,0);
CREATE INDEX event_parked_due ON event_parked_keys (consumer, dead, due_at);
CREATE UNIQUE INDEX event_parked_order ON event_parked (consumer, lane, position);
CREATE UNIQUE INDEX event_parked_identity ON event_parked (consumer, id);
CREATE INDEX jobs_ready ON jobs (kind, priority, due_at) WHERE state = 0;
CREATE INDEX jobs_retrying ON jobs (kind, due_at) WHERE state = 0 AND attempts > 0;
CREATE INDEX jobs_running ON jobs (kind) WHERE state = 1;
CREATE INDEX jobs_ended ON jobs (state, ended_at) WHERE state >= 2;
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state < 2;
CREATE INDEX saga_runs_open ON saga_runs (status, wake_at) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX projections_live ON projections (name) WHERE stage = 1;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
CREATE INDEX order_list_by_owner ON order_list (generation, owner, id);
COMMIT;
