//! What goods are filtered and counted by, at hand: their values and prices by number, what the values are called, and
//! how categories and attributes are arranged.

use std::collections::HashMap;

use mainstay_core::Currency;

use super::{
    Attribute, AttributeKind, CATEGORY_FACET, Candidate, Category, CategoryId, FacetValue, Tree, ValueId,
};

/// What is filtered by of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whether buyers see it.
    pub visible: bool,
    /// Its values, by id.
    pub values: Box<[ValueId]>,
    /// Its lowest price on each list.
    pub prices: Box<[(Currency, i64)]>,
}

impl Entry {
    /// Its lowest price on a list.
    pub fn price(&self, currency: Option<Currency>) -> Option<i64> {
        let price = self.prices.iter().find(|(of, _)| Some(*of) == currency);
        price.map(|(_, minor)| *minor)
    }

    /// It under its number, to be filtered and counted.
    pub fn candidate(&self, doc: i64, currency: Option<Currency>) -> Candidate<'_> {
        Candidate { doc, values: &self.values, price: self.price(currency) }
    }

    fn bytes(&self) -> usize {
        size_of::<(i64, Self)>() + size_of_val(&*self.values) + size_of_val(&*self.prices)
    }
}

/// Names a facet within a register.
pub type FacetNumber = u32;

/// Some or all documents, with everything that their values refer to.
#[derive(Debug, Default)]
pub struct Register {
    goods: Numbered<Entry>,
    values: Numbered<(FacetNumber, Box<str>)>,
    facets: Vec<FacetKind>,
    numbers: HashMap<String, FacetNumber>,
    shelves: Shelves,
    attributes: HashMap<String, (bool, AttributeKind)>,
    bytes: usize,
}

/// A facet, and what its attribute says of it.
#[derive(Debug)]
struct FacetKind {
    name: String,
    values: Vec<ValueId>,
}

impl Register {
    /// Puts a document in place of what was there.
    pub fn put(&mut self, doc: i64, entry: Entry) {
        self.bytes += entry.bytes();
        if let Some(old) = self.goods.put(doc, entry) {
            self.bytes -= old.bytes();
        }
    }

    /// Learns what a value is; one that is known stays what it is.
    pub fn learn(&mut self, id: ValueId, (facet, value): FacetValue) {
        if self.values.get(id.into()).is_some() {
            return;
        }
        let number = self.numbers.get(&facet).copied().unwrap_or_else(|| self.begin(&facet));
        if facet == CATEGORY_FACET
            && let Ok(category) = value.parse()
        {
            self.shelves.by_value.insert(id, category);
            self.shelves.by_category.insert(category, id);
            self.shelves.is_settled = false;
        }
        self.bytes += size_of::<(i64, FacetNumber, Box<str>)>() + size_of::<ValueId>() + value.len();
        self.facets[number as usize].values.push(id);
        self.values.put(id.into(), (number, value.into()));
    }

    fn begin(&mut self, facet: &str) -> FacetNumber {
        let number = FacetNumber::try_from(self.facets.len()).unwrap_or(FacetNumber::MAX);
        self.facets.push(FacetKind { name: facet.to_owned(), values: Vec::new() });
        self.numbers.insert(facet.to_owned(), number);
        number
    }

    /// Arranges categories and attributes anew.
    pub fn arrange(&mut self, categories: Vec<Category>, attributes: Vec<Attribute>) {
        self.shelves.tree = Tree::new(categories.iter().map(|one| (one.id, one.parent)));
        self.shelves.categories = categories.into_iter().map(|one| (one.id, one)).collect();
        self.shelves.is_settled = false;
        self.attributes = attributes.into_iter().map(|one| (one.code, (one.filterable, one.kind))).collect();
    }

    /// Works out what stands above what, after categories and values came in whatever order.
    pub fn settle(&mut self) {
        if !self.shelves.is_settled {
            self.shelves.climb();
        }
    }

