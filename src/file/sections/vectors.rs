//! The checks of vectors.

use super::check::{Check, content_error};
use super::table::{SectionKind, at};
use crate::file::error::OpenError;
use crate::file::format::NONE;
use crate::search::codes::{residual, stride};

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

/// How many codes are compared with their vectors.
const SAMPLE: usize = 10_000;

/// Codes are as near to their vectors as the metadata say. In a large file only a sample is looked at, evenly spread: it
/// finds a program that writes other numbers than it means, and all of them would make opening slower by a quarter.
pub fn codes(check: &Check<'_>) -> Result<(), OpenError> {
    let Some(metadata) = &check.metadata.codes else { return Ok(()) };
    let dimension = check.header.dimension.max(1) as usize;
    let vectors = check.slice(at::Vectors).chunks_exact(dimension);
    let pairs = vectors.zip(check.slice(at::Codes).chunks_exact(stride(dimension)));
    let step = pairs.len().div_ceil(SAMPLE).max(1);
    let mut sample = pairs.enumerate().step_by(step);
    match sample.find(|(_, (vector, code))| residual(vector, code, metadata) > metadata.residual) {
        None => Ok(()),
        Some((node, _)) => {
            let problem = "a code that is farther from its vector than the metadata say";
            Err(content_error(SectionKind::Codes, node as u64, problem))
        }
    }
}

/// The length that a vector had is 0 where it was zero, and nowhere else.
pub fn lengths(check: &Check<'_>) -> Result<(), OpenError> {
    let (lengths, nodes) = (check.slice(at::VectorLengths), check.slice(at::NodeOfProfile));
    for (profile, (&length, &node)) in lengths.iter().zip(nodes).enumerate() {
        let problem = if !length.is_finite() || length < 0.0 {
            Some("no length")
        } else if (length == 0.0) != (node == NONE) {
            Some("a length of 0 of a vector that is not zero, or another of one that is")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(content_error(SectionKind::VectorLengths, profile as u64, problem));
        }
    }
    Ok(())
}
