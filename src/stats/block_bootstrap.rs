//! Intervals for means of data that hang together over time.

use crate::numeric::{Purpose, Stream};

use super::estimate::CONFIDENCE;

/// Resamples of a series in blocks of neighbours, the same for every series of one length.
///
/// The circular block bootstrap (Politis and Romano 1992, "A circular block-resampling procedure for stationary data"):
/// blocks start anywhere and run on at the beginning when they reach the end, so every observation is as likely.
#[derive(Debug, Clone)]
pub struct BlockBootstrap {
    length: usize,
    block: usize,
    blocks: usize,
    /// Where blocks start, resample after resample.
    starts: Vec<u32>,
}

impl BlockBootstrap {
    /// Resamples of a series of `length` observations in blocks of `block`, in the order of a seed.
    pub fn new(length: usize, block: usize, resamples: usize, seed: u64) -> Self {
        let block = block.clamp(1, length.max(1));
        let blocks = length.div_ceil(block);
        let mut uniforms = vec![0.0; blocks * resamples];
        Stream::new(seed, Purpose::Resample, 0).uniforms(&mut uniforms);
        let starts = uniforms.iter().map(|u| ((u * length as f64) as usize).min(length.max(1) - 1) as u32);
        Self { length, block, blocks, starts: starts.collect() }
    }

    /// Interval of the mean of a series, between percentiles of the means of its resamples.
    pub fn interval(&self, series: &[f64]) -> (f64, f64) {
        let n = self.length;
        if n == 0 || series.len() != n {
            return (f64::NAN, f64::NAN);
        }
        // Sums of all blocks by their start.
        let mut sums = Vec::with_capacity(n);
        let mut sum: f64 = series.iter().take(self.block).sum();
        for start in 0..n {
            sums.push(sum);
            sum += series[(start + self.block) % n] - series[start];
        }
        let mut means: Vec<f64> = self
            .starts
            .chunks(self.blocks)
            .map(|starts| {
                let total: f64 = starts.iter().map(|start| sums[*start as usize]).sum();
                total / (self.blocks * self.block) as f64
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let tail = 0.5 * (1.0 - CONFIDENCE);
        let at =
            |share: f64| means[((share * (means.len() - 1) as f64).round() as usize).min(means.len() - 1)];
        (at(tail), at(1.0 - tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of equal values of length `run`: the mean of n of them has the error of n/run independent ones.
    fn coverage(run: usize, block: usize) -> f64 {
        let (length, trials) = (2_000, 400);
        let covered = (0..trials)
            .filter(|trial| {
                let mut draws = vec![0.0; length / run + 1];
                Stream::new(*trial, Purpose::Event(0), 1).normals(&mut draws);
                let series: Vec<f64> = (0..length).map(|i| draws[i / run]).collect();
                let (low, high) = BlockBootstrap::new(length, block, 300, *trial).interval(&series);
                low <= 0.0 && 0.0 <= high
            })
            .count();
        covered as f64 / trials as f64
    }

    /// Binomial error of a coverage of 95 % over 400 trials: 1.1 %.
    #[test]
    fn intervals_cover_where_blocks_are_longer_than_the_dependence() {
        assert!((coverage(1, 1) - 0.95).abs() < 0.04);
        assert!((coverage(10, 60) - 0.93).abs() < 0.05);
        assert!(coverage(10, 1) < 0.6, "single observations know nothing of dependence");
    }
}
