//! A root key replaced while processes work: whoever sees what first, what one makes holds at the other, and what was
//! dropped does not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use mainstay_core::Timestamp;
use mainstay_secrets::{Keys, RootKey, codes};

const START: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

fn at(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

/// An installation: its file, and who works with it.
struct Installation {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/root");
        RootKey::open_or_create(&path, START).unwrap();
        Self { _folder: folder, path }
    }

    fn open(&self) -> RootKey {
        RootKey::open(&self.path, START).unwrap()
    }

    /// A process with the keys of one use.
    fn process(&self) -> (RootKey, Keys) {
        let root = self.open();
        let keys = root.derive("service/a").derive("use/1");
        (root, keys)
    }
}

fn in_use(root: &RootKey) -> String {
    root.shown().into_iter().find(|key| key.in_use).unwrap().id
}

#[test]
fn what_one_process_makes_opens_in_the_other_whoever_sees_the_new_key_first() {
    let installation = Installation::new();
    let ((early, ours), (late, theirs)) = (installation.process(), installation.process());
    let before = ours.seal("x", b"before").unwrap();
    let old = in_use(&early);
    let new = installation.open().add(at(10), at(0)).unwrap();
    assert_ne!(new, old);

    // Both know the key, and nobody uses it yet.
    for root in [&early, &late] {
        root.look(at(1)).unwrap();
        assert_eq!((in_use(root), root.shown().len()), (old.clone(), 2));
    }
    // One goes over to it, the other has not looked since.
    early.look(at(10)).unwrap();
    assert_eq!((in_use(&early), in_use(&late)), (new.clone(), old.clone()));
    let (by_new, by_old) = (ours.seal("x", b"new").unwrap(), theirs.seal("x", b"old").unwrap());
    assert_eq!(theirs.open("x", &by_new).unwrap().expose(), b"new");
    assert_eq!(ours.open("x", &by_old).unwrap().expose(), b"old");
    assert_eq!(ours.open("x", &before).unwrap().expose(), b"before");
    let generation = early.generation();
    early.look(at(11)).unwrap();
    assert_eq!(early.generation(), generation, "nothing has changed");

    // A process that starts later is where the others are.
    let started = RootKey::open(&installation.path, at(11)).unwrap();
    assert_eq!(in_use(&started), new);

    // What is sealed anew outlives the old key, what is not does not.
    assert_eq!(ours.seal_anew("x", &by_new).unwrap(), None);
    let anew = ours.seal_anew("x", &before).unwrap().unwrap();
    installation.open().remove(&new, at(11)).unwrap_err();
    RootKey::open(&installation.path, at(11)).unwrap().remove(&old, at(11)).unwrap();
    early.look(at(12)).unwrap();
    assert_ne!(early.generation(), generation);
    assert_eq!(ours.open("x", &anew).unwrap().expose(), b"before");
    assert!(ours.open("x", &before).unwrap_err().is(&codes::SEAL_BROKEN));
    assert_eq!(early.shown().len(), 1);
}

#[test]
fn what_is_made_of_keys_is_made_again_when_they_change_and_only_then() {
    let installation = Installation::new();
    let (root, keys) = installation.process();
    let made = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&made);
    let firsts = keys.map(move |key| {
        counted.fetch_add(1, Ordering::Relaxed);
        key.as_bytes()[0]
    });
    assert_eq!((firsts.now().each().len(), *firsts.now().in_use()), (1, keys.in_use().as_bytes()[0]));
    root.look(at(1)).unwrap();
    assert_eq!((firsts.now().each().len(), made.load(Ordering::Relaxed)), (1, 1), "nothing has changed");
    root.add(at(5), at(1)).unwrap();
    assert_eq!((firsts.now().each().len(), made.load(Ordering::Relaxed)), (2, 3));
    let still = *firsts.now().in_use();
    root.look(at(5)).unwrap();
    assert_ne!(*firsts.now().in_use(), still);
    assert_eq!(firsts.now().each()[1], still);
    assert_eq!(keys.each().len(), 2);
}

#[test]
fn a_key_in_use_stays_and_one_waits_at_a_time() {
    let installation = Installation::new();
    let root = installation.open();
    let only = in_use(&root);
    assert!(root.remove(&only, at(0)).unwrap_err().is(&codes::ROOT_KEY_KEPT));
    assert!(root.remove("00000000", at(0)).unwrap_err().is(&codes::ROOT_KEY_KEPT));
    let waiting = root.add(at(10), at(0)).unwrap();
    assert!(root.add(at(20), at(1)).unwrap_err().is(&codes::ROOT_KEY_KEPT), "one waits already");
    assert!(root.remove(&only, at(1)).unwrap_err().is(&codes::ROOT_KEY_KEPT), "it is in use");
    // One that nobody used yet may go.
    root.remove(&waiting, at(1)).unwrap();
    assert_eq!(root.shown().len(), 1);
    for number in 1..8 {
        root.add(at(number), at(number)).unwrap();
    }
    assert!(root.add(at(8), at(8)).unwrap_err().is(&codes::ROOT_KEY_KEPT), "eight are enough");
    assert!(!format!("{root:?} {:?}", root.derive("x")).contains(|letter: char| letter.is_ascii_digit()));
}

