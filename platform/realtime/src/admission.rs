//! How many connections there may be: in all, of one principal, from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Principal, Result};
use parking_lot::Mutex;

use crate::codes::TOO_MANY_CONNECTIONS;
use crate::options::Options;

/// When who was refused may try again.
const AGAIN: Duration = Duration::from_secs(10);

/// Counts connections.
#[derive(Debug)]
pub(crate) struct Admission {
    total_max: usize,
    principal_max: usize,
    address_max: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    principals: HashMap<Principal, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// The right to one connection; gone with it.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    principal: Principal,
    address: Option<IpAddr>,
}

impl Admission {
    pub(crate) fn new(options: &Options) -> Arc<Self> {
        Arc::new(Self {
            total_max: options.connections_max,
            principal_max: options.connections_per_principal,
            address_max: options.connections_per_address,
            counts: Mutex::default(),
        })
    }

    /// One more connection; `realtime.too_many_connections` names which bound stands in the way.
    pub(crate) fn admit(
        self: &Arc<Self>,
        principal: &Principal,
        address: Option<IpAddr>,
    ) -> Result<Admitted> {
        let address = address.map(network);
        let mut counts = self.counts.lock();
        let of_principal = counts.principals.get(principal).copied().unwrap_or(0);
        let of_address = address.and_then(|address| counts.addresses.get(&address).copied()).unwrap_or(0);
        let full = if counts.total >= self.total_max {
            Some("this process has as many connections as it may have")
        } else if of_principal >= self.principal_max {
            Some("you have as many connections as one visitor may have")
        } else if of_address >= self.address_max {
            Some("your address has as many connections as one address may have")
        } else {
            None
        };
        if let Some(full) = full {
            return Err(TOO_MANY_CONNECTIONS.error(full).retry_after(AGAIN));
        }
        counts.total += 1;
        counts.principals.insert(principal.clone(), of_principal + 1);
        if let Some(address) = address {
            counts.addresses.insert(address, of_address + 1);
        }
        drop(counts);
        Ok(Admitted { admission: Arc::clone(self), principal: principal.clone(), address })
    }

    /// Connections that there are.
    pub(crate) fn total(&self) -> usize {
        self.counts.lock().total
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock();
        counts.total -= 1;
        leave(&mut counts.principals, &self.principal);
        if let Some(address) = &self.address {
            leave(&mut counts.addresses, address);
        }
    }
}

fn leave<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// Who has one address of an IPv6 network has all of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Clock, Id};

    use super::*;

    fn somebody() -> Principal {
        Principal::Anonymous(Id::generate(&Clock::system()))
    }

    #[test]
    fn each_bound_refuses_alone_and_a_place_is_free_again_afterwards() {
        let options = Options {
            connections_max: 4,
            connections_per_principal: 2,
            connections_per_address: 3,
            ..Options::default()
        };
        let admission = Admission::new(&options);
        let here: IpAddr = "2001:db8::1".parse().unwrap();
        let beside: IpAddr = "2001:db8::2".parse().unwrap();
        let (ada, bob) = (somebody(), somebody());
        let first = admission.admit(&ada, Some(here)).unwrap();
        let _second = admission.admit(&ada, Some(beside)).unwrap();
        let refused = |outcome: Result<Admitted>| outcome.unwrap_err().message().to_owned();
        assert!(refused(admission.admit(&ada, None)).contains("visitor"));
        let _third = admission.admit(&bob, Some(here)).unwrap();
        assert!(refused(admission.admit(&bob, Some(beside))).contains("address"));
        let _fourth = admission.admit(&bob, None).unwrap();
        assert!(refused(admission.admit(&somebody(), None)).contains("process"));
        drop(first);
        let _again = admission.admit(&ada, Some(here)).unwrap();
        assert_eq!(admission.total(), 4);
    }
}
