//! Which checks a process's health consists of: its own databases gate, its peers are only reported.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_core::Context;
use mainstay_http::{Health, Weight};

use crate::background::Background;
use crate::process::Process;

/// Adds a check for each database, and one for each peer that lives elsewhere.
pub(crate) fn add_checks(health: &Health, process: &Arc<Process>, background: &[Background]) {
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
