//! Which checks a process's health consists of: its own databases gate; its peers, and a root key's file that cannot be
//! used, are only reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_core::Context;
use mainstay_http::{Health, Weight};
use mainstay_secrets::codes::ROOT_KEY_UNUSABLE;

use crate::background::Background;
use crate::process::Process;

/// Adds a check for each database, one for each peer that lives elsewhere, and one for the root key.
pub(crate) fn add_checks(health: &Health, process: &Arc<Process>, background: &[Background]) {
    let (root, clock) = (process.root.clone(), process.clock.clone());
    health.check("root key", Weight::Reports, move || {
        // Anybody may ask for the probe, so where the file lies stays in the log.
        let told = |error| ROOT_KEY_UNUSABLE.because("its file cannot be used; the log says why", error);
        std::future::ready(root.look(clock.now()).map_err(told))
    });
    let mut elsewhere = BTreeSet::new();
    for work in background {
        if let Some(database) = work.database() {
            let (database, context) = (database.clone(), Context::background(work.name()));
            health.check(format!("database {}", work.name()), Weight::Gates, move || {
                let (database, context) = (database.clone(), context.clone());
                async move {
                    database
                        .read(&context, |view| view.query_one("SELECT 1", &[], |_| Ok(())))
                        .await
                        .map(drop)
                }
            });
        }
        elsewhere.extend(
            work.parts()
                .peers
                .iter()
                .filter(|peer| process.topology.elsewhere().contains_key(*peer))
                .cloned(),
        );
    }
    for peer in elsewhere {
        let process = Arc::clone(process);
        health.check(format!("peer {peer}"), Weight::Reports, move || {
            let (process, peer) = (Arc::clone(&process), peer.clone());
            async move { process.network.probe(&peer).await }
        });
    }
}
