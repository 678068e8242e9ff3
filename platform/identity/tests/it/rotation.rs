//! Tokens and visitors' sessions while the root key is replaced.

use std::time::Duration;

use mainstay_core::{Clock, Context, ManualClock, Timestamp};
use mainstay_identity::codes::{CREDENTIAL_REFUSED, TOKEN_REFUSED};
use mainstay_identity::{AnonymousSessions, Minter, TokenKeys, Verifier};
use mainstay_secrets::RootKey;

const START: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

/// Two processes on one file, and the clock that they share.
struct World {
    folder: tempfile::TempDir,
    clock: Clock,
    time: ManualClock,
}

struct Process {
    root: RootKey,
    minter: Minter,
    verifier: Verifier,
    anonymous: AnonymousSessions,
}

impl World {
    fn new() -> Self {
        let (clock, time) = Clock::manual(START);
        Self { folder: tempfile::tempdir().unwrap(), clock, time }
    }

    fn root(&self) -> RootKey {
        RootKey::open_or_create(&self.folder.path().join("root"), self.clock.now()).unwrap()
    }

    fn process(&self) -> Process {
        let root = self.root();
        let keys = TokenKeys::new(&root);
        Process {
            minter: keys.minter("shop.orders", "shop.payments", &self.clock).unwrap(),
            verifier: keys.verifier("shop.payments", &self.clock).unwrap(),
            anonymous: AnonymousSessions::new(&root),
            root,
        }
    }

    fn wait(&self, seconds: u64) {
        self.time.advance(Duration::from_secs(seconds));
    }
}

fn token(process: &Process) -> bytes::Bytes {
    process.minter.authorization(&Context::background("shop.orders"))
}

#[test]
fn each_process_takes_what_the_other_makes_in_whatever_order_they_go_over() {
    let world = World::new();
    let (early, late) = (world.process(), world.process());
    let old = world.root().shown()[0].id.clone();
    let first = token(&early);
    late.verifier.verify(&first).unwrap();
    let (id, visitor) = early.anonymous.begin(&world.clock);

    let new = world.root().add(world.clock.now() + Duration::from_secs(5), world.clock.now()).unwrap();
    for process in [&early, &late] {
        process.root.look(world.clock.now()).unwrap();
    }
    assert_eq!(token(&early), token(&late), "nothing is made with the new key before its time");
    world.wait(5);
    early.root.look(world.clock.now()).unwrap();

    let (by_new, by_old) = (token(&early), token(&late));
    assert_ne!(by_new, by_old);
    for process in [&early, &late] {
        process.verifier.verify(&by_new).unwrap();
        process.verifier.verify(&by_old).unwrap();
        assert_eq!(process.anonymous.verify(&visitor, &world.clock).unwrap(), id);
        let (other, made) = process.anonymous.begin(&world.clock);
        assert_eq!(early.anonymous.verify(&made, &world.clock).unwrap(), other);
        assert_eq!(late.anonymous.verify(&made, &world.clock).unwrap(), other);
    }

    // Once the old key is dropped, what it made is refused, also where it was found right before.
    late.root.look(world.clock.now()).unwrap();
    world.root().remove(&old, world.clock.now()).unwrap();
    for process in [&early, &late] {
        process.root.look(world.clock.now()).unwrap();
        assert!(process.verifier.verify(&by_old).unwrap_err().is(&TOKEN_REFUSED));
        assert!(process.anonymous.verify(&visitor, &world.clock).unwrap_err().is(&CREDENTIAL_REFUSED));
        process.verifier.verify(&by_new).unwrap();
        // No token of the old key is given out again.
        early.verifier.verify(&token(process)).unwrap();
    }
    assert_eq!(early.root.shown()[0].id, new);
}
