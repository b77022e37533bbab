//! Fits places into the square that the file has for them.
//!
//! A few vectors that lie far out would press all others into a dot. So the scale follows what nearly all keep to, and
//! what lies beyond is drawn in towards the edge, in its order.

use kindred::file::format::MAX_PLACE;
use rayon::prelude::*;

use super::Point;

/// The share of the places that may lie beyond the scale, on each side of each axis.
const OUTSIDE: f64 = 0.001;
/// The part of the square, from its middle, that the others take; the rest is for those beyond.
const INSIDE: f64 = 0.95;

/// Places as the file has them, on one scale for both axes, in the middle of the square. Of finite numbers.
pub fn fit(points: &[Point]) -> Vec<[u16; 2]> {
    let axes = [0, 1].map(|axis| Range::of(points, axis));
    // The scale of the wider axis is that of both. Without any width everything is in the middle.
    let width = axes[0].half.max(axes[1].half);
    let scale = if width > 0.0 { INSIDE / width } else { 0.0 };
    points
        .par_iter()
        .map(|point| [0, 1].map(|axis| place((point[axis] - axes[axis].middle) * scale)))
        .collect()
}

/// What nearly all of the numbers of an axis lie within.
struct Range {
    middle: f64,
    half: f64,
}

impl Range {
    fn of(points: &[Point], axis: usize) -> Range {
        let mut numbers: Vec<f64> = points.iter().map(|point| point[axis]).collect();
        let outside = (numbers.len() as f64 * OUTSIDE) as usize;
        let Some(last) = numbers.len().checked_sub(1) else { return Range { middle: 0.0, half: 0.0 } };
        numbers.par_sort_unstable_by(f64::total_cmp);
        let (low, high) = (numbers[outside], numbers[last - outside]);
        Range { middle: low + (high - low) / 2.0, half: (high - low) / 2.0 }
    }
}

/// From -1..=1 and beyond, where [`INSIDE`] is the edge of what is shown as it is, to 0..=[`MAX_PLACE`].
fn place(at: f64) -> u16 {
    let beyond = at.abs() - INSIDE;
    let drawn_in = if beyond > 0.0 {
        // Goes on with the same slope, and reaches 1 at infinity.
        let room = 1.0 - INSIDE;
        (1.0 - room * room / (beyond + room)).copysign(at)
    } else {
        at
    };
    let half = f64::from(MAX_PLACE) / 2.0;
    // Within 0..=MAX_PLACE, because it was within -1..=1.
    (half + half * drawn_in).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: [u16; 2] = [MAX_PLACE / 2; 2];

    #[test]
    fn nothing_and_one_place_and_equal_ones_are_in_the_middle() {
        assert_eq!(fit(&[]), Vec::<[u16; 2]>::new());
        assert_eq!(fit(&[[5.0, -7.0]]), [MIDDLE]);
        assert_eq!(fit(&[[1e300, 0.0]; 9]), [MIDDLE; 9]);
    }

    #[test]
    fn a_step_is_as_long_on_both_axes_and_the_narrow_one_is_in_the_middle() {
        let places = fit(&[[0.0, 0.0], [8.0, 0.0], [0.0, 2.0], [8.0, 2.0]]);
        let [x, y] = [0, 1].map(|axis| places[3][axis] - places[0][axis]);
        assert!((f64::from(x) / f64::from(y) - 4.0).abs() < 1e-3, "{x} {y}");
        for axis in [0, 1] {
            assert_eq!(u32::from(places[0][axis]) + u32::from(places[3][axis]), u32::from(MAX_PLACE));
        }
        assert_eq!(places[0][0], 1_638, "all but a twentieth of the half is used");
    }

    #[test]
    fn one_far_out_does_not_press_the_others_together_and_keeps_its_side() {
        let mut points: Vec<Point> = (0..5_000).map(|n| [f64::from(n % 71), f64::from(n / 71)]).collect();
        let before = fit(&points);
        points.extend([[1e6, 30.0], [-1e9, 30.0], [2e6, 1e300]]);
        let after = fit(&points);
        for (before, after) in before.iter().zip(&after) {
            assert!(
                [0, 1].iter().all(|&axis| before[axis].abs_diff(after[axis]) < 700),
                "{before:?} {after:?}"
            );
        }
        let [right, left, farther] = after[5_000..] else { panic!("three were added") };
        assert!(right[0] > after.iter().take(5_000).map(|place| place[0]).max().unwrap());
        assert!(left[0] < after.iter().take(5_000).map(|place| place[0]).min().unwrap());
        assert!(farther[0] >= right[0] && farther[1] == MAX_PLACE, "{farther:?}");
    }

    #[test]
    fn a_place_never_goes_back_and_stays_in_the_square() {
        let steps = (-3_000..=3_000).map(|step| place(f64::from(step) / 1_000.0));
        assert!(steps.is_sorted());
        assert_eq!([f64::MIN, -1e9, 0.0, 1e9, f64::MAX].map(place), [0, 0, 32_767, MAX_PLACE, MAX_PLACE]);
    }
}
