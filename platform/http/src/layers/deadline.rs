//! Ends what takes longer than a request may take, and says whose fault it was.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use axum::response::Response;
use mainstay_core::{Clock, Monotonic, codes};

use crate::codes::BODY_TOO_SLOW;
use crate::problem::Problem;
use crate::visit::Visit;

/// Waits for an answer until then.
pub(super) async fn within(
    clock: &Clock,
    deadline: Monotonic,
    visit: &Visit,
    mut answer: Pin<&mut impl Future<Output = Result<Response, Problem>>>,
) -> Result<Response, Problem> {
    let mut over = pin!(clock.sleep_until(deadline));
    poll_fn(|cx| {
        if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
            return Poll::Ready(answer);
        }
        over.as_mut().poll(cx).map(|()| Err(late(visit)))
    })
    .await
}

fn late(visit: &Visit) -> Problem {
    if visit.is_reading() {
        BODY_TOO_SLOW.error("the body did not arrive in time").into()
    } else {
        codes::DEADLINE.error("the request took longer than a request may take").into()
    }
}
