//! `mainstay keys`: keys replaced while everything runs.

mod root;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::{Clock, Result};
use mainstay_host::{Engines, Settings, service_keys};
use mainstay_secrets::RootKey;
use shop_auth::{Replace, SigningKeys};

use crate::commands::{Global, operator};

/// The service that signs access tokens.
const AUTH: &str = "shop.auth";

/// Replace keys while everything runs.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Replace the key that signs access tokens
    Rotate(Rotate),
    /// The root key, from which all others come
    #[command(subcommand)]
    Root(root::Root),
}

/// Replace the key that signs access tokens.
///
/// The new key is shown ten minutes before it signs, and the old one until the last token that it signed has expired:
/// nobody is logged out.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The old key may be in somebody's hands: nothing that it signed holds from now on
    #[arg(long)]
    compromised: bool,
}

impl Keys {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::Rotate(rotate) => rotate.run(global, engines).await,
            Self::Root(root) => root.run(global, engines).await,
        }
    }
}

impl Rotate {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, AUTH).await?;
        let clock = Clock::system();
        let root = RootKey::open(&Settings::read(&global.configuration(&[])?)?.root_key(), clock.now())?;
        let keys = SigningKeys::new(opened.database.clone(), service_keys(&root, AUTH), clock);
        let (how, told) = if self.compromised {
            (Replace::AtOnce, "the new key signs now; what the old ones signed is refused within a minute")
        } else {
            (
                Replace::InGoodOrder,
                "the new key signs in ten minutes; what the old one signed holds to its end",
            )
        };
        keys.replace(&operator::context(), how).await?;
        let (audit, compromised) = (opened.audit, self.compromised);
        let note = move |tx: &mainstay_sql::Tx<'_>| {
            operator::record(
                &audit,
                tx,
                "signing_key.replace",
                AUTH,
                &serde_json::json!({"compromised": compromised}),
            )
        };
        opened.database.write(&operator::context(), note).await?;
        anstream::println!("{told}");
        Ok(ExitCode::SUCCESS)
    }
}
