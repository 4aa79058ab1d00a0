//! Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations (Golub and Van Loan 2013, section 8.5).

/// Sweeps after which the rotations stop at the latest; ten are plenty.
const MOST_SWEEPS: usize = 50;

/// Eigenvalues, and a matrix whose columns are the eigenvectors.
pub(super) fn eigen(matrix: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = matrix.len();
    let mut a = matrix.to_vec();
    let mut vectors: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..MOST_SWEEPS {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        if off < 1e-30 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let half = 0.5 * (a[q][q] - a[p][p]) / a[p][q];
                let t = half.signum() / (half.abs() + (half * half + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (above, below) = a.split_at_mut(q);
                for (x, y) in above[p].iter_mut().zip(&mut below[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
                for row in &mut vectors {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
            }
        }
    }
    ((0..n).map(|i| a[i][i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_eigenvectors() {
        let a = vec![vec![2.0, -1.0, 0.5], vec![-1.0, 3.0, 0.1], vec![0.5, 0.1, -1.0]];
        let (values, vectors) = eigen(&a);
        for k in 0..3 {
            for i in 0..3 {
                let image: f64 = (0..3).map(|j| a[i][j] * vectors[j][k]).sum();
                assert!((image - values[k] * vectors[i][k]).abs() < 1e-13);
            }
        }
        assert!((values.iter().sum::<f64>() - 4.0).abs() < 1e-13);
    }
}
