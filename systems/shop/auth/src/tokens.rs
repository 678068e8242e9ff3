//! The opaque tokens that are mailed to somebody.

use mainstay_identity::{Opaque, OpaqueKind};

/// Confirms that a mailbox is the registering person's.
pub enum ConfirmKind {}
impl OpaqueKind for ConfirmKind {
    const MARK: &'static str = "mcf_";
}
pub type ConfirmToken = Opaque<ConfirmKind>;

/// Lets whoever reads a mailbox set a new password.
pub enum ResetKind {}
impl OpaqueKind for ResetKind {
    const MARK: &'static str = "mpr_";
}
pub type ResetToken = Opaque<ResetKind>;
