//! Pseudo-random numbers that are the same on every machine and for ever: SplitMix64.
//!
//! Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. The constants are those of
//! Vigna's splitmix64.c. Stored states and the bytes of index files depend on these numbers: they must not change. They
//! are not for secrets.

/// A sequence of numbers, from the state that it holds. Every state is a good one to start from.
///
/// ```
/// use kindred::random::SplitMix64;
///
/// let mut random = SplitMix64(42);
/// assert_eq!(random.bits(), 0xbdd7_3226_2feb_6e95);
/// assert!(random.below(10) < 10);
/// ```
#[derive(Debug, Clone)]
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    /// What each step adds to the state: 2^64 divided by the golden ratio, and odd.
    pub const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The next 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(SplitMix64::GAMMA);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if `bound` is 0. It is as good as evenly distributed if `bound` is far below 2^64.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from -1 to 1, 1 excluded, of 53 random bits.
    #[inline]
    pub fn signed(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// A number from -1 to 1, 1 excluded, of 24 random bits.
    #[inline]
    pub fn signed_f32(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_algorithm() {
        // What splitmix64.c gives for the seed 1234567.
        let mut random = SplitMix64(1_234_567);
        let first: [u64; 3] = std::array::from_fn(|_| random.bits());
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = SplitMix64(0);
        for bound in [1, 2, 1_000, u64::MAX] {
            assert!((0..1_000).all(|_| random.below(bound) < bound));
        }
        assert_eq!(random.below(0), 0);
        assert!((0..1_000).all(|_| (-1.0..1.0).contains(&random.signed())));
        assert!((0..1_000).all(|_| (-1.0..1.0).contains(&random.signed_f32())));
    }
}
