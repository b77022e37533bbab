//! An order of insertion that depends on the seed and on nothing else.

use kindred::random::SplitMix64;

/// The numbers below `count`, shuffled (Fisher and Yates).
pub(super) fn shuffled(count: u32, seed: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    let mut random = SplitMix64(seed);
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last as u64 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides_the_order_and_nothing_is_lost() {
        let order = shuffled(1000, 42);
        assert_eq!(order, shuffled(1000, 42));
        assert_ne!(order, shuffled(1000, 43));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..1000));
        let in_place = order.iter().zip(0..).filter(|&(&row, place)| row == place).count();
        assert!(in_place < 10, "{in_place} of 1000 stayed where they were");
    }

    #[test]
    fn none_and_one_are_shuffled_too() {
        assert!(shuffled(0, 1).is_empty());
        assert_eq!(shuffled(1, 1), [0]);
    }
}
