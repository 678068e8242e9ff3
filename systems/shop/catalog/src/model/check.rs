//! What a product must look like before it is stored: every fault at once, each with its field.

use std::collections::HashSet;

use mainstay_core::{Error, Result, codes};

use super::{
    ATTRIBUTES_OF_PRODUCT_MAX, CATEGORIES_OF_PRODUCT_MAX, OPTIONS_MAX, PICTURES_MAX, Product, VARIANTS_MAX,
    Variant,
};

/// Longest slug and stock keeping unit, in bytes.
const WORD_MAX: usize = 80;
/// Longest name of a product or variant, in characters.
const NAME_MAX: usize = 200;
/// Longest description, in bytes: a few printed pages.
const DESCRIPTION_MAX: usize = 20_000;
/// Longest address of a picture, in bytes.
const ADDRESS_MAX: usize = 1_000;
/// Longest name and value of an option, in characters.
const OPTION_MAX: usize = 60;

/// Words of letters and digits with single dashes between.
pub const SLUG: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
/// One line with something on it that can be seen.
pub const WORDS: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
/// The same, or nothing.
pub const WORDS_OR_NONE: &str =
    r"^([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*)?$";
/// Text with line ends.
pub const LINES: &str = r"^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f]*$";
/// An address that shows a picture and does nothing else.
pub const PICTURE: &str = r#"^(https?://[!#-&(-;=?-\[\]-~]+|/([!#-&(-.0-;=?-\[\]-~][!#-&(-;=?-\[\]-~]*)?)$"#;

/// Refuses a product with any fault. `at` stands before the names of fields, such as `products[3].` in a list.
///
/// # Errors
/// `core.invalid` with one field for each fault.
pub fn check(product: &Product, at: &str) -> Result<()> {
    let mut faults = Faults::new("the product cannot be stored as it is").at(at);
    if !is_slug(&product.slug) {
        faults.add("slug", "must be 1 to 80 lower-case letters, digits and single dashes");
    }
    if !is_name(&product.name, NAME_MAX) {
        faults.add("name", "must be 1 to 200 printable characters");
    }
    let plain = |letter: char| !letter.is_control() || letter == '\n';
    if product.description.len() > DESCRIPTION_MAX || !product.description.chars().all(plain) {
        faults.add("description", "must be plain text of at most 20000 bytes");
    }
    if product.pictures.len() > PICTURES_MAX {
        faults.add("pictures", "must be at most 50");
    } else {
        for (place, address) in product.pictures.iter().enumerate() {
            if !is_picture(address) {
                faults.add(
                    format!("pictures[{place}]"),
                    "must be an https:// or http:// address or begin with /",
                );
            }
        }
    }
    check_options(product, &mut faults);
    if product.categories.len() > CATEGORIES_OF_PRODUCT_MAX || repeats(&product.categories) {
        faults.add("categories", "must be at most 20, each once");
    }
    if product.attributes.len() > ATTRIBUTES_OF_PRODUCT_MAX {
        faults.add("attributes", "must be at most 40");
    }
    check_variants(product, &mut faults);
    faults.into_result()
}

fn check_options(product: &Product, faults: &mut Faults<'_>) {
    let sound = product.options.iter().all(|name| is_name(name, OPTION_MAX));
    if product.options.len() > OPTIONS_MAX || !sound || repeats(&product.options) {
        faults.add("options", "must be at most 5 different names of 1 to 60 printable characters");
    }
}

fn repeats<T: Eq + std::hash::Hash>(list: &[T]) -> bool {
    let mut seen = HashSet::with_capacity(list.len());
    !list.iter().all(|one| seen.insert(one))
}

fn check_variants(product: &Product, faults: &mut Faults<'_>) {
    if product.variants.is_empty() || product.variants.len() > VARIANTS_MAX {
        faults.add("variants", "must be between 1 and 2000");
        return;
    }
    let mut ids = HashSet::new();
    let mut skus = HashSet::new();
    let mut combinations = HashSet::new();
    for (place, variant) in product.variants.iter().enumerate() {
        if variant.sku.is_empty()
            || variant.sku.len() > WORD_MAX
            || !variant.sku.bytes().all(|byte| byte.is_ascii_graphic())
        {
            faults.add(format!("variants[{place}].sku"), "must be 1 to 80 ASCII characters without spaces");
        }
        if !variant.name.is_empty() && !is_name(&variant.name, NAME_MAX) {
            faults.add(format!("variants[{place}].name"), "must be at most 200 printable characters");
        }
        if !ids.insert(variant.id) {
            faults.add(format!("variants[{place}].id"), "must not repeat");
        }
        if !skus.insert(variant.sku.as_str()) {
            faults.add(format!("variants[{place}].sku"), "must not repeat");
        }
        if let Some(fault) = fault_of_options(product, variant) {
            faults.add(format!("variants[{place}].options"), fault);
        } else if !product.options.is_empty() && !combinations.insert(variant.options.as_slice()) {
            faults.add(format!("variants[{place}].options"), "must not be those of another variant");
        }
    }
}

fn fault_of_options(product: &Product, variant: &Variant) -> Option<&'static str> {
    if variant.options.len() != product.options.len() {
        return Some("must be one value for each option of the product, in their order");
    }
    let sound = variant.options.iter().all(|value| is_name(value, OPTION_MAX));
    (!sound).then_some("must each have 1 to 60 printable characters")
}

