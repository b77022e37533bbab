//! The inner loops: exact integer arithmetic, so every kernel gives the same numbers.

use std::sync::OnceLock;

use kindred::distance::{Kernel, kernel};

/// Rows of a tile.
pub const ROWS: usize = 12;
/// Columns of a tile, interleaved two numbers at a time.
pub const GROUP: usize = 16;

/// What a tile is computed from.
pub struct Tile<'a> {
    /// [`ROWS`] codes, one after the other.
    pub rows: &'a [i16],
    /// [`GROUP`] codes of the same length, interleaved.
    pub group: &'a [i16],
    /// Half squared lengths.
    pub row_halves: &'a [i32; ROWS],
    /// The half squared distance up to which a pair passes for its row.
    pub row_limits: &'a [i32; ROWS],
    /// Half squared lengths.
    pub column_halves: &'a [i32; GROUP],
    /// The half squared distance up to which a pair passes for its column.
    pub column_limits: &'a [i32; GROUP],
}

impl Tile<'_> {
    /// Pairs of numbers of a code, after a check that rows and group are of one length.
    fn pairs(&self) -> usize {
        let pairs = self.group.len() / (2 * GROUP);
        assert_eq!(self.group.len(), pairs * 2 * GROUP, "a group of whole pairs");
        assert_eq!(self.rows.len(), pairs * 2 * ROWS, "rows as long as the group's");
        pairs
    }
}

/// Computes a tile.
pub type TileKernel = fn(&Tile<'_>, &mut Scores);

/// What comes out of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scores {
    /// The dot products.
    pub dots: [[i32; GROUP]; ROWS],
    /// For each row a bit for each column that makes a passing pair with it.
    pub passing: [u16; ROWS],
}

/// Computes the dot product of two codes.
pub type DotKernel = fn(&[i16], &[i16]) -> i32;

/// Computes the dot products of a code and four others.
pub type DotFourKernel = fn(&[i16], [&[i16]; 4]) -> [i32; 4];

#[derive(Clone, Copy)]
pub(super) struct Kernels {
    pub(super) tile: TileKernel,
    pub(super) dot: DotKernel,
    pub(super) dot_four: DotFourKernel,
}

fn kernels() -> &'static Kernels {
    static CHOSEN: OnceLock<Kernels> = OnceLock::new();
    CHOSEN.get_or_init(|| of(kernel()))
}

/// The functions of a kernel that this processor has.
fn of(kernel: Kernel) -> Kernels {
    match kernel {
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx2 => Kernels {
            // SAFETY: the caller has this kernel from a processor with AVX2.
            tile: |tile, out| unsafe { avx2::tile(tile, out) },
            // SAFETY: as above.
            dot: |a, b| unsafe { avx2::dot(a, b) },
            // SAFETY: as above.
            dot_four: |a, others| unsafe { avx2::dot_four(a, others) },
        },
        #[cfg(target_arch = "x86_64")]
        Kernel::Avx512 => Kernels {
            // SAFETY: the caller has this kernel from a processor with AVX-512 F, BW and VNNI.
            tile: |tile, out| unsafe { avx512::tile(tile, out) },
            // SAFETY: every processor with AVX-512 has AVX2.
            dot: |a, b| unsafe { avx2::dot(a, b) },
            // SAFETY: as above.
            dot_four: |a, others| unsafe { avx2::dot_four(a, others) },
        },
        _ => Kernels { tile: scalar_tile, dot: scalar_dot, dot_four: scalar_dot_four },
    }
}

/// The kernel that suits this processor.
pub fn chosen() -> TileKernel {
    kernels().tile
}

/// The dot product of two codes.
pub fn dot(a: &[i16], b: &[i16]) -> i32 {
    (kernels().dot)(a, b)
}

/// The dot products of a code and four others. Loads the first once, and no sum waits for another.
pub fn dot_four(a: &[i16], others: [&[i16]; 4]) -> [i32; 4] {
    (kernels().dot_four)(a, others)
}

/// The reference.
pub fn scalar_dot_four(a: &[i16], others: [&[i16]; 4]) -> [i32; 4] {
    others.map(|other| scalar_dot(a, other))
}

