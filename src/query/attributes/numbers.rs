//! The numbers of one field, and the scale that those who may be seen are shown on.

use crate::file::Ordinal;
use crate::query::Suppressed;

/// Steps of a scale.
const STEPS: u8 = 254;

/// The share of the numbers that lies beyond the scale at either end: one odd number must not make all others one colour.
const BEYOND: usize = 100;

/// A field of numbers: profiles and what they have, by ascending profile.
#[derive(Debug, Default)]
pub struct Numbers(Vec<(Ordinal, f32)>);

/// The numbers that a field has its colours for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The number of the first step, and of all below it.
    pub low: f32,
    /// The number of the last step, and of all above it.
    pub high: f32,
}

impl Numbers {
    /// Notes that a profile has a number.
    pub fn add(&mut self, number: f64, ordinal: Ordinal) {
        let number = number as f32;
        if number.is_finite() {
            self.0.push((ordinal, number));
        }
    }

    /// What it takes in memory.
    pub fn taken(&self) -> usize {
        self.0.capacity() * size_of::<(Ordinal, f32)>()
    }

    /// The numbers, when no more are added.
    pub fn finish(mut self) -> Numbers {
        self.0.shrink_to_fit();
        self
    }

    /// The profiles that may be seen, and their numbers.
    pub fn visible(&self, suppressed: &Suppressed) -> impl Iterator<Item = (Ordinal, f32)> {
        self.0.iter().copied().filter(|(ordinal, _)| !suppressed.contains(*ordinal))
    }
}

impl Scale {
    /// The scale of these numbers, which are put in another order. None without two different ones.
    pub fn of(numbers: &mut [f32]) -> Option<Scale> {
        let (beyond, last) = (numbers.len() / BEYOND, numbers.len().checked_sub(1)?);
        let mut nth = |place: usize| *numbers.select_nth_unstable_by(place, f32::total_cmp).1;
        let (mut low, mut high) = (nth(beyond), nth(last - beyond));
        if low == high {
            (low, high) = (nth(0), nth(last));
        }
        (low != high).then_some(Scale { low, high })
    }

    /// The step of a number, from 0 to 253.
    pub fn step(self, number: f32) -> u8 {
        // In double precision the difference of two numbers is finite.
        let (from, width) = (f64::from(self.low), f64::from(self.high) - f64::from(self.low));
        (((f64::from(number) - from) / width).clamp(0.0, 1.0) * f64::from(STEPS - 1)).round() as u8
    }
}
