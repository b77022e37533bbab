//! The kernels for x86-64. Those in floating point are the scalar code, compiled for wider registers: the compiler may
//! not change the order of additions, so they give its very bits. Integers may be added in any order.

use std::arch::x86_64::*;

use super::{Kernels, code_of, scalar};

/// For AVX2. To be used only where the processor has it.
pub(super) const AVX2: Kernels = Kernels {
    // SAFETY: `kernels` hands this table out only where the processor has AVX2.
    dot: |a, b| unsafe { avx2::dot(a, b) },
    // SAFETY: as above.
    dot_f64: |a, b| unsafe { avx2::dot_f64(a, b) },
    // SAFETY: as above.
    dot_codes: |query, code| unsafe { avx2::dot_codes(query, code) },
    dot_codes_of: |query, codes, stride, nodes, dots| {
        // SAFETY: as above.
        unsafe { avx2::dot_codes_of(query, codes, stride, nodes, dots) }
    },
    dot_codes_in_turn: |query, codes, stride, dots| {
        // SAFETY: as above.
        unsafe { avx2::dot_codes_in_turn(query, codes, stride, dots) }
    },
    prefetch,
};

/// For AVX-512 F and BW. To be used only where the processor has them.
pub(super) const AVX512: Kernels = Kernels {
    // SAFETY: `kernels` hands this table out only where the processor has AVX-512 F and BW.
    dot: |a, b| unsafe { avx512::dot(a, b) },
    // SAFETY: as above.
    dot_f64: |a, b| unsafe { avx512::dot_f64(a, b) },
    // SAFETY: as above.
    dot_codes: |query, code| unsafe { avx512::dot_codes(query, code) },
    dot_codes_of: |query, codes, stride, nodes, dots| {
        // SAFETY: as above.
        unsafe { avx512::dot_codes_of(query, codes, stride, nodes, dots) }
    },
    dot_codes_in_turn: |query, codes, stride, dots| {
        // SAFETY: as above.
        unsafe { avx512::dot_codes_in_turn(query, codes, stride, dots) }
    },
    prefetch,
};

const CACHE_LINE: usize = 64;

#[inline]
fn prefetch(bytes: &[i8]) {
    for line in bytes.chunks(CACHE_LINE) {
        // SAFETY: prefetching has no effect that a program can see, and the address is that of a slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr()) };
    }
}

mod avx2 {
    use super::*;

    #[target_feature(enable = "avx2")]
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        scalar::dot(a, b)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_f64(a: &[f32], b: &[f32]) -> f64 {
        scalar::dot_f64(a, b)
    }

