//! Two results of the same levels: what changed, what did not, at one false-alarm rate over everything together.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::figures;
use super::metric::{Measurement, Metrics};
use super::verdict::Verdict;
use crate::result::{LevelResult, RunResult};
use crate::scenario::metrics;
use crate::stats::{Difference, Estimate, Proportion, difference, holm, proportions_p_value};

/// Probability of even one false alarm among all comparisons, unless another is asked for.
pub const DEFAULT_FALSE_ALARM_RATE: f64 = 0.01;

/// Which changes are objected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// Every one.
    #[default]
    Any,
    /// Those for the worse.
    Worse,
}

/// How to compare.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonOptions {
    /// Probability of even one false alarm among all comparisons of two runs of the same thing.
    pub false_alarm_rate: f64,
    /// Changes of at most this share of the first value do not matter.
    pub tolerance: f64,
    /// Which changes are objected to; results that must be equal are held to that in any case.
    pub fail_on: FailOn,
    /// Keys of the numbers that are compared; all that can be tested where there are none.
    pub metrics: Vec<String>,
}

impl Default for ComparisonOptions {
    fn default() -> Self {
        Self {
            false_alarm_rate: DEFAULT_FALSE_ALARM_RATE,
            tolerance: 0.0,
            fail_on: FailOn::Any,
            metrics: Vec::new(),
        }
    }
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// No change was seen, or it is certainly within the tolerance.
    Unchanged,
    /// Certainly changed, by more than the tolerance or by less: more paths would tell.
    Undecided,
    /// Certainly changed by more than the tolerance.
    Changed,
}

/// One number of one level in both results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricComparison {
    /// The level.
    pub leverage: f64,
    /// The key of the result.
    pub metric: String,
    /// In the first result.
    pub before: Option<f64>,
    /// In the second result.
    pub after: Option<f64>,
    /// Second less first.
    pub difference: Option<f64>,
    /// Lower end of the 95 % interval of the difference.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval of the difference.
    pub high: Option<f64>,
    /// Difference over the first value.
    pub relative: Option<f64>,
    /// After Holm's adjustment for all comparisons: a change where at most the false-alarm rate.
    pub adjusted_p_value: Option<f64>,
    /// The finding.
    pub change: Change,
    /// What the change means, as far as a number tells.
    #[serde(default)]
    pub effect: Effect,
}

/// Two results compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Pass if nothing changed.
    pub verdict: Verdict,
    /// Scenario, identity, seed and paths of the first result.
    pub before: RunName,
    /// Those of the second.
    pub after: RunName,
    /// Whether the same computation was done twice, so that every digit must agree.
    pub must_be_equal: bool,
    /// Probability of even one false alarm among all comparisons.
    pub false_alarm_rate: f64,
    /// Share of the first value below which a change does not matter.
    pub tolerance: f64,
    /// Keys of the scenario's limits, which are shown first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<String>,
    /// What could not be compared, and what to know.
    pub notes: Vec<String>,
    /// One entry per level and number.
    pub metrics: Vec<MetricComparison>,
}

/// Which run it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunName {
    /// Title of the scenario.
    pub scenario: String,
    /// Hash of what determines the result.
    pub identity: String,
    /// Seed of all randomness.
    pub seed: u64,
    /// Number of paths.
    pub paths: u64,
}

impl RunName {
    fn of(result: &RunResult) -> Self {
        let RunResult { scenario, identity, seed, paths, .. } = result;
        Self { scenario: scenario.clone(), identity: identity.clone(), seed: *seed, paths: *paths }
    }
}

