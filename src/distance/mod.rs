//! Distances: the one that decides, and faster ones that only choose candidates.
//!
//! [`distance`] decides every order and is the only one that leaves the process. [`dot`] and [`dot_codes`] walk the
//! graph. All give the same bits on every machine: [`scalar`] fixes the order of the operations, and a kernel may use
//! wider registers but no other order and no fused multiply-add. There is no kernel for NEON: no machine to check one
//! on was at hand, and the scalar code is right everywhere.

mod kernel;
pub mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use kernel::{Kernel, KernelError, VARIABLE, kernel};

use std::sync::OnceLock;

/// The cosine distance of two stored vectors (of length 1): `1 - dot` in double precision, in the order that
/// [`scalar::dot_f64`] fixes, clamped to 0..=2 and rounded to single precision. Smaller is closer. Within one node
/// the distance is exactly 0; that is for the caller to know.
///
/// Vectors of unequal length are compared as far as the shorter one goes.
///
/// ```
/// use kindred::distance::distance;
///
/// assert_eq!(distance(&[1.0, 0.0], &[0.0, 1.0]), 1.0);
/// assert_eq!(distance(&[1.0, 0.0], &[-1.0, 0.0]), 2.0);
/// ```
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    (1.0 - (kernels().dot_f64)(a, b)).clamp(0.0, 2.0) as f32
}

/// The dot product of two vectors in single precision, in the order that [`scalar::dot`] fixes. For choosing
/// candidates only.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    (kernels().dot)(a, b)
}

/// The dot product of a query in 16-bit integers and a code in 8-bit ones; exact where it fits 32 bits. For choosing
/// candidates only.
///
/// Numbers of unequal count are compared as far as the shorter one goes.
pub fn dot_codes(query: &[i16], code: &[i8]) -> i32 {
    (kernels().dot_codes)(query, code)
}

/// [`dot_codes`] for some of many codes that stand `stride` apart: the dot product with each of `nodes`, in their order.
/// All of them are asked for before the first is waited for. A code that is not there counts as empty.
pub(crate) fn dot_codes_of(query: &[i16], codes: &[i8], stride: usize, nodes: &[u32], dots: &mut Vec<i32>) {
    (kernels().dot_codes_of)(query, codes, stride, nodes, dots);
}

/// [`dot_codes`] for all of some codes that stand `stride` apart, in their order.
pub(crate) fn dot_codes_in_turn(query: &[i16], codes: &[i8], stride: usize, dots: &mut Vec<i32>) {
    (kernels().dot_codes_in_turn)(query, codes, stride, dots);
}

/// The code of a node; empty where there is none.
#[inline(always)]
fn code_of(codes: &[i8], stride: usize, node: u32) -> &[i8] {
    let start = (node as usize).saturating_mul(stride);
    codes.get(start..start.saturating_add(stride)).unwrap_or_default()
}

/// Tells the processor that a code will be read soon. Changes nothing.
pub(crate) fn prefetch(code: &[i8]) {
    (kernels().prefetch)(code);
}

/// A query, codes, how far apart they stand, which of them, and where their dot products go.
type DotCodesOf = fn(&[i16], &[i8], usize, &[u32], &mut Vec<i32>);

/// A query, codes, how far apart they stand, and where their dot products go.
type DotCodesInTurn = fn(&[i16], &[i8], usize, &mut Vec<i32>);

/// The functions that suit this processor, chosen once per process.
struct Kernels {
    dot: fn(&[f32], &[f32]) -> f32,
    dot_f64: fn(&[f32], &[f32]) -> f64,
    dot_codes: fn(&[i16], &[i8]) -> i32,
    dot_codes_of: DotCodesOf,
    dot_codes_in_turn: DotCodesInTurn,
    prefetch: fn(&[i8]),
}

const SCALAR: Kernels = Kernels {
    dot: scalar::dot,
    dot_f64: scalar::dot_f64,
    dot_codes: scalar::dot_codes,
    dot_codes_of: |query, codes, stride, nodes, dots| {
        dots.clear();
        dots.extend(nodes.iter().map(|&node| scalar::dot_codes(query, code_of(codes, stride, node))));
    },
    dot_codes_in_turn: |query, codes, stride, dots| {
        dots.clear();
        dots.extend(codes.chunks_exact(stride.max(1)).map(|code| scalar::dot_codes(query, code)));
    },
    prefetch: |_| {},
};

fn kernels() -> &'static Kernels {
    static CHOSEN: OnceLock<Kernels> = OnceLock::new();
    CHOSEN.get_or_init(|| of(kernel()))
}

