//! Does a scenario's model still describe the market? Recorded returns beside histories of the same length that the model makes.
//!
//! Every property of the recorded returns is compared with the same property of 1999 simulated histories. The p-value is the rank among
//! them, (1 + #{at least as extreme})/(1 + 1999), so its law under the model is uniform whatever the model (Barnard 1963; Dufour
//! 2006): clusters of volatility, jumps that excite each other or resampled bars need no theory of their own.
//!
//! | property | statistic | side |
//! |---|---|---|
//! | volatility | √(Σ r²/(n·Δ)) | both |
//! | jump frequency | returns that Lee and Mykland's (2008) test calls jumps | both |
//! | falls and rises beyond 1 % and 5 % | Kupiec's (1995) likelihood ratio | large |
//! | clusters of large moves (beyond 5 % on either side) | Christoffersen's (1998) share after another, signed | both |
//! | distribution | Kolmogorov's distance of the probability integral transforms, on 200 equally likely classes | large |
//!
//! Quantiles and classes are those of a return of the model at any time of such a history, from further simulated histories. Histories start as
//! the scenario starts, so a model with a variance of its own for the first day (garch's `initial_variance`, heston's `variance`) is compared as it
//! would have been had the recorded stretch begun like that.

use rayon::prelude::*;

use crate::engine::{Closes, PathLawError};
use crate::market::{Duration, PriceHistory, ResampleError, format_time};
use crate::scenario::Scenario;
use crate::stats::{Coverage, holm};
use crate::study::{AssumptionTest, Assumptions, Property, Verdict};

use super::jumps::Jumps;
use super::sample::{Sample, SampleError};

/// Simulated histories that the recorded one is ranked among; with it a round number.
const HISTORIES: usize = 1999;
/// Paths simulated at a time: memory is this times the steps.
const BLOCK: usize = 50;
/// Returns that make the law, at least; a standard error of its 1 % quantile of 0.02 percentage points.
const LAW_RETURNS: usize = 200_000;
/// Fewest blocks of the law: its histories have clusters.
const LAW_BLOCKS: usize = 20;
/// Equally likely classes of the law.
const CLASSES: usize = 200;
/// Classes below the 1 % and 5 % quantiles.
const BEYOND: [usize; 2] = [CLASSES / 100, CLASSES / 20];

/// Why a model cannot be compared with prices.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AssumptionError {
    /// The prices are no sample.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Their bars do not make up steps of the model.
    #[error(transparent)]
    Step(#[from] ResampleError),
    /// The scenario cannot be simulated.
    #[error(transparent)]
    Plan(#[from] PathLawError),
}

/// How strictly to judge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AssumptionOptions {
    /// Probability of even one failure if the model is right.
    pub false_alarm_rate: f64,
    /// A value outside the interval by at most this share of the expected one does not matter.
    pub tolerance: f64,
}

/// Tests the model of the position's asset on the current pool of threads; the result does not depend on their number. `prices` is the name of the
/// file. Bars shorter than the model's own step are joined to steps.
///
/// # Errors
/// See [`AssumptionError`].
pub fn assumptions(
    scenario: &Scenario,
    history: &PriceHistory,
    prices: &str,
    options: AssumptionOptions,
) -> Result<Assumptions, AssumptionError> {
    let asset = scenario.account.positions.first().map_or(0, |position| position.asset);
    let grain = scenario.assets.get(asset).and_then(|asset| asset.model.grain());
    let joined = match grain.filter(|grain| *grain > history.interval) {
        Some(grain) => history.resample(grain)?.0,
        None => history.clone(),
    };
    let sample = Sample::of(&joined)?;
    let closes = Closes::new(scenario, asset, sample.step, sample.len())?;
    let law_blocks = LAW_RETURNS.div_ceil(BLOCK * sample.len()).max(LAW_BLOCKS);
    let law = Law::new(&closes, law_blocks);
    let observed = law.measure(&sample.returns, sample.step);
    let blocks = HISTORIES.div_ceil(BLOCK);
    let mut simulated: Vec<[Measured; 8]> = (0..blocks)
        .into_par_iter()
        .flat_map_iter(|block| {
            let paths = BLOCK.min(HISTORIES - block * BLOCK);
            let paths = histories(&closes.block((law_blocks + block) as u64, paths));
            paths.into_iter().map(|returns| law.measure(&returns, sample.step)).collect::<Vec<_>>()
        })
        .collect();
    simulated.truncate(HISTORIES);
    let mut tests: Vec<AssumptionTest> = PROPERTIES
        .iter()
        .enumerate()
        .map(|(number, property)| {
            let others: Vec<Measured> = simulated.iter().map(|measured| measured[number]).collect();
            test(*property, observed[number], &others)
        })
        .collect();
    let adjusted = holm(&tests.iter().map(|test| test.p_value).collect::<Vec<_>>());
    for (test, adjusted) in tests.iter_mut().zip(adjusted) {
        test.adjusted_p_value = adjusted;
        let slack = options.tolerance * test.expected.abs();
        let is_near = test.low - slack <= test.observed && test.observed <= test.high + slack;
        if adjusted <= options.false_alarm_rate && !(options.tolerance > 0.0 && is_near) {
            test.verdict = Verdict::Fail;
        }
    }
    let time = |bar: Option<&crate::market::HistoricalBar>| {
        bar.map_or_else(String::new, |bar| format_time(bar.time))
    };
    Ok(Assumptions {
        prices: prices.to_owned(),
        from: time(joined.bars.first()),
        to: time(joined.bars.last()),
        step_seconds: sample.step.seconds(),
        returns: sample.len(),
        histories: HISTORIES,
        false_alarm_rate: options.false_alarm_rate,
        tolerance: options.tolerance,
        verdict: Verdict::worst(tests.iter().map(|test| test.verdict)),
        tests,
    })
}

