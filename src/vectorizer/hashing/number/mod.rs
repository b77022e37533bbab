//! A number as waves whose dot product says how near two numbers are.

mod scale;
mod written;

use std::f64::consts::PI;

use super::math::sin_cos;

pub(super) use scale::{LARGEST, Numbers};
pub(super) use written::{is_absent, number_of};

/// No number counts as further than this many spreads from the middle.
const CLIP: f64 = 4.0;

/// From so many spreads on numbers are drawn in, where they are not cut.
const BEND: f64 = 3.0;

/// What becomes of numbers far from the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// Further than [`CLIP`] spreads is that far.
    Cut,
    /// From [`BEND`] spreads on they lie ever closer together on the way to [`CLIP`], but in their order: of incomes and
    /// of followers most of what there is to compare lies there.
    Drawn,
}

impl Tail {
    /// The place of a number that is so many spreads from the middle.
    fn place(self, z: f64) -> f64 {
        match self {
            Tail::Cut => z.clamp(-CLIP, CLIP),
            Tail::Drawn if z.abs() <= BEND => z,
            Tail::Drawn => (CLIP - 1.0 / (1.0 / (CLIP - BEND) + (z.abs() - BEND))).copysign(z),
        }
    }
}

/// `binomial(16, 8 + k) / 4^8` for k = 0, twice that for the others: the Fourier coefficients of `cos(x / 2)^16`.
const COEFFICIENTS: [f64; 9] = [
    12_870.0 / 65_536.0,
    22_880.0 / 65_536.0,
    16_016.0 / 65_536.0,
    8_736.0 / 65_536.0,
    3_640.0 / 65_536.0,
    1_120.0 / 65_536.0,
    240.0 / 65_536.0,
    32.0 / 65_536.0,
    2.0 / 65_536.0,
];

/// Features of a number: a cosine for every coefficient and a sine for all but the first.
pub(super) const WAVES: usize = 2 * COEFFICIENTS.len() - 1;

/// The waves of a number; their squares add up to 1. `None` where the spread says nothing.
pub(super) fn waves(number: f64, middle: f64, spread: f64, tail: Tail) -> Option<[f64; WAVES]> {
    let z = (number.clamp(-LARGEST, LARGEST) - middle) / spread;
    if spread <= 0.0 || z.is_nan() {
        return None;
    }
    let (sin, cos) = sin_cos(tail.place(z) * PI / (2.0 * CLIP));
    let mut waves = [0.0; WAVES];
    let (mut sin_k, mut cos_k) = (0.0, 1.0);
    for (k, coefficient) in COEFFICIENTS.iter().enumerate() {
        let amplitude = coefficient.sqrt();
        waves[2 * k] = amplitude * cos_k;
        if k > 0 {
            waves[2 * k - 1] = amplitude * sin_k;
        }
        (sin_k, cos_k) = (sin_k * cos + cos_k * sin, cos_k * cos - sin_k * sin);
    }
    Some(waves)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(a: f64, b: f64) -> f64 {
        let (a, b) = (waves(a, 0.0, 1.0, Tail::Cut).unwrap(), waves(b, 0.0, 1.0, Tail::Cut).unwrap());
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    proptest! {
        #[test]
        fn the_dot_product_depends_on_the_distance_alone(a in -4.0..4.0f64, b in -4.0..4.0f64) {
            let expected = ((a - b) * PI / 16.0).cos().powi(16);
            prop_assert!((likeness(a, b) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn nearer_numbers_are_more_alike() {
        let falling: Vec<f64> = (0..=80).map(|step| likeness(-4.0, -4.0 + f64::from(step) / 10.0)).collect();
        // The last steps are smaller than the rounding.
        assert!(falling[..70].is_sorted_by(|a, b| a > b));
        assert!((falling[0] - 1.0).abs() < 1e-12 && falling[80].abs() < 1e-12);
    }

    #[test]
    fn no_number_is_longer_than_another() {
        for number in [0.0, -1.0, 3.9, 1e9, -1e300, f64::MAX, f64::MIN_POSITIVE] {
            assert!((likeness(number, number) - 1.0).abs() < 1e-12, "{number}");
        }
    }

    #[test]
    fn without_a_spread_there_are_no_waves() {
        for tail in [Tail::Cut, Tail::Drawn] {
            assert_eq!(waves(0.1, 0.1, 0.0, tail), None);
            assert_eq!(waves(5.0, 0.1, 0.0, tail), None);
            assert!(waves(f64::MAX, 0.0, LARGEST, tail).is_some());
        }
    }

    #[test]
    fn a_tail_that_is_drawn_in_keeps_its_order_and_the_middle_its_place() {
        let places: Vec<f64> = (-500..=500).map(|step| Tail::Drawn.place(f64::from(step) / 5.0)).collect();
        assert!(places.is_sorted_by(|a, b| a < b) && places[0] > -CLIP && places[1000] < CLIP);
        for z in [-3.0, -0.5, 0.0, 3.0] {
            assert_eq!(Tail::Drawn.place(z), z);
        }
        for z in [f64::MAX, f64::INFINITY] {
            assert_eq!((Tail::Drawn.place(z), Tail::Drawn.place(-z)), (CLIP, -CLIP));
        }
    }
}
