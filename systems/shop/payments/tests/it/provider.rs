//! A provider in memory that keeps the port's promises and loses what the test tells it to lose.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Context, Error, Money, Result, Timestamp};
use parking_lot::Mutex;
use shop_payments::codes;
use shop_payments::model::{Charge, PaymentId, RefundId, Seen, SeenRefund};
use shop_payments::provider::{Listed, Page, Provider};
use tokio::sync::Semaphore;

/// What happens to the next call of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    RequestLost,
    /// It takes effect, and the answer does not arrive.
    AnswerLost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Authorise,
    Capture,
    Void,
    Refund,
    Find,
}

#[derive(Clone, Debug)]
pub struct Account {
    pub amount: Money,
    pub charge: Charge,
    pub refunds: Vec<(String, Money)>,
}

#[derive(Clone, Default)]
pub struct FakeProvider(Arc<Inner>);

#[derive(Default)]
struct Inner {
    charges: Mutex<BTreeMap<String, Account>>,
    faults: Mutex<BTreeMap<Call, VecDeque<Fault>>>,
    calls: Mutex<BTreeMap<Call, u32>>,
    // A call of this kind waits for a permit, if there is a gate.
    gates: Mutex<BTreeMap<Call, Arc<Semaphore>>>,
}

impl FakeProvider {
    pub fn fail(&self, call: Call, fault: Fault) {
        self.0.faults.lock().entry(call).or_default().push_back(fault);
    }

    pub fn calls(&self, call: Call) -> u32 {
        self.0.calls.lock().get(&call).copied().unwrap_or_default()
    }

    /// Calls of this kind wait until the gate gives them a permit each.
    pub fn gate(&self, call: Call) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.0.gates.lock().insert(call, Arc::clone(&gate));
        gate
    }

    pub fn account(&self, id: PaymentId) -> Option<Account> {
        self.0.charges.lock().get(&id.to_string()).cloned()
    }

    /// From now on nothing is lost.
    pub fn heal(&self) {
        self.0.faults.lock().clear();
    }

    /// Something happens at the provider's own desk.
    pub fn change(&self, id: PaymentId, change: impl FnOnce(&mut Account)) {
        change(self.0.charges.lock().get_mut(&id.to_string()).unwrap());
    }

    pub fn insert(&self, reference: &str, account: Account) {
        self.0.charges.lock().insert(reference.to_owned(), account);
    }

    pub fn remove(&self, id: PaymentId) {
        self.0.charges.lock().remove(&id.to_string());
    }

    /// Held, taken and given back over all charges, in minor units.
    pub fn sums(&self) -> (i64, i64, i64) {
        let charges = self.0.charges.lock();
        let sum = |wanted: Charge| {
            charges
                .values()
                .filter(|account| account.charge == wanted)
                .map(|account| account.amount.minor)
                .sum()
        };
        let back =
            charges.values().flat_map(|account| &account.refunds).map(|(_, amount)| amount.minor).sum();
        (sum(Charge::Authorised), sum(Charge::Captured), back)
    }

    async fn call<T>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut BTreeMap<String, Account>) -> Result<T>,
    ) -> Result<T> {
        *self.0.calls.lock().entry(call).or_default() += 1;
        let gate = self.0.gates.lock().get(&call).cloned();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        let fault = self.0.faults.lock().get_mut(&call).and_then(VecDeque::pop_front);
        match fault {
            Some(Fault::RequestLost) => Err(lost()),
            Some(Fault::AnswerLost) => {
                effect(&mut self.0.charges.lock())?;
                Err(lost())
            }
            None => effect(&mut self.0.charges.lock()),
        }
    }
}

fn lost() -> Error {
    codes::PROVIDER_UNKNOWN.error("the test lost it")
}

fn refused(why: &'static str) -> Error {
    codes::PROVIDER_REFUSED.error(why)
}

fn seen(account: &Account) -> Seen {
    Seen {
        amount: account.amount,
        charge: account.charge.clone(),
        refunds: account
            .refunds
            .iter()
            .map(|(key, amount)| SeenRefund { key: key.clone(), amount: *amount })
            .collect(),
    }
}

fn of(charges: &mut BTreeMap<String, Account>, id: PaymentId) -> Result<&mut Account> {
    charges.get_mut(&id.to_string()).ok_or_else(|| refused("no such charge"))
}

#[async_trait]
impl Provider for FakeProvider {
    async fn authorise(&self, _: &Context, payment: PaymentId, amount: Money, token: &str) -> Result<Seen> {
        self.call(Call::Authorise, |charges| {
            let charge = match token {
                "tok_decline" => Charge::Declined { reason: "insufficient_funds".into() },
                "tok_challenge" => Charge::Challenge { url: "https://bank.example/1".into() },
                "tok_slow" => Charge::Unknown,
                _ => Charge::Authorised,
            };
            let new = Account { amount, charge, refunds: Vec::new() };
            let account = charges.entry(payment.to_string()).or_insert(new);
            if account.amount != amount {
                return Err(refused("the key was used for another amount"));
            }
            Ok(seen(account))
        })
        .await
    }

    async fn capture(&self, _: &Context, payment: PaymentId) -> Result<Seen> {
        self.call(Call::Capture, |charges| {
            let account = of(charges, payment)?;
            match account.charge {
                Charge::Authorised | Charge::Captured => account.charge = Charge::Captured,
                _ => return Err(refused("not authorised")),
            }
            Ok(seen(account))
        })
        .await
    }

    async fn void(&self, _: &Context, payment: PaymentId) -> Result<Seen> {
        self.call(Call::Void, |charges| {
            let account = of(charges, payment)?;
            match account.charge {
                Charge::Captured | Charge::Declined { .. } => return Err(refused("not held")),
                _ => account.charge = Charge::Voided,
            }
            Ok(seen(account))
        })
        .await
    }

    async fn refund(&self, _: &Context, payment: PaymentId, refund: RefundId, amount: Money) -> Result<Seen> {
        self.call(Call::Refund, |charges| {
            let account = of(charges, payment)?;
            let key = refund.to_string();
            if !account.refunds.iter().any(|(known, _)| *known == key) {
                let back: i64 = account.refunds.iter().map(|(_, amount)| amount.minor).sum();
                if account.charge != Charge::Captured || back + amount.minor > account.amount.minor {
                    return Err(refused("more than was taken"));
                }
                account.refunds.push((key, amount));
            }
            Ok(seen(account))
        })
        .await
    }

    async fn find(&self, _: &Context, payment: PaymentId) -> Result<Option<Seen>> {
        self.call(Call::Find, |charges| Ok(charges.get(&payment.to_string()).map(seen))).await
    }

    async fn list(&self, _: &Context, _: Timestamp, after: i64) -> Result<Page> {
        let charges = self.0.charges.lock();
        let skip = usize::try_from(after).unwrap();
        let page: Vec<Listed> = charges
            .iter()
            .skip(skip)
            .take(2)
            .map(|(reference, account)| Listed { reference: reference.clone(), seen: seen(account) })
            .collect();
        let next = (skip + page.len() < charges.len()).then(|| after + 2);
        Ok(Page { charges: page, next })
    }
}
