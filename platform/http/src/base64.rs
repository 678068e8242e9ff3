//! Base 64 with padding (RFC 4648, 4), as headers have it: one text, in its one spelling.

use data_encoding::BASE64;

/// The bytes of a text; nothing when it is none.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text).ok()?;
    // The library takes several padded texts in a row for one.
    (BASE64.encode(&bytes).as_bytes() == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_read_and_several_in_a_row_are_not() {
        assert_eq!(decode(b"aW1hZ2UvanBlZw==").unwrap(), b"image/jpeg");
        assert_eq!(decode(b"").unwrap(), b"");
        for text in ["aW1hZ2U=L2pwZWc=", "aW1hZ2UvanBlZw", "aW1hZ2UvanBlZx==", "aW1hZ2Uv anBlZw==", "!"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
