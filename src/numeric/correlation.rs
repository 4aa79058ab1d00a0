//! Correlation matrices: the factor that correlates normals, and the nearest valid matrix to one that is not.

use super::symmetric::eigen;

/// Pivots of a valid matrix may fall below zero by rounding as far as this.
const ROUNDING: f64 = 1e-12;

/// Rounds of alternating projections; each brings the rest down by a constant factor.
const MOST_ROUNDS: usize = 2000;

/// The lower triangular L with L·Lᵀ equal to a symmetric matrix (Cholesky), none if the matrix has a negative eigenvalue. A
/// singular matrix (a correlation of 1) is fine.
pub fn cholesky(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest = matrix[i][j] - (0..j).map(|k| lower[i][k] * lower[j][k]).sum::<f64>();
            if i == j {
                if rest < -ROUNDING {
                    return None;
                }
                lower[i][i] = rest.max(0.0).sqrt();
            } else if lower[j][j] > ROUNDING.sqrt() {
                lower[i][j] = rest / lower[j][j];
            } else if rest.abs() > ROUNDING.sqrt() {
                return None;
            }
        }
    }
    Some(lower)
}

/// The inverse of a positive definite matrix, by the Cholesky factor of its correlations; none of any other, and none of one
/// that is singular up to rounding.
pub fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let scale: Vec<f64> = (0..n).map(|i| matrix[i][i].sqrt()).collect();
    // NaN is refused as well.
    if !scale.iter().all(|scale| *scale > 0.0 && scale.is_finite()) {
        return None;
    }
    let of = |i: usize| (0..n).map(|j| matrix[i][j] / (scale[i] * scale[j])).collect();
    let factor = cholesky(&(0..n).map(of).collect::<Vec<Vec<f64>>>())?;
    if !(0..n).all(|i| factor[i][i] * factor[i][i] > ROUNDING) {
        return None;
    }
    // The inverse is symmetric: its columns are its rows.
    let row = |index: usize| {
        let mut x = vec![0.0; n];
        for (i, row) in factor.iter().enumerate() {
            let sum: f64 = row[..i].iter().zip(&x).map(|(f, x)| f * x).sum();
            x[i] = (f64::from(u8::from(i == index)) - sum) / row[i];
        }
        for i in (0..n).rev() {
            let sum: f64 = (i + 1..n).map(|k| factor[k][i] * x[k]).sum();
            x[i] = (x[i] - sum) / factor[i][i];
        }
        (0..n).map(|j| x[j] / (scale[index] * scale[j])).collect()
    };
    Some((0..n).map(row).collect())
}

/// Eigenvalues of the correlations of a covariance matrix may fall below zero as far as this for each of its rows: the digits that
/// people write.
const DIGITS: f64 = 1e-6;

/// A matrix R with R·Rᵀ equal to a covariance matrix: normals times R have that covariance. None if the matrix has a negative
/// eigenvalue, beyond what a few digits do to it. A singular matrix is fine, as is a variance of 0.
///
/// By eigenvectors of the correlations rather than by Cholesky: parameters that are bound to each other give singular matrices, whose
/// pivots are rounding.
pub fn covariance_root(covariance: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = covariance.len();
    let scale: Vec<f64> = (0..n).map(|i| covariance[i][i].sqrt()).collect();
    let mut correlation = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..n {
            let product = scale[i] * scale[j];
            correlation[i][j] = match (i == j, product > 0.0) {
                (true, _) => 1.0,
                (false, true) => covariance[i][j] / product,
                (false, false) if covariance[i][j] == 0.0 => 0.0,
                _ => return None,
            };
        }
    }
    let (values, vectors) = eigen(&correlation);
    // A NaN fails as well.
    if scale.iter().any(|x| x.is_nan()) || !values.iter().all(|value| *value >= -DIGITS * n as f64) {
        return None;
    }
    let row = |i: usize| (0..n).map(|k| scale[i] * vectors[i][k] * values[k].max(0.0).sqrt()).collect();
    Some((0..n).map(row).collect())
}