/// Compares two results, level by level.
///
/// Runs of the same identity, seed and number of paths must agree in every digit. Others are taken as independent; with
/// a common seed they are correlated, which makes the tests miss more and alarm no more often.
pub fn compare(before: &RunResult, after: &RunResult, options: ComparisonOptions) -> Comparison {
    let (first, second) = (RunName::of(before), RunName::of(after));
    let must_be_equal =
        first.identity == second.identity && first.seed == second.seed && first.paths == second.paths;
    let mut notes = Vec::new();
    let mut pairs = Vec::new();
    for level in &after.levels {
        match before.levels.iter().find(|other| other.leverage == level.leverage) {
            Some(other) => pairs.push((other, level)),
            None => notes.push(format!("{} is in the second result only", figures::leverage(level.leverage))),
        }
    }
    for level in &before.levels {
        if after.levels.iter().all(|other| other.leverage != level.leverage) {
            notes.push(format!("{} is in the first result only", figures::leverage(level.leverage)));
        }
    }
    let levels_differ = !notes.is_empty();
    if before.result_version != after.result_version {
        let known = |result: &RunResult| match result.result_version {
            0 => "before there were versions".to_owned(),
            version => format!("version {version}"),
        };
        notes.push(format!(
            "The first result is of another method ({}; the second {}): the same scenario gives other numbers, so what changed may be the \
             program. A baseline is renewed with `check --update-baseline`.",
            known(before),
            known(after)
        ));
    }
    let horizons = [before.horizon_days, after.horizon_days];
    if horizons[0] != horizons[1] {
        let [first, second] = horizons;
        notes.push(format!(
            "The first result is over {first} days, the second over {second}: they answer two questions."
        ));
    }
    let order = |result: &RunResult| result.levels.iter().map(|level| level.leverage).collect::<Vec<_>>();
    if !levels_differ && order(before) != order(after) {
        notes.push(
            "The levels of the second result stand in another order; each is compared with its like."
                .to_owned(),
        );
    }
    let metrics = if must_be_equal {
        pairs.iter().flat_map(|(a, b)| digits(a, b, &options.metrics)).collect()
    } else {
        let untested = untested(&options.metrics);
        if !untested.is_empty() {
            notes.push("Not tested, since their errors are not known: ".to_owned() + &untested.join(", "));
        }
        tested(&pairs, (before.paths, after.paths), &options)
    };
    let unequal = must_be_equal && pairs.iter().any(|(before, after)| before != after);
    let is_no_matter = |found: &MetricComparison| {
        options.fail_on == FailOn::Worse && !must_be_equal && found.effect != Effect::Worse
    };
    let found = metrics.iter().map(|metric: &MetricComparison| match metric.change {
        _ if is_no_matter(metric) => Verdict::Pass,
        Change::Unchanged => Verdict::Pass,
        Change::Undecided => Verdict::Undecided,
        Change::Changed => Verdict::Fail,
    });
    let others = [
        if levels_differ { Verdict::Undecided } else { Verdict::Pass },
        if unequal { Verdict::Fail } else { Verdict::Pass },
        // One identity, two horizons: somebody has changed a file.
        if must_be_equal && horizons[0] != horizons[1] { Verdict::Fail } else { Verdict::Pass },
    ];
    Comparison {
        verdict: Verdict::worst(found.chain(others)),
        before: first,
        after: second,
        must_be_equal,
        false_alarm_rate: options.false_alarm_rate,
        tolerance: options.tolerance,
        limited: Vec::new(),
        notes,
        metrics,
    }
}

/// Quantiles that are a value at risk under another name would be tested twice.
const SAME_AS_OTHERS: [&str; 2] = ["return.quantiles.0.01", "return.quantiles.0.05"];

/// Keys that are themselves errors.
const ERRORS: [&str; 1] = ["time_to_liquidation_days.std_error"];

/// Numbers without a known error; a test of them would be a guess. All follow from what is tested.
fn untested(asked: &[String]) -> Vec<&'static str> {
    metrics().filter(|metric| has_no_error(metric) && is_asked(metric, asked)).collect()
}

/// Whether a number is among those asked for; all are where none are named.
fn is_asked(metric: &str, asked: &[String]) -> bool {
    asked.is_empty() || asked.iter().any(|asked| asked == metric)
}

fn has_no_error(metric: &str) -> bool {
    metric.starts_with("kelly.")
        || metric.starts_with("time_to_liquidation_days.p")
        || ["return.skewness", "return.kurtosis"].contains(&metric)
}

fn comparable(asked: &[String]) -> impl Iterator<Item = &'static str> {
    metrics().filter(move |metric| {
        let is_twice = asked.is_empty() && SAME_AS_OTHERS.contains(metric);
        !has_no_error(metric) && !is_twice && !ERRORS.contains(metric) && is_asked(metric, asked)
    })
}

