//! Cron with one leader: nothing fires twice, and what was missed fires once.

use std::time::Duration;

use mainstay_jobs::inspect::{self, JobState};
use mainstay_jobs::{NewJob, codes as jobs};

use crate::support::{Node, Work, nap, start, work};

const HOUR: Duration = Duration::from_secs(3_600);

async fn firings(node: &Node) -> i64 {
    node.read(|view| view.query_one("SELECT count(*) FROM jobs", &[], |row| row.get(0))).await.unwrap()
}

async fn leads(node: &Node) {
    for _ in 0..2_000 {
        if !node.read(inspect::schedules).await.is_empty() {
            return;
        }
        nap().await;
    }
    panic!("no schedule has a row");
}

async fn end(node: &Node, running: mainstay_core::lifecycle::TaskHandle<()>) {
    node.shutdown.request();
    running.join().await.unwrap();
    node.write(|tx| tx.execute("UPDATE mainstay_leases SET expires_at = 0, fence = fence + 1", &[])).await;
}

fn hourly(node: &Node) -> Work {
    let kind = Work::on(node);
    node.jobs.register(kind.clone()).unwrap();
    node.jobs.schedule("hourly", "0 * * * *", work(7)).unwrap();
    kind
}

#[tokio::test]
async fn a_schedule_fires_at_its_times() {
    let node = Node::new().await;
    let kind = hourly(&node);
    node.run();
    leads(&node).await;
    let minutes = async |minutes: u64| {
        for _ in 0..minutes * 2 {
            node.pass(Duration::from_secs(30)).await;
        }
    };
    minutes(59).await;
    assert_eq!(kind.payloads(), [] as [i64; 0], "not at the start");
    minutes(1).await;
    kind.until_runs(1).await;
    assert_eq!(kind.runs.lock()[0].at, start() + HOUR);
    minutes(60).await;
    kind.until_runs(2).await;
    minutes(60).await;
    kind.until_runs(3).await;
    assert_eq!(firings(&node).await, 3);
    let row = &node.read(inspect::schedules).await[0];
    assert_eq!((&*row.name, row.next_at), ("hourly", start() + 4 * HOUR));
}

#[tokio::test]
async fn what_was_missed_while_nobody_ran_fires_once() {
    let node = Node::new().await;
    hourly(&node);
    let running = node.run();
    leads(&node).await;
    end(&node, running).await;
    let next = node.again().await;
    next.time.advance(10 * HOUR + Duration::from_secs(60));
    let kind = hourly(&next);
    next.run();
    kind.until_runs(1).await;
    for _ in 0..20 {
        next.pass(Duration::from_secs(60)).await;
    }
    assert_eq!(firings(&next).await, 1);
    assert_eq!(next.read(inspect::schedules).await[0].next_at, start() + 11 * HOUR);
}

#[tokio::test]
async fn a_take_over_at_the_moment_of_firing_fires_once() {
    let node = Node::new().await;
    let first = hourly(&node);
    let running = node.run();
    leads(&node).await;
    node.pass(HOUR).await;
    first.until_runs(1).await;
    end(&node, running).await;
    // The next one's clock is a little behind: the time comes to it a second time.
    let next = node.again().await;
    next.time.advance(HOUR - Duration::from_secs(5));
    let second = hourly(&next);
    next.run();
    for _ in 0..60 {
        next.pass(Duration::from_secs(1)).await;
    }
    assert_eq!((first.payloads().len(), second.payloads().len()), (1, 0));
    assert_eq!(firings(&next).await, 1);
}

#[tokio::test]
async fn two_processes_fire_once() {
    let one = Node::new().await;
    let two = one.again().await;
    let (first, second) = (hourly(&one), hourly(&two));
    one.run();
    two.run();
    leads(&one).await;
    for _ in 0..6 {
        one.time.advance(Duration::from_secs(600));
        two.pass(Duration::from_secs(600)).await;
    }
    for _ in 0..2_000 {
        if first.payloads().len() + second.payloads().len() > 0 {
            break;
        }
        nap().await;
    }
    for _ in 0..20 {
        nap().await;
    }
    assert_eq!(first.payloads().len() + second.payloads().len(), 1);
}

#[tokio::test]
async fn a_firing_is_passed_over_while_the_former_one_runs() {
    let node = Node::new().await;
    let kind = Work::on(&node).with_gate();
    let kind =
        kind.with_policy(mainstay_jobs::Policy { timeout: 10 * HOUR, ..mainstay_jobs::Policy::default() });
    node.jobs.register(kind.clone()).unwrap();
    node.jobs.schedule("hourly", "0 * * * *", work(7)).unwrap();
    node.run();
    leads(&node).await;
    for _ in 0..6 {
        node.pass(HOUR / 2).await;
        nap().await;
    }
    kind.until_runs(1).await;
    assert_eq!(firings(&node).await, 1);
    kind.gate.add_permits(100);
    while node.read(|view| inspect::list(view, JobState::Done, None, 10)).await.is_empty() {
        nap().await;
    }
    node.pass(HOUR).await;
    kind.until_runs(2).await;
}

#[tokio::test]
async fn a_changed_pattern_begins_anew() {
    let node = Node::new().await;
    hourly(&node);
    let running = node.run();
    leads(&node).await;
    end(&node, running).await;
    let next = node.again().await;
    next.time.advance(10 * HOUR);
    let kind = Work::on(&next);
    next.jobs.register(kind.clone()).unwrap();
    next.jobs.schedule("hourly", "30 3 * * *", work(7)).unwrap();
    next.run();
    for _ in 0..2_000 {
        let row = next.read(inspect::schedules).await.remove(0);
        if row.pattern == "30 3 * * *" {
            assert_eq!(row.next_at, "2030-02-01T03:30:00Z".parse().unwrap());
            assert_eq!(firings(&next).await, 0);
            return;
        }
        nap().await;
    }
    panic!("the pattern was not taken up");
}

#[tokio::test]
async fn schedules_that_cannot_be_are_refused() {
    let node = Node::new().await;
    for pattern in ["", "never", "0 0 31 2 *", "0 0 1 1 * 2031"] {
        let refused = node.jobs.schedule("bad", pattern, work(1)).unwrap_err();
        assert!(refused.is(&jobs::BAD_SCHEDULE), "{pattern:?}");
    }
    let job: NewJob = work(1);
    node.jobs.schedule("twice", "@daily", job.clone()).unwrap();
    assert!(node.jobs.schedule("twice", "@daily", job).unwrap_err().is(&jobs::BAD_REGISTRATION));
}
