//! Delete what no product shows any more, and what came to nothing.
//!
//! A picture is marked before its files are deleted and forgotten after: nobody can begin to show it in between, and a
//! sweep that was cut off is gone on with.

use std::sync::Arc;
use std::time::Duration;

use mainstay_blobs::{BlobKey, Listed};
use mainstay_core::{Context, Result, Shutdown};
use mainstay_sql::{Leadership, Lease};

use super::Catalog;
use super::add_picture::INCOMING;
use super::get_picture::key_of;
use crate::model::{PictureId, PictureSize};
use crate::store;

/// Time enough to put a product back as it was, and for pages that still show a picture.
const UNUSED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Far longer than a request may last that brings a file.
const INCOMING_FOR: Duration = Duration::from_secs(60 * 60);

/// What is deleted is a day old, so nobody waits for it.
const PERIOD: Duration = Duration::from_secs(10 * 60);

/// Pictures and files at a time.
const PAGE: u32 = 50;

/// Sweeps until the shutdown, whenever this process leads the service.
pub async fn sweep_pictures(catalog: Catalog, leadership: Arc<Leadership>, shutdown: Shutdown) {
    let ctx = Context::background(catalog.db.name().to_owned());
    loop {
        let lease = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            lease = leadership.wait() => lease,
        };
        if let Err(error) = sweep(&catalog, &ctx, &lease, &shutdown).await {
            tracing::warn!(error = error.chain(), "unused pictures could not be deleted");
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = catalog.db.clock().sleep(PERIOD) => {}
        }
    }
}

async fn sweep(catalog: &Catalog, ctx: &Context, lease: &Lease, shutdown: &Shutdown) -> Result<()> {
    while !shutdown.is_requested() && sweep_page(catalog, ctx, lease).await? {}
    sweep_incoming(catalog, ctx).await?;
    catalog.uploads.sweep(ctx, lease).await
}

/// Whether there may be more.
async fn sweep_page(catalog: &Catalog, ctx: &Context, lease: &Lease) -> Result<bool> {
    let since = catalog.db.clock().now() - UNUSED_FOR;
    // Looked for outside of a transaction that writes, so that a sweep with nothing to do writes nothing.
    let found = catalog.db.read(ctx, move |view| store::unused_pictures(view, since, PAGE)).await?;
    let is_full = u32::try_from(found.len()) == Ok(PAGE);
    if found.is_empty() {
        return Ok(false);
    }
    let mark = move |tx: &mainstay_sql::Tx<'_>| {
        let mut going = Vec::new();
        for id in &found {
            if store::end_picture(tx, *id, since)? {
                going.push(*id);
            }
        }
        Ok(going)
    };
    let going: Vec<PictureId> = catalog.db.write_as(ctx, lease, mark).await?;
    for id in &going {
        for size in PictureSize::ALL {
            catalog.blobs.delete(ctx, &key_of(*id, size)?).await?;
        }
    }
    catalog.db.write_as(ctx, lease, move |tx| store::forget_pictures(tx, &going)).await?;
    Ok(is_full)
}

/// Files whose request died. They have names of their own, so nobody comes for one again.
async fn sweep_incoming(catalog: &Catalog, ctx: &Context) -> Result<()> {
    let (incoming, old) = (INCOMING.parse::<BlobKey>()?, catalog.db.clock().now() - INCOMING_FOR);
    let mut after: Option<BlobKey> = None;
    loop {
        let page = catalog.blobs.list(ctx, Some(&incoming), after.as_ref(), PAGE as usize).await?;
        for Listed { key, stored_at, .. } in &page {
            if *stored_at < old {
                catalog.blobs.delete(ctx, key).await?;
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE as usize => after = Some(last.key.clone()),
            _ => return Ok(()),
        }
    }
}
