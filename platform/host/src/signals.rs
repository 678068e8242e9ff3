//! Signals: the first one asks the process to stop, a second one ends it at once.

use std::fmt;

use mainstay_core::{Result, Shutdown, Tasks};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::codes::NOT_STARTED;

/// What a shell reports for a process that Ctrl-C ended: 128 and the signal's number.
const ENDED_BY_INTERRUPT: i32 = 130;

/// Which signal it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Ctrl-C.
    Interrupt,
    /// What supervisors send.
    Terminate,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminate",
        })
    }
}

/// Listens for SIGINT and SIGTERM from now on: the first requests `shutdown` and is told to `on_first`, the second
/// ends the process where it stands, because somebody who presses Ctrl-C twice means it. Nothing that was
/// acknowledged is lost by that, since an acknowledgement is durable.
pub fn listen(shutdown: &Shutdown, on_first: impl FnOnce(Asked) + Send + 'static) -> Result<()> {
    let unusable = |error| NOT_STARTED.because("signals cannot be listened for", error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(unusable)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(unusable)?;
    let shutdown = shutdown.clone();
    // A registry of its own, since a drain waits for the process's tasks and this one listens until the end.
    drop(Tasks::new().spawn("signals", async move {
        on_first(next(&mut interrupt, &mut terminate).await);
        shutdown.request();
        next(&mut interrupt, &mut terminate).await;
        std::process::exit(ENDED_BY_INTERRUPT);
    }));
    Ok(())
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> Asked {
    tokio::select! {
        _ = interrupt.recv() => Asked::Interrupt,
        _ = terminate.recv() => Asked::Terminate,
    }
}
