//! Intervals of a number of each path, such as its closing log-price, whose chances are known.

/// Most marks that are hedged.
pub const MARKS: usize = 64;

/// Chances at marks below the median, and one less them above: quantiles that results show, and between them
/// so that an interval holds no large part of what is asked about.
const BELOW: [f64; 31] = [
    0.001, 0.0025, 0.005, 0.0075, 0.01, 0.0125, 0.016, 0.02, 0.025, 0.03, 0.036, 0.043, 0.05, 0.0565, 0.064,
    0.073, 0.084, 0.097, 0.112, 0.129, 0.148, 0.169, 0.192, 0.218, 0.25, 0.28, 0.315, 0.35, 0.385, 0.42,
    0.46,
];

/// Marks on a line, and the chance of each interval between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    marks: Vec<f64>,
    chances: Vec<f64>,
}

impl Intervals {
    /// Most intervals.
    pub const MOST: usize = 66;

    /// The chances below marks that tell the distributions of returns apart best.
    pub fn wanted() -> impl Iterator<Item = f64> {
        let above = BELOW.into_iter().rev().map(|below| 1.0 - below);
        BELOW.into_iter().chain([0.5]).chain(above)
    }

    /// Between rising marks, at which the distribution function is known; none unless both rise and there are
    /// few enough.
    pub fn new(marks: Vec<f64>, below: &[f64]) -> Option<Self> {
        let rises = |numbers: &[f64]| numbers.windows(2).all(|pair| pair[0] < pair[1]);
        let are_chances = below.first().is_some_and(|first| *first > 0.0) && below.last() < Some(&1.0);
        if marks.len() != below.len()
            || marks.len() >= Self::MOST
            || !are_chances
            || !rises(&marks)
            || !rises(below)
        {
            return None;
        }
        let ends = below.iter().copied().chain([1.0]);
        let starts = [0.0].into_iter().chain(below.iter().copied());
        let chances = ends.zip(starts).map(|(end, start)| end - start).collect();
        Some(Self { marks, chances })
    }

    /// The marks.
    pub fn marks(&self) -> &[f64] {
        &self.marks
    }

    /// The chance of each interval, one more than there are marks.
    pub fn chances(&self) -> &[f64] {
        &self.chances
    }

    /// The chance of what lies below each mark.
    pub fn below(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let chances = self.chances[..self.marks.len()].iter();
        chances
            .map(|chance| {
                sum += chance;
                sum
            })
            .collect()
    }

    /// The number of the mark that is the nearest to a chance below it.
    fn nearest(&self, chance: f64) -> usize {
        let away = self.below().into_iter().map(|below| (below - chance).abs());
        away.enumerate().min_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |(mark, _)| mark)
    }

    /// The numbers of the marks that are the nearest to a chance below them, and to it above.
    pub fn about(&self, chance: f64) -> [usize; 2] {
        [chance, 1.0 - chance].map(|chance| self.nearest(chance))
    }

    /// The marks, and between any two neighbours their middle.
    pub fn cuts(&self) -> Vec<f64> {
        let first = self.marks.first().copied();
        let others = self.marks.windows(2).flat_map(|pair| [0.5 * (pair[0] + pair[1]), pair[1]]);
        first.into_iter().chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_between_the_marks_and_cuts_midway_too() {
        let intervals = Intervals::new(vec![-1.0, 0.5, 2.0], &[0.1, 0.4, 0.9]).unwrap();
        assert_eq!(intervals.cuts(), [-1.0, -0.25, 0.5, 1.25, 2.0]);
        assert_eq!(intervals.about(0.15), [0, 2]);
        let sum: f64 = intervals.chances().iter().sum();
        assert!((sum - 1.0).abs() < 1e-15 && (intervals.chances()[2] - 0.5).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_rise_is_none() {
        assert!(Intervals::new(vec![0.0, 0.0], &[0.1, 0.2]).is_none());
        assert!(Intervals::new(vec![0.0, 1.0], &[0.1, 1.0]).is_none());
        assert!(Intervals::new(vec![0.0, f64::NAN], &[0.1, 0.2]).is_none());
        assert!(Intervals::new(vec![], &[]).is_none());
    }
}
