//! What the provider and this service prove themselves to each other with.

use data_encoding::HEXLOWER;
use mainstay_core::Result;
use mainstay_secrets::{Key, Keys, Secret, SecretSource};

/// The two secrets shared with the provider.
pub struct ProviderSecrets {
    /// What this service shows to the provider.
    pub api_key: SharedSecret,
    /// What the provider signs webhooks with.
    pub webhook: SharedSecret,
}

/// One secret that both sides have.
#[derive(Clone)]
pub enum SharedSecret {
    /// As somebody agreed on it.
    Agreed(Secret<String>),
    /// Derived from keys that both sides have, and that are replaced while both run: each shows what comes of the key in
    /// use and takes what comes of any, so it does not matter who sees a new key first.
    Derived(Keys),
}

impl SharedSecret {
    /// What is shown and signed with now.
    pub fn in_use(&self) -> Secret<String> {
        match self {
            Self::Agreed(secret) => secret.clone(),
            Self::Derived(keys) => text(&keys.in_use()),
        }
    }

    /// What is taken.
    pub fn each(&self) -> Vec<Secret<String>> {
        match self {
            Self::Agreed(secret) => vec![secret.clone()],
            Self::Derived(keys) => keys.each().iter().map(text).collect(),
        }
    }
}

impl From<Secret<String>> for SharedSecret {
    fn from(secret: Secret<String>) -> Self {
        Self::Agreed(secret)
    }
}

impl From<&str> for SharedSecret {
    fn from(secret: &str) -> Self {
        Self::Agreed(Secret::new(secret.to_owned()))
    }
}

fn text(key: &Key) -> Secret<String> {
    Secret::new(HEXLOWER.encode(key.as_bytes()))
}

impl ProviderSecrets {
    /// The secrets of an installation that brings its own test provider: derived from the service's keys, so that both
    /// sides find them without anybody writing them down.
    pub fn derived(service: impl Into<Keys>) -> Self {
        let service = service.into();
        let derived = |label| SharedSecret::Derived(service.derive(label));
        Self { api_key: derived("test-provider/api-key"), webhook: derived("test-provider/webhooks") }
    }

    /// The configured secrets, and derived ones where none is configured.
    pub fn load(
        service: &Keys,
        api_key: Option<&SecretSource>,
        webhook: Option<&SecretSource>,
    ) -> Result<Self> {
        let derived = Self::derived(service);
        let agreed = |source: &SecretSource| source.load().map(SharedSecret::Agreed);
        Ok(Self {
            api_key: api_key.map_or(Ok(derived.api_key), agreed)?,
            webhook: webhook.map_or(Ok(derived.webhook), agreed)?,
        })
    }
}
