//! A number with its error.

use serde::{Deserialize, Serialize};

use crate::numeric::elementary;
use crate::numeric::special::student_quantile_above;

/// Level of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// Standard normal quantile of a two-sided 95 % interval.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// How an estimate came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Counts and means over independent paths; a quantity known beforehand too.
    #[default]
    Counted,
    /// Counts weighted by the strata of what drives the price, on paths that nets spread evenly over them, or less what hedges them.
    Stratified,
    /// Means over independently scrambled Sobol points.
    QuasiMonteCarlo,
    /// Particles: paths that are resampled on their way towards a rare event.
    Splitting,
    /// Counts over the starts of a recorded history.
    History,
    /// Counts over an equal mixture of past days drawn anew and whole past horizons.
    Mixture,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Counted,
        Self::Stratified,
        Self::QuasiMonteCarlo,
        Self::Splitting,
        Self::History,
        Self::Mixture,
    ];

    /// The name, as results have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Stratified => "stratified",
            Self::QuasiMonteCarlo => "quasi_monte_carlo",
            Self::Splitting => "splitting",
            Self::History => "history",
            Self::Mixture => "mixture",
        }
    }
}

/// An estimated quantity: its value, standard error and 95 % interval, and how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Standard error of the value.
    pub std_error: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// How it came about.
    #[serde(default)]
    pub method: Method,
    /// Lower end of the 95 % interval that counts in the errors of the model's parameters, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_with_parameters: Option<f64>,
    /// Upper end of that interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_with_parameters: Option<f64>,
}

impl Estimate {
    /// A counted quantity with an interval of its own.
    pub fn new(value: f64, std_error: f64, [low, high]: [f64; 2]) -> Self {
        Self {
            value,
            std_error,
            low,
            high,
            method: Method::Counted,
            low_with_parameters: None,
            high_with_parameters: None,
        }
    }

    /// The same, come about in this way.
    #[must_use]
    pub fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// Number of plain paths whose counts would have the same error, of a probability.
    pub fn effective_paths(&self) -> f64 {
        self.value * (1.0 - self.value) / (self.std_error * self.std_error)
    }

    /// The mean of independent replicates of a probability, with the interval of Student's t.
    pub fn of_replicates(replicates: impl Iterator<Item = f64> + Clone) -> Self {
        let n = replicates.clone().count() as f64;
        let value = replicates.clone().fold(0.0, |sum, one| sum + one) / n;
        let squares = replicates.fold(0.0, |sum, one| sum + (one - value) * (one - value));
        Self::of_spread(value, squares, n)
    }

    /// The same from the sum of `n` replicates and that of their squares, for replicates that differ by more than their last digits.
    pub fn of_sums(sum: f64, sum_of_squares: f64, n: f64) -> Self {
        let value = sum / n;
        Self::of_spread(value, (sum_of_squares - sum * value).max(0.0), n)
    }

    /// The mean of `n` replicates whose squared distances from it come to a sum. Weighted replicates of a probability near one may have a mean
    /// beyond it.
    fn of_spread(value: f64, squares: f64, n: f64) -> Self {
        let std_error = (squares / (n * (n - 1.0))).sqrt();
        let half = student_quantile(n - 1.0) * std_error;
        let value = value.clamp(0.0, 1.0);
        Self::new(value, std_error, [(value - half).max(0.0), (value + half).min(1.0)])
    }

    /// A mean with the normal interval.
    pub fn normal(value: f64, std_error: f64) -> Self {
        Self::new(value, std_error, [value - Z_95 * std_error, value + Z_95 * std_error])
    }

    /// Mean of `n` weighted terms from Σ w·y and Σ w²·y² (the unnormalised estimator of importance sampling; the plain
    /// mean where all weights are one).
    pub fn mean(sum: f64, sum_of_squares: f64, n: f64) -> Self {
        let value = sum / n;
        let variance = (sum_of_squares / n - value * value).max(0.0);
        Self::normal(value, (variance / (n - 1.0).max(1.0)).sqrt())
    }