/// The reference.
#[inline(always)]
pub fn scalar_dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

/// The reference.
pub fn scalar_tile(tile: &Tile<'_>, scores: &mut Scores) {
    let pairs = tile.pairs();
    *scores = Scores::default();
    for (row, (dots, passing)) in scores.dots.iter_mut().zip(&mut scores.passing).enumerate() {
        let code = &tile.rows[row * 2 * pairs..][..2 * pairs];
        for (pair, columns) in code.chunks_exact(2).zip(tile.group.chunks_exact(2 * GROUP)) {
            for (dot, column) in dots.iter_mut().zip(columns.chunks_exact(2)) {
                *dot += i32::from(pair[0]) * i32::from(column[0]) + i32::from(pair[1]) * i32::from(column[1]);
            }
        }
        for (column, dot) in dots.iter().enumerate() {
            let half_square = tile.row_halves[row] + tile.column_halves[column] - dot;
            let within = half_square <= tile.row_limits[row] || half_square <= tile.column_limits[column];
            *passing |= u16::from(within) << column;
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{GROUP, ROWS, Scores, Tile};

    /// Rows that are kept in registers at once: twelve accumulators, two registers of columns, one of a row.
    const AT_ONCE: usize = 6;

    #[target_feature(enable = "avx2")]
    pub(super) fn dot(a: &[i16], b: &[i16]) -> i32 {
        const WIDTH: usize = 16;
        const BLOCK: usize = 4 * WIDTH;
        let length = a.len().min(b.len());
        let (a, b) = (&a[..length], &b[..length]);
        let product = |at: usize| {
            debug_assert!(at + WIDTH <= length);
            // SAFETY: every caller has seen that sixteen numbers from `at` on are within both slices.
            let (a, b) = unsafe {
                (_mm256_loadu_si256(a.as_ptr().add(at).cast()), _mm256_loadu_si256(b.as_ptr().add(at).cast()))
            };
            _mm256_madd_epi16(a, b)
        };
        let mut sums = [_mm256_setzero_si256(); 4];
        let blocks = length / BLOCK * BLOCK;
        for at in (0..blocks).step_by(BLOCK) {
            for (part, sum) in sums.iter_mut().enumerate() {
                *sum = _mm256_add_epi32(*sum, product(at + part * WIDTH));
            }
        }
        let whole = length / WIDTH * WIDTH;
        for at in (blocks..whole).step_by(WIDTH) {
            sums[0] = _mm256_add_epi32(sums[0], product(at));
        }
        let sum = _mm256_add_epi32(_mm256_add_epi32(sums[0], sums[1]), _mm256_add_epi32(sums[2], sums[3]));
        let half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
        let quarter = _mm_add_epi32(half, _mm_shuffle_epi32::<0b01_00_11_10>(half));
        let eighth = _mm_add_epi32(quarter, _mm_shuffle_epi32::<0b10_11_00_01>(quarter));
        _mm_cvtsi128_si32(eighth) + super::scalar_dot(&a[whole..], &b[whole..])
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_four(a: &[i16], others: [&[i16]; 4]) -> [i32; 4] {
        const WIDTH: usize = 16;
        let length = others.iter().map(|other| other.len()).fold(a.len(), usize::min);
        let whole = length / WIDTH * WIDTH;
        let mut sums = [_mm256_setzero_si256(); 4];
        for at in (0..whole).step_by(WIDTH) {
            // SAFETY: `at + WIDTH` is at most the length of each slice.
            let first = unsafe { _mm256_loadu_si256(a.as_ptr().add(at).cast()) };
            for (sum, other) in sums.iter_mut().zip(&others) {
                // SAFETY: as above.
                let second = unsafe { _mm256_loadu_si256(other.as_ptr().add(at).cast()) };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(first, second));
            }
        }
        let pairs = [_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3])];
        let halves = _mm256_hadd_epi32(pairs[0], pairs[1]);
        let four = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
        let mut dots = [0; 4];
        // SAFETY: four i32 are a register.
        unsafe { _mm_storeu_si128(dots.as_mut_ptr().cast(), four) };
        for (dot, other) in dots.iter_mut().zip(&others) {
            *dot += super::scalar_dot(&a[whole..length], &other[whole..length]);
        }
        dots
    }

    /// Sums that do not wait for each other.
    pub(super) const PEAK_SUMS: usize = 12;

    /// The shortest exact sequence for 8 bits: multiply to sums of two, widen to sums of four, add.
    #[target_feature(enable = "avx2")]
    pub(super) fn peak_8(rounds: usize) -> i32 {
        let ones = _mm256_set1_epi16(1);
        peak(rounds, |a, b| _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones))
    }

    /// For 16 bits: multiply to sums of two, add.
    #[target_feature(enable = "avx2")]
    pub(super) fn peak_16(rounds: usize) -> i32 {
        peak(rounds, |a, b| _mm256_madd_epi16(a, b))
    }

    /// Six registers times two, from memory that stays in the first-level cache.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn peak(rounds: usize, product: impl Fn(__m256i, __m256i) -> __m256i) -> i32 {
        let mut operands = [[1i16; 16]; 8];
        std::hint::black_box(&mut operands);
        // SAFETY: sixteen numbers of 16 bits are one register.
        let operand = |i: usize| unsafe { _mm256_loadu_si256(operands[i].as_ptr().cast()) };
        let mut sums = [_mm256_setzero_si256(); PEAK_SUMS];
        for _ in 0..rounds {
            // Nothing of this may be computed once for all rounds.
            std::hint::black_box(&operands);
            let (first, second) = (operand(6), operand(7));
            for i in 0..PEAK_SUMS / 2 {
                let other = operand(i);
                sums[2 * i] = _mm256_add_epi32(sums[2 * i], product(first, other));
                sums[2 * i + 1] = _mm256_add_epi32(sums[2 * i + 1], product(second, other));
            }
        }
        sums.into_iter().map(|sum| _mm256_extract_epi32::<0>(sum)).fold(0, i32::wrapping_add)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn tile(tile: &Tile<'_>, scores: &mut Scores) {
        part(tile, 0, scores);
        part(tile, AT_ONCE, scores);
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn part(tile: &Tile<'_>, first_row: usize, scores: &mut Scores) {
        const { assert!(ROWS == 2 * AT_ONCE && GROUP == 16) };
        let pairs = tile.pairs();
        let rows = tile.rows[first_row * 2 * pairs..][..AT_ONCE * 2 * pairs].as_ptr();
        let group = tile.group.as_ptr();
        let mut sums = [[_mm256_setzero_si256(); 2]; AT_ONCE];
        for pair in 0..pairs {
            // SAFETY: `pairs` has checked that the group holds `pairs` times 2 * GROUP numbers, that is, two
            // registers for each pair.
            let columns = unsafe {
                let columns = group.add(pair * 2 * GROUP).cast::<__m256i>();
                [_mm256_loadu_si256(columns), _mm256_loadu_si256(columns.add(1))]
            };
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: the rows hold AT_ONCE times `pairs` pairs, and a pair is as large as an i32.
                let two = unsafe { rows.add((row * pairs + pair) * 2).cast::<i32>().read_unaligned() };
                let two = _mm256_set1_epi32(two);
                for (sum, &columns) in sums.iter_mut().zip(&columns) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(columns, two));
                }
            }
        }
        let column = |of: &[i32; GROUP], half: usize| {
            // SAFETY: an array of sixteen i32 is two registers.
            unsafe { _mm256_loadu_si256(of.as_ptr().add(8 * half).cast()) }
        };
        let mut passing = [0u16; AT_ONCE];
        for half in 0..2 {
            let halves = column(tile.column_halves, half);
            // dot >= half - limit, as dot > half - limit - 1.
            let one = _mm256_set1_epi32(1);
            let needed = _mm256_sub_epi32(_mm256_sub_epi32(halves, column(tile.column_limits, half)), one);
            for (row, sums) in sums.iter().enumerate() {
                let row_half = tile.row_halves[first_row + row];
                let row_needed = _mm256_set1_epi32(row_half - tile.row_limits[first_row + row] - 1);
                let for_row = _mm256_cmpgt_epi32(sums[half], _mm256_add_epi32(halves, row_needed));
                let for_column =
                    _mm256_cmpgt_epi32(sums[half], _mm256_add_epi32(needed, _mm256_set1_epi32(row_half)));
                let either = _mm256_castsi256_ps(_mm256_or_si256(for_row, for_column));
                passing[row] |= (_mm256_movemask_ps(either) as u16) << (8 * half);
                let dots = &mut scores.dots[first_row + row];
                // SAFETY: sixteen dot products are two registers.
                unsafe { _mm256_storeu_si256(dots.as_mut_ptr().add(8 * half).cast(), sums[half]) };
            }
        }
        scores.passing[first_row..first_row + AT_ONCE].copy_from_slice(&passing);
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::*;

    use super::{GROUP, ROWS, Scores, Tile};

    /// All rows at once: an accumulator each, and one register of columns.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn tile(tile: &Tile<'_>, scores: &mut Scores) {
        const { assert!(GROUP == 16) };
        let pairs = tile.pairs();
        let (rows, group) = (tile.rows.as_ptr(), tile.group.as_ptr());
        let mut sums = [_mm512_setzero_si512(); ROWS];
        for pair in 0..pairs {
            // SAFETY: `pairs` has checked that the group holds `pairs` times 2 * GROUP numbers: a register each.
            let columns = unsafe { _mm512_loadu_si512(group.add(pair * 2 * GROUP).cast()) };
            for (row, sum) in sums.iter_mut().enumerate() {
                // SAFETY: there are ROWS times `pairs` pairs, and a pair is as large as an i32.
                let two = unsafe { rows.add((row * pairs + pair) * 2).cast::<i32>().read_unaligned() };
                *sum = _mm512_dpwssd_epi32(*sum, columns, _mm512_set1_epi32(two));
            }
        }
        // SAFETY: an array of sixteen i32 is a register.
        let (halves, limits) = unsafe {
            (
                _mm512_loadu_si512(tile.column_halves.as_ptr().cast()),
                _mm512_loadu_si512(tile.column_limits.as_ptr().cast()),
            )
        };
        for (row, sum) in sums.iter().enumerate() {
            let both = _mm512_add_epi32(halves, _mm512_set1_epi32(tile.row_halves[row]));
            let half_squares = _mm512_sub_epi32(both, *sum);
            let for_row = _mm512_cmple_epi32_mask(half_squares, _mm512_set1_epi32(tile.row_limits[row]));
            let for_column = _mm512_cmple_epi32_mask(half_squares, limits);
            scores.passing[row] = for_row | for_column;
            // SAFETY: sixteen dot products are a register.
            unsafe { _mm512_storeu_si512(scores.dots[row].as_mut_ptr().cast(), *sum) };
        }
    }
}

/// How many multiply-adds of 8-bit and of 16-bit integers this processor can do in registers: the bound that the
/// benchmarks compare with. Runs `rounds` rounds of each and gives the seconds and the multiply-adds of both, 8-bit
/// first; `None` where there is no kernel to compare with.
pub fn peak(rounds: usize) -> Option<[(f64, f64); 2]> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        let seconds = |run: &dyn Fn()| {
            let started = std::time::Instant::now();
            run();
            started.elapsed().as_secs_f64()
        };
        let per_round = (avx2::PEAK_SUMS * 32) as f64 * rounds as f64;
        let eight = seconds(&|| {
            // SAFETY: the processor has AVX2.
            std::hint::black_box(unsafe { avx2::peak_8(rounds) });
        });
        let sixteen = seconds(&|| {
            // SAFETY: the processor has AVX2.
            std::hint::black_box(unsafe { avx2::peak_16(rounds) });
        });
        return Some([(eight, per_round), (sixteen, per_round / 2.0)]);
    }
    None
}

#[cfg(test)]
pub(super) fn all() -> Vec<(&'static str, Kernels)> {
    Kernel::available().map(|kernel| (kernel.name(), of(kernel))).collect()
}
