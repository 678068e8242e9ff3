//! The tree of categories.

use std::collections::HashMap;

use mainstay_core::{Id, Result};

use super::check::{Faults, is_name, is_slug};

/// Names a category.
pub type CategoryId = Id<shop_catalog_contracts::Category>;

/// Most levels of the tree: nobody finds anything below that, and walks up or down stay short.
pub const DEPTH_MAX: usize = 10;

/// A place in the shop where products are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name for machines.
    pub id: CategoryId,
    /// What it stands below; nothing at the top.
    pub parent: Option<CategoryId>,
    /// Its name in addresses, unique.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its order among its siblings, lowest first; equal ones by name.
    pub place: u32,
}

/// Refuses a category with any fault of its own.
///
/// # Errors
/// `core.invalid` with a field for each.
pub fn check_category(category: &Category) -> Result<()> {
    let mut faults = Faults::new("the category cannot be stored as it is");
    if !is_slug(&category.slug) {
        faults.add("slug", "must be 1 to 80 lower-case letters, digits and single dashes");
    }
    if !is_name(&category.name, 80) {
        faults.add("name", "must be 1 to 80 printable characters");
    }
    faults.into_result()
}

/// Who stands below whom. It is small enough to be read whole.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    parents: HashMap<CategoryId, Option<CategoryId>>,
}

impl Tree {
    /// From every category and its parent.
    pub fn new(edges: impl IntoIterator<Item = (CategoryId, Option<CategoryId>)>) -> Self {
        Self { parents: edges.into_iter().collect() }
    }

    /// The category and what is above it, nearest first. Empty when there is no such category.
    pub fn upwards(&self, from: CategoryId) -> Vec<CategoryId> {
        let mut way = Vec::new();
        let mut at = self.parents.contains_key(&from).then_some(from);
        while let Some(id) = at {
            way.push(id);
            // A loop cannot be stored; were one there all the same, this walk still ends.
            if way.len() > DEPTH_MAX {
                break;
            }
            at = self.parents.get(&id).copied().flatten();
        }
        way
    }

    /// The category and all below it, in no order.
    pub fn downwards(&self, from: CategoryId) -> Vec<CategoryId> {
        self.parents.keys().copied().filter(|id| self.upwards(*id).contains(&from)).collect()
    }

    /// How many levels the part of the tree has that begins with the category.
    fn height(&self, of: CategoryId) -> usize {
        let below = |id: &CategoryId| self.upwards(*id).iter().position(|above| *above == of);
        self.parents.keys().filter_map(below).max().map_or(1, |steps| steps + 1)
    }

    /// Whether `category` may stand below `parent`.
    pub fn allows(&self, category: CategoryId, parent: Option<CategoryId>) -> Result<(), &'static str> {
        let Some(parent) = parent else { return Ok(()) };
        let above = self.upwards(parent);
        if above.is_empty() {
            return Err("there is no such category");
        }
        if above.contains(&category) {
            return Err("must not be the category itself or stand below it");
        }
        if above.len() + self.height(category) > DEPTH_MAX {
            return Err("would make the tree deeper than 10 levels");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> CategoryId {
        CategoryId::from_bytes([number; 16])
    }

    /// 1 ─ 2 ─ 3, 1 ─ 4, 5
    fn tree() -> Tree {
        Tree::new([
            (id(1), None),
            (id(2), Some(id(1))),
            (id(3), Some(id(2))),
            (id(4), Some(id(1))),
            (id(5), None),
        ])
    }

    #[test]
    fn the_tree_is_walked_both_ways() {
        assert_eq!(tree().upwards(id(3)), [id(3), id(2), id(1)]);
        assert_eq!(tree().upwards(id(9)), []);
        let mut below = tree().downwards(id(1));
        below.sort();
        assert_eq!(below, [id(1), id(2), id(3), id(4)]);
    }

    #[test]
    fn no_move_makes_a_loop_or_an_orphan_or_a_pit() {
        let tree = tree();
        for (category, parent, allowed) in [
            (1, None, true),
            (3, Some(4), true),
            (4, Some(3), true),
            (1, Some(1), false),
            (1, Some(3), false),
            (2, Some(3), false),
            (1, Some(5), true),
            (3, Some(9), false),
            (9, Some(3), true),
        ] {
            let answer = tree.allows(id(category), parent.map(id));
            assert_eq!(answer.is_ok(), allowed, "{category} below {parent:?}: {answer:?}");
        }
        let deep = Tree::new((1..=10).map(|level| (id(level), (level > 1).then(|| id(level - 1)))));
        assert!(deep.allows(id(99), Some(id(9))).is_ok());
        assert!(deep.allows(id(99), Some(id(10))).is_err());
        // Two levels do not fit where one does.
        let two = Tree::new(
            (1..=9)
                .map(|level| (id(level), (level > 1).then(|| id(level - 1))))
                .chain([(id(50), None), (id(51), Some(id(50)))]),
        );
        assert!(two.allows(id(51), Some(id(9))).is_ok());
        assert!(two.allows(id(50), Some(id(9))).is_err());
    }

    #[test]
    fn a_stored_loop_does_not_hang_a_walk() {
        let broken = Tree::new([(id(1), Some(id(2))), (id(2), Some(id(1)))]);
        assert!(broken.upwards(id(1)).len() <= DEPTH_MAX + 1);
    }
}
