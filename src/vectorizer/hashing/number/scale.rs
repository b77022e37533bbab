//! The middle and the spread of many numbers, whatever a few of them are.

/// Numbers that are kept of each level; with 128, the middle of a million is off by a hundredth of them at most.
const KEPT: usize = 128;

/// Numbers further from the middle than this many typical distances do not count: 2147483647 for "unknown" is no age.
/// Of normally distributed numbers one in ten million is as far, and none of evenly distributed ones.
const FAR: f64 = 8.0;

/// The largest magnitude that is told apart; it keeps every sum of squares finite.
pub const LARGEST: f64 = 1e140;

/// Where the numbers of a field are, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The mean of those that are not far out.
    pub middle: f64,
    /// Their standard deviation; 0 where all numbers are the same or there is none.
    pub spread: f64,
    /// Whether some are so far out that they do not count.
    pub has_far: bool,
}

/// A sample of numbers, as Manku, Rajagopalan and Lindsay keep it ("Approximate medians and other quantiles in one pass
/// and with limited memory", 1998): where a level is full, every other of its numbers in order goes to the next level
/// and stands for two. It depends on the order in which numbers are given and on nothing else, and rounds nothing.
///
/// Memory: at most `KEPT` numbers for each doubling of their count.
#[derive(Debug, Default)]
pub struct Numbers {
    moments: Moments,
    smallest: f64,
    largest: f64,
    levels: Vec<Level>,
}

#[derive(Debug, Default)]
struct Level {
    numbers: Vec<f64>,
    /// Whether the next half begins at the second.
    second: bool,
}

impl Numbers {
    /// Adds a number.
    pub fn observe(&mut self, number: f64) {
        let number = number.clamp(-LARGEST, LARGEST);
        let is_first = self.moments.count == 0;
        self.smallest = if is_first { number } else { self.smallest.min(number) };
        self.largest = if is_first { number } else { self.largest.max(number) };
        self.moments.observe(number);
        let mut half = self.level(0).take(&[number]);
        let mut above = 1;
        while !half.is_empty() {
            half = self.level(above).take(&half);
            above += 1;
        }
    }

    fn level(&mut self, level: usize) -> &mut Level {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        &mut self.levels[level]
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.moments.count
    }

    /// The middle and the spread.
    pub fn scale(&self) -> Scale {
        let plain = Scale { middle: self.moments.mean, spread: self.moments.spread(), has_far: false };
        let mut sample: Vec<(f64, u64)> = (0u32..)
            .zip(&self.levels)
            .flat_map(|(level, kept)| kept.numbers.iter().map(move |&number| (number, 1u64 << level.min(63))))
            .collect();
        let Some(median) = median(&mut sample) else { return plain };
        let mut distances: Vec<(f64, u64)> = sample
            .iter()
            .map(|&(number, weight)| ((number - median).abs(), weight))
            .filter(|&(distance, _)| distance > 0.0)
            .collect();
        let Some(typical) = self::median(&mut distances) else { return plain };
        let near = (median - FAR * typical)..=(median + FAR * typical);
        if near.contains(&self.smallest) && near.contains(&self.largest) {
            return plain;
        }
        let mut moments = Moments::default();
        for (number, weight) in sample.into_iter().filter(|(number, _)| near.contains(number)) {
            moments.add(number, weight);
        }
        Scale { middle: moments.mean, spread: moments.spread(), has_far: true }
    }
}

impl Level {
    /// Takes numbers, and gives those that go to the next level.
    fn take(&mut self, numbers: &[f64]) -> Vec<f64> {
        self.numbers.extend_from_slice(numbers);
        if self.numbers.len() < KEPT {
            return Vec::new();
        }
        self.numbers.sort_unstable_by(f64::total_cmp);
        let half = self.numbers.iter().skip(usize::from(self.second)).step_by(2).copied().collect();
        self.second = !self.second;
        self.numbers.clear();
        half
    }
}

