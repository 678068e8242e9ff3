//! Our side: a hub behind the whole HTTP stack, that publishes as many messages as it is told.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Result, Session, Shutdown, Tasks, codes};
use mainstay_events::Position;
use mainstay_http::{App, Authenticator, Catalogue, Door, Health, Identified, SessionIssued};
use mainstay_realtime::{
    Batch, Fanout, Hub, InMemory, Message, Options, Public, RoomKind, RoomName, SlowConsumer, routes,
};
use mainstay_telemetry::Registry;
use tokio::io::{AsyncBufReadExt, BufReader};

const KIND: RoomKind = RoomKind::new("bench", SlowConsumer::Disconnect);

/// Everybody is a visitor.
struct Visitors(Clock);

#[async_trait]
impl Authenticator for Visitors {
    async fn authenticate(&self, _: &Context, _: &str) -> Result<Identified> {
        Err(codes::UNAUTHENTICATED.error("nobody can log in here"))
    }

    fn visitor(&self) -> Result<(Id<Session>, SessionIssued)> {
        let issued = SessionIssued { token: "visitor".to_owned().into(), max_age: Duration::from_secs(60) };
        Ok((Id::generate(&self.0), issued))
    }
}

/// Serves until standard input ends; each line of it is a number of messages to publish.
pub async fn serve() -> std::result::Result<(), Box<dyn Error>> {
    let (clock, tasks, registry) = (Clock::system(), Tasks::new(), Registry::new());
    let fanout = Arc::new(InMemory::new());
    let hub = Hub::new(
        mainstay_realtime::Parts {
            options: Options::default(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            registry: registry.clone(),
            fanout: fanout.clone(),
        },
        vec![(KIND, Arc::new(Public))],
    );
    let parts = mainstay_http::Parts {
        options: mainstay_http::Options { listen: ([127, 0, 0, 1], 0).into(), ..Default::default() },
        telemetry: mainstay_telemetry::Options::default(),
        clock: clock.clone(),
        registry,
        tasks: tasks.clone(),
        health: Health::new(&clock),
        door: Door::Public(Arc::new(Visitors(clock))),
    };
    let bound =
        App::new(parts, Catalogue::default(), routes("/v1/live").with_state(hub.clone()).into_parts().0)
            .bind()
            .await?;
    println!("{}", bound.address());
    tasks.spawn("bench.http", bound.serve(Shutdown::new()));
    tasks.spawn("bench.hub", hub.run(Shutdown::new()));

    let room = RoomName::new(KIND.name, "all")?;
    let mut last = Position::START;
    let begin = Batch { kind: KIND.name, begins_after: Some(last), messages: Vec::new(), through: last };
    fanout.publish(begin).await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let mut messages = Vec::new();
        for _ in 0..line.parse()? {
            last.0 += 1;
            let data = format!(r#"{{"number":{last},"filling":"{}"}}"#, "x".repeat(40));
            messages.push(Message { room: room.clone(), position: last, data: data.into() });
        }
        fanout.publish(Batch { kind: KIND.name, begins_after: None, messages, through: last }).await?;
    }
    Ok(())
}
