//! Pseudo-random numbers that are the same everywhere and for ever.

use kindred::random::SplitMix64;

/// What the tests draw.
pub struct Random(SplitMix64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Random {
        Random(SplitMix64(seed))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.bits()
    }

    /// A number below `bound`, which is small and not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// A number from -1 to 1.
    pub fn signed(&mut self) -> f32 {
        self.0.signed_f32()
    }

    /// A vector of such numbers.
    pub fn vector(&mut self, dimension: usize) -> Vec<f32> {
        (0..dimension).map(|_| self.signed()).collect()
    }

    /// Vectors around `clusters` centres, which are visited in turn.
    ///
    /// Uses additions and multiplications only, so that every machine gives the same bits.
    pub fn clustered(&mut self, count: usize, dimension: usize, clusters: usize) -> Vec<Vec<f32>> {
        const SPREAD: f32 = 0.3;
        let centres: Vec<Vec<f32>> = (0..clusters).map(|_| self.vector(dimension)).collect();
        let around = |centre: &Vec<f32>, random: &mut Random| {
            centre.iter().map(|component| component + SPREAD * random.signed()).collect()
        };
        (0..count).map(|number| around(&centres[number % clusters], self)).collect()
    }
}
