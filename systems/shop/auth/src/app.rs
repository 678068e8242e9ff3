//! What the actions share.

use mainstay_access::{Access, Action, Relation};
use mainstay_audit::Audit;
use mainstay_core::{Clock, Context, Result};
use mainstay_events::Outbox;
use mainstay_identity::{AccessSigner, Passwords, Remembered};
use mainstay_secrets::Keys;
use mainstay_sql::Database;

use crate::config::Config;
use crate::letters::Letters;
use crate::model::{self, AccountId};
use crate::signing::SigningKeys;

/// The service's state, behind an `Arc` that every way in holds.
pub struct App {
    pub db: Database,
    pub outbox: Outbox,
    pub passwords: Passwords,
    pub letters: Letters,
    pub signing: SigningKeys,
    pub signer: AccessSigner,
    /// What the next refresh token is derived with.
    pub refresh_keys: Keys,
    pub config: Config,
    /// What the edge of this process remembers of credentials; what is ended is taken out.
    pub remembered: Remembered,
    /// Who may do what.
    pub access: Access,
    /// Who did what.
    pub audit: Audit,
    pub clock: Clock,
}

impl App {
    /// The caller's own account, if they may do this to it.
    ///
    /// # Errors
    /// `core.unauthenticated` for a visitor; `core.forbidden` for a credential that is for other things, and for services, which
    /// have no account.
    pub fn own_account(&self, ctx: &Context, action: Action) -> Result<AccountId> {
        self.access.require(ctx, action, Relation::Own)?;
        model::own_account(ctx.principal())
    }
}
