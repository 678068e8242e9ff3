BEGIN;
CREATE TABLE mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_migrations" VALUES ('idempotency',1,'keys','93e95282642fdcb9e048528ae63f7e54',1795636320881897);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.events',1,'outbox, consumers, inbox, parked keys','c1920e0fc6eed81b2bb6671edfb0b35c',1795636320827974);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',1,'jobs and schedules','e43797034031b3f292dc176f64933f8a',1795636320846727);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',2,'rates by kind','b0fe2381c58b82edd4e9fb35df36ef86',1795636320864087);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.sql',1,'leases','c9eea117a36c1066e9e4b2392109cab0',1795636320823110);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',1,'sagas','15b2c62ca12ec68e5934f6423b81f63f',1795636320872689);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',2,'aggregates and projections','bc2cf9ac63ba9618d7a47865d0115649',1795636320880140);
INSERT INTO "mainstay_migrations" VALUES ('shop.inventory',1,'levels, reservations and adjustments','a56dbd48f2b02e7056e771e7cdcf6254',1795636320882840);
CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_leases" VALUES ('background','0c292fb0-d124-4c3a-8e61-873c30a2533a/4026531836/15917/546183/2',2,0);
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
INSERT INTO "outbox" VALUES (1,x'01a21443dcf17ccd9a10bf11fab125e4','shop.inventory.stock','shop.inventory.v1.StockChanged','var_00ftt3j4fva3ebsy3q5d5mn12n',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10007eb43911fb50dcbcf8772b4b4a8455104020402a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (2,x'01a21443dcf1755b87102336490881af','shop.inventory.stock','shop.inventory.v1.StockChanged','var_044dj9hnx4b4psjhq8xq3kfwmm',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1004236498d7a4592d9946e8edc737f294108c01208c012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (3,x'01a21443dcf17ffcb30bf34a24160bb6','shop.inventory.stock','shop.inventory.v1.StockChanged','var_0e1dqm3xyaaz8t5gsbgnddygp6',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a100e0b6f41f7ca57d1a2c32b855adf42c6102620262a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (4,x'01a21443dcf17cd8af098bee9861e81f','shop.inventory.stock','shop.inventory.v1.StockChanged','var_0rqpa7q0dcbpga3ne46krkd2t5',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1018bd947b81ac5da0a1d5c434f1368b45107820782a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (5,x'01a21443dcf172ad88b1a9345b63d387','shop.inventory.stock','shop.inventory.v1.StockChanged','var_0vb7tq8c80baxby7j5s7dybvfd',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a101b59f57431005ababf1e45c9dbe5eded10c80120c8012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (6,x'01a21443dcf1746b8d16b2a2e2397495','shop.inventory.stock','shop.inventory.v1.StockChanged','var_10djegfxnbbjpry0zb7kqyd4qf',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10206c9d07f6ab5cad8f03eb3cefe692ef10a00120a0012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (7,x'01a21443dcf171be9845629cd31e53e8','shop.inventory.stock','shop.inventory.v1.StockChanged','var_1d1jb5bdeeahpapa8ysyaaadge',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a102d0c9655b5ce546cab291ecf94a5360e10b40120b4012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (8,x'01a21443dcf172439be85752c7feb6b3','shop.inventory.stock','shop.inventory.v1.StockChanged','var_1e2wbm5wpybwxvcy4affwnbe5t',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a102e171742f2de5f3bb6788a7bf955b8ba106e206e2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (9,x'01a21443dcf17863a72a19fbc81648cd','shop.inventory.stock','shop.inventory.v1.StockChanged','var_1sy3ab0xhcavmtdw74v74bw60p',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1039f0d4b0762c56e9a6f0e4d9c8be1816102820282a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (10,x'01a21443dcf17124a5e28ed5853711f9','shop.inventory.stock','shop.inventory.v1.StockChanged','var_2dfg8aqrmya8dskdh15k1f3rrf',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a104d7c10abe29e521b99b6212cc2f1e30f103720372a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (11,x'01a21443dcf174e3b7550d3704bb85cf','shop.inventory.stock','shop.inventory.v1.StockChanged','var_2ds84y055cbb3shtm48kb9w4br',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a104dca09e014ac5ac798ea8444d69e117810c00220c0022a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (12,x'01a21443dcf1712f93e2ab78f9217826','shop.inventory.stock','shop.inventory.v1.StockChanged','var_2fn1b4bzt1bcnsxcq6y0vwy7xp',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a104fa85645ff415b2b9eb2e6f037cf1fb61082012082012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (13,x'01a21443dcf1729fae05a974324fbd98','shop.inventory.stock','shop.inventory.v1.StockChanged','var_2rr4zq3b6bb3rtkt30znshe5q3',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1058c13f71accb58f1a9e860fd731716e310dc0120dc012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (14,x'01a21443dcf174289e6dfe4a7af0d3c2','shop.inventory.stock','shop.inventory.v1.StockChanged','var_305p3e38n6bpj9a99tasfjvhqj',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10602d86e1a2a65da495253a565f2dc6f21096012096012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (15,x'01a21443dcf1776897e2ab4bd52908ba','shop.inventory.stock','shop.inventory.v1.StockChanged','var_31temct78eascs6kt7x3vjf4h5',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1061d3a8cd1d0e5659934f47e8f7279225103020302a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (16,x'01a21443dcf1704b8635f75327d5afb8','shop.inventory.stock','shop.inventory.v1.StockChanged','var_33xsd7qrdhad2bawkrq8qktr4v',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1063ee5a7be1b15344b57278ba2f3d609b101820182a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (17,x'01a21443dcf1757c8de324b83f06ebae','shop.inventory.stock','shop.inventory.v1.StockChanged','var_3edt1waswkb82an4pqm5x03eqx',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a106e6e83c567935a04aa92d7a17a01bafd10ac0220ac022a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (18,x'01a21443dcf17ab79c57aea4a7b60109','shop.inventory.stock','shop.inventory.v1.StockChanged','var_3gs83s4pbsb92bxxw88yc35608',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1070ca079259795a44bef7884798329808101b201b2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (19,x'01a21443dcf17a3e8ce22513ea6abaf7','shop.inventory.stock','shop.inventory.v1.StockChanged','var_3jh47sppxqag88pv431km8gpka',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1072890f9b5bb754108b6c830ce8885a6a102c202c2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (20,x'01a21443dcf176a1b61c10f83943508d','shop.inventory.stock','shop.inventory.v1.StockChanged','var_3rbxmhqkvvach9p6b8zpr94wxf',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10785f691bcf7b53229b1968fdb09273af10aa0120aa012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (21,x'01a21443dcf27702b939409a4aad381e','shop.inventory.stock','shop.inventory.v1.StockChanged','var_3rxwmzavhqbz6vdnq1v3qhd0ze',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1078ef29f56e375fcdb6d6e1d8ef1683ee102120212a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (22,x'01a21443dcf27a8fb5e32dbfff3ffc88','shop.inventory.stock','shop.inventory.v1.StockChanged','var_3zn2r7nz80b82bavzjedm72f6f',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a107fa8b07afd005a04b56ff27368713ccf104620462a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (23,x'01a21443dcf27824acdf91f314b6ec56','shop.inventory.stock','shop.inventory.v1.StockChanged','var_49b5gbggdjbhb8811rhfjxg3yr',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10895960b841b25c568404388be5d80fd8101220122a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (24,x'01a21443dcf27083899c21404348b0fa','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4c1ae6y18jb8qbnvsn0d9km0g6',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a108c0a9c6f05125a2ebaef3503533a0206105020502a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (25,x'01a21443dcf271c89dd7f38e0e093da5','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4dhz8c9swvbcn9ywm00pz9qfw2',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a108d8fd0c4e79b5b2a9f728005be9bbf8210d20120d2012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (26,x'01a21443dcf275adbf50d135adf9d7cd','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4djqre630bbtms1etkx0vc7rjm',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a108d95f0e30c0b5ea990bb53e836c3e254100c200c2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (27,x'01a21443dcf27823b658d836ffedb564','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4eph6z4yrybgcs0eb6c6c4w6vj',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a108eb44df27b1e5c1990396661984e1b72104b204b2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (28,x'01a21443dcf276ca87234a386d2b2a49','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4jq2vzw4z9b60tmr2jwk1t3875',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a1092b8b7fe13e95981aa6052e4c3a1a0e5101320132a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (29,x'01a21443dcf27860a0895002dc7b618e','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4p7x6h3beca0w9shadc7kg2qqj',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10963f4d11adcc50389cc54d61e7015ef2105520552a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (30,x'01a21443dcf271249718c33c9b4164cb','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4r8eqnwje9ab08tk47gen9zav3',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a109843af5e49c952c08d4c8783aa9fab6310a00120a0012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (31,x'01a21443dcf27daa9e7f52b749e1c3ee','shop.inventory.stock','shop.inventory.v1.StockChanged','var_4y4q76eq51an9b0jyp61h5dk1b',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a109e25ce675ca15552b04bd6306256cc2b101020102a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (32,x'01a21443dcf27b3e86c669b30f7253ec','shop.inventory.stock','shop.inventory.v1.StockChanged','var_5255mdawpxawtachxwvfcrv3xk',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10a22968d572dd5734a647bcdbd98d8fb310be0120be012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (33,x'01a21443dcf2717b8e55933cde834960','shop.inventory.stock','shop.inventory.v1.StockChanged','var_579n7gt1d8b6rabp7abbzj67ka',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10a74d4f0d05a859b0a5d8ea5aff231e6a10b40120b4012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (34,x'01a21443dcf2763088c143a186d2edbe','shop.inventory.stock','shop.inventory.v1.StockChanged','var_590qg7yy0ebhw8p8js9hr77xpk',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10a905e07f780e5c788b22594c7073f6d31084022084022a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (35,x'01a21443dcf27cf9be0db70dc29cc58f','shop.inventory.stock','shop.inventory.v1.StockChanged','var_5gk8bp065tbcq9mpdjxwkz3rgc',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10b09a176018ba5b2e9a59b2ef27f1e20c105a205a2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (36,x'01a21443dcf2724fb792c4c0406a98ce','shop.inventory.stock','shop.inventory.v1.StockChanged','var_5kfgrmy9sbah4bx8fcrd71ras6',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10b37c314f272b5448bea1ecc34e1c2b26100e200e2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (37,x'01a21443dcf275639104be51589cb8bc','shop.inventory.stock','shop.inventory.v1.StockChanged','var_60216dk97rbrnsyb5g436g4mp0',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10c0104cd9a4f85e2b9f2cb020cd0252c0105f205f2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (38,x'01a21443dcf276138ecb834aaf67230a','shop.inventory.stock','shop.inventory.v1.StockChanged','var_62yccbpgz8a6yts8gs3mpw8ymr',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10c2f318bb43e851bdaca2191d2dc47a98101620162a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (39,x'01a21443dcf27e2a9385948d6114bc80','shop.inventory.stock','shop.inventory.v1.StockChanged','var_6a09aa10wmb4094dq8r56fw3t4',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10ca0254a0839459009236e8c14cfe0f4410f00120f0012a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (40,x'01a21443dcf2714694108da6bed5047d','shop.inventory.stock','shop.inventory.v1.StockChanged','var_6fnkzp6fpebksb34z04e9nwnz6',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10cfacff633ece5cf2b193e023935e57e6100920092a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (41,x'01a21443dcf27dd6a8422aabf5b85d71','shop.inventory.stock','shop.inventory.v1.StockChanged','var_72ghb9jrwjbgt9ap867wm0ptwt',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10e284569963925c349559063f280b6b9a103a203a2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (42,x'01a21443dcf27690ab904f50251c1e60','shop.inventory.stock','shop.inventory.v1.StockChanged','var_7a3y1c5b0ab78td5zj7d2phv8p',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10ea1f82c2ac0a59d1a697f23b4568ed16102320232a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (43,x'01a21443dcf277a39ae92c4aa399068e','shop.inventory.stock','shop.inventory.v1.StockChanged','var_7ajxj12dbkay49gf1v60t2vjqe',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10ea97641135735788983c3b30342dcaee101c201c2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (44,x'01a21443dcf27c94a63c6a467bd8d718','shop.inventory.stock','shop.inventory.v1.StockChanged','var_7evps89c0xa4wbth8xdpy6fb40',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10eeddb284b01d5138bd451d6dbc67ac80105c205c2a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (45,x'01a21443dcf27b418f4ff47da7ae2c13','shop.inventory.stock','shop.inventory.v1.StockChanged','var_7p70z5fqwabah96x8hdjywy8e5',1795636321520705,x'1eef8f49e22d09511dd825e7e75a770961ead31b6c9dcf0700',x'0a10f6383e57df8a5aa29375116cbdcf21c51084022084022a1264656d6f3a6f70656e696e672d73746f636b');
INSERT INTO "outbox" VALUES (46,x'01a21443de1b770aa844085ba5be8618','shop.inventory.stock','shop.inventory.v1.StockChanged','var_579n7gt1d8b6rabp7abbzj67ka',1795636321819186,x'ff2fde4f020b3a1ff35040f84a4bbdb94ed86c6cee9e63f300',x'0a10a74d4f0d05a859b0a5d8ea5aff231e6a10b401180220b2012a26726573657276653a7273765f30316d3861343771676766667861716a326d6478367073777472');
INSERT INTO "outbox" VALUES (47,x'01a21443de3b7c9782056c065a92901f','shop.inventory.stock','shop.inventory.v1.StockChanged','var_579n7gt1d8b6rabp7abbzj67ka',1795636321851517,x'ff2fde4f020b3a1ff35040f84a4bbdb94ed86c6cee9e63f300',x'0a10a74d4f0d05a859b0a5d8ea5aff231e6a10b20120b2012a25636f6d6d69743a7273765f30316d3861343771676766667861716a326d6478367073777472');
CREATE TABLE event_consumers (
    number   INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    source   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    parked   INTEGER NOT NULL DEFAULT 0 CHECK (parked >= 0)
) STRICT;
CREATE TABLE event_inbox (
    consumer INTEGER NOT NULL,
    id       BLOB NOT NULL,
    PRIMARY KEY (consumer, id)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE saga_signals (
    number   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    name     TEXT NOT NULL,
    payload  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE levels (
    variant_id BLOB NOT NULL PRIMARY KEY CHECK (length(variant_id) = 16),
    on_hand INTEGER NOT NULL CHECK (on_hand BETWEEN 0 AND 1000000000000),
    held INTEGER NOT NULL CHECK (held >= 0),
    CHECK (held <= on_hand)
) STRICT, WITHOUT ROWID;
INSERT INTO "levels" VALUES (x'007eb43911fb50dcbcf8772b4b4a8455',64,0);
INSERT INTO "levels" VALUES (x'04236498d7a4592d9946e8edc737f294',140,0);
INSERT INTO "levels" VALUES (x'0e0b6f41f7ca57d1a2c32b855adf42c6',38,0);
INSERT INTO "levels" VALUES (x'18bd947b81ac5da0a1d5c434f1368b45',120,0);
INSERT INTO "levels" VALUES (x'1b59f57431005ababf1e45c9dbe5eded',200,0);
INSERT INTO "levels" VALUES (x'206c9d07f6ab5cad8f03eb3cefe692ef',160,0);
INSERT INTO "levels" VALUES (x'2d0c9655b5ce546cab291ecf94a5360e',180,0);
INSERT INTO "levels" VALUES (x'2e171742f2de5f3bb6788a7bf955b8ba',110,0);
INSERT INTO "levels" VALUES (x'39f0d4b0762c56e9a6f0e4d9c8be1816',40,0);
INSERT INTO "levels" VALUES (x'4d7c10abe29e521b99b6212cc2f1e30f',55,0);
INSERT INTO "levels" VALUES (x'4dca09e014ac5ac798ea8444d69e1178',320,0);
INSERT INTO "levels" VALUES (x'4fa85645ff415b2b9eb2e6f037cf1fb6',130,0);
INSERT INTO "levels" VALUES (x'58c13f71accb58f1a9e860fd731716e3',220,0);
INSERT INTO "levels" VALUES (x'602d86e1a2a65da495253a565f2dc6f2',150,0);
INSERT INTO "levels" VALUES (x'61d3a8cd1d0e5659934f47e8f7279225',48,0);
INSERT INTO "levels" VALUES (x'63ee5a7be1b15344b57278ba2f3d609b',24,0);
INSERT INTO "levels" VALUES (x'6e6e83c567935a04aa92d7a17a01bafd',300,0);
INSERT INTO "levels" VALUES (x'70ca079259795a44bef7884798329808',27,0);
INSERT INTO "levels" VALUES (x'72890f9b5bb754108b6c830ce8885a6a',44,0);
INSERT INTO "levels" VALUES (x'785f691bcf7b53229b1968fdb09273af',170,0);
INSERT INTO "levels" VALUES (x'78ef29f56e375fcdb6d6e1d8ef1683ee',33,0);
INSERT INTO "levels" VALUES (x'7fa8b07afd005a04b56ff27368713ccf',70,0);
INSERT INTO "levels" VALUES (x'895960b841b25c568404388be5d80fd8',18,0);
INSERT INTO "levels" VALUES (x'8c0a9c6f05125a2ebaef3503533a0206',80,0);
INSERT INTO "levels" VALUES (x'8d8fd0c4e79b5b2a9f728005be9bbf82',210,0);
INSERT INTO "levels" VALUES (x'8d95f0e30c0b5ea990bb53e836c3e254',12,0);
INSERT INTO "levels" VALUES (x'8eb44df27b1e5c1990396661984e1b72',75,0);
INSERT INTO "levels" VALUES (x'92b8b7fe13e95981aa6052e4c3a1a0e5',19,0);
INSERT INTO "levels" VALUES (x'963f4d11adcc50389cc54d61e7015ef2',85,0);
INSERT INTO "levels" VALUES (x'9843af5e49c952c08d4c8783aa9fab63',160,0);
INSERT INTO "levels" VALUES (x'9e25ce675ca15552b04bd6306256cc2b',16,0);
INSERT INTO "levels" VALUES (x'a22968d572dd5734a647bcdbd98d8fb3',190,0);
INSERT INTO "levels" VALUES (x'a74d4f0d05a859b0a5d8ea5aff231e6a',178,0);
INSERT INTO "levels" VALUES (x'a905e07f780e5c788b22594c7073f6d3',260,0);
INSERT INTO "levels" VALUES (x'b09a176018ba5b2e9a59b2ef27f1e20c',90,0);
INSERT INTO "levels" VALUES (x'b37c314f272b5448bea1ecc34e1c2b26',14,0);
INSERT INTO "levels" VALUES (x'c0104cd9a4f85e2b9f2cb020cd0252c0',95,0);
INSERT INTO "levels" VALUES (x'c2f318bb43e851bdaca2191d2dc47a98',22,0);
INSERT INTO "levels" VALUES (x'ca0254a0839459009236e8c14cfe0f44',240,0);
INSERT INTO "levels" VALUES (x'cfacff633ece5cf2b193e023935e57e6',9,0);
INSERT INTO "levels" VALUES (x'e284569963925c349559063f280b6b9a',58,0);
INSERT INTO "levels" VALUES (x'ea1f82c2ac0a59d1a697f23b4568ed16',35,0);
INSERT INTO "levels" VALUES (x'ea97641135735788983c3b30342dcaee',28,0);
INSERT INTO "levels" VALUES (x'eeddb284b01d5138bd451d6dbc67ac80',92,0);
INSERT INTO "levels" VALUES (x'f6383e57df8a5aa29375116cbdcf21c5',260,0);
CREATE TABLE reservations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- 1 held, 2 committed, 3 released, 4 expired
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    expires_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "reservations" VALUES (x'01a21443de107bfaabc8546f4d6cf358',2,1795637221808385,1795636321851517);
CREATE TABLE holds (
    reservation_id BLOB NOT NULL,
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (reservation_id, variant_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "holds" VALUES (x'01a21443de107bfaabc8546f4d6cf358',x'a74d4f0d05a859b0a5d8ea5aff231e6a',2);
CREATE TABLE adjustments (
    cause TEXT NOT NULL,
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    delta INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (cause, variant_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'007eb43911fb50dcbcf8772b4b4a8455',64,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'04236498d7a4592d9946e8edc737f294',140,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'0e0b6f41f7ca57d1a2c32b855adf42c6',38,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'18bd947b81ac5da0a1d5c434f1368b45',120,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'1b59f57431005ababf1e45c9dbe5eded',200,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'206c9d07f6ab5cad8f03eb3cefe692ef',160,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'2d0c9655b5ce546cab291ecf94a5360e',180,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'2e171742f2de5f3bb6788a7bf955b8ba',110,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'39f0d4b0762c56e9a6f0e4d9c8be1816',40,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'4d7c10abe29e521b99b6212cc2f1e30f',55,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'4dca09e014ac5ac798ea8444d69e1178',320,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'4fa85645ff415b2b9eb2e6f037cf1fb6',130,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'58c13f71accb58f1a9e860fd731716e3',220,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'602d86e1a2a65da495253a565f2dc6f2',150,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'61d3a8cd1d0e5659934f47e8f7279225',48,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'63ee5a7be1b15344b57278ba2f3d609b',24,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'6e6e83c567935a04aa92d7a17a01bafd',300,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'70ca079259795a44bef7884798329808',27,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'72890f9b5bb754108b6c830ce8885a6a',44,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'785f691bcf7b53229b1968fdb09273af',170,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'78ef29f56e375fcdb6d6e1d8ef1683ee',33,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'7fa8b07afd005a04b56ff27368713ccf',70,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'895960b841b25c568404388be5d80fd8',18,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'8c0a9c6f05125a2ebaef3503533a0206',80,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'8d8fd0c4e79b5b2a9f728005be9bbf82',210,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'8d95f0e30c0b5ea990bb53e836c3e254',12,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'8eb44df27b1e5c1990396661984e1b72',75,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'92b8b7fe13e95981aa6052e4c3a1a0e5',19,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'963f4d11adcc50389cc54d61e7015ef2',85,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'9843af5e49c952c08d4c8783aa9fab63',160,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'9e25ce675ca15552b04bd6306256cc2b',16,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'a22968d572dd5734a647bcdbd98d8fb3',190,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'a74d4f0d05a859b0a5d8ea5aff231e6a',180,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'a905e07f780e5c788b22594c7073f6d3',260,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'b09a176018ba5b2e9a59b2ef27f1e20c',90,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'b37c314f272b5448bea1ecc34e1c2b26',14,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'c0104cd9a4f85e2b9f2cb020cd0252c0',95,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'c2f318bb43e851bdaca2191d2dc47a98',22,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'ca0254a0839459009236e8c14cfe0f44',240,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'cfacff633ece5cf2b193e023935e57e6',9,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'e284569963925c349559063f280b6b9a',58,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'ea1f82c2ac0a59d1a697f23b4568ed16',35,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'ea97641135735788983c3b30342dcaee',28,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'eeddb284b01d5138bd451d6dbc67ac80',92,1795636321520705);
INSERT INTO "adjustments" VALUES ('demo:opening-stock',x'f6383e57df8a5aa29375116cbdcf21c5',260,1795636321520705);
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
CREATE INDEX reservations_to_expire ON reservations (expires_at) WHERE state = 1;
CREATE INDEX reservations_to_forget ON reservations (changed_at) WHERE state IN (3, 4);
COMMIT;
