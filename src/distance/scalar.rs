//! The reference: what the distance is, operation by operation.
//!
//! Component `i` is added to lane `i % LANES`, and the lanes are then added pairwise, halves onto halves. A compiler
//! may keep the lanes in registers of any width without changing one bit of the result.

const LANES: usize = 32;
const LANES_F64: usize = 16;

/// The dot product in single precision.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let shorter = a.len().min(b.len());
    let (a, b) = (&a[..shorter], &b[..shorter]);
    let mut lanes = [0.0f32; LANES];
    let (blocks_a, rest_a) = a.as_chunks::<LANES>();
    let (blocks_b, rest_b) = b.as_chunks::<LANES>();
    for (block_a, block_b) in blocks_a.iter().zip(blocks_b) {
        for ((lane, x), y) in lanes.iter_mut().zip(block_a).zip(block_b) {
            *lane += x * y;
        }
    }
    for ((lane, x), y) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane += x * y;
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The dot product in double precision. Every product of two singles is exact in a double, so only the additions
/// round.
#[inline(always)]
pub fn dot_f64(a: &[f32], b: &[f32]) -> f64 {
    let shorter = a.len().min(b.len());
    let (a, b) = (&a[..shorter], &b[..shorter]);
    let mut lanes = [0.0f64; LANES_F64];
    let (blocks_a, rest_a) = a.as_chunks::<LANES_F64>();
    let (blocks_b, rest_b) = b.as_chunks::<LANES_F64>();
    for (block_a, block_b) in blocks_a.iter().zip(blocks_b) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(block_a).zip(block_b) {
            *lane += f64::from(x) * f64::from(y);
        }
    }
    for ((lane, &x), &y) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane += f64::from(x) * f64::from(y);
    }
    let mut width = LANES_F64 / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The dot product of a query in 16 bits and a code in 8, with the overflow that 32 bits have.
#[inline(always)]
pub fn dot_codes(query: &[i16], code: &[i8]) -> i32 {
    let products = query.iter().zip(code).map(|(&x, &y)| i32::from(x) * i32::from(y));
    products.fold(0, i32::wrapping_add)
}
