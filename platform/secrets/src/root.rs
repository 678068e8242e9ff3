//! The root key of an installation: made once, kept in one file that only its owner can read, and replaced while
//! everything runs.
//!
//! The file may hold several keys. One of them is *in use*: things are signed and sealed with it. All of them are *known*:
//! what was made with any of them holds. A new key comes into the file with the time from which on it is used, and that time
//! is ahead, so that every process knows the key before the first one makes anything with it; in which order processes see
//! the file change, and when each of them goes over to the new key, is then of no consequence. An old key stays until what
//! was made with it has ended or was sealed anew.

mod file;
mod ring;

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use data_encoding::HEXLOWER;
use mainstay_core::{Result, Timestamp};
use parking_lot::Mutex;

use crate::codes::{ROOT_KEY_FOREIGN, ROOT_KEY_KEPT, ROOT_KEY_UNUSABLE};
use crate::key::Key;
use crate::keys::Keys;
use file::Mark;
use ring::Ring;

/// How often a process looks whether the file has changed; a look is one call to the file system.
pub const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// How long before its use a new key must be in the file: every process looks several times meanwhile.
pub const KNOWN_BEFORE_MIN: Duration = Duration::from_secs(5);

/// The keys that all others come from. Cheap to clone; all clones see a new key at once.
#[derive(Clone)]
pub struct RootKey(Arc<Shared>);

struct Shared {
    path: Option<PathBuf>,
    known: ArcSwap<Known>,
    // Of `known`; read for every token, so it is apart.
    generation: AtomicU64,
    // Of the file that `known` came from.
    mark: Mutex<Option<Mark>>,
}

struct Known {
    ring: Ring,
    in_use: usize,
}

/// A key as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootKeyShown {
    /// Eight letters that follow from the key, and from which nothing follows.
    pub id: String,
    /// From when on things are made with it; nothing for the first key of an installation.
    pub from: Option<Timestamp>,
    /// From when on nothing is made with it any more.
    pub until: Option<Timestamp>,
    pub in_use: bool,
}

impl RootKey {
    /// Reads the keys at `path`, by custom `data/keys/root`, or makes the first one when there is no file.
    ///
    /// # Errors
    /// `secrets.root_key_exposed` when anybody but the owner may read it, `secrets.root_key_damaged` when it is cut
    /// off or altered, `secrets.root_key_unusable` when the folder cannot be used.
    pub fn open_or_create(path: &Path, now: Timestamp) -> Result<Self> {
        if let Some(found) = file::read(path)? {
            return Ok(Self::new(found, path, now));
        }
        file::create(path)?;
        let found = file::read(path)?;
        found.map(|found| Self::new(found, path, now)).ok_or_else(|| gone(path))
    }

