use super::kernels::all;
use super::*;
use kindred::distance::distance;
use kindred::random::SplitMix64;

fn vectors(random: &mut SplitMix64, count: usize, dimension: usize) -> Vec<f32> {
    let mut vectors: Vec<f32> = (0..count * dimension).map(|_| random.signed_f32()).collect();
    vectors.chunks_exact_mut(dimension).for_each(normalise);
    vectors
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
}

fn block(codes: &PairCodes) -> Block {
    let mut block = Block::default();
    block.fill(codes, 0..codes.count() as u32);
    block
}

#[test]
fn every_kernel_gives_the_numbers_of_the_reference() {
    let mut random = SplitMix64(1);
    for pairs in (1..=64).chain([100, 392, 1024]) {
        let mut number = |largest: i64| (random.bits() % (2 * largest as u64 + 1)) as i64 - largest;
        let largest = (16_000.0 / (2.0 * pairs as f64).sqrt()) as i64;
        let rows: Vec<i16> = (0..2 * pairs * ROWS).map(|_| number(largest) as i16).collect();
        let group: Vec<i16> = (0..2 * pairs * GROUP).map(|_| number(largest) as i16).collect();
        let tile = Tile {
            rows: &rows,
            group: &group,
            row_halves: &std::array::from_fn(|_| number(1 << 27).abs() as i32),
            row_limits: &std::array::from_fn(|_| number(1 << 28).max(-1) as i32),
            column_halves: &std::array::from_fn(|_| number(1 << 27).abs() as i32),
            column_limits: &std::array::from_fn(|_| number(1 << 28).max(-1) as i32),
        };
        let mut expected = Scores::default();
        kernels::scalar_tile(&tile, &mut expected);
        for (name, kernels::Kernels { tile: kernel, dot, dot_four }) in all() {
            let mut scores = Scores { dots: [[7; GROUP]; ROWS], passing: [7; ROWS] };
            kernel(&tile, &mut scores);
            assert_eq!(scores, expected, "{name}, {pairs} pairs");
            let (a, b) = (&rows[..2 * pairs], &rows[2 * pairs..4 * pairs]);
            assert_eq!(dot(a, b), kernels::scalar_dot(a, b), "{name}, {pairs} pairs");
            let others = std::array::from_fn(|i| &rows[2 * pairs * (i + 1)..][..2 * pairs]);
            assert_eq!(
                dot_four(a, others),
                others.map(|b| kernels::scalar_dot(a, b)),
                "{name}, {pairs} pairs"
            );
        }
    }
}

#[test]
fn a_screen_finds_the_pairs_within_a_limit_and_each_once() {
    let mut random = SplitMix64(2);
    for (count, dimension) in [(1, 1), (2, 3), (15, 5), (16, 16), (37, 7), (100, 50)] {
        let codes = PairCodes::new(&vectors(&mut random, count, dimension), dimension);
        let limits: Vec<i32> = (0..count).map(|_| (random.bits() % (1 << 27)) as i32).collect();
        let block = block(&codes);
        for pairs in [Pairs::All, Pairs::Once] {
            let mut hits = Vec::new();
            screen(&block, &limits, &block, &limits, pairs, &mut hits);
            let mut expected = Vec::new();
            for row in 0..count as u32 {
                for column in 0..count as u32 {
                    let half_square = codes.half_square(row, column);
                    let within = half_square <= limits[row as usize].max(limits[column as usize]);
                    if within && (pairs == Pairs::All || row < column) {
                        expected.push(Hit { row, column, half_square });
                    }
                }
            }
            hits.sort_by_key(|hit| (hit.row, hit.column));
            assert_eq!(hits, expected, "{count} x {dimension}, {pairs:?}");
        }
    }
}

#[test]
fn no_pair_is_beyond_the_limit_of_its_own_distance() {
    let mut random = SplitMix64(3);
    let mut sets: Vec<(usize, Vec<f32>)> =
        [1, 2, 3, 17, 64, 300].map(|dimension| (dimension, vectors(&mut random, 60, dimension))).into();
    // One component dominates; neighbours are 1e-6 apart; the axes.
    let mut dominated = vectors(&mut random, 60, 40);
    dominated.chunks_exact_mut(40).for_each(|vector| {
        vector.iter_mut().for_each(|x| *x *= 1e-4);
        vector[3] = 1.0;
        normalise(vector);
    });
    sets.push((40, dominated));
    let mut near = Vec::new();
    let base = vectors(&mut random, 1, 24);
    for _ in 0..60 {
        let mut vector: Vec<f32> = base.iter().map(|x| x + 1e-6 * random.signed_f32()).collect();
        normalise(&mut vector);
        near.extend(vector);
    }
    sets.push((24, near));
    let axes =
        (0..60).flat_map(|row| (0..30).map(move |i| if i == row / 2 { [1.0, -1.0][row % 2] } else { 0.0 }));
    sets.push((30, axes.collect()));
    for (dimension, vectors) in sets {
        let codes = PairCodes::new(&vectors, dimension);
        let row = |i: usize| &vectors[i * dimension..][..dimension];
        for a in 0..codes.count() {
            for b in 0..codes.count() {
                let (limit, there) =
                    (codes.limit(distance(row(a), row(b))), codes.half_square(a as u32, b as u32));
                assert!(there <= limit, "{dimension}: {a} and {b} are {there} apart, the limit is {limit}");
            }
        }
    }
}

#[test]
fn limits_are_sharp_where_vectors_spread() {
    let vectors = vectors(&mut SplitMix64(4), 200, 128);
    let codes = PairCodes::new(&vectors, 128);
    let row = |i: usize| &vectors[i * 128..][..128];
    let blunt = |i: usize| {
        let distance = distance(row(i), row(i + 1));
        f64::from(codes.limit(distance)) / f64::from(codes.half_square(i as u32, i as u32 + 1))
    };
    assert!((0..199).map(blunt).fold(0.0, f64::max) < 1.005);
}

#[test]
fn equal_vectors_and_none_have_codes() {
    assert_eq!(PairCodes::new(&[], 5).count(), 0);
    let codes = PairCodes::new(&[0.6, 0.8, 0.6, 0.8], 2);
    assert_eq!((codes.count(), codes.half_square(0, 1)), (2, 0));
    assert!(codes.limit(0.0) >= 0 && codes.limit(2.0) <= ALL);
}

/// Compares all rows with all columns.
fn screen(
    rows: &Block,
    row_limits: &[i32],
    columns: &Block,
    column_limits: &[i32],
    pairs: Pairs,
    hits: &mut Vec<Hit>,
) {
    let tile_rows = 0..rows.count().div_ceil(ROWS);
    screen_part(rows, tile_rows, row_limits, columns, 0..columns.groups(), column_limits, pairs, hits);
}
