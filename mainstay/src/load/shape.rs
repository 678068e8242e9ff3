//! A real shop's year in a few numbers, and what is drawn from them.
//!
//! The tables are what `python3 xtask/proof/shape.py FILE` prints for the year that `docs/retail-mapping.md` speaks of.

use rand::RngExt;
use rand::rngs::StdRng;

/// Shares of baskets that the tables below go by, in thousandths.
const STEPS: [u32; 10] = [0, 100, 250, 500, 750, 900, 950, 990, 999, 1_000];

/// Lines of a basket.
const LINES: [u32; 10] = [1, 2, 6, 15, 29, 52, 75, 219, 592, 1_112];

/// Pieces of a line.
const PIECES: [u32; 10] = [1, 1, 1, 3, 11, 24, 30, 100, 448, 80_995];

/// Baskets by hour of the day, in thousandths.
const HOURS: [u32; 24] =
    [0, 0, 0, 0, 0, 0, 0, 1, 29, 74, 118, 120, 162, 138, 122, 117, 66, 34, 10, 7, 1, 0, 0, 0];

/// How many thousandths of the lines the most popular thousandths of the variants take.
const POPULARITY: [(u32, u32); 10] = [
    (0, 0),
    (1, 31),
    (5, 107),
    (10, 171),
    (20, 265),
    (50, 445),
    (100, 614),
    (200, 787),
    (500, 953),
    (1_000, 1_000),
];

/// Most lines and pieces that a cart takes, so that no draw is refused for its size.
const CART_LINES_MAX: u32 = 500;
const CART_PIECES_MAX: u32 = 10_000;

/// How many lines the next basket has, at most `most`.
pub fn lines(random: &mut StdRng, most: u32) -> u32 {
    draw(random, &LINES).clamp(1, most.min(CART_LINES_MAX))
}

/// How many pieces the next line has.
pub fn pieces(random: &mut StdRng) -> u32 {
    draw(random, &PIECES).clamp(1, CART_PIECES_MAX)
}

/// Which of `count` things, ordered by how much they are wanted, the next line is about.
pub fn wanted(random: &mut StdRng, count: usize) -> usize {
    let lot = random.random_range(0.0..1_000.0);
    let place = POPULARITY.iter().position(|(_, lines)| lot < f64::from(*lines)).unwrap_or(1).max(1);
    let ((from, low), (to, high)) = (POPULARITY[place - 1], POPULARITY[place]);
    let within = (lot - f64::from(low)) / f64::from(high - low);
    let share = (f64::from(from) + within * f64::from(to - from)) / 1_000.0;
    ((share * count as f64) as usize).min(count.saturating_sub(1))
}

/// How many times the average rate is due at this part of the day, from 0 for midnight to 1 for the next.
pub fn busyness(part: f64) -> f64 {
    let hour = ((part.clamp(0.0, 1.0) * 24.0) as usize).min(23);
    let total: u32 = HOURS.iter().sum();
    f64::from(HOURS[hour]) * 24.0 / f64::from(total)
}

// A value from the quantiles, straight between two of them.
fn draw(random: &mut StdRng, quantiles: &[u32; 10]) -> u32 {
    let lot = random.random_range(0..1_000);
    let place = STEPS.iter().position(|step| lot < *step).unwrap_or(1).max(1);
    let (low, high) = (quantiles[place - 1], quantiles[place]);
    let within = f64::from(lot - STEPS[place - 1]) / f64::from(STEPS[place] - STEPS[place - 1]);
    low + (within * f64::from(high - low)) as u32
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn what_is_drawn_has_the_shape_that_it_is_drawn_from() {
        let mut random = StdRng::seed_from_u64(7);
        let mut baskets: Vec<u32> = (0..20_000).map(|_| lines(&mut random, u32::MAX)).collect();
        baskets.sort_unstable();
        assert!((13..=17).contains(&baskets[10_000]), "median {}", baskets[10_000]);
        assert!((45..=60).contains(&baskets[18_000]), "nine in ten {}", baskets[18_000]);
        assert!(baskets.iter().all(|lines| (1..=CART_LINES_MAX).contains(lines)));
        assert!((0..20_000).all(|_| (1..=CART_PIECES_MAX).contains(&pieces(&mut random))));

        let top = (0..20_000).filter(|_| wanted(&mut random, 1_000) < 100).count();
        assert!((11_500..=13_000).contains(&top), "a tenth of the goods takes 61 % of the lines, not {top}");
        assert!((0..1_000).all(|_| wanted(&mut random, 1) == 0));
    }

    #[test]
    fn a_day_has_its_hours() {
        let average = (0..240).map(|part| busyness(f64::from(part) / 240.0)).sum::<f64>() / 240.0;
        assert!((average - 1.0).abs() < 0.01, "{average}");
        assert_eq!(busyness(0.1), 0.0);
        assert!(busyness(12.5 / 24.0) > 3.0);
    }
}
