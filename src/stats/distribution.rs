//! What a histogram of closing equity says about returns: quantiles, tail losses, growth.

use crate::numeric::{Kernel, dispatch, elementary};

use super::correction::Correction;
use super::estimate::{Estimate, Z_95};
use super::histogram::{Bin, Histogram};

/// Terms of a sum that are computed at once.
const SIDE_BY_SIDE: usize = 8;

/// The distribution of closing equity (1 + return) as weighted bins.
#[derive(Debug, Clone)]
pub struct Distribution {
    bins: Vec<Bin>,
    /// Weight up to the end of each bin.
    up_to: Vec<f64>,
    weight: f64,
}

impl Distribution {
    /// The distribution in a histogram.
    pub fn new(histogram: &Histogram) -> Self {
        let (bins, weight) = histogram.collected();
        Self::of_bins(bins, weight)
    }

    fn of_bins(bins: Vec<Bin>, weight: f64) -> Self {
        let mut below = 0.0;
        let up_to = bins.iter().map(|bin| {
            below += bin.weight;
            below
        });
        Self { up_to: up_to.collect(), bins, weight }
    }

    /// The same with the weights between the cuts of a correction as these should be.
    #[must_use]
    pub fn corrected(self, correction: &Correction) -> Self {
        let Self { mut bins, weight, .. } = self;
        let edges = correction.edges();
        let ends = edges.iter().map(|(_, off)| *off).chain([0.0]);
        let mut rest = &mut bins[..];
        // What there is below the last edge, as counted and as it now is: what should be there and cannot, since
        // no bin is there or bins would have less than nothing, is left to those above.
        let (mut counted, mut below) = (0.0, 0.0);
        for (gap, off) in ends.enumerate() {
            let is_below = |bin: &Bin| edges.get(gap).is_none_or(|(cut, _)| bin.middle() - 1.0 < *cut);
            let (within, above) = rest.split_at_mut(rest.partition_point(is_below));
            let of_gap: f64 = within.iter().map(|bin| bin.weight).sum();
            counted += of_gap;
            if of_gap > 0.0 {
                let wanted = (off.mul_add(-weight, counted) - below).max(0.0);
                within.iter_mut().for_each(|bin| bin.weight *= wanted / of_gap);
                below += wanted;
            }
            rest = above;
        }
        let weight = bins.iter().map(|bin| bin.weight).sum();
        Self::of_bins(bins, weight)
    }

    /// Share of the bins below an edge between two.
    pub fn share_below(&self, edge: f64) -> f64 {
        let below = self.bins.partition_point(|bin| bin.high <= edge && bin.low < edge);
        below.checked_sub(1).map_or(0.0, |last| self.up_to[last]) / self.weight
    }

    /// Its bins from the lowest up.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Total weight.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The closing equity not exceeded with this probability, linear inside a bin.
    pub fn quantile(&self, probability: f64) -> f64 {
        let target = probability.clamp(0.0, 1.0) * self.weight;
        let number = self.up_to.partition_point(|up_to| *up_to < target);
        let Some(bin) = self.bins.get(number) else {
            return self.bins.last().map_or(f64::NAN, |bin| bin.high);
        };
        let below = number.checked_sub(1).map_or(0.0, |last| self.up_to[last]);
        bin.low + ((target - below) / bin.weight).max(0.0) * (bin.high - bin.low)
    }

    /// Loss (positive) not exceeded with this probability, among `n` paths; its error is that of the quantile.
    pub fn value_at_risk(&self, probability: f64, n: f64) -> Estimate {
        let tail = 1.0 - probability;
        let quantile = self.between_ranks(tail, Z_95 * (tail * probability / n).sqrt());
        let (low, high) = (1.0 - quantile.high, 1.0 - quantile.low);
        Estimate::new(1.0 - quantile.value, (high - low) / (2.0 * Z_95), [low, high])
    }

    /// The closing equity not exceeded with this probability, among `n` paths.
    ///
    /// The interval is the distribution-free one between two order statistics, from the normal law of the rank; the
    /// standard error is its half-width in normal units.
    pub fn quantile_estimate(&self, probability: f64, n: f64) -> Estimate {
        self.between_ranks(probability, Z_95 * (probability * (1.0 - probability) / n).sqrt())
    }

    fn between_ranks(&self, probability: f64, rank_error: f64) -> Estimate {
        let (low, high) = (self.quantile(probability - rank_error), self.quantile(probability + rank_error));
        Estimate::new(self.quantile(probability), (high - low) / (2.0 * Z_95), [low, high])
    }

    /// Mean loss (positive) in the worst 1 − `probability` of `n` paths: VaR + E[(loss − VaR)⁺]/(1 − probability)
    /// (Rockafellar and Uryasev 2000, theorem 1), whose error to first order is that of the mean.
    pub fn expected_shortfall(&self, probability: f64, n: f64) -> Estimate {
        let tail = 1.0 - probability;
        let at_risk = self.quantile(tail);
        let (mut first, mut second) = (0.0, 0.0);
        for bin in self.bins.iter().take_while(|bin| bin.low < at_risk) {
            // Of the bin that holds the quantile only the part below it counts.
            let high = bin.high.min(at_risk);
            let part = if bin.high > bin.low { (high - bin.low) / (bin.high - bin.low) } else { 1.0 };
            let excess = at_risk - 0.5 * (bin.low + high);
            first += part * bin.weight * excess;
            second += part * bin.weight * excess * excess;
        }
        let (first, second) = (first / self.weight, second / self.weight);
        let std_error = ((second - first * first).max(0.0) / n).sqrt() / tail;
        Estimate::normal(1.0 - at_risk + first / tail, std_error)
    }

