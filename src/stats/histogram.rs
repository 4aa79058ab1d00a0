//! Histogram of positive numbers in bins of constant relative width.
//!
//! Bins are read off the bits of the number: each octave is cut into 1024 equal bins, so a bin is at most 1/1024 of its
//! lower edge wide and its middle is within 4.9e-4 of anything in it (the layout of HdrHistogram, G. Tene). Counts are
//! weights in fixed point, so that merging is exact.

use std::convert::Infallible;
use std::ops::{AddAssign, ControlFlow};

use serde::{Deserialize, Serialize};

use super::pages::Pages;

const BINS_PER_OCTAVE: usize = 1024;
const MANTISSA_SHIFT: u32 = 42;
/// Octaves kept on either side of one; numbers beyond fall into the first or last bin.
const LOWEST_EXPONENT: i32 = -30;
const HIGHEST_EXPONENT: i32 = 14;
const OCTAVES: usize = (HIGHEST_EXPONENT - LOWEST_EXPONENT) as usize;
const BINS: usize = OCTAVES * BINS_PER_OCTAVE;
const FIRST_INDEX: u64 = ((1023 + LOWEST_EXPONENT) as u64) << 10;
/// A weight of one in fixed point.
const UNIT: f64 = (1_u64 << 24) as f64;
/// The most paths of a run: 2⁴⁰ of weight 1 in one bin would be more than it can count.
pub const MOST_PATHS: u64 = 1_000_000_000_000;

/// Weighted counts of positive numbers in bins of constant relative width, from 2⁻³⁰ to 2¹⁴.
///
/// Takes memory for the pages that were needed. Written as the occupied bins, `[number, count in 2⁻²⁴]` each.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(into = "Vec<(u16, u64)>", try_from = "Vec<(u16, u64)>")]
pub struct Histogram {
    /// The first bin, where total losses fall: the rest of its page is rarely needed.
    lost: u64,
    /// The other bins.
    counts: Pages,
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.occupied().eq(other.occupied())
    }
}

impl Eq for Histogram {}

/// One occupied bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower edge.
    pub low: f64,
    /// Upper edge; both are 0 for the first bin, where total losses fall.
    pub high: f64,
    /// Weight inside.
    pub weight: f64,
}

impl Bin {
    fn new(i: usize, count: u64) -> Self {
        // The first bin is where total losses fall: it stands for zero.
        let (low, high) = if i == 0 { (0.0, 0.0) } else { (edge(i), edge(i + 1)) };
        Self { low, high, weight: weight_of(count) }
    }

    /// The number that stands for all in the bin.
    pub fn middle(&self) -> f64 {
        0.5 * (self.low + self.high)
    }
}

impl Histogram {
    /// Adds a number; negative ones and not-a-number count in the first bin.
    #[inline]
    pub fn add(&mut self, x: f64, weight: f64) {
        self.count(index(x), fixed(weight));
    }

    /// The bin that a number falls into.
    #[inline(always)]
    pub fn bin_of(x: f64) -> u16 {
        // There are fewer than 2¹⁶ bins.
        index(x) as u16
    }

    /// Adds one number of this weight to each of these bins.
    pub fn add_bins(&mut self, bins: &[u16], weight: f64) {
        let weight = fixed(weight);
        for bin in bins {
            self.count(usize::from(*bin), weight);
        }
    }

    /// Adds numbers of this weight.
    pub fn add_all(&mut self, numbers: &[f64], weight: f64) {
        let weight = fixed(weight);
        for x in numbers {
            self.count(index(*x), weight);
        }
    }

    /// Adds to the count of a bin.
    #[inline(always)]
    fn count(&mut self, bin: usize, weight: u64) {
        match bin {
            0 => self.lost += weight,
            _ => self.counts.add(bin, weight),
        }
    }

    /// Shows the occupied bins by number, from the lowest up, and their counts, until it is told to stop:
    /// faster than [`Histogram::occupied`].
    #[inline(always)]
    fn each<B>(&self, mut visit: impl FnMut(usize, u64) -> ControlFlow<B>) -> ControlFlow<B> {
        if self.lost > 0 {
            visit(0, self.lost)?;
        }
        self.counts.each(visit)
    }

    /// The same without an end.
    #[inline(always)]
    fn every(&self, mut visit: impl FnMut(usize, u64)) {
        let ControlFlow::Continue(()) = self.each(|bin, count| {
            visit(bin, count);
            ControlFlow::<Infallible>::Continue(())
        });
    }

    /// The occupied bins by number, from the lowest up.
    fn occupied(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> + '_ {
        std::iter::once((0, self.lost)).filter(|(_, count)| *count > 0).chain(self.counts.iter())
    }

