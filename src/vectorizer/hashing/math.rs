//! Logarithm, sine and cosine from operations whose result IEEE 754 fixes to the bit, because those of the platform
//! differ in their last bit from one system's library to the next, and vectors must not.

use std::f64::consts::{LN_2, SQRT_2};

/// The natural logarithm of a positive, finite, normal number, within a few units in the last place.
pub(super) fn ln(number: f64) -> f64 {
    const MANTISSA: u64 = (1 << 52) - 1;
    const EXPONENT_OF_ONE: u64 = 1023;
    let bits = number.to_bits();
    let mut exponent = (bits >> 52) as f64 - EXPONENT_OF_ONE as f64;
    let mut mantissa = f64::from_bits((bits & MANTISSA) | (EXPONENT_OF_ONE << 52));
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), whose series needs 13 terms where the argument is at most 0.172.
    let argument = (mantissa - 1.0) / (mantissa + 1.0);
    let square = argument * argument;
    let series = (0..13u8).rev().fold(0.0, |sum, k| sum * square + 1.0 / (2.0 * f64::from(k) + 1.0));
    2.0 * argument * series + exponent * LN_2
}

/// Sine and cosine of an angle of at most a right angle either way, by their Taylor series.
pub(super) fn sin_cos(angle: f64) -> (f64, f64) {
    let square = angle * angle;
    let series = |first: f64| {
        (0..13u8).rev().fold(1.0, |sum, k| {
            let n = 2.0 * f64::from(k) + first;
            1.0 - square / (n * (n + 1.0)) * sum
        })
    };
    (angle * series(2.0), series(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_agrees_with_the_platform_s() {
        assert_eq!(ln(1.0), 0.0);
        for number in (1..2000).map(|n| f64::from(n) * 0.37).chain([1e-9, 4e9, 1e300]) {
            assert!((ln(number) - number.ln()).abs() <= 1e-14 * number.ln().abs().max(1.0), "{number}");
        }
    }

    #[test]
    fn sine_and_cosine_agree_with_the_platform_s() {
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
        for step in -100..=100 {
            let angle = f64::from(step) * std::f64::consts::FRAC_PI_2 / 100.0;
            let (sin, cos) = sin_cos(angle);
            assert!((sin - angle.sin()).abs() < 1e-14 && (cos - angle.cos()).abs() < 1e-14, "{angle}");
        }
    }
}