/// The correlation matrix nearest to a symmetric matrix in the sum of squared differences: alternating projections on the positive
/// semidefinite matrices and on those with a unit diagonal, with Dykstra's correction.
///
/// Source: Higham (2002), "Computing the nearest correlation matrix: a problem from finance", algorithm 3.3.
pub fn nearest_correlation(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let mut y = matrix.to_vec();
    let mut correction = vec![vec![0.0; n]; n];
    for _ in 0..MOST_ROUNDS {
        let mut r = y.clone();
        for i in 0..n {
            for j in 0..n {
                r[i][j] -= correction[i][j];
            }
        }
        let (values, vectors) = eigen(&r);
        let mut change = 0.0_f64;
        for i in 0..n {
            for j in 0..n {
                let x: f64 = (0..n).map(|k| values[k].max(0.0) * vectors[i][k] * vectors[j][k]).sum();
                correction[i][j] = x - r[i][j];
                let next = if i == j { 1.0 } else { x };
                change = change.max((next - y[i][j]).abs());
                y[i][j] = next;
            }
        }
        if change < 1e-10 {
            break;
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_gives_the_matrix_back() {
        let matrix = vec![vec![1.0, 0.8, 0.3], vec![0.8, 1.0, 0.5], vec![0.3, 0.5, 1.0]];
        let lower = cholesky(&matrix).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| lower[i][k] * lower[j][k]).sum();
                assert!((product - matrix[i][j]).abs() < 1e-15);
            }
        }
        assert!(cholesky(&[vec![1.0, 1.0], vec![1.0, 1.0]]).is_some());
        assert!(cholesky(&[vec![1.0, 0.9, -0.9], vec![0.9, 1.0, 0.9], vec![-0.9, 0.9, 1.0]]).is_none());
    }

    #[test]
    fn the_root_gives_the_covariance_back_at_any_scale() {
        // Singular: the third is the sum of the first two.
        let matrix = vec![
            vec![4e-10, 1e-6, 1.0004e-6],
            vec![1e-6, 1e-2, 0.010_001],
            vec![1.0004e-6, 0.010_001, 0.010_002_000_4],
        ];
        let root = covariance_root(&matrix).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| root[i][k] * root[j][k]).sum();
                let size = (matrix[i][i] * matrix[j][j]).sqrt();
                assert!((product - matrix[i][j]).abs() < 1e-6 * size, "{i} {j}: {product}");
            }
        }
        assert_eq!(covariance_root(&[vec![0.0, 0.0], vec![0.0, 4.0]]).unwrap()[0], [0.0, 0.0]);
        assert_eq!(covariance_root(&[vec![1.0, 1.1], vec![1.1, 1.0]]), None);
        assert_eq!(covariance_root(&[vec![-1.0]]), None);
        assert_eq!(covariance_root(&[vec![0.0, 0.1], vec![0.1, 1.0]]), None);
    }

    /// The example of Higham (2002), section 4: the nearest correlation matrix to a tridiagonal one.
    #[test]
    fn the_nearest_matrix_is_the_published_one() {
        let matrix = vec![vec![1.0, 1.0, 0.0], vec![1.0, 1.0, 1.0], vec![0.0, 1.0, 1.0]];
        let nearest = nearest_correlation(&matrix);
        for (i, j, value) in [(0, 1, 0.7607), (0, 2, 0.1573), (1, 2, 0.7607)] {
            assert!((nearest[i][j] - value).abs() < 5e-5, "{nearest:?}");
        }
        let valid = vec![vec![1.0, 0.5], vec![0.5, 1.0]];
        assert!((nearest_correlation(&valid)[0][1] - 0.5).abs() < 1e-9);
    }

    /// Times the matrix it is the identity, whatever the scales; the inverse of [[9, −1], [−1, 4]] is [[4, 1], [1, 9]]/35.
    #[test]
    fn an_inverse_is_one() {
        let found = inverse(&[vec![9.0, -1.0], vec![-1.0, 4.0]]).unwrap();
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-14, "{a} {b}");
        near(found[0][0], 4.0 / 35.0);
        near(found[0][1], 1.0 / 35.0);
        near(found[1][1], 9.0 / 35.0);
        let matrix = vec![vec![4e-12, 1e-6, 0.0], vec![1e-6, 9.0, -2e3], vec![0.0, -2e3, 3e6]];
        let found = inverse(&matrix).unwrap();
        for (i, row) in matrix.iter().enumerate() {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| row[k] * found[k][j]).sum();
                let scale = (matrix[i][i] / matrix[j][j]).sqrt();
                near(product / scale, f64::from(u8::from(i == j)));
            }
        }
        for wrong in
            [[1.0, 1.0, 1.0], [1.0, 2.0, 1.0], [0.0, 0.0, 1.0], [f64::NAN, 0.0, 1.0], [1.0, f64::NAN, 1.0]]
        {
            let [a, b, c] = wrong;
            assert_eq!(inverse(&[vec![a, b], vec![b, c]]), None);
        }
    }
}
