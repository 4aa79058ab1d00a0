//! A number of each path beside the interval of its closing price, whose mean is known: whether it was
//! liquidated.
//!
//! What is left of both after the means by interval is regressed on each other (Frisch and Waugh 1933).

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::closings::Deviations;
use super::estimate::Estimate;

/// What is one, in whole numbers, and how large a number may be.
pub(super) const ONE: f64 = 1024.0;
const MOST: f64 = 8.0;

/// Sums of a variate w over paths and nets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Variate {
    /// By row, over the paths, of w times what is counted in it.
    joint: Vec<i64>,
    /// By row, over the nets, of the product of both sums.
    products: Vec<i64>,
    /// By interval, over the paths.
    sums: Vec<i64>,
    /// By interval, over the nets, of the sum times the paths in it.
    with_intervals: Vec<i64>,
    /// Over the nets of the square of the sum, and over the paths.
    squares: [i64; 2],
}

/// What is known of a variate: how far its mean over all paths is off, and the variance of what it should be,
/// of a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub off: f64,
    pub variance: f64,
}

impl Known {
    /// Of the share of `n` paths that were liquidated, which is to be the probability if something better
    /// knows it.
    pub fn of((share, probability): (f64, Option<Estimate>), n: f64) -> Option<Self> {
        let Estimate { value, std_error, .. } = probability?;
        Some(Self { off: share - value, variance: n * std_error * std_error })
    }
}

/// What a variate comes to beside the intervals.
#[derive(Debug)]
pub(super) struct Beside<'a> {
    own: &'a Variate,
    known: Known,
    /// Its means by interval.
    means: Vec<f64>,
    /// Its variance over paths that the intervals leave.
    variance: f64,
    /// Over the nets: its variance, and its covariance with the paths in each interval.
    of_nets: f64,
    with_intervals: Vec<f64>,
    nets: f64,
}

/// A row's part: the factor of the variate, its covariance with the row over nets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub factor: f64,
    pub covariance: f64,
}

/// A number as a whole one.
#[inline(always)]
pub(super) fn whole(w: f64) -> i64 {
    (w.clamp(-MOST, MOST) * ONE) as i64
}

impl Variate {
    pub fn new(rows: usize, intervals: usize) -> Self {
        Self {
            joint: vec![0; rows],
            products: vec![0; rows],
            sums: vec![0; intervals],
            with_intervals: vec![0; intervals],
            squares: [0; 2],
        }
    }

    /// Adds a net: what w comes to by interval, its squares, and by row the sum of the row and that of w
    /// times it.
    #[inline(always)]
    pub fn add_net(
        &mut self,
        by_interval: &[i64],
        squares: i64,
        counts: &[i32],
        rows: impl Iterator<Item = (i64, i64)>,
    ) {
        let mut sum = 0;
        for (own, of_interval) in self.sums.iter_mut().zip(by_interval) {
            *own += of_interval;
            sum += of_interval;
        }
        for (own, count) in self.with_intervals.iter_mut().zip(counts) {
            *own += sum * i64::from(*count);
        }
        for ((joint, product), (row, times)) in self.joint.iter_mut().zip(&mut self.products).zip(rows) {
            *joint += times;
            *product += sum * row;
        }
        self.squares[0] += sum * sum;
        self.squares[1] += squares;
    }

    /// Adds the sums of another; what is beyond a count can come from a foreign file only.
    pub fn merge(&mut self, other: &Self) {
        let columns = [
            (&mut self.joint, &other.joint),
            (&mut self.products, &other.products),
            (&mut self.sums, &other.sums),
            (&mut self.with_intervals, &other.with_intervals),
        ];
        for (mine, theirs) in columns {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
        }
        for (mine, theirs) in self.squares.iter_mut().zip(other.squares) {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// Over the paths, by interval.
    pub fn by_interval(&self) -> impl Iterator<Item = f64> {
        self.sums.iter().map(|sum| *sum as f64 / ONE)
    }

    pub fn fits(&self, rows: usize, intervals: usize) -> bool {
        self.joint.len() == rows
            && self.products.len() == rows
            && self.sums.len() == intervals
            && self.with_intervals.len() == intervals
    }

    /// What it comes to beside the intervals; none where these leave nothing of it.
    pub fn beside(&self, deviations: &Deviations, known: Known, nets: f64) -> Option<Beside<'_>> {
        let seen = &deviations.seen;
        let paths: f64 = seen.iter().sum();
        let sums = || self.by_interval();
        let sum: f64 = sums().sum();
        let means = sums().zip(seen).map(|(own, seen)| if *seen > 0.0 { own / seen } else { sum / paths });
        let means: Vec<f64> = means.collect();
        let explained: f64 = means.iter().zip(sums()).map(|(mean, sum)| mean * sum).sum();
        let [of_nets, of_paths] = self.squares.map(|squares| squares as f64 / (ONE * ONE));
        let variance = (of_paths - explained) / paths;
        let with_interval =
            |(with, seen): (&i64, &f64)| (*with as f64 / ONE - sum * seen / nets) / (nets - 1.0);
        (variance > LEAST * of_paths / paths).then(|| Beside {
            own: self,
            known,
            means,
            variance,
            of_nets: (of_nets - sum * sum / nets) / (nets - 1.0),
            with_intervals: self.with_intervals.iter().zip(seen).map(with_interval).collect(),
            nets,
        })
    }
}

/// The share of a variance that is left at least: what is less is the rounding of its terms.
const LEAST: f64 = 1e-6;

impl Beside<'_> {
    /// The part of a row, of which so much was counted by interval; rows of gaps that are summed up to one
    /// are a range.
    pub fn part(&self, rows: RangeInclusive<usize>, joint: &[f64], paths: f64) -> Part {
        let sum = |numbers: &[i64]| numbers[rows.clone()].iter().sum::<i64>() as f64 / ONE;
        let total: f64 = joint.iter().sum();
        let explained: f64 = self.means.iter().zip(joint).map(|(mean, joint)| mean * joint).sum();
        // What is known with an error is worth less.
        let factor = (sum(&self.own.joint) - explained) / paths / (self.variance + self.known.variance);
        let of_variate: f64 = self.own.sums.iter().sum::<i64>() as f64 / ONE;
        let covariance = (sum(&self.own.products) - total * of_variate / self.nets) / (self.nets - 1.0);
        Part { factor, covariance }
    }

    /// What is to be taken off the mean of the variate itself, by how far the intervals are off.
    pub fn off(&self, intervals: &[f64]) -> f64 {
        let told: f64 = self.means.iter().zip(intervals).map(|(mean, off)| mean * off).sum();
        let share = self.variance / (self.variance + self.known.variance);
        share.mul_add(self.known.off - told, told)
    }

    /// The factors of the intervals with those of a row taken off its own.
    pub fn reduce(&self, factors: &mut [f64], part: Part) {
        factors.iter_mut().zip(&self.means).for_each(|(factor, mean)| *factor -= part.factor * mean);
    }

    /// What a row's part takes off its mean, and what it adds to its variance over nets beside the intervals
    /// with these factors; the variance of a path that comes from what is known.
    pub fn effect(&self, factors: &[f64], part: Part) -> (f64, f64, f64) {
        let with: f64 = factors.iter().zip(&self.with_intervals).map(|(factor, with)| factor * with).sum();
        let Part { factor, covariance } = part;
        let of_nets = factor * (factor * self.of_nets + 2.0 * (with - covariance));
        (factor * self.known.off, of_nets, factor * factor * self.known.variance)
    }
}
