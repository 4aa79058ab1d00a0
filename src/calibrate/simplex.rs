//! A small deterministic maximiser: the simplex search of Nelder and Mead (1965) from several starts, with restarts.
//!
//! No derivatives are needed and points where the function does not exist (not finite) are simply avoided, which suits
//! likelihoods of two to seven parameters. A collapsed simplex is met by starting again around the best point until that
//! no longer helps.

/// Best point found and the value there.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// The arguments.
    pub point: Vec<f64>,
    /// The function's value.
    pub value: f64,
}

/// Evaluations per dimension in the first search from a start.
const FIRST_EVALUATIONS: usize = 80;
/// Evaluations per dimension in a later search.
const LATER_EVALUATIONS: usize = 250;
/// Edge of the first simplex; arguments are expected to be of order one.
const FIRST_EDGE: f64 = 0.4;
/// Edges of the simplexes of later searches.
const LATER_EDGES: [f64; 8] = [0.2, 0.1, 0.2, 0.05, 0.1, 0.05, 0.1, 0.05];
/// A later search that gains less than this ends the work: a log-likelihood is known well enough then.
const SMALLEST_GAIN: f64 = 1e-7;

/// The largest value of `function` found from any of the starts, until `is_spent`; `None` if it exists at none of them. A point that is
/// of no use (`is_hopeless`) is not looked at more closely if it is the best that the starts lead to.
pub fn maximise(
    function: impl Fn(&[f64]) -> f64,
    starts: &[Vec<f64>],
    is_hopeless: &dyn Fn(&[f64]) -> bool,
    is_spent: &dyn Fn() -> bool,
) -> Option<Optimum> {
    // Where the function does not exist is worse than anywhere else.
    let value =
        |point: &[f64]| Some(function(point)).filter(|value| value.is_finite()).unwrap_or(f64::NEG_INFINITY);
    let mut best: Option<Optimum> = None;
    for start in starts {
        let found = search(&value, start, FIRST_EDGE, FIRST_EVALUATIONS * start.len(), 1e-3, is_spent);
        if best.as_ref().is_none_or(|best| found.value > best.value) {
            best = Some(found);
        }
    }
    let mut best = best.filter(|best| best.value.is_finite())?;
    if is_hopeless(&best.point) {
        return Some(best);
    }
    for edge in LATER_EDGES {
        let found = search(&value, &best.point, edge, LATER_EVALUATIONS * best.point.len(), 1e-10, is_spent);
        let gain = found.value - best.value;
        if gain > 0.0 {
            best = found;
        }
        if gain < SMALLEST_GAIN || is_spent() {
            break;
        }
    }
    Some(best)
}

/// One simplex search with the usual coefficients: reflection 1, expansion 2, contraction ½, shrinkage ½.
fn search(
    function: &impl Fn(&[f64]) -> f64,
    start: &[f64],
    edge: f64,
    evaluations: usize,
    tolerance: f64,
    is_spent: &dyn Fn() -> bool,
) -> Optimum {
    let n = start.len();
    let evaluate = |point: Vec<f64>| Optimum { value: function(&point), point };
    let mut simplex = vec![evaluate(start.to_vec())];
    for axis in 0..n {
        let mut point = start.to_vec();
        point[axis] += edge;
        simplex.push(evaluate(point));
    }
    let mut left = evaluations.saturating_sub(n + 1);
    loop {
        // Best first; the sort is stable, so equals keep their order and the path is the same everywhere.
        simplex.sort_by(|a, b| b.value.total_cmp(&a.value));
        let spread = simplex[0].value - simplex[n].value;
        if left == 0 || spread <= tolerance || is_spent() {
            return simplex.swap_remove(0);
        }
        let centre: Vec<f64> = (0..n)
            .map(|axis| simplex[..n].iter().map(|vertex| vertex.point[axis]).sum::<f64>() / n as f64)
            .collect();
        let along = |worst: &[f64], t: f64| {
            centre.iter().zip(worst).map(|(c, w)| c + t * (w - c)).collect::<Vec<f64>>()
        };
        left = left.saturating_sub(1);
        let reflected = evaluate(along(&simplex[n].point, -1.0));
        if reflected.value > simplex[0].value {
            left = left.saturating_sub(1);
            let expanded = evaluate(along(&simplex[n].point, -2.0));
            simplex[n] = if expanded.value > reflected.value { expanded } else { reflected };
            continue;
        }
        if reflected.value > simplex[n - 1].value {
            simplex[n] = reflected;
            continue;
        }
        left = left.saturating_sub(1);
        let outside = reflected.value > simplex[n].value;
        let contracted = evaluate(along(&simplex[n].point, if outside { -0.5 } else { 0.5 }));
        if contracted.value > reflected.value.max(simplex[n].value) {
            simplex[n] = contracted;
            continue;
        }
        left = left.saturating_sub(n);
        let best = simplex[0].point.clone();
        for vertex in &mut simplex[1..] {
            let point = vertex.point.iter().zip(&best).map(|(v, b)| 0.5 * (v + b)).collect();
            *vertex = evaluate(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley (1960): the standard trap for searches along the axes.
    #[test]
    fn the_end_of_a_curved_valley_is_found() {
        let valley = |x: &[f64]| -(100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2));
        let found = maximise(valley, &[vec![-1.2, 1.0]], &|_| false, &|| false).unwrap();
        assert!((found.point[0] - 1.0).abs() < 1e-3 && (found.point[1] - 1.0).abs() < 2e-3, "{found:?}");
    }

    #[test]
    fn the_higher_of_two_peaks_wins_whatever_the_order_of_the_starts() {
        let peaks = |x: &[f64]| (-(x[0] - 3.0).powi(2)).exp() + 2.0 * (-(x[0] + 3.0).powi(2)).exp();
        for starts in [[vec![3.5], vec![-2.5]], [vec![-2.5], vec![3.5]]] {
            let found = maximise(peaks, &starts, &|_| false, &|| false).unwrap();
            assert!((found.point[0] + 3.0).abs() < 1e-3, "{found:?}");
        }
    }

    #[test]
    fn the_border_of_existence_is_not_crossed() {
        let found = maximise(
            |x| if x[0] < 1.0 { f64::NAN } else { -x[0] },
            &[vec![0.0], vec![4.0]],
            &|_| false,
            &|| false,
        )
        .unwrap();
        assert!(found.point[0] >= 1.0 && found.point[0] < 1.0 + 1e-5, "{found:?}");
        assert_eq!(maximise(|_| f64::NAN, &[vec![0.0]], &|_| false, &|| false), None);
    }
}
