//! What the host keeps tidy in every service's database.

use std::time::Duration;

use mainstay_core::{Clock, Context, Stopwatch};

use crate::counter::{Counter, host, keys_in};

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_had_their_time_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let opened = host(folder.path(), &[]).mount::<Counter>().open().unwrap().pop().unwrap();
    opened.database.migrate(&opened.migrations).await.unwrap();
    let insert = "INSERT INTO idempotency_keys (scope, key, request_hash, reference, expires_at) VALUES ('s', ?1, x'', x'', ?2)";
    let ctx = Context::background("test");
    let far = Clock::system().now() + Duration::from_secs(3_600);
    opened
        .database
        .write(&ctx, move |tx| {
            for number in 0..1_200_i64 {
                tx.execute(insert, &[(&number.to_string()).into(), 1_i64.into()])?;
            }
            tx.execute(insert, &["kept".into(), far.into()])
        })
        .await
        .unwrap();
    opened.database.close().await;

    let running = host(folder.path(), &[]).mount::<Counter>().start().await.unwrap();
    let (db, watch) = (running.database("test.counter").unwrap(), Stopwatch::start());
    while keys_in(db).await.unwrap() != 1 {
        assert!(watch.elapsed() < Duration::from_secs(5), "{} keys are left", keys_in(db).await.unwrap());
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
    running.shutdown().request();
    running.wait().await.unwrap();
}
