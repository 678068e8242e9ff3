//! What the tests sell.

use mainstay::shop::demo;
use mainstay::shop::goods::GOODS;

/// The variant ids of the demo shop, in their order.
pub fn variants() -> Vec<String> {
    GOODS.iter().flat_map(|goods| goods.variants).map(|piece| demo::variant(piece).to_string()).collect()
}
