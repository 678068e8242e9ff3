//! Who does the background work of a service.

use mainstay_core::{Context, Result, Timestamp};
use mainstay_sql::Database;
use serde::Serialize;

/// One lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeaseLine {
    pub service: &'static str,
    pub lease: String,
    pub holder: String,
    /// Raised with each holder; an older one writes nothing.
    pub fence: i64,
    pub expires_at: Timestamp,
    /// Whether it has not run out.
    pub held: bool,
}

/// The leases of a database.
pub async fn leases(ctx: &Context, service: &'static str, database: &Database) -> Result<Vec<LeaseLine>> {
    database
        .read(ctx, move |view| {
            let now = view.now();
            view.query(
                "SELECT name, holder, fence, expires_at FROM mainstay_leases ORDER BY name",
                &[],
                |row| {
                    let expires_at: Timestamp = row.get(3)?;
                    Ok(LeaseLine {
                        service,
                        lease: row.get(0)?,
                        holder: row.get(1)?,
                        fence: row.get(2)?,
                        expires_at,
                        held: expires_at > now,
                    })
                },
            )
        })
        .await
}
