//! How likely the paths of a level are to close in intervals, or to be liquidated, told by control variates.
//!
//! Of each mark of the closing price a number of each path is known whose mean is zero, and which follows
//! whether the path closes below the mark up to where the level is liquidated, or to the horizon. Where it
//! was liquidated that number has come to the chance at that time, and not to whether the path closed there
//! after all: what surviving paths close with is told by it less what goes with liquidation. That is the
//! share v of the liquidated paths that close in an interval, times the control variate of liquidation.

use serde::{Deserialize, Serialize};

use super::closings::{Deviations, add};
use super::intervals::MARKS;
use super::outcomes::Outcomes;
use super::places::Places;
use crate::numeric::NET;

/// What is one, in whole numbers: of nets, and of blocks.
const ONE: f64 = 1024.0;
const ONE_OF_BLOCKS: f64 = 1_048_576.0;
/// How large the sum of a net may be.
const MOST: f64 = 2048.0;

/// Sums of one level by place: the intervals, and last of all liquidation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marked {
    /// Of the numbers, over all paths.
    all: Vec<i64>,
    /// Paths of the nets that are looked at.
    seen: Vec<u64>,
    /// The liquidated ones among them, by interval.
    liquidated: Vec<u64>,
    /// Of the numbers over these nets, and of the products of two sums of a net.
    sums: Vec<i64>,
    pairs: Vec<i64>,
}

/// Where the paths of a block are, and what the numbers of its nets come to, both by place.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub of_paths: Vec<u8>,
    pub of_nets: Vec<i32>,
    pub count: usize,
}

impl Marked {
    fn resize(&mut self, marks: usize) {
        let count = marks + 2;
        self.all.resize(count, 0);
        self.seen.resize(count, 0);
        self.liquidated.resize(count, 0);
        self.sums.resize(count, 0);
        self.pairs.resize(count * count, 0);
    }

    /// Adds the numbers by mark, and that of liquidation, over all paths of a block.
    pub fn add_all(&mut self, sums: &[f64], hedged: f64) {
        self.resize(sums.len());
        let numbers = by_interval(sums.iter().copied()).chain([hedged]);
        for (all, number) in self.all.iter_mut().zip(numbers) {
            *all = all.saturating_add((number * ONE_OF_BLOCKS).round() as i64);
        }
    }

    /// Adds the nets of a block, whose numbers by net and mark are `marked`.
    pub fn add(&mut self, places: &Places, outcomes: &Outcomes<'_>, marked: &[[f32; MARKS]]) -> Placed {
        let marks = places.chances().len() - 1;
        self.resize(marks);
        let (count, Outcomes { liquidated, hedged, .. }) = (marks + 2, *outcomes);
        let mut placed = Placed { of_paths: places.of_paths().to_vec(), of_nets: Vec::new(), count };
        let whole = marked.len().min(liquidated.len() / NET) * NET;
        for (place, is_lost) in placed.of_paths[..whole].iter_mut().zip(liquidated) {
            if *is_lost != 0 {
                self.liquidated[usize::from(*place)] += 1;
                *place = count as u8 - 1;
            }
            self.seen[usize::from(*place)] += 1;
        }
        for (net, sums) in marked.iter().take(whole / NET).enumerate() {
            let hedged = hedged.map_or(0.0, |hedged| hedged[net * NET..][..NET].iter().sum());
            let numbers = by_interval(sums[..marks].iter().map(|sum| f64::from(*sum))).chain([hedged]);
            placed.of_nets.extend(numbers.map(|number| (number.clamp(-MOST, MOST) * ONE).round() as i32));
        }
        for numbers in placed.of_nets.chunks_exact(count) {
            for (sum, number) in self.sums.iter_mut().zip(numbers) {
                *sum += i64::from(*number);
            }
            for (row, first) in self.pairs.chunks_exact_mut(count).zip(numbers) {
                for (sum, second) in row.iter_mut().zip(numbers) {
                    *sum = sum.wrapping_add(i64::from(*first).wrapping_mul(i64::from(*second)));
                }
            }
        }
        placed
    }

    /// Adds the sums of another.
    pub fn merge(&mut self, other: &Self) {
        if self.all.is_empty() {
            self.clone_from(other);
            return;
        }
        add(&mut self.seen, &other.seen);
        add(&mut self.liquidated, &other.liquidated);
        let columns =
            [(&mut self.all, &other.all), (&mut self.sums, &other.sums), (&mut self.pairs, &other.pairs)];
        for (mine, theirs) in columns {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
        }
    }

    /// How far all of `n` paths are from what the numbers tell of them; none where what is written in a file
    /// does not fit.
    pub fn deviations(&self, n: f64, nets: f64) -> Option<Deviations> {
        let count = self.all.len();
        let fits = [self.seen.len(), self.liquidated.len(), self.sums.len()] == [count; 3];
        if !fits || count < 3 || self.pairs.len() != count * count {
            return None;
        }
        let paths = nets * NET as f64;
        let seen: Vec<f64> = self.seen.iter().map(|seen| *seen as f64).collect();
        let sums: Vec<f64> = self.sums.iter().map(|sum| *sum as f64 / ONE).collect();
        let covariance = |(place, sum): (usize, &i64)| {
            (*sum as f64 / (ONE * ONE) - sums[place / count] * sums[place % count] / nets) / (nets - 1.0)
        };
        let lost = seen[count - 1].max(1.0);
        let shares: Vec<f64> =
            self.liquidated[..count - 1].iter().map(|closed| *closed as f64 / lost).collect();
        let mut chances: Vec<f64> = seen.iter().zip(&sums).map(|(seen, sum)| (seen - sum) / paths).collect();
        // Of the paths that close in an interval some are liquidated.
        let hedged = sums[count - 1] / paths;
        chances.iter_mut().zip(&shares).for_each(|(chance, share)| *chance += share * hedged);
        Some(Deviations {
            paths: n,
            off: self.all.iter().map(|all| *all as f64 / ONE_OF_BLOCKS / n).collect(),
            covariances: self.pairs.iter().enumerate().map(covariance).collect(),
            unit: ONE,
            liquidated: Some(shares),
            chances,
            seen,
            sums,
        })
    }
}

/// From numbers of the marks those of the intervals between them.
fn by_interval(numbers: impl Iterator<Item = f64>) -> impl Iterator<Item = f64> {
    let mut before = 0.0;
    numbers.map(Some).chain([None]).map(move |number| {
        let number = number.unwrap_or(0.0);
        let of_interval = number - before;
        before = number;
        of_interval
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_intervals_are_differences_that_cancel() {
        let numbers: Vec<f64> = by_interval([0.5, -0.25, 2.0].into_iter()).collect();
        assert_eq!(numbers, [0.5, -0.75, 2.25, -2.0]);
    }
}
