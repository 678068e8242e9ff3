//! What a product must look like before it is stored: every fault at once, each with its field.

use std::collections::HashSet;

use mainstay_core::{Error, Result, codes};

use super::{PICTURES_MAX, Product, VARIANTS_MAX};

/// Longest slug and stock keeping unit, in bytes.
const WORD_MAX: usize = 80;
/// Longest name of a product or variant, in characters.
const NAME_MAX: usize = 200;
/// Longest description, in bytes: a few printed pages.
const DESCRIPTION_MAX: usize = 20_000;
/// Longest address of a picture, in bytes. With the bounds above, a product always fits into one event.
const ADDRESS_MAX: usize = 1_000;

/// Refuses a product with any fault.
///
/// # Errors
/// `core.invalid` with one field for each fault.
pub fn check(product: &Product) -> Result<()> {
    let mut faults = Faults(None);
    if !is_slug(&product.slug) {
        faults.add("slug", "must be 1 to 80 lower-case letters, digits and single dashes");
    }
    if !is_name(&product.name) {
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
    check_variants(product, &mut faults);
    faults.0.map_or(Ok(()), Err)
}

fn check_variants(product: &Product, faults: &mut Faults) {
    if product.variants.is_empty() || product.variants.len() > VARIANTS_MAX {
        faults.add("variants", "must be between 1 and 100");
        return;
    }
    let mut ids = HashSet::new();
    let mut skus = HashSet::new();
    for (place, variant) in product.variants.iter().enumerate() {
        if variant.sku.is_empty()
            || variant.sku.len() > WORD_MAX
            || !variant.sku.bytes().all(|byte| byte.is_ascii_graphic())
        {
            faults.add(format!("variants[{place}].sku"), "must be 1 to 80 ASCII characters without spaces");
        }
        if !variant.name.is_empty() && !is_name(&variant.name) {
            faults.add(format!("variants[{place}].name"), "must be at most 200 printable characters");
        }
        if !ids.insert(variant.id) {
            faults.add(format!("variants[{place}].id"), "must not repeat");
        }
        if !skus.insert(variant.sku.as_str()) {
            faults.add(format!("variants[{place}].sku"), "must not repeat");
        }
    }
}

struct Faults(Option<Error>);

impl Faults {
    fn add(&mut self, path: impl Into<String>, message: &'static str) {
        let error =
            self.0.take().unwrap_or_else(|| codes::INVALID.error("the product cannot be stored as it is"));
        self.0 = Some(error.with_field(path, message));
    }
}

fn is_slug(slug: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    slug.len() <= WORD_MAX && slug.split('-').all(word)
}

fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control)
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
    use super::*;
    use crate::model::{ProductId, Variant, VariantId};

    fn product() -> Product {
        let variant = |number: u8| Variant {
            id: VariantId::from_bytes([number; 16]),
            sku: format!("MUG-{number}"),
            name: "blue, large".into(),
            sellable: true,
        };
        Product {
            id: ProductId::from_bytes([1; 16]),
            slug: "blue-mug-2".into(),
            name: "Müg".into(),
            description: "Two\nlines".into(),
            pictures: vec!["https://pictures.example/mug.jpg".into(), "/pictures/mug.jpg".into()],
            sellable: true,
            variants: vec![variant(1), variant(2)],
        }
    }

    fn faults(change: impl FnOnce(&mut Product)) -> Vec<String> {
        let mut product = product();
        change(&mut product);
        match check(&product) {
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
    fn counts_are_bounded() {
        assert_eq!(faults(|product| product.variants.clear()), ["variants"]);
        let one = product().variants[0].clone();
        assert_eq!(faults(|product| product.variants = vec![one; VARIANTS_MAX + 1]), ["variants"]);
        assert_eq!(faults(|product| product.pictures = vec!["/a".into(); PICTURES_MAX + 1]), ["pictures"]);
    }
}