/// The functions of a kernel that this processor has.
fn of(kernel: Kernel) -> Kernels {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => x86::AVX2,
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512 => x86::AVX512,
        _ => SCALAR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_reference_agrees_with_a_plain_sum(
            pairs in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 1..300),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let plain: f64 = a.iter().zip(&b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
            prop_assert!((scalar::dot_f64(&a, &b) - plain).abs() < 1e-10);
            prop_assert!((f64::from(scalar::dot(&a, &b)) - plain).abs() < 1e-3);
        }
    }

    #[test]
    fn every_kernel_gives_the_bits_of_the_reference_for_every_length() {
        let mut random = SplitMix64(1);
        // One more than the longest, so that slices can start where no register does.
        let mut single = || random.signed_f32();
        let (a, b): (Vec<f32>, Vec<f32>) = (0..2049).map(|_| (single(), single())).unzip();
        for kernel in Kernel::available() {
            let kernels = of(kernel);
            for length in 0..=2048 {
                for start in [0, 1] {
                    let (a, b) = (&a[start..start + length], &b[1 - start..1 - start + length]);
                    let name = kernel.name();
                    let expected = scalar::dot(a, b).to_bits();
                    assert_eq!((kernels.dot)(a, b).to_bits(), expected, "{name}, {length} numbers");
                    let expected = scalar::dot_f64(a, b).to_bits();
                    assert_eq!((kernels.dot_f64)(a, b).to_bits(), expected, "{name}, {length} numbers");
                }
            }
        }
    }

    #[test]
    fn every_kernel_gives_the_integers_of_the_reference_for_every_length() {
        let mut random = SplitMix64(2);
        let query: Vec<i16> = (0..2049).map(|_| random.bits() as i16 >> 2).collect();
        let code: Vec<i8> = (0..2049).map(|_| random.bits() as i8).collect();
        let (lowest, highest) = (vec![i8::MIN; 2049], vec![i8::MAX; 2049]);
        for kernel in Kernel::available() {
            let kernels = of(kernel);
            for length in 0..=2048 {
                for (start, code) in [(0, &code), (1, &code), (0, &lowest), (1, &highest)] {
                    let (query, code) = (&query[start..start + length], &code[1 - start..1 - start + length]);
                    let expected = scalar::dot_codes(query, code);
                    assert_eq!((kernels.dot_codes)(query, code), expected, "{}, {length}", kernel.name());
                }
                (kernels.prefetch)(&code[..length]);
            }
            for stride in [1, 31, 32, 64, 100, 2049] {
                let nodes: Vec<u32> = (0..2049 / stride as u32 + 2).rev().chain([0, u32::MAX]).collect();
                let mut dots = vec![7];
                (kernels.dot_codes_of)(&query[..stride], &code, stride, &nodes, &mut dots);
                let of = |&node: &u32| scalar::dot_codes(&query[..stride], code_of(&code, stride, node));
                let mut in_turn = vec![7];
                (kernels.dot_codes_in_turn)(&query[..stride], &code, stride, &mut in_turn);
                let all: Vec<u32> = (0..2049 / stride as u32).collect();
                assert_eq!(in_turn, all.iter().map(of).collect::<Vec<_>>(), "{}, {stride}", kernel.name());
                assert_eq!(dots, nodes.iter().map(of).collect::<Vec<_>>(), "{}, {stride}", kernel.name());
            }
            let extremes = [i16::MIN, i16::MAX].repeat(100);
            assert_eq!((kernels.dot_codes)(&extremes, &lowest), scalar::dot_codes(&extremes, &lowest));
            assert_eq!((kernels.dot_codes)(&query, &code[..70]), scalar::dot_codes(&query[..70], &code));
        }
    }

    #[test]
    fn the_longer_vector_is_cut() {
        let long: Vec<f32> = (0..100).map(|i| i as f32).collect();
        for short in [0, 1, 20, 40, 99] {
            assert_eq!(dot(&long, &long[..short]), dot(&long[..short], &long[..short]));
            assert_eq!(
                scalar::dot_f64(&long[..short], &long),
                scalar::dot_f64(&long[..short], &long[..short])
            );
        }
    }

    #[test]
    fn distances_stay_between_0_and_2() {
        let axis = [1.0, 0.0, 0.0];
        assert_eq!(distance(&axis, &axis), 0.0);
        assert_eq!(distance(&axis, &[-1.0, 0.0, 0.0]), 2.0);
        assert_eq!(distance(&axis, &[0.0, 1.0, 0.0]), 1.0);
        // Rounding makes this product larger than 1.
        let long = [0.577_350_3f32; 3];
        assert!(scalar::dot_f64(&long, &long) > 1.0);
        assert_eq!(distance(&long, &long), 0.0);
    }
}
