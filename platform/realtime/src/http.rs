//! The one address: a WebSocket for who asks to upgrade, else server-sent events.

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use mainstay_core::{Context, Result, codes};
use mainstay_events::Position;
use mainstay_http::{ClientAddress, Ctx, Problem, Query, Routes, Standing, operation};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::codes::{BAD_HANDSHAKE, BAD_ROOM, FOREIGN_ORIGIN, TOO_MANY_CONNECTIONS, TOO_MANY_ROOMS};
use crate::frame::Format;
use crate::hub::{Hub, Seat};
use crate::origin;
use crate::room::RoomName;
use crate::socket::{Connection, handshake};
use crate::stream::Events;
use crate::subscriber::Subscriber;

/// Rooms of one event stream: their names stand in the address.
const STREAM_ROOMS_MAX: usize = 20;

/// Room for all of their names.
const ROOMS_CHARS_MAX: usize = 4_000;

/// Positions are exact in every language: JavaScript's numbers are up to here.
const POSITION_MAX: i64 = 9_007_199_254_740_991;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// `GET <path>`, for a service's routes; the hub is their state.
pub fn routes(path: &'static str) -> Routes<Hub> {
    Routes::new("Live", "What changes, as it changes.").get(
        path,
        connect,
        operation("followLive", "Follow rooms")
            .text(
                "Answers with events until the caller goes; a request that asks to upgrade gets a WebSocket, on which \
                 rooms are entered and left by messages.",
            )
            .returns_bytes(200, "text/event-stream", "the events, one after the other")
            .returns_nothing(101, "a WebSocket")
            .problems(&[
                &BAD_ROOM,
                &TOO_MANY_ROOMS,
                &TOO_MANY_CONNECTIONS,
                &BAD_HANDSHAKE,
                &FOREIGN_ORIGIN,
                &codes::NOT_FOUND,
                &codes::FORBIDDEN,
            ]),
    )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Names, separated by commas.
    #[serde(default)]
    #[schemars(length(max = ROOMS_CHARS_MAX))]
    rooms: String,
    /// The last position that was seen; a browser that reconnects says it in Last-Event-ID.
    #[schemars(range(min = 0, max = POSITION_MAX))]
    after: Option<i64>,
}

async fn connect(
    State(hub): State<Hub>,
    Ctx(ctx): Ctx,
    standing: Standing,
    ClientAddress(address): ClientAddress,
    Query(asked): Query<Asked>,
    request: Request,
) -> Result<Response, Problem> {
    origin::check(request.headers(), request.uri(), &hub.inner().options.origins)?;
    let caller = Caller { ctx, standing, address };
    let outcome = if handshake::is_wanted(request.headers()) {
        socket(&hub, caller, request)
    } else {
        events(&hub, caller, &asked, request.headers()).await
    };
    if outcome.is_err() {
        hub.inner().metrics.refused.inc();
    }
    Ok(outcome?)
}

struct Caller {
    ctx: Context,
    standing: Standing,
    address: Option<IpAddr>,
}

impl Caller {
    fn sit(self, hub: &Hub, format: Format) -> Result<Subscriber> {
        let admitted = hub.inner().admission.admit(self.ctx.principal(), self.address)?;
        Ok(Subscriber::new(Seat::take(hub, format, admitted)?, format, self.ctx, self.standing))
    }
}

fn socket(hub: &Hub, caller: Caller, mut request: Request) -> Result<Response> {
    let response = handshake::answer(request.method(), request.version(), request.headers())?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let upgrade = upgrade.ok_or_else(|| BAD_HANDSHAKE.error("this connection cannot be upgraded"))?;
    let subscriber = caller.sit(hub, Format::WebSocket)?;
    hub.inner().tasks.spawn("realtime.socket", async move {
        // A client that goes away before the answer reached it upgrades nothing.
        if let Ok(upgraded) = upgrade.await {
            Connection::new(TokioIo::new(upgraded), subscriber).await;
        }
    });
    Ok(response)
}

async fn events(hub: &Hub, caller: Caller, asked: &Asked, headers: &HeaderMap) -> Result<Response> {
    let rooms = rooms(&asked.rooms)?;
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let after = last.or(asked.after).filter(|after| *after >= 0).map(Position);
    let mut subscriber = caller.sit(hub, Format::Events)?;
    for room in &rooms {
        subscriber.ask(room, after)?.await?;
    }
    let mut first: Vec<Bytes> = Vec::new();
    rooms.iter().for_each(|room| subscriber.enter(room, after, &mut first));
    let mut response = Response::new(Body::from_stream(Events::new(subscriber, first)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather an answer before they pass it on would hold it for ever.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

pub fn rooms(text: &str) -> Result<Vec<RoomName>> {
    let rooms = text.split(',').map(str::parse).collect::<Result<Vec<RoomName>>>()?;
    if rooms.len() > STREAM_ROOMS_MAX {
        return Err(BAD_ROOM.error(format!("an event stream follows at most {STREAM_ROOMS_MAX} rooms")));
    }
    if rooms.iter().any(|room| room.kind() != rooms[0].kind()) {
        return Err(BAD_ROOM.error("an event stream follows rooms of one kind; a WebSocket follows any"));
    }
    Ok(rooms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_of_few_rooms_of_one_kind() {
        assert_eq!(rooms("stock:a,stock:b").unwrap().len(), 2);
        let many = vec!["stock:a"; STREAM_ROOMS_MAX + 1].join(",");
        for bad in ["", "stock:a,", "stock:a,order:b", &many] {
            assert!(rooms(bad).unwrap_err().is(&BAD_ROOM), "{bad}");
        }
    }
}
