//! Right, wrong, old, too long and damaged.

#![expect(clippy::disallowed_methods, reason = "a test blocks a pool from a task of its own")]

use mainstay_core::{CpuPool, codes};
use mainstay_identity::codes::{PASSWORD_RECORD_BROKEN, PASSWORD_TOO_LONG};
use mainstay_identity::password::PASSWORD_BYTES_MAX;
use mainstay_identity::{Passwords, Verdict};
use mainstay_secrets::Secret;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn cheap() -> Passwords {
    Passwords::with_cost(CpuPool::new(1, 4).unwrap(), 64, 1).unwrap()
}

#[tokio::test]
async fn a_record_names_its_parameters_and_knows_its_password() {
    let passwords = Passwords::new(CpuPool::new(1, 4).unwrap()).unwrap();
    let record = passwords.hash(secret("open sesame")).await.unwrap();
    assert!(record.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{record}");
    assert_eq!(passwords.verify(secret("open sesame"), &record).await.unwrap(), Verdict::Right);
    assert_eq!(passwords.verify(secret("open Sesame"), &record).await.unwrap(), Verdict::Wrong);
    assert_ne!(passwords.hash(secret("open sesame")).await.unwrap(), record, "each has its own salt");
}

#[tokio::test]
async fn an_old_record_still_opens_and_asks_to_be_made_anew() {
    let record = cheap().hash(secret("open sesame")).await.unwrap();
    let today = Passwords::with_cost(CpuPool::new(1, 4).unwrap(), 128, 1).unwrap();
    assert_eq!(today.verify(secret("open sesame"), &record).await.unwrap(), Verdict::RightButOld);
    assert_eq!(today.verify(secret("wrong"), &record).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn a_long_password_is_refused_before_it_costs_anything() {
    let passwords = cheap();
    let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
    assert!(passwords.hash(secret(&long)).await.unwrap_err().is(&PASSWORD_TOO_LONG));
    let record = passwords.hash(secret("short")).await.unwrap();
    assert_eq!(passwords.verify(secret(&long), &record).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn a_damaged_record_is_an_error_and_not_a_wrong_password() {
    for record in
        ["", "plain", "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "$2y$10$abcdefghijklmnopqrstuv"]
    {
        let error = cheap().verify(secret("x"), record).await.unwrap_err();
        assert!(error.is(&PASSWORD_RECORD_BROKEN), "{record}: {error:?}");
    }
}

#[tokio::test]
async fn nobody_is_never_right_and_costs_a_hash() {
    let cpu = CpuPool::new(1, 4).unwrap();
    let passwords = Passwords::with_cost(cpu.clone(), 64, 1).unwrap();
    assert_eq!(passwords.verify_nobody(secret("x")).await.unwrap(), Verdict::Wrong);
    assert_eq!(cpu.stats().done, 1);
}

#[tokio::test]
async fn a_full_pool_refuses() {
    let cpu = CpuPool::new(1, 1).unwrap();
    let passwords = Passwords::with_cost(cpu.clone(), 64, 1).unwrap();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel();
    let blocked = tokio::spawn({
        let cpu = cpu.clone();
        async move {
            cpu.run(move || {
                let _ = started.send(());
                wait.recv().is_ok()
            })
            .await
        }
    });
    running.await.unwrap();
    let queued = tokio::spawn({
        let passwords = passwords.clone();
        async move { passwords.hash(secret("queued")).await }
    });
    while cpu.stats().depth < 2 {
        tokio::task::yield_now().await;
    }
    assert!(passwords.hash(secret("refused")).await.unwrap_err().is(&codes::OVERLOADED));
    go.send(()).unwrap();
    assert!(blocked.await.unwrap().unwrap());
    assert!(queued.await.unwrap().is_ok());
}