const PROPERTIES: [Property; 8] = [
    Property::Volatility,
    Property::JumpFrequency,
    Property::Falls1,
    Property::Falls5,
    Property::Rises1,
    Property::Rises5,
    Property::Clusters,
    Property::Distribution,
];

/// A property of one history: what people are shown, and what is ranked.
#[derive(Debug, Clone, Copy)]
struct Measured {
    value: f64,
    statistic: f64,
}

/// The returns of each path of a block of log-prices by step.
fn histories(closes: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let paths = closes.first().map_or(0, Vec::len);
    (0..paths)
        .map(|path| {
            let mut last = 0.0;
            let step = |row: &Vec<f64>| row[path] - std::mem::replace(&mut last, row[path]);
            closes.iter().map(step).collect()
        })
        .collect()
}

/// The law of a return of the model, as edges between equally likely classes.
struct Law {
    edges: Vec<f64>,
}

impl Law {
    fn new(closes: &Closes, blocks: usize) -> Self {
        // As many of each block as make the law: the whole of long histories would not fit.
        let mut returns: Vec<f64> = (0..blocks)
            .into_par_iter()
            .flat_map_iter(|block| {
                let all: Vec<f64> =
                    histories(&closes.block(block as u64, BLOCK)).into_iter().flatten().collect();
                let every = (all.len() * blocks / (4 * LAW_RETURNS)).max(1);
                all.into_iter().step_by(every)
            })
            .collect();
        returns.sort_by(f64::total_cmp);
        let edge = |class: usize| returns[(returns.len() * class / CLASSES).min(returns.len() - 1)];
        Self { edges: (1..CLASSES).map(edge).collect() }
    }

    fn measure(&self, returns: &[f64], step: Duration) -> [Measured; 8] {
        let n = returns.len() as f64;
        let both = |value: f64| Measured { value, statistic: value };
        let volatility = (returns.iter().map(|r| r * r).sum::<f64>() / (n * step.years())).sqrt();
        let jumps = Jumps::of_returns(returns, step);
        let tested = (returns.len() - jumps.untested).max(1) as f64;
        let frequency = jumps.count() as f64 / (tested * step.years());
        let classes: Vec<usize> =
            returns.iter().map(|r| self.edges.partition_point(|edge| edge <= r)).collect();
        let tail = |beyond: &dyn Fn(usize) -> bool, expected: f64| {
            let outcomes: Vec<bool> = classes.iter().map(|class| beyond(*class)).collect();
            let coverage = Coverage::of(&outcomes, expected);
            Measured { value: coverage.events as f64 / n, statistic: coverage.kupiec.statistic }
        };
        let [one, five] = BEYOND;
        let large: Vec<bool> =
            classes.iter().map(|class| *class < five || *class >= CLASSES - five).collect();
        [
            both(volatility),
            both(frequency),
            tail(&|class| class < one, 0.01),
            tail(&|class| class < five, 0.05),
            tail(&|class| class >= CLASSES - one, 0.01),
            tail(&|class| class >= CLASSES - five, 0.05),
            clusters(&large),
            both(distance(&classes)),
        ]
    }
}

/// The share of large moves after a large move; ranked by Christoffersen's likelihood ratio with the sign of the excess.
fn clusters(large: &[bool]) -> Measured {
    let after = |first: bool| {
        let pairs = large.windows(2).filter(|pair| pair[0] == first);
        let (count, events) = pairs.fold((0, 0), |(n, x), pair| (n + 1, x + usize::from(pair[1])));
        events as f64 / f64::from(count.max(1))
    };
    let (share, otherwise) = (after(true), after(false));
    let ratio = Coverage::of(large, 0.1).independence.statistic;
    Measured { value: share, statistic: if share < otherwise { -ratio } else { ratio } }
}

/// Largest distance between the share of returns and the probability below an edge.
fn distance(classes: &[usize]) -> f64 {
    let mut counts = [0.0; CLASSES];
    for class in classes {
        counts[*class] += 1.0 / classes.len() as f64;
    }
    let mut below = 0.0;
    (1..=CLASSES).zip(counts).fold(0.0, |largest: f64, (edge, count)| {
        below += count;
        largest.max((below - edge as f64 / CLASSES as f64).abs())
    })
}

/// The rank of the recorded history among the simulated ones.
fn test(property: Property, observed: Measured, simulated: &[Measured]) -> AssumptionTest {
    let beyond = |as_far: &dyn Fn(f64) -> bool| {
        let count = simulated.iter().filter(|other| as_far(other.statistic)).count();
        (count + 1) as f64 / (simulated.len() + 1) as f64
    };
    let (above, below) = (beyond(&|s| s >= observed.statistic), beyond(&|s| s <= observed.statistic));
    let p_value = match property {
        Property::Volatility | Property::JumpFrequency | Property::Clusters => {
            (2.0 * above.min(below)).min(1.0)
        }
        _ => above,
    };
    let mut values: Vec<f64> = simulated.iter().map(|other| other.value).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
    let (low, high) =
        if property == Property::Distribution { (0.0, at(0.95)) } else { (at(0.025), at(0.975)) };
    AssumptionTest {
        property,
        observed: observed.value,
        expected: at(0.5),
        low,
        high,
        p_value,
        adjusted_p_value: p_value,
        verdict: Verdict::Pass,
    }
}