    /// Occupied bins from the lowest up.
    pub fn bins(&self) -> impl DoubleEndedIterator<Item = Bin> + '_ {
        self.occupied().map(|(i, count)| Bin::new(i, count))
    }

    /// Occupied bins from the lowest up, and the total weight.
    pub fn collected(&self) -> (Vec<Bin>, f64) {
        let all = self.weight();
        // Most numbers have a weight of 1.
        let mut bins = Vec::with_capacity(self.counts.len().min(all as usize) + 1);
        self.every(|i, count| bins.push(Bin::new(i, count)));
        (bins, all)
    }

    /// Total weight.
    pub fn weight(&self) -> f64 {
        self.counted(BINS)
    }

    /// Weight of the numbers below an edge between bins (any power of two is one).
    pub fn weight_below(&self, x: f64) -> f64 {
        self.counted(index(x))
    }

    /// Weight in the bins below a number.
    fn counted(&self, end: usize) -> f64 {
        let lost = if end > 0 { u128::from(self.lost) } else { 0 };
        (lost + self.counts.below(end)) as f64 / UNIT
    }

    /// Weight of the numbers below `x`, linear inside a bin.
    pub fn weight_under(&self, x: f64) -> f64 {
        let mut below = 0.0;
        for bin in self.bins() {
            if bin.high <= x {
                below += bin.weight;
            } else if bin.low < x {
                below += bin.weight * (x - bin.low) / (bin.high - bin.low);
            }
        }
        below
    }

    /// Weights of the numbers at or below some rising ones, linear inside a bin.
    pub fn weights_up_to(&self, edges: &[f64]) -> Vec<f64> {
        let mut weights = Vec::with_capacity(edges.len());
        let mut below = 0.0;
        self.every(|i, count| {
            let bin = Bin::new(i, count);
            while let Some(x) = edges.get(weights.len()).filter(|x| **x < bin.high) {
                let inside = bin.weight * (x - bin.low) / (bin.high - bin.low);
                weights.push(if bin.low <= *x { below + inside } else { below });
            }
            below += bin.weight;
        });
        weights.resize(edges.len(), below);
        weights
    }

    /// The number below which the given weight lies, linear inside a bin; none for an empty histogram.
    pub fn quantile(&self, weight: f64) -> Option<f64> {
        self.quantiles([weight]).map(|[quantile]| quantile)
    }

    /// The numbers below which some rising weights lie, linear inside a bin; none for an empty histogram.
    pub fn quantiles<const N: usize>(&self, weights: [f64; N]) -> Option<[f64; N]> {
        let mut quantiles = [0.0; N];
        let (mut known, mut below, mut last) = (0, 0.0, None);
        let all = self.each(|i, count| {
            let up_to = below + weight_of(count);
            while known < N && up_to >= weights[known] {
                let bin = Bin::new(i, count);
                let part = ((weights[known] - below) / bin.weight).clamp(0.0, 1.0);
                quantiles[known] = bin.low + part * (bin.high - bin.low);
                known += 1;
            }
            (below, last) = (up_to, Some((i, count)));
            if known < N { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if all.is_continue() {
            let (i, count) = last?;
            quantiles[known..].fill(Bin::new(i, count).high);
        }
        Some(quantiles)
    }

    /// Shows the number that stands for all in a bin and its count, from the lowest bin up.
    #[inline(always)]
    pub(super) fn every_middle(&self, mut visit: impl FnMut(f64, u64)) {
        self.every(|i, count| {
            let middle = if i == 0 { 0.0 } else { 0.5 * (edge(i) + edge(i + 1)) };
            visit(middle, count);
        });
    }

    /// Adds to the count of a bin.
    #[inline(always)]
    pub(super) fn count_bin(&mut self, bin: u16, count: u64) {
        self.count(usize::from(bin), count);
    }
}

impl From<Histogram> for Vec<(u16, u64)> {
    fn from(histogram: Histogram) -> Self {
        // There are fewer than 2¹⁶ bins.
        histogram.occupied().map(|(bin, count)| (bin as u16, count)).collect()
    }
}

impl TryFrom<Vec<(u16, u64)>> for Histogram {
    type Error = String;

    fn try_from(bins: Vec<(u16, u64)>) -> Result<Self, String> {
        let mut histogram = Self::default();
        for (bin, count) in bins {
            if usize::from(bin) >= BINS {
                return Err(format!("a histogram has no bin {bin}"));
            }
            match usize::from(bin) {
                0 => histogram.lost = count,
                bin => *histogram.counts.of(bin) = count,
            }
        }
        Ok(histogram)
    }
}

impl AddAssign<&Histogram> for Histogram {
    fn add_assign(&mut self, other: &Self) {
        // What is beyond the count can come from a foreign file only.
        self.lost = self.lost.saturating_add(other.lost);
        self.counts.merge(&other.counts);
    }
}

/// A weight in fixed point, to the nearest 2⁻²⁴.
#[inline]
fn fixed(weight: f64) -> u64 {
    (weight * UNIT + 0.5) as u64
}

/// A weight in fixed point as a number.
#[inline(always)]
fn weight_of(count: u64) -> f64 {
    count as f64 / UNIT
}

#[inline]
fn index(x: f64) -> usize {
    // Negative numbers and not-a-number fail the comparison.
    if x > 0.0 {
        ((x.to_bits() >> MANTISSA_SHIFT).saturating_sub(FIRST_INDEX) as usize).min(BINS - 1)
    } else {
        0
    }
}

fn edge(i: usize) -> f64 {
    f64::from_bits((FIRST_INDEX + i as u64) << MANTISSA_SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_its_bin_and_near_its_middle() {
        for i in 1..40_000 {
            let x = (f64::from(i) - 20_000.0).mul_add(4.8e-4, 0.0).exp();
            let bin = index(x);
            assert!(edge(bin) <= x && x < edge(bin + 1), "{x}");
            assert!((0.5 * (edge(bin) + edge(bin + 1)) / x - 1.0).abs() < 4.9e-4, "{x}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_kept_in_the_end_bins() {
        let mut histogram = Histogram::default();
        for x in [-1.0, 0.0, f64::NAN, 1e-10, 1e9, f64::INFINITY] {
            histogram.add(x, 1.0);
        }
        let bins: Vec<Bin> = histogram.bins().collect();
        assert_eq!((bins.len(), bins[0].weight, bins[1].weight, bins[0].low), (2, 4.0, 2.0, 0.0));
    }

    #[test]
    fn weights_up_to_some_numbers_are_those_under_each() {
        let mut histogram = Histogram::default();
        for i in 0..1000 {
            histogram.add(0.37 * f64::from(i) / 1000.0, 1.0 + f64::from(i % 3));
        }
        let edges = [0.0, 1e-3, 0.1, 0.25, 0.369, 1.0];
        for (x, found) in edges.iter().zip(histogram.weights_up_to(&edges)) {
            // The first number is 0 and stands in the bin of total losses.
            let expected = histogram.weight_under(*x);
            assert!((found - expected).abs() < 1e-9, "{x}: {found} {expected}");
        }
        assert_eq!(histogram.weights_up_to(&[1.0])[0], histogram.weight());
    }

    /// Against a map of all bins, whichever pages are needed first.
    #[test]
    fn bins_are_those_of_a_map_in_any_order_of_pages() {
        let numbers: Vec<f64> = (0..4_000_u32)
            .map(|i| 2_f64.powf(f64::from(i.wrapping_mul(2_654_435_761) % 46_000) / 1_000.0 - 31.0))
            .collect();
        let mut expected = std::collections::BTreeMap::new();
        let (mut one_by_one, mut by_bins) = (Histogram::default(), Histogram::default());
        for x in &numbers {
            *expected.entry(Histogram::bin_of(*x)).or_insert(0_u64) += fixed(0.75);
            one_by_one.add(*x, 0.75);
            by_bins.add_bins(&[Histogram::bin_of(*x)], 0.75);
        }
        let mut halves = Histogram::default();
        for half in numbers.chunks(2_000).rev() {
            let mut part = Histogram::default();
            half.iter().for_each(|x| part.add(*x, 0.75));
            halves += &part;
        }
        let expected: Vec<(u16, u64)> = expected.into_iter().collect();
        for histogram in [one_by_one, by_bins, halves] {
            assert_eq!(Vec::from(histogram.clone()), expected);
            assert_eq!(Histogram::try_from(expected.clone()).unwrap(), histogram);
        }
    }

    #[test]
    fn quantiles_of_a_uniform_sample_are_right() {
        let mut histogram = Histogram::default();
        for i in 0..100_000 {
            histogram.add(1.0 + (f64::from(i) + 0.5) / 100_000.0, 1.0);
        }
        for p in [0.01, 0.3, 0.5, 0.99] {
            let quantile = histogram.quantile(p * 100_000.0).unwrap();
            assert!((quantile - 1.0 - p).abs() < 2e-5, "{p}: {quantile}");
        }
        assert_eq!(histogram.weight_below(1.0), 0.0);
        assert_eq!(histogram.weight_below(2.0), 100_000.0);
    }
}
