//! Numbers held back on their way into many histograms.
//!
//! The tables of many levels together are larger than a second-level cache, and adding to one of them at random costs a fetch from
//! memory. Held back until there are enough for one table, its lines are fetched once for several numbers.

use super::Histogram;

/// Numbers held back for one table: twice as many as it has lines in use.
const CAPACITY: usize = 2048;

/// Numbers of equal weight on their way into histograms that are named by index.
#[derive(Debug, Clone)]
pub struct Deferred {
    weight: f64,
    bins: Vec<Vec<u16>>,
}

impl Deferred {
    /// For this many histograms and numbers of this weight.
    pub fn new(histograms: usize, weight: f64) -> Self {
        Self { weight, bins: (0..histograms).map(|_| Vec::new()).collect() }
    }

    /// Adds a number to the histogram of an index, now or later; one of another weight at once.
    #[inline(always)]
    pub fn add(&mut self, index: usize, histogram: &mut Histogram, x: f64, weight: f64) {
        if weight != self.weight {
            histogram.add(x, weight);
            return;
        }
        let bins = &mut self.bins[index];
        bins.push(Histogram::bin_of(x));
        if bins.len() >= CAPACITY {
            histogram.add_bins(bins, weight);
            bins.clear();
        }
    }

    /// Adds all that was held back for an index.
    pub fn flush(&mut self, index: usize, histogram: &mut Histogram) {
        histogram.add_bins(&self.bins[index], self.weight);
        self.bins[index].clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back_arrives_in_full() {
        let (mut direct, mut late) = (vec![Histogram::default(); 3], vec![Histogram::default(); 3]);
        let mut deferred = Deferred::new(3, 2.0);
        for i in 0..10_000 {
            let (index, x) = (i % 3, 0.001 * (i * i % 7919) as f64);
            let weight = if i % 5 == 0 { 1.0 } else { 2.0 };
            direct[index].add(x, weight);
            deferred.add(index, &mut late[index], x, weight);
        }
        assert_ne!(direct, late);
        late.iter_mut().enumerate().for_each(|(index, histogram)| deferred.flush(index, histogram));
        assert_eq!(direct, late);
        late.iter_mut().enumerate().for_each(|(index, histogram)| deferred.flush(index, histogram));
        assert_eq!(direct, late);
    }
}
