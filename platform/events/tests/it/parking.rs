//! Failing events: their key waits, the others go on, and a person has the last word.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainstay_core::{Context, Result, codes};
use mainstay_events::{
    ConsumerState, Envelope, Event, Position, Subscription, codes as events, dead_letters,
};
use mainstay_sql::Tx;
use parking_lot::Mutex;

use crate::support::{GROUP, NOTES, Node, Note, Scripted, envelope, record, start};

/// Which numbers the handler refuses now.
#[derive(Clone, Default)]
struct Refusing(Arc<Mutex<BTreeSet<i64>>>);

impl Refusing {
    fn these(numbers: impl IntoIterator<Item = i64>) -> Self {
        Self(Arc::new(Mutex::new(numbers.into_iter().collect())))
    }

    fn nothing(&self) {
        self.0.lock().clear();
    }

    fn handler(&self) -> impl Fn(&Tx<'_>, &Context, &Envelope, Note) -> Result<()> + use<> {
        let refused = Arc::clone(&self.0);
        move |tx, ctx, envelope, event| {
            let number = event.number;
            record(tx, ctx, envelope, event)?;
            // After its effect, which must be undone then.
            if refused.lock().contains(&number) {
                return Err(codes::PRECONDITION.error(format!("{number} is refused")));
            }
            Ok(())
        }
    }
}

#[tokio::test]
async fn a_failing_event_parks_its_key_and_the_others_go_on() {
    let node = Node::new().await;
    let refusing = Refusing::these([1]);
    node.tell([("a", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 5)]).await;
    node.run([node.subscription().handle(refusing.handler())]);
    let status = node.until(|status| status.position == Position(5)).await;
    assert_eq!(status.parked, 3);
    assert_eq!(node.numbers().await, [2, 4]);
    let [key] = &node.read(|view| dead_letters::parked(view, GROUP, "", 10)).await[..] else { panic!() };
    assert_eq!((&*key.key, key.dead, key.attempts, key.messages), ("a", false, 1, 3));
    assert_eq!((&*key.code, key.since), (codes::PRECONDITION.name, start()));
    assert!(key.reason.contains("1 is refused"), "{}", key.reason);
    refusing.nothing();
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [2, 4, 1, 3, 5]);
    assert!(node.read(|view| dead_letters::parked(view, GROUP, "", 10)).await.is_empty());
    // The key is as any other again.
    node.tell([("a", 6)]).await;
    node.reached(6).await;
    assert_eq!(node.numbers().await, [2, 4, 1, 3, 5, 6]);
    node.stop().await;
}

#[tokio::test]
async fn a_key_that_fails_for_ever_is_dead_and_replayed_in_order() {
    let node = Node::new().await;
    let refusing = Refusing::these([1]);
    node.tell([("a", 1), ("a", 2), ("b", 3)]).await;
    node.run([node.subscription().max_attempts(3).handle(refusing.handler())]);
    node.until(|status| status.position == Position(3)).await;
    let dead = async || node.read(|view| dead_letters::dead(view, GROUP, "", 10)).await;
    node.pass_time_until(|status| status.parked == 2).await;
    while dead().await.is_empty() {
        node.time.advance(Duration::from_secs(1));
        mainstay_core::Clock::system().sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(dead().await[0].attempts, 3);
    // Dead is dead: no time revives it, and later events of the key queue behind it.
    node.tell([("a", 4), ("b", 5)]).await;
    node.reached(5).await;
    for _ in 0..20 {
        node.time.advance(Duration::from_secs(60));
        mainstay_core::Clock::system().sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(node.numbers().await, [3, 5]);
    let waiting = node.read(|view| dead_letters::messages(view, GROUP, "a", 10)).await;
    assert_eq!(waiting.iter().map(|message| message.position.0).collect::<Vec<_>>(), [1, 2, 4]);
    refusing.nothing();
    node.write(|tx| dead_letters::replay(tx, GROUP, "a")).await;
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [3, 5, 1, 2, 4]);
    node.stop().await;
}

#[tokio::test]
async fn skipping_is_for_the_first_event_that_the_person_names() {
    let node = Node::new().await;
    let refusing = Refusing::these([1, 3]);
    node.tell([("a", 1), ("a", 2), ("a", 3)]).await;
    node.run([node.subscription().max_attempts(1).handle(refusing.handler())]);
    node.until(|status| status.parked == 3).await;
    let waiting = node.read(|view| dead_letters::messages(view, GROUP, "a", 10)).await;
    let (first, second, third) = (waiting[0].id, waiting[1].id, waiting[2].id);
    let skip = |id| node.db.write(&node.ctx, move |tx| dead_letters::skip(tx, GROUP, "a", id));
    assert!(skip(second).await.unwrap_err().is(&events::NOT_NEXT));
    assert_eq!(skip(first).await.unwrap().position, Position(1));
    // The second is tried at once and succeeds; the third is refused and dead.
    node.pass_time_until(|status| status.parked == 1).await;
    assert_eq!(node.numbers().await, [2]);
    assert!(skip(first).await.unwrap_err().is(&events::NOT_NEXT));
    skip(third).await.unwrap();
    assert!(skip(third).await.unwrap_err().is(&events::NO_SUCH_KEY));
    let nobody = node.db.write(&node.ctx, |tx| dead_letters::replay(tx, "test.nobody", "a")).await;
    assert!(nobody.unwrap_err().is(&events::NO_SUCH_KEY));
    // What was skipped counts as handled, and its key goes on.
    node.tell([("a", 4)]).await;
    node.reached(4).await;
    assert_eq!(node.numbers().await, [2, 4]);
    node.pass_time_until(|status| status.parked == 0).await;
    node.stop().await;
}

#[tokio::test]
async fn a_panic_parks_one_key_and_stops_nobody() {
    let node = Node::new().await;
    let sick = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&sick);
    node.tell([("a", 1), ("b", 2), ("a", 3), ("c", 4)]).await;
    node.run([node.subscription().handle(move |tx, ctx, envelope, event| {
        let number = event.number;
        record(tx, ctx, envelope, event)?;
        assert!(number != 1 || !seen.load(Ordering::Relaxed), "one is not to my taste");
        Ok(())
    })]);
    node.reached(4).await;
    assert_eq!(node.numbers().await, [2, 4]);
    let parked = node.read(|view| dead_letters::parked(view, GROUP, "", 10)).await;
    assert_eq!(parked[0].code, events::HANDLER_PANICKED.name);
    assert!(parked[0].reason.contains("not to my taste"), "{}", parked[0].reason);
    sick.store(false, Ordering::Relaxed);
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [2, 4, 1, 3]);
    node.stop().await;
}

