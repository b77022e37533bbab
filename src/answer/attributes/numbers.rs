//! The numbers of one field, as steps of a scale.

use crate::index::Ordinal;

/// Steps of a scale.
pub const STEPS: u8 = 254;

/// The share of the numbers that lies beyond the scale at either end: one odd number must not make all others one colour.
const BEYOND: usize = 100;

/// Numbers while they are collected.
#[derive(Debug, Default)]
pub struct Collector(Vec<(Ordinal, f32)>);

/// A field of numbers.
#[derive(Debug)]
pub struct Numbers {
    /// The number of the first step, and of all below it.
    pub low: f32,
    /// The number of the last step, and of all above it.
    pub high: f32,
    /// Profiles and their steps, by ascending profile.
    pub steps: Vec<(Ordinal, u8)>,
}

impl Collector {
    /// Notes that a profile has a number.
    pub fn add(&mut self, number: f64, ordinal: Ordinal) {
        let number = number as f32;
        if number.is_finite() {
            self.0.push((ordinal, number));
        }
    }

    /// What it takes in memory.
    pub fn taken(&self) -> usize {
        self.0.len() * size_of::<(Ordinal, f32)>()
    }

    /// The scale, and where everybody is on it. None without two different numbers.
    pub fn finish(self) -> Option<Numbers> {
        let mut sorted: Vec<f32> = self.0.iter().map(|&(_, number)| number).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let (mut low, mut high) =
            (*sorted.get(sorted.len() / BEYOND)?, *sorted.get(sorted.len() - 1 - sorted.len() / BEYOND)?);
        if low == high {
            (low, high) = (*sorted.first()?, *sorted.last()?);
        }
        if low == high {
            return None;
        }
        let last = f64::from(STEPS - 1);
        // In double precision the difference of two numbers is finite.
        let (from, width) = (f64::from(low), f64::from(high) - f64::from(low));
        let step = |number: f32| (((f64::from(number) - from) / width).clamp(0.0, 1.0) * last).round() as u8;
        let steps = self.0.into_iter().map(|(ordinal, number)| (ordinal, step(number))).collect();
        Some(Numbers { low, high, steps })
    }
}
