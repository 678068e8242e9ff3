//! Keys that a label names below every root key: what is made is made with the one in use, what is found opens with any.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use mainstay_core::Result;

use crate::key::Key;
use crate::root::RootKey;
use crate::secret::Secret;

/// The keys under a label, which follow the installation's root keys. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<PerKey<Key>>);

impl Keys {
    pub(crate) fn of(root: RootKey) -> Self {
        Self(Arc::new(PerKey::below(root, Box::new(Key::clone))))
    }

    /// The keys that `label` names below these.
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        let (above, label) = (Arc::clone(&self.0), label.to_owned());
        let make = move |key: &Key| (above.make)(key).derive(&label);
        Self(Arc::new(PerKey::below(self.0.root.clone(), Box::new(make))))
    }

    /// The key that things are made with now; do not keep it.
    pub fn in_use(&self) -> Key {
        self.0.now().in_use().clone()
    }

    /// All keys, that in use first; do not keep them.
    pub fn each(&self) -> Vec<Key> {
        self.0.now().each().to_vec()
    }

    /// Something that is made of each key, and made again when there are others.
    pub fn map<T: 'static>(&self, make: impl Fn(&Key) -> T + Send + Sync + 'static) -> PerKey<T> {
        let above = Arc::clone(&self.0);
        PerKey::below(self.0.root.clone(), Box::new(move |key| make(&(above.make)(key))))
    }

    /// Seals with the key in use; see [`Key::seal`].
    ///
    /// # Errors
    /// `secrets.no_randomness`.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        self.0.now().in_use().seal(place, plain)
    }

    /// What was sealed for `place` with any of the keys; see [`Key::open`].
    ///
    /// # Errors
    /// `secrets.seal_broken`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>> {
        let now = self.0.now();
        let opened = now.each().iter().find_map(|key| key.open(place, sealed).ok());
        // The one in use says what is wrong.
        opened.map_or_else(|| now.in_use().open(place, sealed), Ok)
    }

    /// The same sealed with the key in use, where it was not yet; nothing where it was.
    ///
    /// # Errors
    /// `secrets.seal_broken`, `secrets.no_randomness`.
    pub fn seal_anew(&self, place: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>> {
        if self.0.now().in_use().open(place, sealed).is_ok() {
            return Ok(None);
        }
        self.seal(place, self.open(place, sealed)?.expose()).map(Some)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// One key that stays, for tests and tools.
impl From<&Key> for Keys {
    fn from(key: &Key) -> Self {
        Self::of(RootKey::fixed(key.clone()))
    }
}

impl From<&Keys> for Keys {
    fn from(keys: &Keys) -> Self {
        keys.clone()
    }
}

/// One of each for every key, made when they are first asked for after the keys have changed.
pub struct PerKey<T> {
    root: RootKey,
    make: Box<dyn Fn(&Key) -> T + Send + Sync>,
    kept: ArcSwap<Made<T>>,
}

/// What was made of each key.
pub struct Made<T> {
    generation: u64,
    // That of the key in use first; never empty.
    each: Vec<T>,
}

impl<T> PerKey<T> {
    fn below(root: RootKey, make: Box<dyn Fn(&Key) -> T + Send + Sync>) -> Self {
        let kept = ArcSwap::from_pointee(made(&root, &make));
        Self { root, make, kept }
    }

    /// As the keys are now.
    pub fn now(&self) -> Guard<Arc<Made<T>>> {
        let kept = self.kept.load();
        if kept.generation == self.root.generation() {
            return kept;
        }
        self.kept.store(Arc::new(made(&self.root, &self.make)));
        self.kept.load()
    }
}

fn made<T>(root: &RootKey, make: &dyn Fn(&Key) -> T) -> Made<T> {
    let (generation, keys) = root.each();
    Made { generation, each: keys.iter().map(make).collect() }
}

impl<T> Made<T> {
    /// That of the key that things are made with.
    pub fn in_use(&self) -> &T {
        &self.each[0]
    }

    /// That of each key, of the one in use first.
    pub fn each(&self) -> &[T] {
        &self.each
    }
}
