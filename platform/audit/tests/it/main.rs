//! The audit log, attacked by somebody who can write to the database file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use mainstay_audit::{Anchor, Audit, Entry, Fault, MIGRATIONS, Verified, list, verify};
use mainstay_core::{Clock, Context, Id, Principal, Result, TenantId, TraceContext};
use mainstay_engine_sqlite::Sqlite;
use mainstay_secrets::{Key, RootKey};
use mainstay_sql::{Database, DatabaseEngine, Metrics, Options};
use serde_json::json;

struct Log {
    db: Database,
    ctx: Context,
    audit: Audit,
    _folder: tempfile::TempDir,
}

impl Log {
    async fn with_lines(count: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::new(Clock::system(), Metrics::unregistered());
        let db = Sqlite.open(&format!("sqlite:{}", folder.path().display()), "test", options).unwrap();
        db.migrate(&[MIGRATIONS]).await.unwrap();
        let staff = Principal::Staff(Id::from_bytes([7; 16]));
        let ctx = Context::new(TenantId::SOLE, staff, TraceContext::root(false))
            .with_client(Some("192.0.2.1".parse().unwrap()));
        let log = Self { db, ctx, audit: Audit::new(&Key::from_bytes([5; 32])), _folder: folder };
        for number in 0..count {
            log.record(number).await.unwrap();
        }
        log
    }

    async fn record(&self, number: u32) -> Result<()> {
        let (audit, ctx) = (self.audit.clone(), self.ctx.clone());
        self.db
            .write(&self.ctx, move |tx| {
                let entry = Entry::new("price.set", format!("var_{number}"))
                    .before(&json!({"minor": number}))?
                    .after(&json!({"minor": number + 1}))?;
                audit.record(tx, &ctx, entry)
            })
            .await
    }

    async fn execute(&self, sql: &'static str) -> Result<u64> {
        self.db.write(&self.ctx, move |tx| tx.execute(sql, &[])).await
    }

    /// As somebody would who has the file and no respect for triggers.
    async fn tamper(&self, sql: &'static [&'static str]) {
        let work = move |tx: &mainstay_sql::Tx<'_>| {
            for name in ["is_not_changed", "is_not_deleted", "is_added_to_in_turn"] {
                tx.execute(&format!("DROP TRIGGER IF EXISTS audit_log_{name}"), &[])?;
            }
            sql.iter().try_for_each(|sql| tx.execute(sql, &[]).map(drop))
        };
        self.db.write(&self.ctx, work).await.unwrap();
    }

    async fn verify(&self, anchors: &[Anchor]) -> Verified {
        verify(&self.db, &self.ctx, &self.audit, anchors).await.unwrap()
    }

    async fn faults(&self) -> Vec<Fault> {
        self.verify(&[]).await.faults
    }
}

