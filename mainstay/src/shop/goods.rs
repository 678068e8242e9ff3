//! The goods of the demo shop: invented, priced in pounds and euros, in stock.

/// A product of the demo shop.
pub struct Goods {
    /// Its address, and what its id is derived from.
    pub slug: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// `standard`, `reduced` or `zero`.
    pub tax_class: &'static str,
    pub variants: &'static [Piece],
}

/// A variant of a product of the demo shop.
pub struct Piece {
    /// What the warehouse calls it, and what its id is derived from.
    pub sku: &'static str,
    /// Its own words; empty for a product with one variant.
    pub name: &'static str,
    /// Net price in pence.
    pub gbp_minor: i64,
    /// Net price in cents.
    pub eur_minor: i64,
    /// Pieces on hand at first.
    pub stock: i64,
}

const fn piece(sku: &'static str, name: &'static str, gbp_minor: i64, eur_minor: i64, stock: i64) -> Piece {
    Piece { sku, name, gbp_minor, eur_minor, stock }
}

const fn goods(
    slug: &'static str,
    name: &'static str,
    description: &'static str,
    tax_class: &'static str,
    variants: &'static [Piece],
) -> Goods {
    Goods { slug, name, description, tax_class, variants }
}

/// Everything that the demo shop sells.
pub const GOODS: &[Goods] = &[
    goods(
        "harbour-mug",
        "Harbour mug",
        "Stoneware, 350 ml, glazed in the colours of three northern harbours. Survives the dishwasher.",
        "standard",
        &[
            piece("MUG-HAR-BLU", "slate blue", 1250, 1490, 180),
            piece("MUG-HAR-GRN", "kelp green", 1250, 1490, 140),
            piece("MUG-HAR-WHT", "chalk white", 1250, 1490, 220),
        ],
    ),
    goods(
        "teapot-alder",
        "Alder teapot",
        "Cast iron with an alder grip and a steel basket; holds 900 ml and keeps it hot for an hour.",
        "standard",
        &[piece("POT-ALD-900", "", 4600, 5400, 35)],
    ),
    goods(
        "espresso-cup-pair",
        "Pair of espresso cups",
        "Two thick porcelain cups, 70 ml, made to be warmed on the machine.",
        "standard",
        &[piece("CUP-ESP-2WH", "white", 1450, 1690, 90), piece("CUP-ESP-2BK", "black", 1450, 1690, 75)],
    ),
    goods(
        "breakfast-tea",
        "Breakfast tea",
        "A strong blend of Assam and Kenya, loose leaf.",
        "zero",
        &[
            piece("TEA-BRK-100", "100 g tin", 780, 920, 300),
            piece("TEA-BRK-500", "500 g bag", 2850, 3350, 120),
        ],
    ),
    goods(
        "filter-coffee-hillside",
        "Hillside filter coffee",
        "Washed beans from small farms, roasted for filter; notes of plum and brown sugar.",
        "zero",
        &[
            piece("COF-HIL-250B", "250 g, whole bean", 890, 1050, 260),
            piece("COF-HIL-250G", "250 g, ground", 890, 1050, 160),
            piece("COF-HIL-1KB", "1 kg, whole bean", 3100, 3650, 80),
        ],
    ),
    goods(
        "shortbread-tin",
        "Shortbread in a tin",
        "Butter, flour, sugar and nothing else; 24 fingers in a tin that is worth keeping.",
        "zero",
        &[piece("BIS-SHO-400", "", 1100, 1290, 150)],
    ),
    goods(
        "linen-tea-towel",
        "Linen tea towel",
        "Heavy linen, 50 by 70 cm, woven with a border and a loop to hang it by.",
        "standard",
        &[
            piece("TOW-LIN-RED", "red border", 1200, 1400, 110),
            piece("TOW-LIN-BLU", "blue border", 1200, 1400, 130),
        ],
    ),
    goods(
        "wool-blanket-moor",
        "Moor blanket",
        "Undyed wool of upland sheep, 130 by 180 cm, with a fringe.",
        "standard",
        &[piece("BLA-MOO-GRY", "grey", 8900, 10400, 24), piece("BLA-MOO-BRN", "brown", 8900, 10400, 18)],
    ),
    goods(
        "beeswax-candles",
        "Beeswax candles",
        "Dipped by hand; each burns for nine hours without a drip.",
        "standard",
        &[piece("CAN-BEE-2", "pair", 950, 1120, 200), piece("CAN-BEE-6", "box of six", 2600, 3050, 85)],
    ),
    goods(
        "desk-lamp-quay",
        "Quay desk lamp",
        "A steel arm, a brass joint and a warm dimmable light; four metres of cloth cable.",
        "standard",
        &[piece("LAM-QUA-BLK", "black", 11900, 13900, 16), piece("LAM-QUA-OLV", "olive", 11900, 13900, 12)],
    ),
    goods(
        "notebook-fieldwork",
        "Fieldwork notebook",
        "160 numbered pages of fountain-pen paper, sewn so that it lies flat.",
        "standard",
        &[
            piece("NOT-FIE-DOT", "dotted", 1350, 1590, 240),
            piece("NOT-FIE-LIN", "lined", 1350, 1590, 210),
            piece("NOT-FIE-PLN", "plain", 1350, 1590, 170),
        ],
    ),
    goods(
        "pencils-cedar",
        "Cedar pencils",
        "Twelve pencils of incense cedar, sharpened.",
        "standard",
        &[piece("PEN-CED-HB", "HB", 840, 990, 320), piece("PEN-CED-2B", "2B", 840, 990, 260)],
    ),
    goods(
        "atlas-small-islands",
        "An Atlas of Small Islands",
        "Sixty islands that nobody visits by accident, each on one map and two pages. Hardback.",
        "zero",
        &[piece("BOO-ATL-HB", "", 2100, 2450, 64)],
    ),
    goods(
        "bread-for-patient-people",
        "Bread for Patient People",
        "Forty loaves that mostly make themselves. Softback, lies open on a worktop.",
        "zero",
        &[piece("BOO-BRE-SB", "", 1600, 1890, 92)],
    ),
    goods(
        "chopping-board-ash",
        "Ash chopping board",
        "End grain, 40 by 30 cm, oiled; a groove on one side and none on the other.",
        "standard",
        &[piece("BOA-ASH-40", "", 5400, 6300, 40)],
    ),
    goods(
        "kitchen-knife-utility",
        "Utility knife",
        "A 13 cm carbon steel blade with a pear-wood handle; asks to be dried.",
        "standard",
        &[piece("KNI-UTI-13", "", 6200, 7300, 28)],
    ),
    goods(
        "enamel-baking-dish",
        "Enamel baking dish",
        "For pies, gratins and the fire itself.",
        "standard",
        &[
            piece("DIS-ENA-S", "small, 24 cm", 1700, 1990, 70),
            piece("DIS-ENA-L", "large, 32 cm", 2400, 2790, 55),
        ],
    ),
    goods(
        "garden-twine",
        "Garden twine",
        "Green jute, 120 m, in a tin with a cutter in its lid.",
        "standard",
        &[piece("TWI-JUT-120", "", 690, 810, 190)],
    ),
    goods(
        "seed-box-kitchen",
        "Kitchen garden seed box",
        "Twelve packets for a year of salads, beans and herbs, sorted by month.",
        "zero",
        &[piece("SEE-KIT-12", "", 2250, 2650, 48)],
    ),
    goods(
        "rain-jacket-tarn",
        "Tarn rain jacket",
        "Three layers, taped seams, a hood that turns with the head; 310 g in medium.",
        "standard",
        &[
            piece("JAC-TAR-S", "S", 14500, 16900, 14),
            piece("JAC-TAR-M", "M", 14500, 16900, 22),
            piece("JAC-TAR-L", "L", 14500, 16900, 19),
            piece("JAC-TAR-XL", "XL", 14500, 16900, 9),
        ],
    ),
    goods(
        "merino-socks",
        "Merino walking socks",
        "Cushioned sole, flat toe seam, mended for nothing if they wear through within two years.",
        "standard",
        &[
            piece("SOC-MER-3639", "36 to 39", 1600, 1850, 160),
            piece("SOC-MER-4043", "40 to 43", 1600, 1850, 180),
            piece("SOC-MER-4447", "44 to 47", 1600, 1850, 95),
        ],
    ),
    goods(
        "childrens-wellingtons",
        "Children's wellingtons",
        "Natural rubber with a grip to pull them on by.",
        "zero",
        &[
            piece("WEL-CHI-26", "26", 2400, 2790, 33),
            piece("WEL-CHI-29", "29", 2400, 2790, 38),
            piece("WEL-CHI-32", "32", 2400, 2790, 27),
        ],
    ),
    goods(
        "wooden-train",
        "Wooden train",
        "An engine and four wagons of beech with magnets that a small hand can part.",
        "standard",
        &[piece("TOY-TRA-5", "", 3300, 3850, 44)],
    ),
    goods(
        "puzzle-lighthouse",
        "Lighthouse puzzle",
        "A thousand pieces, most of them sky.",
        "standard",
        &[piece("PUZ-LIG-1000", "", 1950, 2290, 58)],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn goods_are_told_apart_and_cost_something() {
        let mut slugs = BTreeSet::new();
        let mut skus = BTreeSet::new();
        for goods in GOODS {
            assert!(slugs.insert(goods.slug), "{} twice", goods.slug);
            assert!(["standard", "reduced", "zero"].contains(&goods.tax_class), "{}", goods.slug);
            assert!(!goods.variants.is_empty(), "{}", goods.slug);
            for piece in goods.variants {
                assert!(skus.insert(piece.sku), "{} twice", piece.sku);
                assert!(piece.gbp_minor > 0 && piece.eur_minor > 0 && piece.stock > 0, "{}", piece.sku);
                assert_eq!(piece.name.is_empty(), goods.variants.len() == 1, "{}", piece.sku);
            }
        }
    }
}
