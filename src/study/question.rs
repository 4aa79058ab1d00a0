//! A limit to be met at a level by some value, and what is known of it: values are counted so that more is
//! riskier.

use super::criterion::Criterion;
use crate::result::LevelResult;
use crate::stats::Estimate;

/// Values inside each interval that is closed in on.
const INNER_VALUES: usize = 5;

/// A level and a limit, and what is known of them; values are counted so that more is riskier.
pub struct Question {
    /// Which level of the scenario.
    pub level: usize,
    /// The limit.
    pub limit: f64,
    /// Whether the position surely keeps the limit as it is.
    pub is_kept: bool,
    /// The value that is known to hold and the one that is not, by the estimate and by the ends of its
    /// interval.
    pub brackets: [(f64, f64); 3],
    /// What was tried, by rising value.
    pub tried: Vec<(f64, LevelResult)>,
}

/// Whether an estimate, or an end of its interval, keeps a limit.
pub const WITHIN: [fn(&Estimate, f64) -> bool; 3] =
    [|e, limit| e.value <= limit, |e, limit| e.high <= limit, |e, limit| e.low <= limit];

impl Question {
    /// The first value beyond the limit, and the last before it.
    pub fn close_in(&mut self, criterion: Criterion) {
        self.tried.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (bracket, within) in self.brackets.iter_mut().zip(&WITHIN) {
            let good = |tried: &&(f64, LevelResult)| {
                criterion.limited(&tried.1).is_some_and(|estimate| within(&estimate, self.limit))
            };
            let fails = self.tried.iter().find(|tried| !good(tried)).map(|tried| tried.0);
            bracket.1 = fails.unwrap_or(bracket.1);
            let before = |tried: &&(f64, LevelResult)| fails.is_none_or(|fails| tried.0 < fails);
            bracket.0 =
                self.tried.iter().filter(before).filter(good).map(|tried| tried.0).fold(0.0, f64::max);
        }
    }

    /// Whether the safest value that was tried keeps the limit.
    pub fn holds_first(&self, criterion: Criterion) -> bool {
        let first = self.tried.first().and_then(|tried| criterion.limited(&tried.1));
        first.is_some_and(|first| first.low <= self.limit)
    }

    /// The ranges of tried values that keep the limit, told apart only by values that surely do not.
    pub fn ranges(&self, criterion: Criterion) -> Vec<(f64, f64)> {
        let mut ranges: Vec<(f64, f64)> = Vec::new();
        let mut is_open = false;
        for (value, level) in &self.tried {
            let Some(estimate) = criterion.limited(level) else { continue };
            if estimate.high <= self.limit {
                match ranges.last_mut().filter(|_| is_open) {
                    Some(range) => range.1 = *value,
                    None => ranges.push((*value, *value)),
                }
                is_open = true;
            } else if estimate.low > self.limit {
                is_open = false;
            }
        }
        ranges
    }
}

/// Numbers strictly between two.
pub fn inner(low: f64, high: f64) -> Vec<f64> {
    let step = (high - low) / (INNER_VALUES + 1) as f64;
    // Below, nothing is known: the first values were the safest worth trying.
    if low <= 0.0 || step <= 1e-9 * high {
        return Vec::new();
    }
    (1..=INNER_VALUES).map(|index| low + step * index as f64).filter(|x| *x > low && *x < high).collect()
}
