//! Pseudo-random numbers that are the same everywhere and for ever.

/// Steele, Lea and Flood's SplitMix64.
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `bound`, which is small and not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.bits() % bound as u64) as usize
    }

    /// A number from -1 to 1.
    pub fn signed(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 23) as f32 - 1.0
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
