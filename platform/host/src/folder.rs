//! The data folder: made on the first start, and marked by each service that a process runs on it.
//!
//! Two processes may share a folder, since SQLite and the leases allow it; but whoever starts the same service twice
//! on one folder nearly always meant another folder. So the second one is warned, not refused.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use mainstay_core::Result;
use rustix::fs::{FlockOperation, flock};

use crate::codes::DATA_FOLDER;

/// Marks that this process runs some services on the folder. The marks go with the process, however it ends.
#[derive(Debug)]
pub struct FolderMarks {
    _files: Vec<File>,
    shared: Vec<&'static str>,
}

/// Makes the data folder if need be, and sees that it can be written: before anything else is tried there, so that the
/// sentence is about the folder and not about the first file that was wanted in it.
pub fn prepare(folder: &Path) -> Result<()> {
    let refused = |what: &str, error: std::io::Error| {
        DATA_FOLDER.error(format!(
            "the data folder {} cannot be {what} ({error}); let this user write there, or choose another one with \
             --data",
            folder.display()
        ))
    };
    create(folder).map_err(|error| refused("made", error))?;
    let trial = folder.join(format!(".trial-{}", std::process::id()));
    File::create(&trial).and_then(|_| fs::remove_file(&trial)).map_err(|error| refused("written", error))
}

/// Makes a folder for its owner alone: accounts, orders and mails are in it. One that is there keeps the mode that it has.
fn create(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

impl FolderMarks {
    /// Makes the folder if need be and marks it for each service.
    pub fn set(folder: &Path, services: &[&'static str]) -> Result<Self> {
        let marks = folder.join("running");
        create(&marks).map_err(|error| {
            DATA_FOLDER.error(format!("the data folder {} cannot be made: {error}", folder.display()))
        })?;
        let mut files = Vec::new();
        let mut shared = Vec::new();
        for service in services {
            let path = marks.join(service);
            let file = File::create(&path).map_err(|error| {
                DATA_FOLDER.error(format!("the data folder {} cannot be written: {error}", folder.display()))
            })?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => files.push(file),
                Err(_) => shared.push(*service),
            }
        }
        Ok(Self { _files: files, shared })
    }

    /// Services that another process runs on the same folder.
    pub fn shared(&self) -> &[&'static str] {
        &self.shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_made_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().unwrap();
        let (made, given) = (outer.path().join("made"), outer.path().join("given"));
        fs::create_dir(&given).unwrap();
        fs::set_permissions(&given, fs::Permissions::from_mode(0o755)).unwrap();
        let mode = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 0o777;
        prepare(&made).unwrap();
        prepare(&given).unwrap();
        assert_eq!((mode(&made), mode(&given)), (0o700, 0o755));
    }

    #[test]
    fn a_second_holder_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderMarks::set(folder.path(), &["shop.cart", "shop.orders"]).unwrap();
        assert!(first.shared().is_empty());
        let second = FolderMarks::set(folder.path(), &["shop.orders", "shop.payments"]).unwrap();
        assert_eq!(second.shared(), ["shop.orders"]);
        drop(first);
        assert!(FolderMarks::set(folder.path(), &["shop.cart", "shop.orders"]).unwrap().shared().is_empty());
    }
}