    /// A probability from Σ w and Σ w² over the paths with the event, out of `n` paths.
    ///
    /// The interval is Wilson's score interval at the effective sample size p(1−p)/se² (Korn and Graubard 1998), which
    /// is `n` where all weights are one. No event gives the exact upper bound, 1 − 0.025^(1/n).
    pub fn probability(sum: f64, sum_of_squares: f64, n: f64) -> Self {
        let value = (sum / n).clamp(0.0, 1.0);
        let variance = (sum_of_squares / n - value * value).max(0.0) / n;
        let effective = if variance > 0.0 { value * (1.0 - value) / variance } else { n };
        Self::new(value, variance.sqrt(), proportion_interval(value * effective, effective))
    }

    /// The same where the square of the error is itself an estimate of so many degrees of freedom: the effective sample size shrinks by
    /// the squared ratio of the quantiles of the normal law and of Student's t (Korn and Graubard 1998).
    pub fn proportion_with(value: f64, std_error: f64, degrees: f64) -> Self {
        let stretched = Self::proportion(value, std_error * student_quantile(degrees) / Z_95);
        Self { std_error, ..stretched }
    }

    /// A mean with the interval of Student's t at so many degrees of freedom.
    pub fn normal_with(value: f64, std_error: f64, degrees: f64) -> Self {
        let half = student_quantile(degrees) * std_error;
        Self::new(value, std_error, [value - half, value + half])
    }

    /// A probability strictly between 0 and 1 with its standard error; Wilson's interval at the effective sample size.
    pub fn proportion(value: f64, std_error: f64) -> Self {
        let effective = value * (1.0 - value) / (std_error * std_error);
        // Next to 0 and 1 the ends are rounded to one side.
        let [low, high] = proportion_interval(value * effective, effective);
        Self::new(value, std_error, [low.min(value), high.max(value)])
    }

    /// A quantity known without error.
    pub fn exact(value: f64) -> Self {
        Self::new(value, 0.0, [value; 2])
    }

    /// The estimate of minus the quantity.
    pub fn negated(self) -> Self {
        Self {
            value: -self.value,
            low: -self.high,
            high: -self.low,
            low_with_parameters: self.high_with_parameters.map(|high| -high),
            high_with_parameters: self.low_with_parameters.map(|low| -low),
            ..self
        }
    }

    /// The estimate of one less the quantity.
    pub fn complement(self) -> Self {
        Self {
            value: 1.0 - self.value,
            low: 1.0 - self.high,
            high: 1.0 - self.low,
            low_with_parameters: self.high_with_parameters.map(|high| 1.0 - high),
            high_with_parameters: self.low_with_parameters.map(|low| 1.0 - low),
            ..self
        }
    }
}

/// 95 % interval of a proportion of `events` (possibly fractional) in `n`.
///
/// Wilson's (1927) score interval; where nothing or everything happened, the exact bound of Clopper and Pearson (1934),
/// 1 − 0.025^(1/n) away.
fn proportion_interval(events: f64, n: f64) -> [f64; 2] {
    let exact = -elementary::exp_m1(elementary::ln((1.0 - CONFIDENCE) / 2.0) / n);
    let p = events / n;
    let shrink = 1.0 / (1.0 + Z_95 * Z_95 / n);
    let centre = (p + Z_95 * Z_95 / (2.0 * n)) * shrink;
    let half = Z_95 * shrink * (p * (1.0 - p) / n + Z_95 * Z_95 / (4.0 * n * n)).sqrt();
    let low = if events <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if events >= n { 1.0 } else { (centre + half).min(1.0) };
    [if events >= n { 1.0 - exact } else { low }, if events <= 0.0 { exact } else { high }]
}

