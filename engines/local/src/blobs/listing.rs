//! Objects in the order of their keys, a page at a time, with memory for one page whatever is there.
//!
//! A folder is read whole for each page, since no file system gives names in order: fine for thousands in one folder,
//! and services spread more over several by a part of a digest.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use mainstay_blobs::{BlobKey, Listed};

use super::place::{FOLDER, Place};
use super::seal::Seal;
use super::{is_absent, stored_at};

pub(super) fn list(
    place: &Place,
    under: Option<&BlobKey>,
    after: Option<&BlobKey>,
    limit: usize,
) -> io::Result<Vec<Listed>> {
    let mut found = Vec::new();
    let begin = under.map_or_else(String::new, |under| format!("{under}/"));
    walk(place, &begin, after.map_or("", BlobKey::as_str), limit, &mut found)?;
    Ok(found)
}

/// What is in one folder: objects and folders, by the text that their keys are, or begin with.
enum Entry {
    Object(fs::Metadata),
    Folder,
}

/// Adds what begins with `begin` (nothing, or parts and a slash) and comes after `after`.
fn walk(place: &Place, begin: &str, after: &str, limit: usize, found: &mut Vec<Listed>) -> io::Result<()> {
    let mut from = String::new();
    // A folder may turn out to have nothing that is wanted, so one look may not be enough.
    while found.len() < limit {
        let (entries, is_all) = look(place, begin, after, &from, limit - found.len())?;
        for (text, entry) in entries {
            if found.len() >= limit {
                return Ok(());
            }
            match entry {
                Entry::Folder => walk(place, &text, after, limit, found)?,
                Entry::Object(metadata) => {
                    let (Ok(key), Some(size_bytes)) = (text.parse(), Seal::size_of(metadata.len())) else {
                        continue;
                    };
                    found.push(Listed { key, size_bytes, stored_at: stored_at(&metadata) });
                }
            }
            from = text;
        }
        if is_all {
            break;
        }
    }
    Ok(())
}

/// The first `limit` entries of a folder behind `from` that may hold what comes after `after`, and whether that is all.
fn look(
    place: &Place,
    begin: &str,
    after: &str,
    from: &str,
    limit: usize,
) -> io::Result<(BTreeMap<String, Entry>, bool)> {
    let mut entries = BTreeMap::new();
    let mut is_all = true;
    let folder = match fs::read_dir(place.folder(begin)) {
        Err(error) if is_absent(&error) => return Ok((entries, true)),
        folder => folder?,
    };
    for entry in folder {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let (text, is_wanted) = match name.strip_suffix(FOLDER) {
            // Everything in it begins with that: either all of it comes after, or what comes after may be in it.
            Some(part) => {
                let text = format!("{begin}{part}/");
                let is_wanted = text.as_str() > after || after.starts_with(&text);
                (text, is_wanted)
            }
            None => {
                let text = format!("{begin}{name}");
                let is_wanted = text.as_str() > after;
                (text, is_wanted)
            }
        };
        if !is_wanted || text.as_str() <= from {
            continue;
        }
        let entry = match text.ends_with('/') {
            true => Entry::Folder,
            // One that is gone again is not in the list.
            false => match entry.metadata() {
                Ok(metadata) => Entry::Object(metadata),
                Err(_) => continue,
            },
        };
        entries.insert(text, entry);
        if entries.len() > limit {
            entries.pop_last();
            is_all = false;
        }
    }
    Ok((entries, is_all))
}
