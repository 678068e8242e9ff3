//! Where an object's file lies.
//!
//! The last part of a key is a file of that name; the parts before are folders, whose names end with `+`, which no key
//! has. So `a` and `a/b` are a file and a folder, and what is unfinished lies in a folder that no key reaches.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use mainstay_blobs::BlobKey;

/// At the end of each folder's name.
pub(super) const FOLDER: char = '+';

#[derive(Clone, Debug)]
pub(super) struct Place {
    root: PathBuf,
    unfinished: PathBuf,
}

impl Place {
    pub(super) fn new(root: PathBuf) -> Self {
        // On the same disk, or there would be nothing to rename.
        let unfinished = root.join(".unfinished");
        Self { root, unfinished }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn unfinished(&self) -> &Path {
        &self.unfinished
    }

    /// The file of an object.
    pub(super) fn of(&self, key: &BlobKey) -> PathBuf {
        let (folders, name) = key.as_str().rsplit_once('/').unwrap_or(("", key.as_str()));
        self.folder(folders).join(name)
    }

    /// The folder of what begins with these parts; the root for none.
    pub(super) fn folder(&self, parts: &str) -> PathBuf {
        let mut folder = self.root.clone();
        folder.extend(parts.split('/').filter(|part| !part.is_empty()).map(|part| format!("{part}{FOLDER}")));
        folder
    }

    /// The folders that an object lies in, the innermost first, without the root.
    pub(super) fn folders_of(&self, key: &BlobKey) -> Vec<PathBuf> {
        let file = self.of(key);
        file.ancestors().skip(1).take_while(|folder| *folder != self.root).map(Path::to_owned).collect()
    }

    /// Makes durable that the object is where it is. Folders that are there already are synced as well: whoever made
    /// them may not have come so far.
    pub(super) fn sync_folders_of(&self, key: &BlobKey) -> io::Result<()> {
        let folders = self.folders_of(key);
        folders.iter().map(PathBuf::as_path).chain([self.root()]).try_for_each(|folder| {
            match File::open(folder) {
                // The object was deleted again, and its folder with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                opened => opened?.sync_all(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_file_of_its_own_below_the_root() {
        let place = Place::new("/r".into());
        let file = |key: &str| place.of(&key.parse().unwrap()).display().to_string();
        assert_eq!(file("a"), "/r/a");
        assert_eq!(file("a/b"), "/r/a+/b");
        assert_eq!(file("shop.catalog/0/pictures/x"), "/r/shop.catalog+/0+/pictures+/x");
        assert_eq!(place.folders_of(&"a/b/c".parse().unwrap()), [Path::new("/r/a+/b+"), Path::new("/r/a+")]);
    }
}