/// Quantile of Student's t for a two-sided interval at the level of all intervals.
pub(super) fn student_quantile(degrees: f64) -> f64 {
    if degrees > 0.0 { student_quantile_above(degrees, 0.5 * (1.0 - CONFIDENCE)) } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proportion_lies_in_its_interval_to_the_last_digit() {
        for digits in 1..=16 {
            for error in 4..=24 {
                let small = 10_f64.powi(-digits);
                for value in [small, 1.0 - small] {
                    let found = Estimate::proportion(value, 10_f64.powi(-error));
                    assert!(found.low <= value && value <= found.high, "{found:?}");
                }
            }
        }
    }

    /// scipy.stats.t.ppf(0.975, n).
    #[test]
    fn quantiles_of_student_agree_with_scipy() {
        for (degrees, quantile) in
            [(15.0, 2.131_449_545_559_323), (31.0, 2.039_513_446_396_408), (63.0, 1.998_340_542_520_741)]
        {
            let found = student_quantile(degrees);
            assert!((found / quantile - 1.0).abs() < 1e-12, "{degrees}: {found}");
        }
    }

    /// scipy.stats.binomtest(k, n).proportion_ci(method="wilson"); "exact" for the rows where all or nothing happened.
    #[test]
    fn intervals_of_proportions_agree_with_scipy() {
        for (events, n, low, high) in SCIPY {
            let estimate = Estimate::probability(events, events, n);
            assert!((estimate.low - low).abs() <= 1e-9 * low, "{events}/{n}: {estimate:?} {low}");
            assert!((estimate.high - high).abs() <= 1e-9 * high, "{events}/{n}: {estimate:?} {high}");
        }
    }

    #[test]
    fn sums_of_replicates_say_what_the_replicates_say() {
        let replicates = [0.011, 0.013, 0.0095, 0.0121];
        let (sum, squares) = (replicates.iter().sum(), replicates.iter().map(|x| x * x).sum());
        let (one, other) =
            (Estimate::of_replicates(replicates.into_iter()), Estimate::of_sums(sum, squares, 4.0));
        for (one, other) in [
            (one.value, other.value),
            (one.std_error, other.std_error),
            (one.low, other.low),
            (one.high, other.high),
        ] {
            assert!((one / other - 1.0).abs() < 1e-9, "{one} {other}");
        }
    }

    #[test]
    fn no_event_gives_the_rule_of_three_point_seven() {
        let estimate = Estimate::probability(0.0, 0.0, 1e6);
        assert_eq!((estimate.value, estimate.low), (0.0, 0.0));
        assert!((estimate.high - (1.0 - 0.025_f64.powf(1e-6))).abs() < 1e-11);
    }

    #[test]
    fn the_mean_of_plain_numbers_has_the_usual_error() {
        let (sum, squares) = (10.0 + 12.0 + 17.0, 100.0 + 144.0 + 289.0);
        let estimate = Estimate::mean(sum, squares, 3.0);
        assert_eq!(estimate.value, 13.0);
        assert!((estimate.std_error - (13.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    const SCIPY: [(f64, f64, f64, f64); 10] = [
        (0.0, 10.0, 0.0, 0.30849710781876294),
        (1.0, 10.0, 0.017876213095072896, 0.4041500267952385),
        (10.0, 10.0, 0.6915028921812371, 1.0),
        (5.0, 1000.0, 0.0021375355273244604, 0.011650955373375113),
        (89.0, 1000000.0, 7.233151375768025e-05, 0.00010950924652922131),
        (24254.0, 1000000.0, 0.023954308116502114, 0.024557346986793176),
        (227851.0, 1000000.0, 0.22702994736467322, 0.22867414352564788),
        (999999.0, 1000000.0, 0.9999943350881957, 0.9999998234754233),
        (1.0, 100000000.0, 1.7652455515325515e-09, 5.6649340411436436e-08),
        (58765560.0, 100000000.0, 0.587559116126657, 0.5877520771388355),
    ];
}