    /// The fraction of wealth f between 0 and 1 that maximises E ln(1 + f·return), and that maximum.
    ///
    /// The expectation is concave in f, so its derivative is bisected (Kelly 1956; Thorp 2006).
    pub fn kelly(&self) -> (f64, f64) {
        let returns: Vec<f64> = self.bins.iter().map(|bin| bin.middle() - 1.0).collect();
        let weighted: Vec<f64> =
            returns.iter().zip(&self.bins).map(|(of_bin, bin)| of_bin * bin.weight).collect();
        let slope = |f: f64| dispatch(Slope { f, returns: &returns, weighted: &weighted });
        let growth = |f: f64| -> f64 {
            let logarithms = returns.iter().map(|of_bin| elementary::ln_1p(f * of_bin));
            let total: f64 = logarithms.zip(&self.bins).map(|(logarithm, bin)| bin.weight * logarithm).sum();
            total / self.weight
        };
        if slope(0.0) <= 0.0 {
            return (0.0, 0.0);
        }
        if self.bins.first().is_some_and(|bin| bin.middle() > 0.0) && slope(1.0) >= 0.0 {
            return (1.0, growth(1.0));
        }
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if slope(middle) > 0.0 { low = middle } else { high = middle }
        }
        (low, growth(low))
    }
}

/// The derivative in f of the weighted sum of ln(1 + f·return).
struct Slope<'a> {
    f: f64,
    returns: &'a [f64],
    /// Times their weights.
    weighted: &'a [f64],
}

impl Kernel for Slope<'_> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self { f, returns, weighted } = self;
        let term = |of_bin: f64, weighted: f64| weighted / (1.0 + f * of_bin);
        let mut sum = 0.0;
        let (returns, weighted) = (returns.as_chunks::<SIDE_BY_SIDE>(), weighted.as_chunks::<SIDE_BY_SIDE>());
        for (returns, weighted) in returns.0.iter().zip(weighted.0) {
            // Terms side by side, their sum in the order of the bins.
            let mut terms = [0.0; SIDE_BY_SIDE];
            for (out, (of_bin, weighted)) in terms.iter_mut().zip(returns.iter().zip(weighted)) {
                *out = term(*of_bin, *weighted);
            }
            terms.iter().for_each(|term| sum += term);
        }
        returns.1.iter().zip(weighted.1).for_each(|(of_bin, weighted)| sum += term(*of_bin, *weighted));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Equal weights at the middles of a fine grid of the exponential of a normal would do; a uniform law on [0.5, 1.5]
    /// has VaR and expected shortfall in closed form.
    #[test]
    fn tail_losses_of_a_uniform_law_are_right() {
        let n = 1_000_000;
        let mut histogram = Histogram::default();
        for i in 0..n {
            histogram.add(0.5 + (f64::from(i) + 0.5) / f64::from(n), 1.0);
        }
        let distribution = Distribution::new(&histogram);
        let at_risk = distribution.value_at_risk(0.95, f64::from(n));
        assert!((at_risk.value - 0.45).abs() < 1e-6);
        // Density 1: the quantile's error is sqrt(p(1-p)/n).
        assert!((at_risk.std_error / (0.05 * 0.95 / f64::from(n)).sqrt() - 1.0).abs() < 0.01);
        let shortfall = distribution.expected_shortfall(0.95, f64::from(n));
        assert!((shortfall.value - 0.475).abs() < 1e-6, "{shortfall:?}");
        // Variance of (q − X)⁺ is p·p²/3 − (p·p/2)² for the uniform tail.
        let variance = 0.05_f64.powi(3) / 3.0 - 0.05_f64.powi(4) / 4.0;
        assert!((shortfall.std_error / ((variance / f64::from(n)).sqrt() / 0.05) - 1.0).abs() < 0.01);
    }

    #[test]
    fn an_atom_of_total_loss_is_exact() {
        let mut histogram = Histogram::default();
        histogram.add(0.0, 10.0);
        histogram.add(1.5, 90.0);
        let distribution = Distribution::new(&histogram);
        assert_eq!(distribution.value_at_risk(0.95, 100.0).value, 1.0);
        assert_eq!(distribution.expected_shortfall(0.95, 100.0).value, 1.0);
    }

    /// A bet that wins b with probability p and loses all otherwise: f = p − (1 − p)/b (Kelly 1956).
    #[test]
    fn kelly_of_a_coin_is_the_textbook_fraction() {
        let mut histogram = Histogram::default();
        histogram.add(0.0, 40.0);
        histogram.add(2.0 + 1e-9, 60.0);
        let (fraction, growth) = Distribution::new(&histogram).kelly();
        // The bin of 2 has its middle at 2.001.
        assert!((fraction - 0.2).abs() < 1e-3, "{fraction}");
        assert!((growth - (0.6 * 1.2_f64.ln() + 0.4 * 0.8_f64.ln())).abs() < 2e-4, "{growth}");
        let mut losing = Histogram::default();
        losing.add(0.5, 1.0);
        assert_eq!(Distribution::new(&losing).kelly(), (0.0, 0.0));
    }
}