    /// Numbers of a register.
    const WIDTH: usize = 16;

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_codes_of(
        query: &[i16],
        codes: &[i8],
        stride: usize,
        nodes: &[u32],
        dots: &mut Vec<i32>,
    ) {
        nodes.iter().for_each(|&node| prefetch(code_of(codes, stride, node)));
        dots.clear();
        let (fours, rest) = nodes.as_chunks::<4>();
        for &four in fours {
            dots.extend(dot_four_codes(query, four.map(|node| code_of(codes, stride, node))));
        }
        dots.extend(rest.iter().map(|&node| dot_codes(query, code_of(codes, stride, node))));
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_codes_in_turn(query: &[i16], codes: &[i8], stride: usize, dots: &mut Vec<i32>) {
        let stride = stride.max(1);
        dots.clear();
        let mut fours = codes.chunks_exact(4 * stride);
        for four in &mut fours {
            let (first, second) = four.split_at(2 * stride);
            let ((first, second), (third, fourth)) = (first.split_at(stride), second.split_at(stride));
            dots.extend(dot_four_codes(query, [first, second, third, fourth]));
        }
        dots.extend(fours.remainder().chunks_exact(stride).map(|code| dot_codes(query, code)));
    }

    /// [`dot_codes`] for four codes: the query is loaded once, and the four sums are added up together.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn dot_four_codes(query: &[i16], codes: [&[i8]; 4]) -> [i32; 4] {
        let (queries, query_rest) = query.as_chunks::<WIDTH>();
        let chunks = codes.map(|code| code.as_chunks::<WIDTH>().0);
        if !query_rest.is_empty() || chunks.iter().any(|chunks| chunks.len() != queries.len()) {
            return codes.map(|code| dot_codes(query, code));
        }
        let [first, second, third, fourth] = chunks;
        let mut sums = [_mm256_setzero_si256(); 4];
        let all = queries.iter().zip(first).zip(second).zip(third).zip(fourth);
        for ((((query, first), second), third), fourth) in all {
            // SAFETY: sixteen numbers of 16 bits are a register.
            let query = unsafe { _mm256_loadu_si256(query.as_ptr().cast()) };
            for (sum, code) in sums.iter_mut().zip([first, second, third, fourth]) {
                // SAFETY: sixteen numbers of 8 bits are half a register.
                let code = unsafe { _mm_loadu_si128(code.as_ptr().cast()) };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(query, _mm256_cvtepi8_epi16(code)));
            }
        }
        let [first, second, third, fourth] = sums;
        let halves = _mm256_hadd_epi32(_mm256_hadd_epi32(first, second), _mm256_hadd_epi32(third, fourth));
        let four = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
        [
            _mm_extract_epi32::<0>(four),
            _mm_extract_epi32::<1>(four),
            _mm_extract_epi32::<2>(four),
            _mm_extract_epi32::<3>(four),
        ]
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn dot_codes(query: &[i16], code: &[i8]) -> i32 {
        let length = query.len().min(code.len());
        let (queries, query_rest) = query[..length].as_chunks::<WIDTH>();
        let (codes, code_rest) = code[..length].as_chunks::<WIDTH>();
        let mut sums = [_mm256_setzero_si256(); 4];
        for (number, (query, code)) in queries.iter().zip(codes).enumerate() {
            // SAFETY: sixteen numbers of 16 bits are a register, of 8 bits half of one.
            let (query, code) =
                unsafe { (_mm256_loadu_si256(query.as_ptr().cast()), _mm_loadu_si128(code.as_ptr().cast())) };
            let products = _mm256_madd_epi16(query, _mm256_cvtepi8_epi16(code));
            sums[number % 4] = _mm256_add_epi32(sums[number % 4], products);
        }
        let sum = _mm256_add_epi32(_mm256_add_epi32(sums[0], sums[1]), _mm256_add_epi32(sums[2], sums[3]));
        let half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
        let quarter = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
        let eighth = _mm_add_epi32(quarter, _mm_shuffle_epi32::<0b10_11_00_01>(quarter));
        _mm_cvtsi128_si32(eighth).wrapping_add(scalar::dot_codes(query_rest, code_rest))
    }
}

mod avx512 {
    use super::*;

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        scalar::dot(a, b)
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn dot_f64(a: &[f32], b: &[f32]) -> f64 {
        scalar::dot_f64(a, b)
    }

    /// Numbers of a register.
    const WIDTH: usize = 32;

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn dot_codes_of(
        query: &[i16],
        codes: &[i8],
        stride: usize,
        nodes: &[u32],
        dots: &mut Vec<i32>,
    ) {
        nodes.iter().for_each(|&node| prefetch(code_of(codes, stride, node)));
        dots.clear();
        dots.extend(nodes.iter().map(|&node| dot_codes(query, code_of(codes, stride, node))));
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn dot_codes_in_turn(query: &[i16], codes: &[i8], stride: usize, dots: &mut Vec<i32>) {
        dots.clear();
        dots.extend(codes.chunks_exact(stride.max(1)).map(|code| dot_codes(query, code)));
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    pub(super) fn dot_codes(query: &[i16], code: &[i8]) -> i32 {
        let length = query.len().min(code.len());
        let (queries, query_rest) = query[..length].as_chunks::<WIDTH>();
        let (codes, code_rest) = code[..length].as_chunks::<WIDTH>();
        let mut sums = [_mm512_setzero_si512(); 2];
        for (number, (query, code)) in queries.iter().zip(codes).enumerate() {
            // SAFETY: thirty-two numbers of 16 bits are a register, of 8 bits half of one.
            let (query, code) = unsafe {
                (_mm512_loadu_si512(query.as_ptr().cast()), _mm256_loadu_si256(code.as_ptr().cast()))
            };
            let products = _mm512_madd_epi16(query, _mm512_cvtepi8_epi16(code));
            sums[number % 2] = _mm512_add_epi32(sums[number % 2], products);
        }
        let sum = _mm512_reduce_add_epi32(_mm512_add_epi32(sums[0], sums[1]));
        sum.wrapping_add(scalar::dot_codes(query_rest, code_rest))
    }
}