    /// About how much memory the documents and values take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The newest value that is known.
    pub fn last_value(&self) -> ValueId {
        self.values.last().and_then(|id| ValueId::try_from(id).ok()).unwrap_or_default()
    }

    /// A document that buyers see.
    pub fn seen(&self, doc: i64) -> Option<&Entry> {
        self.goods.get(doc).filter(|entry| entry.visible)
    }

    /// All that buyers see, in the order in which they came.
    pub fn all_seen(&self) -> impl Iterator<Item = (i64, &Entry)> {
        self.goods.iter().filter(|(_, entry)| entry.visible)
    }

    /// What a facet is called here.
    pub fn facet(&self, name: &str) -> Option<FacetNumber> {
        self.numbers.get(name).copied()
    }

    /// The facet of a value.
    pub fn facet_of(&self, value: ValueId) -> Option<FacetNumber> {
        self.values.get(value.into()).map(|(facet, _)| *facet)
    }

    /// What a value is, by the name of its facet.
    pub fn name_of(&self, value: ValueId) -> Option<(&str, &str)> {
        let (facet, value) = self.values.get(value.into())?;
        Some((&self.facets[*facet as usize].name, value))
    }

    /// Those of these values of a facet that there are.
    pub fn ids(&self, facet: FacetNumber, wanted: &[String]) -> Vec<ValueId> {
        let of_facet = self.facets.get(facet as usize).map_or(&[][..], |facet| &facet.values);
        let is_wanted =
            |id: &ValueId| self.name_of(*id).is_some_and(|(_, value)| wanted.iter().any(|one| one == value));
        of_facet.iter().copied().filter(is_wanted).collect()
    }

    /// The categories, in the words of the index.
    pub fn shelves(&self) -> &Shelves {
        &self.shelves
    }

    /// Whether a facet is one that buyers may filter by.
    pub fn is_offered(&self, facet: &str) -> bool {
        facet
            .strip_prefix("attribute:")
            .is_none_or(|code| self.attributes.get(code).is_some_and(|(filterable, _)| *filterable))
    }

    /// Whether the values of a facet are numbers.
    pub fn is_numeric(&self, facet: &str) -> bool {
        let attribute = facet.strip_prefix("attribute:").and_then(|code| self.attributes.get(code));
        attribute.is_some_and(|(_, kind)| *kind == AttributeKind::Number)
    }
}

/// The tree of categories, by the values that stand for them.
#[derive(Debug, Default)]
pub struct Shelves {
    categories: HashMap<CategoryId, Category>,
    tree: Tree,
    by_value: HashMap<ValueId, CategoryId>,
    by_category: HashMap<CategoryId, ValueId>,
    // Of each value those of the categories above it, so that counting walks no tree.
    above: HashMap<ValueId, Vec<ValueId>>,
    is_settled: bool,
}

impl Shelves {
    fn climb(&mut self) {
        let above = |category: &CategoryId| {
            let above = self.tree.upwards(*category).into_iter().skip(1);
            above.filter_map(|id| self.by_category.get(&id).copied()).collect::<Vec<_>>()
        };
        let all = self.by_value.iter().map(|(value, category)| (*value, above(category)));
        self.above = all.filter(|(_, above)| !above.is_empty()).collect();
        self.is_settled = true;
    }

    /// The values of the categories above that of a value.
    pub fn above(&self, value: ValueId) -> &[ValueId] {
        // Most values are of no category, and most shops have few.
        if self.above.is_empty() {
            return &[];
        }
        self.above.get(&value).map_or(&[], Vec::as_slice)
    }

    /// The values of a category and of all below it.
    pub fn below(&self, category: CategoryId) -> Vec<ValueId> {
        let below = self.tree.downwards(category);
        below.iter().filter_map(|id| self.by_category.get(id).copied()).collect()
    }

    /// What the category is called that a value stands for.
    pub fn name(&self, value: ValueId) -> Option<&str> {
        let category = self.by_value.get(&value).and_then(|id| self.categories.get(id));
        category.map(|category| category.name.as_str())
    }
}