#[test]
fn who_changes_the_file_changes_what_is_in_it_and_not_what_was_read_before() {
    let installation = Installation::new();
    let (one, other) = (installation.open(), installation.open());
    let first = in_use(&one);
    let second = one.add(at(10), at(0)).unwrap();
    let third = other.add(at(30), at(20)).unwrap();
    let ids = |root: &RootKey| root.shown().into_iter().map(|key| key.id).collect::<Vec<_>>();
    assert_eq!(ids(&other), [third.as_str(), second.as_str(), first.as_str()]);
    one.remove(&first, at(40)).unwrap();
    assert_eq!(ids(&installation.open()), [third, second]);
}

#[test]
fn of_many_who_rotate_at_once_one_does_and_the_others_are_told() {
    for _ in 0..20 {
        let installation = Installation::new();
        let together = Barrier::new(4);
        let rotate = || {
            let root = installation.open();
            together.wait();
            root.add(at(10), at(0))
        };
        let outcomes: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(rotate)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert!(refused.into_iter().all(|outcome| outcome.unwrap_err().is(&codes::ROOT_KEY_KEPT)));
        let made: Vec<String> = made.into_iter().map(Result::unwrap).collect();
        let shown = installation.open().shown();
        assert_eq!((made.len(), shown.len(), &shown[0].id), (1, 2, &made[0]));
    }
}

#[test]
fn a_file_that_cannot_be_used_changes_nothing_until_it_can() {
    let installation = Installation::new();
    let (root, keys) = installation.process();
    let sealed = keys.seal("x", b"data").unwrap();
    let whole = fs::read(&installation.path).unwrap();
    let other = Installation::new();
    let foreign = fs::read(&other.path).unwrap();
    let spoil = |what: &str| match what {
        "exposed" => fs::set_permissions(&installation.path, Permissions::from_mode(0o644)).unwrap(),
        "cut" => fs::write(&installation.path, &whole[..40]).unwrap(),
        "foreign" => fs::write(&installation.path, &foreign).unwrap(),
        _ => fs::remove_file(&installation.path).unwrap(),
    };
    for (what, code) in [
        ("exposed", &codes::ROOT_KEY_EXPOSED),
        ("cut", &codes::ROOT_KEY_DAMAGED),
        ("foreign", &codes::ROOT_KEY_FOREIGN),
        ("gone", &codes::ROOT_KEY_UNUSABLE),
    ] {
        spoil(what);
        for _ in 0..2 {
            assert!(root.look(at(1)).unwrap_err().is(code), "{what}");
        }
        assert_eq!(keys.open("x", &sealed).unwrap().expose(), b"data", "{what}");
        fs::write(&installation.path, &whole).unwrap();
        fs::set_permissions(&installation.path, Permissions::from_mode(0o600)).unwrap();
        root.look(at(2)).unwrap();
        root.look(at(2)).unwrap();
    }
}

#[test]
fn a_time_that_has_come_counts_also_while_the_file_is_unusable() {
    let installation = Installation::new();
    let (root, _) = installation.process();
    let new = root.add(at(10), at(0)).unwrap();
    fs::remove_file(&installation.path).unwrap();
    assert!(root.look(at(10)).is_err());
    assert_eq!(in_use(&root), new);
}

#[test]
fn a_step_that_was_killed_leaves_the_keys_whole() {
    let installation = Installation::new();
    let before = fs::read(&installation.path).unwrap();
    // Killed before the new file has its name: a draft lies about, and nobody takes it for the file.
    let draft = installation.path.with_file_name(".root-0011223344556677");
    fs::write(&draft, &before[..20]).unwrap();
    let root = installation.open();
    assert_eq!(root.shown().len(), 1);
    // Asked again, it is done; the file is its owner's alone, and there is no second draft.
    let new = root.add(at(10), at(0)).unwrap();
    let mode = fs::metadata(&installation.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(installation.path.parent().unwrap()).unwrap().count(), 2);
    assert_eq!(RootKey::open(&installation.path, at(10)).unwrap().shown()[0].id, new);
}
