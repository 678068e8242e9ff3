//! The countries of ISO 3166-1, by their two letters.

/// Every assigned code, in order, so that it can be searched.
const CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Those where letters arrive without a postcode.
const WITHOUT_POSTCODES: &str = "\
AE AG AO AW BF BI BJ BO BS BW BZ CD CF CG CI CK CM DJ DM ER FJ GD GM GQ GY HK JM KI KM KN KP LY ML MO MR MW NR NU QA \
RW SB SC SL SR ST SY TD TG TL TO TV UG VU WS YE ZW";

/// Every code.
pub fn all() -> Vec<&'static str> {
    CODES.split(' ').collect()
}

/// Whether the code is assigned.
pub fn exists(code: &str) -> bool {
    listed(CODES, code)
}

/// Whether an address there has a postcode; true when in doubt.
pub fn has_postcodes(code: &str) -> bool {
    !listed(WITHOUT_POSTCODES, code)
}

fn listed(codes: &str, code: &str) -> bool {
    code.len() == 2 && codes.as_bytes().chunks(3).any(|chunk| chunk.starts_with(code.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order_and_the_second_is_part_of_the_first() {
        for list in [CODES, WITHOUT_POSTCODES] {
            let codes: Vec<&str> = list.split(' ').collect();
            assert!(
                codes
                    .iter()
                    .all(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()))
            );
            assert!(codes.is_sorted_by(|one, next| one < next));
        }
        assert_eq!(CODES.split(' ').count(), 249);
        assert!(WITHOUT_POSTCODES.split(' ').all(exists));
    }

    #[test]
    fn a_code_is_found_whole() {
        assert!(exists("GB") && exists("AD") && exists("ZW"));
        for none in ["", "G", "gb", "UK", "XX", "D ", " A", "GB "] {
            assert!(!exists(none), "{none:?}");
        }
        assert!(has_postcodes("GB") && !has_postcodes("HK"));
    }
}