/// The number in the middle of weighted ones, the lower of two; sorts them.
fn median(weighted: &mut [(f64, u64)]) -> Option<f64> {
    weighted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let total: u64 = weighted.iter().map(|&(_, weight)| weight).sum();
    let mut before = 0;
    weighted.iter().find_map(|&(number, weight)| {
        before += weight;
        (2 * before >= total).then_some(number)
    })
}

/// Running mean and spread, by Welford's method; they depend on the order of the numbers in their last bits.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn observe(&mut self, number: f64) {
        self.add(number, 1);
    }

    fn add(&mut self, number: f64, weight: u64) {
        self.count += weight;
        let before = number - self.mean;
        self.mean += before * weight as f64 / self.count as f64;
        self.squares += weight as f64 * before * (number - self.mean);
    }

    fn spread(&self) -> f64 {
        (self.squares.max(0.0) / self.count.max(1) as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(numbers: impl IntoIterator<Item = f64>) -> Scale {
        let mut all = Numbers::default();
        numbers.into_iter().for_each(|number| all.observe(number));
        all.scale()
    }

    fn ages(count: u32) -> impl Iterator<Item = f64> {
        (0..count).map(|n| 20.0 + f64::from(n * 37 % 59))
    }

    #[test]
    fn without_far_numbers_it_is_mean_and_standard_deviation() {
        assert_eq!(
            scale([1.0, 3.0, 5.0]),
            Scale { middle: 3.0, spread: (8.0f64 / 3.0).sqrt(), has_far: false }
        );
        assert_eq!(scale([]).spread, 0.0);
        assert_eq!(scale([0.1; 1000]), Scale { middle: 0.1, spread: 0.0, has_far: false });
        let many = scale(ages(100_000));
        assert!(
            !many.has_far && (many.middle - 49.0).abs() < 0.1 && (many.spread - 17.03).abs() < 0.1,
            "{many:?}"
        );
    }

    #[test]
    fn numbers_that_stand_for_something_else_do_not_count() {
        for far in [2_147_483_647.0, 999_999_999.0, 9999.0, -999.0, 1e308, f64::MAX, f64::MIN] {
            for (count, each) in [(59, 59), (300, 300), (300, 20), (3_000, 12), (100_000, 10)] {
                let with_far = ages(count).enumerate().map(|(n, age)| if n % each == 7 { far } else { age });
                let Scale { middle, spread, has_far } = scale(with_far);
                let good = has_far && (middle - 49.0).abs() < 3.0 && (spread - 17.0).abs() < 2.0;
                assert!(good, "{far} each {each} of {count}: {middle} {spread}");
            }
        }
    }

    #[test]
    fn numbers_that_are_mostly_the_same_are_still_told_apart() {
        let mostly = |n: u32| if n.is_multiple_of(20) { f64::from(1 + n / 20 % 5) } else { 0.0 };
        let children = scale((0..10_000).map(mostly));
        assert!(children.spread > 0.3 && children.spread < 2.0, "{children:?}");
        let one = scale((0..100_000).map(|n| f64::from(u8::from(n == 5))));
        assert!(one.spread > 0.0, "{one:?}");
    }

    #[test]
    fn memory_is_bounded() {
        let mut all = Numbers::default();
        (0..1_000_000u32).for_each(|n| all.observe(f64::from(n ^ 0x5555)));
        let kept: usize = all.levels.iter().map(|level| level.numbers.len()).sum();
        assert!(kept <= KEPT * 15, "{kept}");
        let stands_for: u64 =
            (0..).zip(&all.levels).map(|(level, kept)| (kept.numbers.len() as u64) << level).sum();
        assert_eq!(stands_for, 1_000_000);
    }

    #[test]
    fn the_largest_doubles_have_a_finite_middle_and_spread() {
        let Scale { middle, spread, .. } = scale([f64::MAX, f64::MIN, 0.0, f64::MAX]);
        assert!(middle.is_finite() && spread.is_finite() && spread > 0.0);
    }
}
