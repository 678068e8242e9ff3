//! The shop: its services, and how they come into a process.

pub mod authenticator;
pub mod client;
pub mod demo;
pub mod goods;
pub mod launch;
pub mod provider;
pub mod replay;
pub mod source;
pub mod welcome;

use mainstay_core::{Code, Result};
use mainstay_host::Host;

use crate::systems::{self, ServiceEntry};

/// Every service of the shop, in the order in which they are mounted and listed.
pub const SERVICES: &[ServiceEntry] = &[
    ServiceEntry::of::<shop_auth::Auth>(),
    ServiceEntry::of::<shop_catalog::Catalog>(),
    ServiceEntry::of::<shop_pricing::Pricing>(),
    ServiceEntry::of::<shop_inventory::Inventory>(),
    ServiceEntry::of::<shop_imports::Imports>(),
    ServiceEntry::of::<shop_cart::Cart>(),
    ServiceEntry::of::<shop_payments::Payments>(),
    ServiceEntry::of::<shop_orders::Orders>(),
    ServiceEntry::of::<shop_notifications::Notifications>(),
    ServiceEntry::of::<shop_live::Live>(),
];

/// The error codes of the shop's services, for their pages and for the test that holds them apart.
pub const CODES: &[&[&Code]] = &[
    shop_auth::CODES,
    shop_catalog::CODES,
    shop_pricing::CODES,
    shop_inventory::CODES,
    shop_imports::CODES,
    mainstay_records::CODES,
    shop_cart::CODES,
    shop_payments::CODES,
    shop_orders::CODES,
    shop_notifications::CODES,
    shop_live::CODES,
];

/// Mounts the whole shop.
pub fn mount(host: Host) -> Host {
    let host = SERVICES.iter().fold(host, |host, service| (service.mount)(host));
    known(host)
}

/// Mounts only the named services of the shop, such as `shop.orders`; the others are peers elsewhere.
pub fn mount_some(host: Host, names: &[&str]) -> Result<Host> {
    for name in names {
        systems::service(SERVICES, name)?;
    }
    let host = SERVICES.iter().fold(host, |host, service| {
        if names.contains(&service.name) { (service.mount)(host) } else { (service.know)(host) }
    });
    Ok(known(host))
}

/// What every process with a part of the shop knows: its codes, its sections, and who its visitors are.
fn known(host: Host) -> Host {
    let host = CODES.iter().fold(host, |host, codes| host.codes(codes));
    let host = host.known_section::<provider::Section>(provider::NAME);
    authenticator::at_the_edge(host)
}