/// Faults as they are found, up to [`FAULTS_MAX`].
pub(super) struct Faults<'a> {
    message: &'static str,
    at: &'a str,
    found: Option<Error>,
}

/// Most faults told at once: somebody reads them.
const FAULTS_MAX: usize = 50;

impl<'a> Faults<'a> {
    pub(super) fn new(message: &'static str) -> Self {
        Self { message, at: "", found: None }
    }

    /// Says where in a list it is.
    pub(super) fn at(self, at: &'a str) -> Self {
        Self { at, ..self }
    }

    pub(super) fn add(&mut self, path: impl AsRef<str>, fault: impl Into<String>) {
        let error = self.found.take().unwrap_or_else(|| codes::INVALID.error(self.message));
        let room = error.fields().len() < FAULTS_MAX;
        let path = || format!("{}{}", self.at, path.as_ref());
        self.found = Some(if room { error.with_field(path(), fault) } else { error });
    }

    pub(super) fn into_result(self) -> Result<()> {
        self.found.map_or(Ok(()), Err)
    }
}

pub(super) fn is_slug(slug: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    slug.len() <= WORD_MAX && slug.split('-').all(word)
}

pub(super) fn is_name(name: &str, most: usize) -> bool {
    !name.trim().is_empty() && name.chars().count() <= most && !name.chars().any(char::is_control)
}

/// Pages put the address into an attribute, so only schemes that show a picture and do nothing else pass.
fn is_picture(address: &str) -> bool {
    let shows = ["https://", "http://"]
        .iter()
        .any(|scheme| address.len() > scheme.len() && address.starts_with(scheme))
        || (address.starts_with('/') && !address.starts_with("//"));
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'\\');
    shows && address.len() <= ADDRESS_MAX && address.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{ProductId, Status, VariantId};

    fn product() -> Product {
        let variant = |number: u8| Variant {
            id: VariantId::from_bytes([number; 16]),
            sku: format!("MUG-{number}"),
            name: "blue, large".into(),
            options: vec![number.to_string()],
            sellable: true,
        };
        Product {
            id: ProductId::from_bytes([1; 16]),
            slug: "blue-mug-2".into(),
            name: "Müg".into(),
            description: "Two\nlines".into(),
            pictures: vec!["https://pictures.example/mug.jpg".into(), "/pictures/mug.jpg".into()],
            status: Status::Published,
            options: vec!["size".into()],
            categories: Vec::new(),
            attributes: BTreeMap::new(),
            variants: vec![variant(1), variant(2)],
        }
    }

    fn faults(change: impl FnOnce(&mut Product)) -> Vec<String> {
        let mut product = product();
        change(&mut product);
        match check(&product, "") {
            Ok(()) => Vec::new(),
            Err(error) => error.fields().iter().map(|field| field.path.clone()).collect(),
        }
    }

    #[test]
    fn a_sound_product_passes_and_every_fault_is_told_at_once() {
        assert_eq!(faults(|_| {}), Vec::<String>::new());
        let all = faults(|product| {
            product.slug = "Blue Mug".into();
            product.name = " ".into();
            product.description = "\u{7}".into();
            product.pictures.push("javascript:alert(1)".into());
            product.variants[1].sku = "MUG-1".into();
            product.variants[1].id = product.variants[0].id;
        });
        assert_eq!(all, ["slug", "name", "description", "pictures[2]", "variants[1].id", "variants[1].sku"]);
    }

    #[test]
    fn slugs() {
        for good in ["a", "a-b", "2", "blue-mug-2"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-", "a-", "-a", "a--b", "A", "a b", "ä", &"a".repeat(81)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }

    #[test]
    fn pictures_cannot_carry_anything_else() {
        for bad in [
            "",
            "mug.jpg",
            "//evil.example/x.js",
            "data:image/png;base64,AA",
            "https://",
            "/a\"onload=x",
            "/a b",
            "/a>",
        ] {
            assert!(!is_picture(bad), "{bad}");
        }
    }

    #[test]
    fn each_combination_of_options_is_one_variant() {
        let again = faults(|product| product.variants[1].options = vec!["1".into()]);
        assert_eq!(again, ["variants[1].options"]);
        assert_eq!(faults(|product| product.variants[0].options.clear()), ["variants[0].options"]);
        assert_eq!(faults(|product| product.variants[0].options.push("x".into())), ["variants[0].options"]);
        assert_eq!(faults(|product| product.variants[0].options[0] = " ".into()), ["variants[0].options"]);
        let twice = faults(|product| product.options = vec!["size".into(), "size".into()]);
        assert_eq!(twice[0], "options");
        let without = faults(|product| {
            product.options.clear();
            product.variants.iter_mut().for_each(|variant| variant.options.clear());
        });
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn counts_are_bounded() {
        let many = faults(|product| product.variants.iter_mut().for_each(|variant| variant.sku.clear()));
        assert_eq!(many.len(), 3, "{many:?}");
        assert_eq!(faults(|product| product.variants.clear()), ["variants"]);
        let one = product().variants[0].clone();
        assert_eq!(faults(|product| product.variants = vec![one; VARIANTS_MAX + 1]), ["variants"]);
        assert_eq!(faults(|product| product.pictures = vec!["/a".into(); PICTURES_MAX + 1]), ["pictures"]);
    }
}
