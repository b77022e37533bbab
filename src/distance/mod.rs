//! Distances: the one that decides, and a faster one that only chooses candidates.
//!
//! [`distance`] decides every order and is the only one that leaves the process. [`dot`] walks the graph. Both give
//! the same bits on every machine: [`scalar`] fixes the order of the operations, and a kernel may use wider
//! registers but no other order and no fused multiply-add.

pub mod scalar;

use std::sync::OnceLock;

/// The cosine distance of two stored vectors (of length 1): `1 - dot` in double precision, in the order that
/// [`scalar::dot_f64`] fixes, clamped to 0..=2 and rounded to single precision. Smaller is closer. Within one node
/// the distance is exactly 0; that is for the caller to know.
///
/// Vectors of unequal length are compared as far as the shorter one goes.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    (1.0 - (kernels().dot_f64)(a, b)).clamp(0.0, 2.0) as f32
}

/// The dot product of two vectors in single precision, in the order that [`scalar::dot`] fixes. For choosing
/// candidates only.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    (kernels().dot)(a, b)
}

/// The functions that suit this processor, chosen once per process.
struct Kernels {
    dot: fn(&[f32], &[f32]) -> f32,
    dot_f64: fn(&[f32], &[f32]) -> f64,
}

fn kernels() -> &'static Kernels {
    static CHOSEN: OnceLock<Kernels> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return avx2::KERNELS;
        }
        Kernels { dot: scalar::dot, dot_f64: scalar::dot_f64 }
    })
}

/// The scalar code, compiled for 256-bit registers.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Kernels, scalar};

    // Only `kernels` hands these out, and only where the processor has AVX2.
    pub(super) const KERNELS: Kernels = Kernels {
        // SAFETY: `kernels` has seen that the processor has AVX2 before this value is used.
        dot: |a, b| unsafe { dot(a, b) },
        // SAFETY: as above.
        dot_f64: |a, b| unsafe { dot_f64(a, b) },
    };

    #[target_feature(enable = "avx2")]
    fn dot(a: &[f32], b: &[f32]) -> f32 {
        scalar::dot(a, b)
    }

    #[target_feature(enable = "avx2")]
    fn dot_f64(a: &[f32], b: &[f32]) -> f64 {
        scalar::dot_f64(a, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_kernel_gives_the_bits_of_the_reference(
            pairs in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 1..2048),
        ) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            prop_assert_eq!(dot(&a, &b).to_bits(), scalar::dot(&a, &b).to_bits());
            let reference = (1.0 - scalar::dot_f64(&a, &b)).clamp(0.0, 2.0) as f32;
            prop_assert_eq!(distance(&a, &b).to_bits(), reference.to_bits());
        }

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