#[tokio::test]
async fn a_line_says_who_what_when_where_before_and_after() {
    let log = Log::with_lines(2).await;
    let lines = log.db.read(&log.ctx, |view| list(view, 0, 10)).await.unwrap();
    let line = &lines[1];
    assert_eq!((line.number, line.action.as_str(), line.subject.as_str()), (2, "price.set", "var_1"));
    assert_eq!(line.actor, log.ctx.principal().to_string());
    assert_eq!(line.client.as_deref(), Some("192.0.2.1"));
    assert_eq!(line.trace, format!("{:032x}", log.ctx.trace().trace_id));
    assert_eq!(
        (line.before.as_deref(), line.after.as_deref()),
        (Some(r#"{"minor":1}"#), Some(r#"{"minor":2}"#))
    );
    assert_eq!(line.previous, lines[0].hash);
    let found = log.verify(&[]).await;
    assert_eq!((found.lines, found.faults), (2, vec![]));
    assert_eq!(found.end.unwrap().hash, line.hash);
}

#[tokio::test]
async fn what_did_not_happen_leaves_no_line() {
    let log = Log::with_lines(1).await;
    let (audit, ctx) = (log.audit.clone(), log.ctx.clone());
    let refused: Result<()> = log
        .db
        .write(&log.ctx, move |tx| {
            audit.record(tx, &ctx, Entry::new("price.set", "var_9"))?;
            Err(mainstay_core::codes::CONFLICT.error("thought better of it"))
        })
        .await;
    assert!(refused.is_err());
    let found = log.verify(&[]).await;
    assert_eq!((found.lines, found.faults), (1, vec![]));
}

#[tokio::test]
async fn the_engine_refuses_to_change_delete_replace_or_skip() {
    let log = Log::with_lines(3).await;
    for sql in [
        "UPDATE audit_log SET actor = 'nobody'",
        "UPDATE audit_log SET after = NULL WHERE number = 2",
        "DELETE FROM audit_log WHERE number = 3",
        "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log WHERE number = 2",
        "INSERT INTO audit_log SELECT number + 5, at, actor, on_behalf_of, action, subject, client, trace, before,
             after, previous, hash FROM audit_log WHERE number = 2",
    ] {
        assert!(log.execute(sql).await.is_err(), "{sql}");
    }
    assert_eq!(log.faults().await, []);
}

#[tokio::test]
async fn an_edit_of_any_field_is_found_at_its_line() {
    for sql in [
        &["UPDATE audit_log SET at = at + 1 WHERE number = 2"],
        &["UPDATE audit_log SET actor = 'nobody' WHERE number = 2"],
        &["UPDATE audit_log SET on_behalf_of = '' WHERE number = 2"],
        &["UPDATE audit_log SET action = 'price.sett' WHERE number = 2"],
        &["UPDATE audit_log SET subject = 'var_7' WHERE number = 2"],
        &["UPDATE audit_log SET client = NULL WHERE number = 2"],
        &["UPDATE audit_log SET trace = '' WHERE number = 2"],
        &["UPDATE audit_log SET before = after, after = before WHERE number = 2"],
        &["UPDATE audit_log SET after = after || ' ' WHERE number = 2"],
    ] {
        let log = Log::with_lines(3).await;
        log.tamper(sql).await;
        assert_eq!(log.faults().await, [Fault::Changed(2)], "{sql:?}");
    }
}

#[tokio::test]
async fn lines_taken_out_moved_or_cut_off_are_found() {
    let cases: [(&[&str], &[Fault]); 5] = [
        (&["DELETE FROM audit_log WHERE number = 2"], &[Fault::Missing(3)]),
        (&["DELETE FROM audit_log WHERE number = 1"], &[Fault::Missing(2)]),
        (&["DELETE FROM audit_log WHERE number > 2"], &[Fault::End { found: 2, sealed: 4 }]),
        (&["DELETE FROM audit_log"], &[Fault::End { found: 0, sealed: 4 }]),
        (
            &[
                "UPDATE audit_log SET number = 99 WHERE number = 2",
                "UPDATE audit_log SET number = 2 WHERE number = 3",
                "UPDATE audit_log SET number = 3 WHERE number = 99",
            ],
            &[
                Fault::OutOfTurn(2),
                Fault::Changed(2),
                Fault::OutOfTurn(3),
                Fault::Changed(3),
                Fault::OutOfTurn(4),
            ],
        ),
    ];
    for (sql, faults) in cases {
        let log = Log::with_lines(4).await;
        log.tamper(sql).await;
        assert_eq!(log.faults().await, faults, "{sql:?}");
    }
}

#[tokio::test]
async fn a_chain_written_anew_is_not_sealed() {
    // Whoever has the file and not the key: the lines of another log, whole in itself.
    let log = Log::with_lines(3).await;
    log.tamper(&["DELETE FROM audit_log"]).await;
    let thief = Audit::new(&Key::from_bytes([6; 32]));
    let ctx = log.ctx.clone();
    log.db.write(&log.ctx, move |tx| thief.record(tx, &ctx, Entry::new("price.set", "var_1"))).await.unwrap();
    assert_eq!(log.faults().await, [Fault::Unsealed]);
    log.tamper(&["DELETE FROM audit_head"]).await;
    assert_eq!(log.faults().await, [Fault::End { found: 1, sealed: 0 }]);
}

#[tokio::test]
async fn an_old_copy_of_everything_is_found_by_an_anchor_kept_elsewhere() {
    let log = Log::with_lines(3).await;
    let copy = Log::with_lines(3).await;
    let early = log.verify(&[]).await.end.unwrap();
    log.record(3).await.unwrap();
    let late = log.verify(std::slice::from_ref(&early)).await;
    assert_eq!(late.faults, []);
    let late: Anchor = late.end.unwrap().to_string().parse().unwrap();
    assert_eq!(log.verify(&[early.clone(), late.clone()]).await.faults, []);
    // The copy is whole, and sealed; it only is not the log.
    assert_eq!(copy.faults().await, []);
    assert_eq!(copy.verify(&[late]).await.faults, [Fault::Anchor(4)]);
    assert_eq!(copy.verify(&[early]).await.faults, [Fault::Anchor(3)], "another run has other times");
}

#[tokio::test]
async fn a_state_that_is_too_long_is_named_by_its_hash() {
    let log = Log::with_lines(0).await;
    let (audit, ctx) = (log.audit.clone(), log.ctx.clone());
    let long = "x".repeat(20_000);
    let entry = Entry::new("product.put", "prd_1").after(&long).unwrap();
    log.db.write(&log.ctx, move |tx| audit.record(tx, &ctx, entry.clone())).await.unwrap();
    let lines = log.db.read(&log.ctx, |view| list(view, 0, 1)).await.unwrap();
    assert!(lines[0].after.as_ref().unwrap().contains(r#""omitted_bytes":20002"#), "{:?}", lines[0].after);
    assert_eq!(log.faults().await, []);
}

#[tokio::test]
async fn an_end_that_was_sealed_anew_outlives_the_old_key() {
    let log = Log::with_lines(2).await;
    let folder = tempfile::tempdir().unwrap();
    let (clock, path) = (Clock::system(), folder.path().join("root"));
    let root = RootKey::open_or_create(&path, clock.now()).unwrap();
    let (old, audit) = (root.shown()[0].id.clone(), Audit::new(root.derive("service")));
    let record = audit.clone();
    let ctx = log.ctx.clone();
    log.execute("DELETE FROM audit_head").await.unwrap();
    log.db.write(&log.ctx, move |tx| record.record(tx, &ctx, Entry::new("a.b", "c"))).await.unwrap();
    root.add(clock.now() - std::time::Duration::from_secs(1), clock.now()).unwrap();
    let fewer = Audit::new(root.without(&old, clock.now()).unwrap().derive("service"));
    let opens = |audit: &Audit| {
        let (audit, db, ctx) = (audit.clone(), log.db.clone(), log.ctx.clone());
        async move { db.read(&ctx, move |view| audit.opens(view)).await.unwrap() }
    };
    assert_eq!((opens(&audit).await, opens(&fewer).await), (true, false));
    for anew in [true, false] {
        let audit = audit.clone();
        assert_eq!(log.db.write(&log.ctx, move |tx| audit.seal_anew(tx)).await.unwrap(), anew);
    }
    assert!(opens(&fewer).await);
    assert_eq!(verify(&log.db, &log.ctx, &fewer, &[]).await.unwrap().faults, []);
    let stranger = Audit::new(&Key::from_bytes([9; 32]));
    assert!(log.db.write(&log.ctx, move |tx| stranger.seal_anew(tx)).await.is_err());
}
