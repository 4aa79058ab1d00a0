//! Logistic regression of outcomes on the logits of their forecasts.

use crate::numeric::{exp, ln};
use crate::stats::Estimate;

/// Steps of Newton's method; it converges in a handful.
const STEPS: usize = 40;

/// Coefficients of the regression: 0 and 1 if forecasts are right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logistic {
    /// Below 0: forecasts too high all over.
    pub intercept: Estimate,
    /// Below 1: too sure of themselves.
    pub slope: Estimate,
}

/// The regression over forecasts (a probability strictly between 0 and 1), outcomes (0 or 1) and the number of the cluster of each, which must
/// rise; none where no finite coefficients fit best. Errors are those of sums of scores over clusters (Liang and Zeger 1986).
pub fn logistic(rows: &[(f64, f64, usize)]) -> Option<Logistic> {
    let (mut a, mut b) = (0.0_f64, 1.0_f64);
    let logits: Vec<f64> = rows.iter().map(|(p, _, _)| ln(p / (1.0 - p))).collect();
    let mut inverse = [[0.0; 2]; 2];
    for step in 0..STEPS {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (z, (_, y, _)) in logits.iter().zip(rows) {
            let p = 1.0 / (1.0 + exp(-(a + b * z)));
            let w = p * (1.0 - p);
            g0 += y - p;
            g1 += (y - p) * z;
            h00 += w;
            h01 += w * z;
            h11 += w * z * z;
        }
        let det = h00 * h11 - h01 * h01;
        if !(det > 1e-12 * h00 * h11) {
            return None;
        }
        inverse = [[h11 / det, -h01 / det], [-h01 / det, h00 / det]];
        let (da, db) = (inverse[0][0] * g0 + inverse[0][1] * g1, inverse[1][0] * g0 + inverse[1][1] * g1);
        a += da.clamp(-2.0, 2.0);
        b += db.clamp(-2.0, 2.0);
        if da.abs() + db.abs() < 1e-10 {
            break;
        }
        if step + 1 == STEPS || !a.is_finite() || !b.is_finite() {
            return None;
        }
    }
    let mut middle = [[0.0; 2]; 2];
    let mut score = [0.0; 2];
    for (place, (z, (_, y, cluster))) in logits.iter().zip(rows).enumerate() {
        let p = 1.0 / (1.0 + exp(-(a + b * z)));
        score = [score[0] + (y - p), score[1] + (y - p) * z];
        if rows.get(place + 1).is_none_or(|next| next.2 != *cluster) {
            for i in 0..2 {
                for j in 0..2 {
                    middle[i][j] += score[i] * score[j];
                }
            }
            score = [0.0; 2];
        }
    }
    let variance = |k: usize| -> f64 {
        let row = inverse[k];
        (0..2).map(|i| (0..2).map(|j| row[i] * middle[i][j] * row[j]).sum::<f64>()).sum()
    };
    Some(Logistic {
        intercept: Estimate::normal(a, variance(0).max(0.0).sqrt()),
        slope: Estimate::normal(b, variance(1).max(0.0).sqrt()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups: logits ±1, shares 1/4 and 3/4, so that the slope is ln 3 and the intercept 0.
    #[test]
    fn shares_of_two_groups_are_matched() {
        let low = 1.0 / (1.0 + exp(1.0));
        let rows: Vec<_> = (0..8)
            .map(|i| {
                let p = if i < 4 { low } else { 1.0 - low };
                (p, f64::from(u8::from(i == 0 || i > 4)), i)
            })
            .collect();
        let fit = logistic(&rows).unwrap();
        assert!((fit.slope.value - ln(3.0)).abs() < 1e-9, "{fit:?}");
        assert!(fit.intercept.value.abs() < 1e-9);
        // By hand: Σ w z² = 8·3/16, scores squared 2·(¾)² + 6·(¼)² = 1.5: 1.5/1.5².
        assert!((fit.slope.std_error - (1.5_f64 / 2.25).sqrt()).abs() < 1e-9, "{fit:?}");
    }

    #[test]
    fn outcomes_that_never_differ_have_no_regression() {
        assert_eq!(logistic(&[(0.2, 0.0, 0), (0.3, 0.0, 1), (0.9, 0.0, 2)]), None);
    }
}
