//! How the system runs the threads of a database.

use std::fs;

use crate::support::{ctx, open};

/// `SCHED_OTHER` and `SCHED_BATCH` of sched(7).
const OTHER: &str = "0";
const BATCH: &str = "3";

#[tokio::test(flavor = "multi_thread")]
async fn only_the_thread_that_writes_waits_for_a_free_processor() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path()).unwrap();
    let writing = db.write(&ctx(), |_| Ok(own_policy())).await.unwrap();
    let reading = db.read(&ctx(), |_| Ok(own_policy())).await.unwrap();
    assert_eq!((writing.as_str(), reading.as_str(), own_policy().as_str()), (BATCH, OTHER, OTHER));
}

/// Field 41 of proc_pid_stat(5): the policy under which the calling thread is scheduled.
fn own_policy() -> String {
    let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
    // The second field is a name in parentheses, which may have any characters.
    let (_, third_and_on) = stat.rsplit_once(") ").unwrap();
    third_and_on.split(' ').nth(41 - 3).unwrap().to_owned()
}