/// Things by number, in their order. Numbers have hardly a gap, so a thing stands where its number says, or not far off.
#[derive(Debug)]
struct Numbered<T>(Vec<(i64, T)>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Numbered<T> {
    fn find(&self, number: i64) -> Result<usize, usize> {
        let first = self.0.first().map_or(0, |(first, _)| *first);
        let guess = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        match self.0.get(guess) {
            Some((found, _)) if *found == number => Ok(guess),
            _ => self.0.binary_search_by_key(&number, |(number, _)| *number),
        }
    }

    fn get(&self, number: i64) -> Option<&T> {
        self.find(number).ok().map(|place| &self.0[place].1)
    }

    fn put(&mut self, number: i64, thing: T) -> Option<T> {
        match self.find(number) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, thing)),
            Err(place) => {
                self.0.insert(place, (number, thing));
                None
            }
        }
    }

    fn last(&self) -> Option<i64> {
        self.0.last().map(|(number, _)| *number)
    }

    fn iter(&self) -> impl Iterator<Item = (i64, &T)> {
        self.0.iter().map(|(number, thing)| (*number, thing))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn entry(values: &[ValueId], visible: bool) -> Entry {
        Entry { visible, values: values.into(), prices: [(Currency::GBP, 100)].into() }
    }

    #[test]
    fn a_document_is_what_was_put_last_and_takes_its_own_room_only() {
        let mut register = Register::default();
        register.put(1, entry(&[1, 2, 3], true));
        register.put(2, entry(&[1], false));
        let bytes = register.bytes();
        register.put(1, entry(&[1], true));
        assert_eq!(bytes - register.bytes(), 2 * size_of::<ValueId>());
        assert_eq!(register.all_seen().map(|(doc, _)| doc).collect::<Vec<_>>(), [1]);
        assert_eq!((register.seen(2), register.seen(3)), (None, None));
        assert_eq!(register.seen(1).and_then(|entry| entry.price(Some(Currency::GBP))), Some(100));
        assert_eq!(register.seen(1).and_then(|entry| entry.price(None)), None);
    }

    #[test]
    fn categories_are_above_each_other_in_whatever_order_they_are_learnt() {
        let id = |number: u8| CategoryId::from_bytes([number; 16]);
        let category = |number: u8, parent: Option<u8>| Category {
            id: id(number),
            parent: parent.map(id),
            slug: number.to_string(),
            name: format!("Category {number}"),
            place: 0,
        };
        let learn = |register: &mut Register| {
            for (value, number) in [(31, 3), (32, 2), (33, 1)] {
                register.learn(value, (CATEGORY_FACET.to_owned(), id(number).to_string()));
            }
        };
        let tree = || vec![category(1, None), category(2, Some(1)), category(3, Some(2))];
        let (mut one, mut other) = (Register::default(), Register::default());
        learn(&mut one);
        one.arrange(tree(), Vec::new());
        other.arrange(tree(), Vec::new());
        learn(&mut other);
        for mut register in [one, other] {
            register.settle();
            assert_eq!(register.shelves().above(31), [32, 33]);
            let mut below = register.shelves().below(id(2));
            below.sort_unstable();
            assert_eq!(below, [31, 32]);
            assert_eq!(register.shelves().name(33), Some("Category 1"));
        }
    }

    proptest! {
        #[test]
        fn numbered_things_are_found_and_in_order(puts in prop::collection::vec((-3..40_i64, 0..9_u8), 0..60)) {
            let (mut things, mut model) = (Numbered::default(), BTreeMap::new());
            for (number, thing) in puts {
                prop_assert_eq!(things.put(number, thing), model.insert(number, thing));
            }
            for number in -4..41 {
                prop_assert_eq!(things.get(number), model.get(&number));
            }
            let all: Vec<_> = things.iter().map(|(number, thing)| (number, *thing)).collect();
            prop_assert_eq!(all, model.into_iter().collect::<Vec<_>>());
        }
    }
}