#[tokio::test]
async fn malformed_bytes_are_kept_as_they_came() {
    let node = Node::new().await;
    let source = Scripted::default();
    let garbage = vec![0xff, 0x00, 0x08, 0xff];
    let broken = Envelope { data: garbage.clone(), ..envelope(1, "a", 1) };
    let foreign = Envelope { event_type: "test.v2.Note".to_owned(), ..envelope(2, "b", 2) };
    source.events(vec![broken.clone(), foreign.clone(), envelope(3, "c", 3)]);
    let subscription = Subscription::new(GROUP, &NOTES, Arc::new(source)).max_attempts(1);
    node.run([subscription.handle(record)]);
    node.reached(3).await;
    assert_eq!(node.numbers().await, [3]);
    let dead = node.read(|view| dead_letters::dead(view, GROUP, "", 10)).await;
    assert!(dead.iter().all(|key| key.code == events::UNREADABLE.name), "{dead:?}");
    assert_eq!(node.read(|view| dead_letters::messages(view, GROUP, "a", 10)).await, [broken]);
    assert_eq!(node.read(|view| dead_letters::messages(view, GROUP, "b", 10)).await, [foreign]);
    assert_eq!(Note::TYPE, "test.v1.Note");
    node.stop().await;
}

#[tokio::test]
async fn when_no_more_may_be_parked_the_consumer_stands_still_and_loses_nothing() {
    let node = Node::new().await;
    let refusing = Refusing::these([1]);
    node.tell([("a", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)]).await;
    let subscription = node.subscription().max_attempts(1).parked_capacity(2);
    node.run([subscription.handle(refusing.handler())]);
    let status = node.until(|status| status.state == ConsumerState::Full).await;
    assert_eq!((status.position, status.parked), (Position(3), 2));
    assert_eq!(node.numbers().await, [3]);
    refusing.nothing();
    node.write(|tx| dead_letters::replay_all(tx, GROUP)).await;
    node.pass_time_until(|status| status.position == Position(5)).await;
    assert_eq!(node.numbers().await, [3, 1, 2, 4, 5]);
    node.stop().await;
}

#[tokio::test]
async fn commuting_events_pass_the_one_that_fails() {
    let node = Node::new().await;
    let refusing = Refusing::these([1]);
    node.tell([("a", 1), ("a", 2), ("a", 3)]).await;
    node.run([node.subscription().commuting().handle(refusing.handler())]);
    let status = node.until(|status| status.position == Position(3)).await;
    assert_eq!((status.parked, node.numbers().await), (1, vec![2, 3]));
    refusing.nothing();
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [2, 3, 1]);
    node.stop().await;
}

#[tokio::test]
async fn a_parked_event_that_comes_again_is_parked_once() {
    let node = Node::new().await;
    let source = Scripted::default();
    let refusing = Refusing::these([1]);
    let again = Envelope { position: Position(2), ..envelope(1, "a", 1) };
    source.events(vec![envelope(1, "a", 1), again]);
    node.run([Subscription::new(GROUP, &NOTES, Arc::new(source)).handle(refusing.handler())]);
    let status = node.until(|status| status.position == Position(2)).await;
    assert_eq!(status.parked, 1);
    refusing.nothing();
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [1]);
    node.stop().await;
}

