//! What the provider and this service prove themselves to each other with.

use data_encoding::HEXLOWER;
use mainstay_core::Result;
use mainstay_secrets::{Key, Secret, SecretSource};

/// The two secrets shared with the provider.
pub struct ProviderSecrets {
    /// What this service shows to the provider.
    pub api_key: Secret<String>,
    /// What the provider signs webhooks with.
    pub webhook: Secret<String>,
}

impl ProviderSecrets {
    /// The secrets of an installation that brings its own test provider: derived from the service's key, so that both
    /// sides find them without anybody writing them down.
    pub fn derived(service_key: &Key) -> Self {
        let text = |label| Secret::new(HEXLOWER.encode(service_key.derive(label).as_bytes()));
        Self { api_key: text("test-provider/api-key"), webhook: text("test-provider/webhooks") }
    }

    /// The configured secrets, and derived ones where none is configured.
    pub fn load(
        service_key: &Key,
        api_key: Option<&SecretSource>,
        webhook: Option<&SecretSource>,
    ) -> Result<Self> {
        let derived = Self::derived(service_key);
        Ok(Self {
            api_key: api_key.map_or(Ok(derived.api_key), SecretSource::load)?,
            webhook: webhook.map_or(Ok(derived.webhook), SecretSource::load)?,
        })
    }
}
