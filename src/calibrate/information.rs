//! Standard errors from the curvature of a log-likelihood at its maximum.
//!
//! The negative second derivatives (observed information) are inverted for the covariance of the arguments, and carried
//! over to the parameters of interest by their derivatives (delta method). These errors are right for a large sample from the very
//! model; where the model is only roughly right, true errors are larger.

use crate::numeric::inverse;

/// A drop of the log-likelihood that a step for second differences should cause: far above rounding, still a parabola.
const WANTED_DROP: (f64, f64) = (0.01, 0.1);

/// The covariance matrix of `parameters` at the maximum `point`; none where the likelihood is flat or still rises, as at
/// the edge of what is allowed.
pub fn covariance_of(
    log_likelihood: impl Fn(&[f64]) -> f64,
    parameters: impl Fn(&[f64]) -> Vec<f64>,
    point: &[f64],
) -> Option<Vec<Vec<f64>>> {
    let (covariance, steps) = covariance(&log_likelihood, point)?;
    let jacobian: Vec<Vec<f64>> = (0..point.len())
        .map(|axis| {
            let step = 0.1 * steps[axis];
            let up = parameters(&moved(point, &[(axis, step)]));
            let down = parameters(&moved(point, &[(axis, -step)]));
            up.iter().zip(&down).map(|(u, d)| (u - d) / (2.0 * step)).collect()
        })
        .collect();
    let entry = |a: usize, b: usize| -> f64 {
        let axes = 0..point.len();
        axes.clone()
            .flat_map(|i| axes.clone().map(move |j| (i, j)))
            .map(|(i, j)| jacobian[i][a] * covariance[i][j] * jacobian[j][b])
            .sum()
    };
    let count = parameters(point).len();
    let mut found = vec![vec![0.0; count]; count];
    for a in 0..count {
        // Both halves from one, so that rounding leaves them equal.
        for b in 0..=a {
            found[a][b] = entry(a, b);
            found[b][a] = found[a][b];
        }
    }
    Some(found)
}

/// Standard errors of a covariance matrix; none for what has no finite, positive variance.
pub fn standard_errors(covariance: Option<&[Vec<f64>]>, count: usize) -> Vec<Option<f64>> {
    let error = |index: usize| {
        let variance = covariance?[index][index];
        (variance > 0.0 && variance.is_finite()).then(|| variance.sqrt())
    };
    (0..count).map(error).collect()
}

fn moved(point: &[f64], steps: &[(usize, f64)]) -> Vec<f64> {
    let mut point = point.to_vec();
    for (axis, step) in steps {
        point[*axis] += step;
    }
    point
}

/// The inverse of the observed information, and the steps it was taken with.
fn covariance(function: &impl Fn(&[f64]) -> f64, point: &[f64]) -> Option<(Vec<Vec<f64>>, Vec<f64>)> {
    let n = point.len();
    let top = function(point);
    let drop_of = |axis: usize, step: f64| {
        top - 0.5 * (function(&moved(point, &[(axis, step)])) + function(&moved(point, &[(axis, -step)])))
    };
    let mut steps = vec![0.0; n];
    for (axis, chosen) in steps.iter_mut().enumerate() {
        let mut step = 1e-2;
        for _ in 0..40 {
            let drop = drop_of(axis, step);
            *chosen = step;
            step *= match drop {
                drop if !drop.is_finite() || drop > WANTED_DROP.1 => 0.6,
                drop if drop < WANTED_DROP.0 && step < 3.0 => 1.7,
                _ => break,
            };
        }
    }
    let mut information = vec![vec![0.0; n]; n];
    for i in 0..n {
        information[i][i] = 2.0 * drop_of(i, steps[i]) / (steps[i] * steps[i]);
        for j in 0..i {
            let at = |a: f64, b: f64| function(&moved(point, &[(i, a * steps[i]), (j, b * steps[j])]));
            let cross = at(1.0, 1.0) - at(1.0, -1.0) - at(-1.0, 1.0) + at(-1.0, -1.0);
            information[i][j] = -cross / (4.0 * steps[i] * steps[j]);
            information[j][i] = information[i][j];
        }
    }
    Some((inverse(&information)?, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parabola with a known matrix: the covariance is its inverse, [[4, 1], [1, 9]]/35 for [[9, −1], [−1, 4]].
    #[test]
    fn errors_of_a_parabola_are_the_roots_of_the_inverse() {
        let parabola = |x: &[f64]| -0.5 * (9.0 * x[0] * x[0] - 2.0 * x[0] * x[1] + 4.0 * x[1] * x[1]);
        let covariance =
            covariance_of(parabola, |x| vec![x[0], x[1], 2.0 * x[0], x[0] + x[1]], &[0.0, 0.0]).unwrap();
        assert!((covariance[0][1] - 1.0 / 35.0).abs() < 1e-8, "{covariance:?}");
        assert!((covariance[2][3] - 10.0 / 35.0).abs() < 1e-7 && covariance[2][3] == covariance[3][2]);
        let errors = standard_errors(Some(&covariance), 4);
        let expected = [4.0 / 35.0, 9.0 / 35.0, 16.0 / 35.0, 15.0 / 35.0];
        for (error, variance) in errors.iter().zip(expected) {
            assert!((error.unwrap() / f64::sqrt(variance) - 1.0).abs() < 1e-6, "{errors:?}");
        }
    }

    #[test]
    fn a_direction_without_curvature_has_no_error() {
        let covariance = covariance_of(|x| -x[0] * x[0], <[f64]>::to_vec, &[0.0, 0.0]);
        assert_eq!(standard_errors(covariance.as_deref(), 2), [None, None]);
    }
}