    /// Reads the keys at `path`; nothing is made.
    ///
    /// # Errors
    /// Those of [`RootKey::open_or_create`]; `secrets.root_key_unusable` when there is no file.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self> {
        let found = file::read(path)?;
        found.map(|found| Self::new(found, path, now)).ok_or_else(|| gone(path))
    }

    fn new((ring, mark): (Ring, Mark), path: &Path, now: Timestamp) -> Self {
        Self::of(ring, Some(path.to_owned()), Some(mark), now)
    }

    fn of(ring: Ring, path: Option<PathBuf>, mark: Option<Mark>, now: Timestamp) -> Self {
        let in_use = ring.in_use(now);
        Self(Arc::new(Shared {
            path,
            known: ArcSwap::from_pointee(Known { ring, in_use }),
            generation: AtomicU64::new(1),
            mark: Mutex::new(mark),
        }))
    }

    /// A root key from bytes, for tests and tools.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self::fixed(Key::from_bytes(bytes))
    }

    /// One key that stays.
    pub(crate) fn fixed(key: Key) -> Self {
        Self::of(Ring::of(key), None, None, Timestamp::default())
    }

    /// The keys that `label` names, one below each root key; see [`Key::derive`].
    #[must_use]
    pub fn derive(&self, label: &str) -> Keys {
        Keys::of(self.clone()).derive(label)
    }

    /// Looks whether the file has changed or the time of another key has come, and goes by it from then on. When the file
    /// cannot be used, everything stays as it was.
    ///
    /// # Errors
    /// Those of [`RootKey::open`]; `secrets.root_key_foreign` when the file has none of the known keys any more, as
    /// after a mix-up of folders: a process does not forget all of its keys at once.
    pub fn look(&self, now: Timestamp) -> Result<()> {
        let Some(path) = &self.0.path else { return Ok(()) };
        let mut mark = self.0.mark.lock();
        let known = self.0.known.load();
        let outcome = if Mark::at(path) == *mark {
            Ok(None)
        } else {
            file::read(path).and_then(|found| match found {
                None => Err(gone(path)),
                Some((ring, _)) if !shares_a_key(&ring, &known.ring) => Err(ROOT_KEY_FOREIGN.error(format!(
                    "{} has none of the keys that this process works with; put them back, or restart it",
                    path.display()
                ))),
                Some(found) => Ok(Some(found)),
            })
        };
        let ring = match &outcome {
            Ok(Some((ring, _))) => ring.clone(),
            Ok(None) | Err(_) => known.ring.clone(),
        };
        let in_use = ring.in_use(now);
        if matches!(outcome, Ok(Some(_))) || in_use != known.in_use {
            self.0.known.store(Arc::new(Known { ring, in_use }));
            self.0.generation.fetch_add(1, Ordering::Release);
        }
        if let Some((_, found)) = outcome? {
            *mark = Some(found);
        }
        Ok(())
    }

    /// The known keys, the newest first.
    pub fn shown(&self) -> Vec<RootKeyShown> {
        let known = self.0.known.load();
        let keys = known.ring.keys();
        let shown = keys.iter().enumerate().map(|(place, dated)| RootKeyShown {
            id: id(&dated.key),
            from: Some(dated.from).filter(|from| *from != Timestamp::default()),
            until: place.checked_sub(1).map(|newer| keys[newer].from),
            in_use: place == known.in_use,
        });
        shown.collect()
    }

    /// Puts a new key into the file, to be used from `from` on. The id of the new key.
    ///
    /// # Errors
    /// `secrets.root_key_kept` when a key waits already or there are too many; those of the file.
    pub fn add(&self, from: Timestamp, now: Timestamp) -> Result<String> {
        let _alone = self.alone(now)?;
        let known = self.0.known.load();
        let newest = known.ring.keys()[0].from;
        if newest > now {
            return Err(ROOT_KEY_KEPT.error(format!("a new key waits already, to be used from {newest} on")));
        }
        let key = Key::generate()?;
        let id = id(&key);
        // Whole seconds are what the file has.
        let from = Timestamp::from_micros(from.as_micros() / 1_000_000 * 1_000_000);
        let ring = known.ring.with(key, from).ok_or_else(|| {
            ROOT_KEY_KEPT.error(format!("there are {} keys already; drop one first", ring::KEYS_MAX))
        })?;
        self.write(&ring)?;
        self.look(now)?;
        Ok(id)
    }

    /// Takes a key out of the file. Whether anything is still needed of it is the caller's to know.
    ///
    /// # Errors
    /// `secrets.root_key_kept` for the key in use and for one that is not there; those of the file.
    pub fn remove(&self, wanted: &str, now: Timestamp) -> Result<()> {
        let _alone = self.alone(now)?;
        let known = self.0.known.load();
        let place = known.ring.keys().iter().position(|dated| id(&dated.key) == wanted);
        let place = place.ok_or_else(|| ROOT_KEY_KEPT.error(format!("there is no root key {wanted}")))?;
        let in_use = known.ring.in_use(now) == place;
        let ring = known.ring.without(place).filter(|_| !in_use).ok_or_else(|| {
            ROOT_KEY_KEPT.error(format!("the root key {wanted} is in use; replace it before it is dropped"))
        })?;
        self.write(&ring)?;
        self.look(now)
    }

    /// The same keys without one of them, as they would be after it was taken out.
    pub fn without(&self, wanted: &str, now: Timestamp) -> Option<Self> {
        let known = self.0.known.load();
        let place = known.ring.keys().iter().position(|dated| id(&dated.key) == wanted)?;
        known.ring.without(place).map(|ring| Self::of(ring, None, None, now))
    }

    /// Nobody else changes the file while what is returned is held, and the keys are those that are in it now: of two who
    /// change it at once, the second one changes what the first one made.
    fn alone(&self, now: Timestamp) -> Result<Option<File>> {
        let lock = self.0.path.as_deref().map(file::lock).transpose()?;
        self.look(now)?;
        Ok(lock)
    }

    fn write(&self, ring: &Ring) -> Result<()> {
        let Some(path) = &self.0.path else {
            return Err(ROOT_KEY_UNUSABLE.error("this root key has no file"));
        };
        file::replace(path, ring)
    }

    /// Another number whenever other keys are known or another one is in use.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// The keys, that in use first; and which generation they are, or a later one.
    pub(crate) fn each(&self) -> (u64, Vec<Key>) {
        // Read before the keys: what is kept too long is read again, what is kept too short only costs.
        let generation = self.generation();
        let known = self.0.known.load();
        let keys = known.ring.keys();
        let others = keys.iter().enumerate().filter(|(place, _)| *place != known.in_use);
        let each = std::iter::once(&keys[known.in_use]).chain(others.map(|(_, dated)| dated));
        (generation, each.map(|dated| dated.key.clone()).collect())
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey")
    }
}

fn id(key: &Key) -> String {
    HEXLOWER.encode(&key.derive("root-key/id").as_bytes()[..4])
}

fn shares_a_key(one: &Ring, other: &Ring) -> bool {
    one.keys().iter().any(|key| other.keys().iter().any(|known| id(&known.key) == id(&key.key)))
}

fn gone(path: &Path) -> mainstay_core::Error {
    ROOT_KEY_UNUSABLE.error(format!("there is no root key at {}", path.display()))
}
