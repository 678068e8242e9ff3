//! What every engine that keeps allowances must do.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use mainstay_core::TenantId;
use mainstay_resilience::limits::{Key, Limits, Rate, Verdict};

use crate::case::{Case, Outcome, ensure, same, told};

/// An engine with nothing taken, and a way to let its time pass.
#[derive(Clone)]
pub struct Allowances {
    pub limits: Arc<dyn Limits>,
    pub pass: Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>,
}

/// Every case of the port; `make` gives an engine without takings for each.
pub fn cases(make: impl Fn() -> Allowances) -> Vec<Case> {
    let case = |promise: &str, check: fn(Allowances) -> BoxFuture<'static, Outcome>| {
        let allowances = make();
        Case::new(format!("limits: {promise}"), move || check(allowances))
    };
    vec![
        case("a burst is allowed and the next is told when to come", |a| Box::pin(burst(a))),
        case("an allowance grows back with time, and not beyond the burst", |a| Box::pin(grows(a))),
        case("a refusal takes nothing", |a| Box::pin(refusals(a))),
        case("keys are apart by tenant, by what and by who", |a| Box::pin(apart(a))),
        case("off allows everything", |a| Box::pin(off(a))),
        case("many at once get no more than there is", |a| Box::pin(together(a))),
    ]
}

impl Allowances {
    async fn take(&self, key: &Key<'_>, rate: Rate) -> Outcome<Verdict> {
        self.limits.take(key, &rate).verdict().await.map_err(told)
    }
}

fn key(who: &'static str) -> Key<'static> {
    Key { tenant: TenantId::SOLE, what: "conformance", who: who.as_bytes() }
}

async fn burst(allowances: Allowances) -> Outcome {
    let rate = Rate::per_minute(6).with_burst(3);
    for left in [2, 1, 0] {
        let verdict = allowances.take(&key("a"), rate).await?;
        ensure(verdict.allowed, "the burst is allowed")?;
        same("what remains", verdict.remaining, left)?;
    }
    let refused = allowances.take(&key("a"), rate).await?;
    ensure(!refused.allowed, "one more is refused")?;
    let wait = refused.retry_after;
    ensure(wait > Duration::ZERO && wait <= Duration::from_secs(10), "the wait is one interval at most")
}

async fn grows(allowances: Allowances) -> Outcome {
    let rate = Rate::per_second(10).with_burst(2);
    while allowances.take(&key("a"), rate).await?.allowed {}
    (allowances.pass)(Duration::from_millis(110)).await;
    ensure(allowances.take(&key("a"), rate).await?.allowed, "an interval later one more is allowed")?;
    (allowances.pass)(Duration::from_secs(3)).await;
    same("after a long rest", allowances.take(&key("a"), rate).await?.remaining, 1)
}

async fn refusals(allowances: Allowances) -> Outcome {
    let rate = Rate::per_second(10).with_burst(1);
    while allowances.take(&key("a"), rate).await?.allowed {}
    for _ in 0..50 {
        allowances.take(&key("a"), rate).await?;
    }
    (allowances.pass)(Duration::from_millis(110)).await;
    ensure(allowances.take(&key("a"), rate).await?.allowed, "who was refused often waits no longer")
}

async fn apart(allowances: Allowances) -> Outcome {
    let rate = Rate::per_hour(1);
    let mut other_tenant = key("a");
    other_tenant.tenant = TenantId::from_bytes([7; 16]);
    let mut other_what = key("a");
    other_what.what = "another";
    for key in [key("a"), key("b"), key("ab"), other_tenant, other_what] {
        ensure(allowances.take(&key, rate).await?.allowed, "a key that took nothing is allowed")?;
    }
    ensure(!allowances.take(&key("a"), rate).await?.allowed, "one that took is not")
}

async fn off(allowances: Allowances) -> Outcome {
    for _ in 0..1_000 {
        ensure(allowances.take(&key("a"), Rate::OFF).await?.allowed, "off allows")?;
    }
    Ok(())
}

async fn together(allowances: Allowances) -> Outcome {
    let rate = Rate::per_hour(50);
    let takings = (0..200).map(|_| {
        let allowances = allowances.clone();
        async move { allowances.take(&key("a"), rate).await }
    });
    let mut allowed = 0;
    for verdict in futures::future::join_all(takings).await {
        allowed += u32::from(verdict?.allowed);
    }
    same("allowed of two hundred", allowed, 50)
}
