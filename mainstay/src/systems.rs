//! The systems that this binary holds, and how a person names their services: `shop`, `shop/orders`.

use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_host::{Contract, Host, Service};

use crate::shop;

/// A service that can be mounted.
pub struct ServiceEntry {
    /// Its name at run time, such as `shop.orders`.
    pub name: &'static str,
    /// Puts it into a process.
    pub mount: fn(Host) -> Host,
    /// Lets its section of the configuration be there although it runs elsewhere.
    pub know: fn(Host) -> Host,
    /// What it promises to outsiders.
    pub contract: fn() -> Contract,
}

impl ServiceEntry {
    pub const fn of<S: Service>() -> Self {
        Self { name: S::NAME, mount: mount::<S>, know: know::<S>, contract: S::contract }
    }
}

fn mount<S: Service>(host: Host) -> Host {
    host.mount::<S>()
}

fn know<S: Service>(host: Host) -> Host {
    host.known_section::<S::Config>(S::NAME)
}

/// A system: a set of services that are run together.
pub struct SystemEntry {
    pub name: &'static str,
    pub services: &'static [ServiceEntry],
}

/// Every system of this binary.
pub const SYSTEMS: &[SystemEntry] = &[SystemEntry { name: "shop", services: shop::SERVICES }];

/// What all systems of this binary promise to outsiders.
pub fn contract() -> Contract {
    let services = SYSTEMS.iter().flat_map(|system| system.services);
    services.fold(Contract::new(), |contract, service| contract.and((service.contract)()))
}

/// The service of this name; otherwise a sentence with the names that there are.
pub fn service<'a>(services: &'a [ServiceEntry], name: &str) -> Result<&'a ServiceEntry> {
    let wanted = name.replace('/', ".");
    services.iter().find(|service| service.name == wanted).ok_or_else(|| {
        let known: Vec<String> = services.iter().map(|service| service.name.replacen('.', "/", 1)).collect();
        BAD_CONFIGURATION.error(format!("there is no service {name}; write one of {}", known.join(", ")))
    })
}

/// The full names that these words stand for: a system's name is all of its services.
pub fn names(words: &[String]) -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    for word in words {
        let before = names.len();
        for system in SYSTEMS {
            if system.name == word {
                names.extend(system.services.iter().map(|service| service.name));
            } else if word.starts_with(&format!("{}/", system.name))
                || word.starts_with(&format!("{}.", system.name))
            {
                names.push(service(system.services, word)?.name);
            }
        }
        if names.len() == before {
            let known: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
            return Err(BAD_CONFIGURATION.error(format!(
                "{word} names no system; write {} or one of its services, such as shop/orders",
                known.join(", ")
            )));
        }
    }
    let mut unique = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    Ok(unique)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_services() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(names(&words("shop/orders")).unwrap(), ["shop.orders"]);
        assert_eq!(names(&words("shop.orders shop/orders")).unwrap(), ["shop.orders"]);
        assert_eq!(names(&words("shop")).unwrap().len(), shop::SERVICES.len());
        for wrong in ["shop/order", "orders", "shops"] {
            assert!(names(&words(wrong)).unwrap_err().is(&BAD_CONFIGURATION), "{wrong}");
        }
        assert!(names(&words("shop/order")).unwrap_err().message().contains("shop/orders"));
    }
}
