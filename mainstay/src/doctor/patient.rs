//! The line that takes a wait: a caller that never finishes its request is cut off.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Found, Running};
use crate::listener::Listener;

/// What a check that waits comes to.
pub type Waiting = Pin<Box<dyn Future<Output = Found> + Send>>;

/// On top of what is configured, for a busy machine.
const SPARE: Duration = Duration::from_secs(5);

/// Nobody waits for a longer time-out than this.
const LONGEST: Duration = Duration::from_secs(120);

pub fn time_out(running: &Running) -> Waiting {
    let configured = running.setting("http.header_timeout_ms").and_then(|value| value.parse().ok());
    let (at, clock) = (running.target.public.clone(), running.clock.clone());
    Box::pin(async move {
        let Some(configured) = configured.map(Duration::from_millis) else {
            return Found::not_checked("the operators' listener did not tell http.header_timeout_ms");
        };
        if configured > LONGEST {
            return Found::look(format!(
                "http.header_timeout_ms is {} s, longer than the doctor waits",
                configured.as_secs()
            ));
        }
        let before = clock.monotonic();
        let waited = clock.timeout(configured + SPARE, half_a_request(&at)).await;
        let took = clock.monotonic().since(before).as_millis();
        match waited {
            Ok(Ok(())) => {
                Found::good(format!("a caller that sent half a request was cut off after {took} ms"))
            }
            Ok(Err(error)) => Found::not_checked(format!("the connection could not be opened: {error}")),
            Err(_) => {
                Found::bad(format!("a caller that sent half a request was still connected after {took} ms"))
            }
        }
    })
}

/// Sends the beginning of a request and waits until the other side ends the connection.
async fn half_a_request(at: &Listener) -> std::io::Result<()> {
    let mut stream = at.connect().await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: ").await?;
    stream.flush().await?;
    let mut bytes = [0; 1_024];
    // An end and a reset are the same here.
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use mainstay_core::Clock;
    use mainstay_dial::Dialer;

    use super::*;
    use crate::doctor::{Target, Verdict};

    #[tokio::test]
    async fn who_lets_a_caller_wait_for_ever_is_found_out() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = Listener { address: listener.local_addr().unwrap(), dialer: Dialer::plain() };
        let clock = Clock::system();
        let closes = clock.timeout(Duration::from_secs(20), async {
            tokio::join!(half_a_request(&at), async { drop(listener.accept().await) }).0
        });
        assert!(closes.await.is_ok_and(|ended| ended.is_ok()));
        let mut running = Running::silent();
        running.target = Target { public: at, ..running.target };
        assert_eq!(time_out(&running).await.verdict, Verdict::NotChecked);
    }
}
