//! The checks of vectors.

use super::check::{Check, content_error};
use super::table::{SectionKind, at};
use crate::index::error::OpenError;

/// How far the squared length of a stored vector may be from 1. Rounding to single precision leaves far less; this
/// is to find vectors that were never normalised.
const LENGTH_TOLERANCE: f32 = 1e-3;

pub fn have_length_1(check: &Check<'_>) -> Result<(), OpenError> {
    let vectors = check.slice(at::Vectors);
    for (node, vector) in vectors.chunks_exact(check.header.dimension.max(1) as usize).enumerate() {
        // NaN and infinity fail this comparison too.
        let length = crate::distance::dot(vector, vector);
        if (length - 1.0).abs() <= LENGTH_TOLERANCE {
            continue;
        }
        return Err(content_error(SectionKind::Vectors, node as u64, "a vector that is not of length 1"));
    }
    Ok(())
}
