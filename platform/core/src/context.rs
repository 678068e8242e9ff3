//! The context of a piece of work: for which tenant, for whom, until when, and in which trace.
//!
//! Every action takes it first. It is made at the edge (or restored with a saga, a job or an event), crosses services
//! with the call, and is cheap to clone.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Monotonic};
use crate::codes;
use crate::error::{Error, Result};
use crate::id::{Id, IdKind};
use crate::queries::QueryLedger;
use crate::trace::TraceContext;

/// Ids of browser and API sessions.
pub enum Session {}
impl IdKind for Session {
    const PREFIX: &'static str = "ses";
}

/// Ids of accounts, of customers and staff alike.
pub enum Account {}
impl IdKind for Account {
    const PREFIX: &'static str = "acc";
}

/// Whose data it is. Systems without tenants use [`TenantId::SOLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TenantId([u8; 16]);

impl TenantId {
    pub const SOLE: Self = Self([0; 16]);

    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A visitor, known only by the session.
    Anonymous(Id<Session>),
    Customer(Id<Account>),
    Staff(Id<Account>),
    /// A service of ours, by its name such as `shop.orders`.
    Service(Cow<'static, str>),
}

impl Principal {
    /// `core.forbidden` unless it is a service of ours.
    pub fn require_service(&self) -> Result<()> {
        match self {
            Self::Service(_) => Ok(()),
            Self::Anonymous(_) | Self::Customer(_) | Self::Staff(_) => {
                Err(codes::FORBIDDEN.error("only services may do that"))
            }
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous(session) => write!(f, "{session}"),
            Self::Customer(account) => write!(f, "{account}"),
            Self::Staff(account) => write!(f, "staff:{account}"),
            Self::Service(name) => write!(f, "service:{name}"),
        }
    }
}

impl FromStr for Principal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(name) = text.strip_prefix("service:") {
            Ok(Self::Service(Cow::Owned(name.to_owned())))
        } else if let Some(account) = text.strip_prefix("staff:") {
            account.parse().map(Self::Staff)
        } else if text.starts_with(Session::PREFIX) {
            text.parse().map(Self::Anonymous)
        } else {
            text.parse().map(Self::Customer)
        }
    }
}

/// What a credential is good for, where it is not good for all that its owner may do: names such as `orders.read`.
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scopes(Arc<[Box<str>]>);

impl Scopes {
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<Box<str>> = names.into_iter().map(Box::from).collect();
        names.sort();
        names.dedup();
        Self(names.into())
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|known| **known == *name)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// What travels with a piece of work.
#[derive(Clone, Debug)]
pub struct Context(Arc<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    tenant: TenantId,
    principal: Principal,
    on_behalf_of: Option<Principal>,
    trace: TraceContext,
    deadline: Option<Monotonic>,
    attempt: u32,
    queries: Option<Arc<QueryLedger>>,
    endless: bool,
    scopes: Option<Scopes>,
    client: Option<IpAddr>,
}

impl Context {
    /// For work that arrives at the edge.
    pub fn new(tenant: TenantId, principal: Principal, trace: TraceContext) -> Self {
        Self(Arc::new(Parts {
            tenant,
            principal,
            on_behalf_of: None,
            trace,
            deadline: None,
            attempt: 1,
            queries: None,
            endless: false,
            scopes: None,
            client: None,
        }))
    }

    /// For a request whose caller the edge has found out: all that is known of it, at once, since it is made for every
    /// request and each `with_…` makes a context of its own.
    pub fn arrived(
        tenant: TenantId,
        principal: Principal,
        scopes: Option<Scopes>,
        trace: TraceContext,
        deadline: Monotonic,
        client: IpAddr,
    ) -> Self {
        Self(Arc::new(Parts {
            tenant,
            principal,
            on_behalf_of: None,
            trace,
            deadline: Some(deadline),
            attempt: 1,
            queries: None,
            endless: false,
            scopes,
            client: Some(client),
        }))
    }

    /// For work that another service sent: all that came with the call, at once.
    pub fn received(
        tenant: TenantId,
        principal: Principal,
        on_behalf_of: Option<Principal>,
        trace: TraceContext,
        deadline: Monotonic,
        attempt: u32,
    ) -> Self {
        let deadline = Some(deadline);
        Self(Arc::new(Parts {
            tenant,
            principal,
            on_behalf_of,
            trace,
            deadline,
            attempt,
            queries: None,
            scopes: None,
            client: None,
            endless: false,
        }))
    }

    /// For work that a service begins by itself: a start-up, a sweep, a schedule.
    pub fn background(service: impl Into<Cow<'static, str>>) -> Self {
        let trace = TraceContext::root(false);
        Self::new(TenantId::SOLE, Principal::Service(service.into()), trace)
            .changed(|parts| parts.endless = true)
    }

    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Who asks.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// For whom a service asks, when it asks for somebody.
    pub fn on_behalf_of(&self) -> Option<&Principal> {
        self.0.on_behalf_of.as_ref()
    }

