//! Goes with the root key's file: a new key is known a second after it came into the file, and used when its time has
//! come. What cannot be used is told once, and the process goes on with the keys that it has.

use mainstay_core::{Clock, Shutdown};
use mainstay_secrets::{LOOKED_AT_EVERY, RootKey};

/// Looks at the file until the shutdown.
pub async fn follow_root_key(root: RootKey, clock: Clock, shutdown: Shutdown) {
    let mut refused: Option<String> = None;
    // A probe looks too, so what has changed is told by this and not by who looked.
    let mut told = root.generation();
    loop {
        tokio::select! {
            biased;
            () = shutdown.requested() => return,
            () = clock.sleep(LOOKED_AT_EVERY) => {}
        }
        match root.look(clock.now()) {
            Ok(()) if refused.take().is_some() => tracing::info!("the root key's file can be used again"),
            Ok(()) => {}
            // The same fault is found each second; it is told when it begins.
            Err(error) if refused.as_deref() == Some(error.code()) => {}
            Err(error) => {
                tracing::error!(
                    error = error.chain(),
                    "the root key's file cannot be used; the process goes on with the keys that it has"
                );
                refused = Some(error.code().to_owned());
            }
        }
        if told != root.generation() {
            told = root.generation();
            tell(&root);
        }
    }
}

fn tell(root: &RootKey) {
    let shown = root.shown();
    let in_use = shown.iter().find(|key| key.in_use).map(|key| key.id.as_str()).unwrap_or_default();
    let known = shown.iter().map(|key| key.id.as_str()).collect::<Vec<_>>().join(", ");
    tracing::info!(key.in_use = in_use, key.known = known, "the root keys have changed");
}
