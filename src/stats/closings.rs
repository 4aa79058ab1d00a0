//! How the paths of a run fall into intervals whose chances are known.

use serde::{Deserialize, Serialize};

use super::places::Places;

/// Counts of paths by interval.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Closings {
    chances: Vec<f64>,
    /// Over all paths.
    all: Vec<u64>,
    /// Over the paths of the nets that are looked at.
    seen: Vec<u64>,
    /// Sums over these nets of the product of the counts of two intervals.
    pairs: Vec<u64>,
}

/// What [`Closings`] say of themselves.
#[derive(Debug)]
pub(super) struct Deviations {
    /// All paths.
    pub paths: f64,
    /// By interval.
    pub chances: Vec<f64>,
    /// Share of all paths less the chance, by interval.
    pub off: Vec<f64>,
    /// Paths of the nets that were looked at, by interval.
    pub seen: Vec<f64>,
    /// What tells of them, by interval: their counts, or control variates. Over these nets the sums, and the
    /// covariance of those of a net by two intervals.
    pub sums: Vec<f64>,
    pub covariances: Vec<f64>,
    /// What of that is one where it was multiplied with counts.
    pub unit: f64,
    /// Where the last of the intervals stands for the liquidated paths: the share of them that closes in each
    /// of the others.
    pub liquidated: Option<Vec<f64>>,
}

impl Closings {
    /// Adds the paths of a block.
    pub fn add_all(&mut self, places: &Places) {
        if self.chances.is_empty() {
            let chances = places.chances();
            let count = chances.len();
            self.chances = chances.to_vec();
            self.all = vec![0; count];
            self.seen = vec![0; count];
            self.pairs = vec![0; count * count];
        }
        for place in places.of_paths() {
            if let Some(all) = self.all.get_mut(usize::from(*place)) {
                *all += 1;
            }
        }
    }

    /// Adds the nets of a block.
    pub fn add_nets(&mut self, places: &Places) {
        places.of_nets().chunks_exact(places.chances().len()).for_each(|counts| self.add_net(counts));
    }

    fn add_net(&mut self, counts: &[i32]) {
        self.seen.iter_mut().zip(counts).for_each(|(seen, count)| *seen += u64::from(count.unsigned_abs()));
        let rows = self.pairs.chunks_exact_mut(counts.len()).zip(counts);
        for (row, first) in rows.filter(|(_, first)| **first > 0) {
            row.iter_mut()
                .zip(counts)
                .for_each(|(sum, second)| *sum += u64::from((first * second).unsigned_abs()));
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        if self.chances.is_empty() {
            self.clone_from(other);
            return;
        }
        let columns =
            [(&mut self.all, &other.all), (&mut self.seen, &other.seen), (&mut self.pairs, &other.pairs)];
        for (mine, theirs) in columns {
            add(mine, theirs);
        }
    }

    /// How far the paths are from what is known of them; none where there are too few, or what is written in
    /// a file does not fit.
    pub fn deviations(&self, nets: f64) -> Option<Deviations> {
        let count = self.chances.len();
        let fits = self.all.len() == count && self.seen.len() == count && self.pairs.len() == count * count;
        let paths: f64 = self.all.iter().map(|all| *all as f64).sum();
        if !fits || count == 0 || !(paths > 0.0) {
            return None;
        }
        let seen: Vec<f64> = self.seen.iter().map(|seen| *seen as f64).collect();
        let covariance = |(place, sum): (usize, &u64)| {
            (*sum as f64 - seen[place / count] * seen[place % count] / nets) / (nets - 1.0)
        };
        Some(Deviations {
            off: self
                .all
                .iter()
                .zip(&self.chances)
                .map(|(all, chance)| *all as f64 / paths - chance)
                .collect(),
            covariances: self.pairs.iter().enumerate().map(covariance).collect(),
            paths,
            chances: self.chances.clone(),
            sums: seen.clone(),
            unit: 1.0,
            liquidated: None,
            seen,
        })
    }
}

/// Adds columns of counts; what is beyond a count can come from a foreign file only.
pub(super) fn add(mine: &mut [u64], theirs: &[u64]) {
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
}