    pub fn trace(&self) -> TraceContext {
        self.0.trace
    }

    /// When the caller stops waiting.
    pub fn deadline(&self) -> Option<Monotonic> {
        self.0.deadline
    }

    /// The time that is left, `None` without a deadline; `core.deadline` when there is none left.
    pub fn remaining(&self, clock: &Clock) -> Result<Option<Duration>> {
        let Some(deadline) = self.0.deadline else { return Ok(None) };
        let left = deadline.since(clock.monotonic());
        if left.is_zero() {
            return Err(codes::DEADLINE.error("the caller's time is used up"));
        }
        Ok(Some(left))
    }

    /// 1 on the first try of this piece of work.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Whether its trace may go on as long as the process does: that of a loop, not of one piece of work.
    pub fn is_endless(&self) -> bool {
        self.0.endless
    }

    /// The ledger of statements, when somebody looks for repeated ones.
    pub fn queries(&self) -> Option<&Arc<QueryLedger>> {
        self.0.queries.as_ref()
    }

    /// What the credential at the edge was good for; `None` where it was good for everything, and behind the service
    /// that the edge called, which has decided already.
    pub fn scopes(&self) -> Option<&Scopes> {
        self.0.scopes.as_ref()
    }

    /// The address that the request came from. It does not cross to other services.
    pub fn client(&self) -> Option<IpAddr> {
        self.0.client
    }

    #[must_use]
    pub fn with_scopes(&self, scopes: Option<Scopes>) -> Self {
        self.changed(|parts| parts.scopes = scopes)
    }

    #[must_use]
    pub fn with_client(&self, client: Option<IpAddr>) -> Self {
        self.changed(|parts| parts.client = client)
    }

    #[must_use]
    pub fn with_principal(&self, principal: Principal) -> Self {
        self.changed(|parts| parts.principal = principal)
    }

    /// The service's own identity, with the present principal as the one for whom it asks.
    #[must_use]
    pub fn as_service(&self, service: impl Into<Cow<'static, str>>) -> Self {
        self.changed(|parts| {
            let asked_by = std::mem::replace(&mut parts.principal, Principal::Service(service.into()));
            // They bound what the person's credential is good for, and were looked at when it came in.
            parts.scopes = None;
            if !matches!(asked_by, Principal::Service(_)) {
                parts.on_behalf_of = Some(asked_by);
            }
        })
    }

    #[must_use]
    pub fn with_on_behalf_of(&self, principal: Option<Principal>) -> Self {
        self.changed(|parts| parts.on_behalf_of = principal)
    }

    #[must_use]
    pub fn with_trace(&self, trace: TraceContext) -> Self {
        self.changed(|parts| {
            parts.trace = trace;
            parts.endless = false;
        })
    }

    /// The same work as a new span of its trace.
    #[must_use]
    pub fn child_span(&self) -> Self {
        self.changed(|parts| parts.trace = parts.trace.child())
    }

    /// The deadline may only come nearer.
    #[must_use]
    pub fn with_deadline(&self, deadline: Monotonic) -> Self {
        self.changed(|parts| parts.deadline = Some(parts.deadline.map_or(deadline, |old| old.min(deadline))))
    }

    #[must_use]
    pub fn with_attempt(&self, attempt: u32) -> Self {
        self.changed(|parts| parts.attempt = attempt)
    }

    #[must_use]
    pub fn with_queries(&self, ledger: Arc<QueryLedger>) -> Self {
        self.changed(|parts| parts.queries = Some(ledger))
    }

    fn changed(&self, change: impl FnOnce(&mut Parts)) -> Self {
        let mut parts = Parts::clone(&self.0);
        change(&mut parts);
        Self(Arc::new(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn principals_survive_text() {
        for principal in [
            Principal::Anonymous(Id::from_bytes([1; 16])),
            Principal::Customer(Id::from_bytes([2; 16])),
            Principal::Staff(Id::from_bytes([3; 16])),
            Principal::Service("shop.orders".into()),
        ] {
            assert_eq!(principal.to_string().parse::<Principal>().unwrap(), principal);
        }
    }

    #[test]
    fn a_deadline_only_comes_nearer() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let context = Context::background("test").with_deadline(clock.monotonic() + Duration::from_secs(1));
        let context = context.with_deadline(clock.monotonic() + Duration::from_secs(9));
        assert_eq!(context.remaining(&clock).unwrap(), Some(Duration::from_secs(1)));
        manual.advance(Duration::from_secs(1));
        assert!(context.remaining(&clock).unwrap_err().is(&codes::DEADLINE));
    }

    #[test]
    fn a_service_asks_on_behalf_of_the_person_and_not_of_another_service() {
        let person = Principal::Customer(Id::from_bytes([2; 16]));
        let context =
            Context::background("shop.cart").with_principal(person.clone()).as_service("shop.orders");
        assert_eq!(context.as_service("shop.payments").on_behalf_of(), Some(&person));
    }
}
