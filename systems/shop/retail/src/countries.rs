//! The file's names of countries, as the mapping lists them.

/// (name in the file, ISO 3166-1 alpha-2), ordered by name.
const COUNTRIES: [(&str, &str); 36] = [
    ("Australia", "AU"),
    ("Austria", "AT"),
    ("Bahrain", "BH"),
    ("Belgium", "BE"),
    ("Brazil", "BR"),
    ("Canada", "CA"),
    ("Channel Islands", "JE"),
    ("Cyprus", "CY"),
    ("Czech Republic", "CZ"),
    ("Denmark", "DK"),
    ("EIRE", "IE"),
    ("Finland", "FI"),
    ("France", "FR"),
    ("Germany", "DE"),
    ("Greece", "GR"),
    ("Hong Kong", "HK"),
    ("Iceland", "IS"),
    ("Israel", "IL"),
    ("Italy", "IT"),
    ("Japan", "JP"),
    ("Lebanon", "LB"),
    ("Lithuania", "LT"),
    ("Malta", "MT"),
    ("Netherlands", "NL"),
    ("Norway", "NO"),
    ("Poland", "PL"),
    ("Portugal", "PT"),
    ("RSA", "ZA"),
    ("Saudi Arabia", "SA"),
    ("Singapore", "SG"),
    ("Spain", "ES"),
    ("Sweden", "SE"),
    ("Switzerland", "CH"),
    ("USA", "US"),
    ("United Arab Emirates", "AE"),
    ("United Kingdom", "GB"),
];

/// The code of a country by its name in the file.
pub fn code(name: &str) -> Option<&'static str> {
    COUNTRIES.binary_search_by_key(&name, |(name, _)| name).ok().map(|place| COUNTRIES[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        assert!(COUNTRIES.is_sorted_by(|one, next| one.0 < next.0));
        assert!(COUNTRIES.iter().all(|(name, found)| code(name) == Some(found)));
        assert_eq!(code("Unspecified"), None);
        assert_eq!(code("united kingdom"), None);
    }
}