/// The same computation twice: every number that differs has changed.
fn digits(before: &LevelResult, after: &LevelResult, asked: &[String]) -> Vec<MetricComparison> {
    let (first, second) = (Metrics::new(before, 1), Metrics::new(after, 1));
    let value = |metrics: &Metrics, name: &str| metrics.get(name).map(|found| found.estimate().value);
    metrics()
        .filter(|metric| is_asked(metric, asked))
        .map(|metric| (metric, value(&first, metric), value(&second, metric)))
        .map(|(metric, a, b)| {
            let change = if a == b { Change::Unchanged } else { Change::Changed };
            row(after.leverage, metric, a, b, change)
        })
        .collect()
}

fn row(
    leverage: f64,
    metric: &str,
    before: Option<f64>,
    after: Option<f64>,
    change: Change,
) -> MetricComparison {
    let difference = before.zip(after).map(|(a, b)| b - a);
    MetricComparison {
        leverage,
        metric: metric.to_owned(),
        before,
        after,
        difference,
        low: None,
        high: None,
        relative: before.zip(difference).map(|(a, d)| d / a).filter(|relative| relative.is_finite()),
        adjusted_p_value: None,
        change,
        effect: Effect::of(metric, difference),
    }
}

fn tested(
    pairs: &[(&LevelResult, &LevelResult)],
    paths: (u64, u64),
    options: &ComparisonOptions,
) -> Vec<MetricComparison> {
    let mut rows = Vec::new();
    let mut p_values = Vec::new();
    for (before, after) in pairs {
        let (first, second) = (Metrics::new(before, paths.0), Metrics::new(after, paths.1));
        for metric in comparable(&options.metrics) {
            let (a, b) = (first.get(metric), second.get(metric));
            let values = (a.map(|a| a.estimate().value), b.map(|b| b.estimate().value));
            let mut found = row(after.leverage, metric, values.0, values.1, Change::Unchanged);
            // A time to liquidation that only one run has, or that is the mean of a few, is judged by the probability.
            let known = |found: &Measurement| !matches!(found, Measurement::Bare(_));
            if let Some((a, b)) = a.filter(known).zip(b.filter(known)) {
                let difference = test(metric, a, b, paths);
                (found.low, found.high) = (Some(difference.low), Some(difference.high));
                found.adjusted_p_value = Some(difference.p_value);
                p_values.push(difference.p_value);
            } else if metric.ends_with("_price") && values.0 != values.1 {
                found.change = Change::Changed;
            }
            rows.push(found);
        }
    }
    let mut adjusted = holm(&p_values).into_iter();
    for found in rows.iter_mut().filter(|found| found.adjusted_p_value.is_some()) {
        found.adjusted_p_value = adjusted.next();
        found.change = judge(found, options);
    }
    rows
}

fn test(metric: &str, before: Measurement, after: Measurement, paths: (u64, u64)) -> Difference {
    let (a, b) = (before.estimate(), after.estimate());
    let plain = difference(&a, &b);
    if metric.ends_with("_probability") {
        let p_value = proportions_p_value(proportion(&a, paths.0), proportion(&b, paths.1));
        return Difference { p_value, ..plain };
    }
    plain
}

/// The events behind an estimated probability.
fn proportion(estimate: &Estimate, paths: u64) -> Proportion {
    let Estimate { value, std_error, .. } = *estimate;
    let effective =
        if std_error > 0.0 { value * (1.0 - value) / (std_error * std_error) } else { paths as f64 };
    Proportion { events: value * effective, paths: effective }
}

fn judge(found: &MetricComparison, options: &ComparisonOptions) -> Change {
    let (Some(p), Some(low), Some(high), Some(before)) =
        (found.adjusted_p_value, found.low, found.high, found.before)
    else {
        return Change::Unchanged;
    };
    let allowed = options.tolerance * before.abs();
    if p > options.false_alarm_rate || (low >= -allowed && high <= allowed) {
        Change::Unchanged
    } else if low > allowed || high < -allowed || allowed == 0.0 {
        Change::Changed
    } else {
        Change::Undecided
    }
}
