//! Eigenvectors of small symmetric matrices, by the method of Jacobi (Golub and Van Loan, "Matrix Computations",
//! section 8.5).

use ndarray::Array2;

/// Rounds over all pairs of columns. They converge quadratically: six or so leave nothing for a dozen columns.
const ROUNDS: usize = 30;

/// Eigenvalues in descending order, and the eigenvectors as columns in that order. Of a matrix of numbers that are
/// finite; only additions, multiplications, divisions and square roots, so every machine gives the same bits.
pub fn symmetric(mut matrix: Array2<f64>) -> (Vec<f64>, Array2<f64>) {
    let size = matrix.nrows();
    let mut vectors = Array2::eye(size);
    for _ in 0..ROUNDS {
        let mut is_diagonal = true;
        for row in 0..size {
            for column in row + 1..size {
                is_diagonal &= matrix[[row, column]] == 0.0;
                rotate(&mut matrix, &mut vectors, row, column);
            }
        }
        if is_diagonal {
            break;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| matrix[[b, b]].total_cmp(&matrix[[a, a]]));
    let values = order.iter().map(|&column| matrix[[column, column]]).collect();
    (values, vectors.select(ndarray::Axis(1), &order))
}

/// Turns two columns, and the two rows, so that the entry where they meet is 0.
fn rotate(matrix: &mut Array2<f64>, vectors: &mut Array2<f64>, p: usize, q: usize) {
    let (meeting, of_p, of_q) = (matrix[[p, q]], matrix[[p, p]], matrix[[q, q]]);
    // Below the rounding of the diagonal it changes nothing any more.
    if meeting.abs() <= f64::EPSILON * f64::EPSILON.sqrt() * (of_p.abs() * of_q.abs()).sqrt() {
        (matrix[[p, q]], matrix[[q, p]]) = (0.0, 0.0);
        return;
    }
    let ratio = (of_q - of_p) / (2.0 * meeting);
    let root = (1.0 + ratio * ratio).sqrt();
    let tangent = if ratio >= 0.0 { 1.0 / (ratio + root) } else { 1.0 / (ratio - root) };
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = tangent * cosine;
    let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
    for k in 0..matrix.nrows() {
        (matrix[[k, p]], matrix[[k, q]]) = turn(matrix[[k, p]], matrix[[k, q]]);
        (vectors[[k, p]], vectors[[k, q]]) = turn(vectors[[k, p]], vectors[[k, q]]);
    }
    for k in 0..matrix.nrows() {
        (matrix[[p, k]], matrix[[q, k]]) = turn(matrix[[p, k]], matrix[[q, k]]);
    }
    (matrix[[p, q]], matrix[[q, p]]) = (0.0, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use kindred::random::SplitMix64;

    #[test]
    fn eigenvectors_are_orthogonal_and_put_the_matrix_together_again() {
        let mut random = SplitMix64(5);
        for size in 1..=13 {
            let half = Array2::from_shape_simple_fn((size, size), || random.signed());
            let matrix = half.dot(&half.t());
            let (values, vectors) = symmetric(matrix.clone());
            assert!(values.is_sorted_by(|a, b| a >= b));
            let diagonal = Array2::from_diag(&ndarray::Array1::from(values));
            let again = vectors.dot(&diagonal).dot(&vectors.t());
            assert!((again - matrix).iter().all(|error| error.abs() < 1e-12), "{size}");
            let identity = vectors.t().dot(&vectors) - Array2::<f64>::eye(size);
            assert!(identity.iter().all(|error| error.abs() < 1e-12), "{size}");
        }
    }

    #[test]
    fn nothing_and_equal_eigenvalues_give_numbers_too() {
        for matrix in [Array2::zeros((4, 4)), Array2::eye(4), Array2::ones((4, 4)), Array2::zeros((0, 0))] {
            let (values, vectors) = symmetric(matrix.clone());
            let trace: f64 = matrix.diag().iter().sum();
            assert!((values.iter().sum::<f64>() - trace).abs() < 1e-12);
            assert!(vectors.iter().all(|number| number.is_finite()));
        }
    }
}