#[tokio::test]
async fn a_long_queue_behind_a_key_drains_in_order() {
    let node = Node::new().await;
    let refusing = Refusing::these([1]);
    node.tell((1..=300).map(|number| ("a", number))).await;
    node.run([node.subscription().handle(refusing.handler())]);
    node.until(|status| status.parked == 300).await;
    refusing.nothing();
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, (1..=300).collect::<Vec<_>>());
    node.stop().await;
}

#[tokio::test]
async fn an_event_whose_handler_never_ends_is_found_and_parked() {
    let node = Node::with_step_limit(1_000_000).await;
    node.tell((1..=20).map(|number| (if number == 13 { "bad" } else { "good" }, number))).await;
    node.run([node.subscription().max_attempts(1).handle(|tx, ctx, envelope, event| {
        let number = event.number;
        record(tx, ctx, envelope, event)?;
        if number == 13 {
            let sql =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            tx.query_one(sql, &[], |row| row.get::<i64>(0))?;
        }
        Ok(())
    })]);
    node.reached(20).await;
    let expected: Vec<i64> = (1..=20).filter(|number| *number != 13).collect();
    assert_eq!(node.numbers().await, expected);
    let dead = node.read(|view| dead_letters::dead(view, GROUP, "", 10)).await;
    assert_eq!((&*dead[0].key, &*dead[0].code), ("bad", events::TRANSACTION_REFUSED.name));
    node.stop().await;
}

#[tokio::test]
async fn a_wall_clock_that_steps_back_does_not_make_a_parked_key_wait_for_it() {
    let node = Node::new().await;
    let refusing = Refusing::these([1]);
    node.tell([("a", 1)]).await;
    node.run([node.subscription().handle(refusing.handler())]);
    node.until(|status| status.parked == 1).await;
    refusing.nothing();
    node.time.set_wall(start() - Duration::from_secs(86_400));
    for _ in 0..4 {
        node.time.advance(Duration::from_millis(500));
        mainstay_core::Clock::system().sleep(Duration::from_millis(5)).await;
    }
    node.until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [1]);
    node.stop().await;
}

#[tokio::test]
async fn a_failure_that_finds_no_room_is_not_taken() {
    let node = Node::new().await;
    let refusing = Refusing::these([1, 3]);
    node.tell([("a", 1), ("b", 2), ("b", 3), ("c", 4)]).await;
    let subscription = node.subscription().max_attempts(1).parked_capacity(1);
    node.run([subscription.handle(refusing.handler())]);
    let status = node.until(|status| status.state == ConsumerState::Full).await;
    assert_eq!((status.position, status.parked), (Position(2), 1));
    assert_eq!(node.numbers().await, [2]);
    refusing.nothing();
    node.write(|tx| dead_letters::replay(tx, GROUP, "a")).await;
    node.pass_time_until(|status| status.position == Position(4)).await;
    assert_eq!(node.numbers().await, [2, 1, 3, 4]);
    node.stop().await;
}

#[tokio::test]
async fn each_event_of_a_key_has_all_attempts() {
    let node = Node::new().await;
    let tries = Arc::new(Mutex::new(std::collections::BTreeMap::<i64, u32>::new()));
    let counted = Arc::clone(&tries);
    node.tell([("a", 1), ("a", 2), ("a", 3)]).await;
    node.run([node.subscription().max_attempts(3).handle(move |tx, ctx, envelope, event| {
        let number = event.number;
        record(tx, ctx, envelope, event)?;
        let mut counted = counted.lock();
        let tried = counted.entry(number).or_default();
        *tried += 1;
        assert_eq!(ctx.attempt(), *tried);
        if *tried < 3 { Err(codes::UNAVAILABLE.error("not yet")) } else { Ok(()) }
    })]);
    node.until(|status| status.parked == 3).await;
    node.pass_time_until(|status| status.parked == 0).await;
    assert_eq!(node.numbers().await, [1, 2, 3]);
    node.stop().await;
}

#[tokio::test]
async fn a_skipped_event_that_comes_again_stays_skipped() {
    let node = Node::new().await;
    let source = Scripted::default();
    let refusing = Refusing::these([1]);
    source.events(vec![envelope(1, "a", 1)]);
    let subscription = Subscription::new(GROUP, &NOTES, Arc::new(source.clone())).max_attempts(1);
    node.run([subscription.handle(refusing.handler())]);
    node.until(|status| status.parked == 1).await;
    refusing.nothing();
    let first = node.read(|view| dead_letters::messages(view, GROUP, "a", 1)).await[0].id;
    node.write(move |tx| dead_letters::skip(tx, GROUP, "a", first)).await;
    node.pass_time_until(|status| status.parked == 0).await;
    source.events(vec![Envelope { position: Position(2), ..envelope(1, "a", 1) }, envelope(3, "a", 3)]);
    node.until(|status| status.position == Position(3)).await;
    assert_eq!(node.numbers().await, [3]);
    node.stop().await;
}
