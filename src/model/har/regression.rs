//! Weighted least squares with few regressors.

/// A regression on K numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression<const K: usize> {
    /// The coefficients.
    pub coefficients: [f64; K],
    /// Their covariance, from sums of the scores over blocks of neighbours.
    pub covariance: [[f64; K]; K],
    /// What is left of each observation.
    pub residuals: Vec<f64>,
    /// Share of the weighted variance that is explained.
    pub r_squared: f64,
    /// Weighted standard deviation of the residuals.
    pub std_dev: f64,
}

/// One observation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation<const K: usize> {
    /// What is explained.
    pub value: f64,
    /// By what.
    pub regressors: [f64; K],
    /// How much it counts.
    pub weight: f64,
    /// Observations with the same number hang together.
    pub cluster: u32,
}

impl<const K: usize> Regression<K> {
    /// Minimises Σ w (y − x'b)² + ridge·|b|²; none if the regressors do not tell the coefficients apart. The covariance is the sandwich
    /// A⁻¹ (Σ_c s_c s_c') A⁻¹ with s_c the sum of the scores w·u·x over cluster c (Liang and Zeger 1986); observations of a
    /// cluster must follow each other.
    pub fn fit(observations: &[Observation<K>], ridge: f64) -> Option<Self> {
        let mut moments = [[0.0; K]; K];
        let mut products = [0.0; K];
        let (mut weights, mut sum) = (0.0, 0.0);
        for Observation { value, regressors, weight, .. } in observations {
            for i in 0..K {
                for j in 0..K {
                    moments[i][j] += weight * regressors[i] * regressors[j];
                }
                products[i] += weight * regressors[i] * value;
            }
            weights += weight;
            sum += weight * value;
        }
        for (i, row) in moments.iter_mut().enumerate() {
            row[i] += ridge;
        }
        let inverse = inverse(&moments)?;
        let coefficients: [f64; K] = std::array::from_fn(|i| dot(&inverse[i], &products));
        let residuals: Vec<f64> =
            observations.iter().map(|one| one.value - dot(&coefficients, &one.regressors)).collect();
        let (mut left, mut around) = (0.0, 0.0);
        let mut middle = [[0.0; K]; K];
        let mut score = [0.0; K];
        for (place, (one, residual)) in observations.iter().zip(&residuals).enumerate() {
            left += one.weight * residual * residual;
            around += one.weight * (one.value - sum / weights) * (one.value - sum / weights);
            for (score, x) in score.iter_mut().zip(&one.regressors) {
                *score += one.weight * residual * x;
            }
            if observations.get(place + 1).is_none_or(|next| next.cluster != one.cluster) {
                for i in 0..K {
                    for j in 0..K {
                        middle[i][j] += score[i] * score[j];
                    }
                }
                score = [0.0; K];
            }
        }
        let half: [[f64; K]; K] = std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..K).map(|k| inverse[i][k] * middle[k][j]).sum())
        });
        let covariance = std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..K).map(|k| half[i][k] * inverse[k][j]).sum())
        });
        Some(Self {
            coefficients,
            covariance,
            residuals,
            r_squared: 1.0 - left / around,
            std_dev: (left / weights).sqrt(),
        })
    }
}

/// Σ a_i·b_i.
pub fn dot<const K: usize>(a: &[f64; K], b: &[f64; K]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The inverse of a symmetric positive matrix by Gauss and Jordan with the largest pivot; none if it has none.
fn inverse<const K: usize>(matrix: &[[f64; K]; K]) -> Option<[[f64; K]; K]> {
    let mut left = *matrix;
    let mut right: [[f64; K]; K] =
        std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    let scale = (0..K).map(|i| matrix[i][i]).fold(0.0, f64::max);
    for column in 0..K {
        let pivot = (column..K).max_by(|a, b| left[*a][column].abs().total_cmp(&left[*b][column].abs()))?;
        // A NaN fails as well.
        if !(left[pivot][column].abs() > 1e-13 * scale) {
            return None;
        }
        left.swap(column, pivot);
        right.swap(column, pivot);
        let by = 1.0 / left[column][column];
        left[column] = left[column].map(|x| x * by);
        right[column] = right[column].map(|x| x * by);
        for row in (0..K).filter(|row| *row != column) {
            let factor = left[row][column];
            for k in 0..K {
                left[row][k] -= factor * left[column][k];
                right[row][k] -= factor * right[column][k];
            }
        }
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(x: f64, value: f64, weight: f64, cluster: u32) -> Observation<2> {
        Observation { value, regressors: [1.0, x], weight, cluster }
    }

    /// By hand: weights 1, 2, 1 on (0, 1), (1, 3), (2, 4): mean x 1, mean y 2.75, slope 6/4.
    #[test]
    fn a_line_is_fitted_as_by_hand() {
        let data =
            [observation(0.0, 1.0, 1.0, 0), observation(1.0, 3.0, 2.0, 1), observation(2.0, 4.0, 1.0, 2)];
        let fit = Regression::fit(&data, 0.0).unwrap();
        assert!((fit.coefficients[1] - 1.5).abs() < 1e-13, "{fit:?}");
        assert!((fit.coefficients[0] - 1.25).abs() < 1e-13);
        assert!((fit.residuals[1] - 0.25).abs() < 1e-13);
        // Σ w u² = 1/16 + 2/16 + 1/16, Σ w (y − ȳ)² = 3.0625 + 0.125 + 1.5625.
        assert!((fit.r_squared - (1.0 - 0.25 / 4.75)).abs() < 1e-13);
        assert!((fit.std_dev - 0.25).abs() < 1e-13);
        // Scores of the slope about the mean: −1·(−¼)... only the ends differ from it: ((¼)² + (¼)²)/2² .
        assert!((fit.covariance[1][1] - (2.0 / 16.0) / 4.0).abs() < 1e-13, "{:?}", fit.covariance);
    }

    #[test]
    fn clusters_are_summed_before_they_are_squared() {
        let data =
            [observation(0.0, 1.0, 1.0, 0), observation(1.0, 3.0, 2.0, 1), observation(2.0, 4.0, 1.0, 1)];
        let apart =
            [observation(0.0, 1.0, 1.0, 0), observation(1.0, 3.0, 2.0, 1), observation(2.0, 4.0, 1.0, 2)];
        let error = |data: &[Observation<2>]| Regression::fit(data, 0.0).unwrap().covariance[0][0];
        assert!((error(&data) - error(&apart)).abs() > 1e-3);
    }

    #[test]
    fn regressors_that_are_the_same_are_refused() {
        let data = [observation(1.0, 1.0, 1.0, 0), observation(1.0, 3.0, 2.0, 1)];
        assert_eq!(Regression::fit(&data, 0.0), None);
        assert!(Regression::fit(&data, 0.1).is_some());
    }
}
