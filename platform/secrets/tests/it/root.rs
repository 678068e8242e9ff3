//! The file of the root key: made once, refused when damaged or exposed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mainstay_core::Timestamp;
use mainstay_secrets::{RootKey, codes};

const NOW: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

fn fingerprint(root: &RootKey) -> [u8; 32] {
    *root.derive("test").in_use().as_bytes()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777)
}

#[test]
fn it_is_made_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/keys/root");
    let first = RootKey::open_or_create(&path, NOW).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(fingerprint(&RootKey::open_or_create(&path, NOW).unwrap()), fingerprint(&first));
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn of_many_that_start_at_once_one_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/root");
    let found: Vec<_> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| fingerprint(&RootKey::open_or_create(&path, NOW).unwrap())))
            .collect();
        starters.into_iter().map(|starter| starter.join().unwrap()).collect()
    });
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_file_that_others_can_read_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root");
    RootKey::open_or_create(&path, NOW).unwrap();
    for exposed in [0o644, 0o640, 0o604, 0o660, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(exposed)).unwrap();
        let error = RootKey::open_or_create(&path, NOW).unwrap_err();
        assert!(error.is(&codes::ROOT_KEY_EXPOSED), "{exposed:o}: {error}");
        assert!(error.message().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_damaged_file_is_refused_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root");
    RootKey::open_or_create(&path, NOW).unwrap();
    let whole = fs::read(&path).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let error = RootKey::open_or_create(&path, NOW).unwrap_err();
        assert!(error.is(&codes::ROOT_KEY_DAMAGED), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "the file stays as it was");
    };
    for length in 0..whole.len() {
        refused(&whole[..length]);
    }
    for byte in 0..whole.len() {
        let mut altered = whole.clone();
        altered[byte] = if altered[byte] == b'0' { b'1' } else { b'0' };
        refused(&altered);
    }
    refused(&[0xff; 89]);
    refused(&[whole.as_slice(), whole.as_slice()].concat());
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    fs::write(&blocked, b"").unwrap();
    let error = RootKey::open_or_create(&blocked.join("keys/root"), NOW).unwrap_err();
    assert!(error.is(&codes::ROOT_KEY_UNUSABLE), "{error:?}");
    assert!(error.message().contains("keys/root"), "{error}");
}
