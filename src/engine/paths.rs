//! Simulated prices without an account: closes at equal steps, or bars.
//!
//! The paths are those of a run in law, not one by one: their blocks are numbered far beyond those of a run.
//!
//! A bar of a length of time is made of the stretches between its ends and the events on the way (jumps, steps, switches): open, close and the
//! extremes of all of them. The low and the high of a stretch each have their exact law given its ends; they are drawn
//! independently of each other given these, which their joint law is not (a bootstrap's are those of the recorded bar).

use super::block::BlockLoop;
use super::network::{NetworkLaw, along};
use super::path_law::{PathLaw, PathLawError};
use crate::account::Observer;
use crate::market::{Bars, Duration, Sides};
use crate::model::{Model, Stress};
use crate::numeric::{Stream, extreme_below};
use crate::scenario::{Monitoring, Scenario};

const DAY: u64 = 86_400;

/// Number of the first block.
pub(super) const FIRST_BLOCK: u64 = 1 << 49;

/// The law of a scenario's prices over some steps, with a pause at every step.
pub(super) fn law(scenario: &Scenario, step: Duration, steps: usize) -> Result<PathLaw, PathLawError> {
    let mut scenario = scenario.clone();
    scenario.simulation.horizon = Duration::from_seconds(step.seconds() * steps as u64);
    scenario.simulation.monitoring = Monitoring::Every(step);
    PathLaw::new(&scenario, &[], None)
}

/// Paths of an asset's price on a grid of equal steps.
#[derive(Debug, Clone)]
pub struct Closes {
    law: PathLaw,
    asset: usize,
}

impl Closes {
    /// The paths of a scenario's asset over so many steps, as the models have them: without stress.
    ///
    /// # Errors
    /// If the scenario cannot be simulated.
    pub fn new(
        scenario: &Scenario,
        asset: usize,
        step: Duration,
        steps: usize,
    ) -> Result<Self, PathLawError> {
        let mut scenario = scenario.clone();
        for asset in &mut scenario.assets {
            asset.stress = Stress::default();
        }
        Ok(Self { law: law(&scenario, step, steps)?, asset })
    }

    /// Log-prices over the price at the start, by step and path, of a block.
    pub fn block(&self, number: u64, paths: usize) -> Vec<Vec<f64>> {
        let asset = self.asset;
        let note = move |closes: &mut Vec<Vec<f64>>, bars: &[Bars], _: &mut Stream| {
            closes.push(bars[asset].close.clone());
        };
        record(&self.law, number, paths, None, Vec::new(), note)
    }
}

/// Paths of all assets of a scenario as bars of equal length.
#[derive(Debug, Clone)]
pub struct PathBars {
    law: PathLaw,
    step: Duration,
    steps: usize,
    /// The network that a miner works in.
    network: Option<NetworkLaw>,
}

/// Log-prices over the price at the start of one asset, by bar and path of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetBars {
    /// First price of each bar.
    pub open: Vec<Vec<f64>>,
    /// Highest price.
    pub high: Vec<Vec<f64>>,
    /// Lowest price.
    pub low: Vec<Vec<f64>>,
    /// Last price.
    pub close: Vec<Vec<f64>>,
}

impl AssetBars {
    fn empty(steps: usize, paths: usize) -> Self {
        let column = |value: f64| vec![vec![value; paths]; steps];
        Self {
            open: column(f64::NAN),
            high: column(f64::NEG_INFINITY),
            low: column(f64::INFINITY),
            close: column(f64::NAN),
        }
    }
}

impl PathBars {
    /// The bars of a scenario over its horizon, stress included.
    ///
    /// # Errors
    /// If the scenario cannot be simulated.
    pub fn new(scenario: &Scenario, step: Duration) -> Result<Self, PathLawError> {
        let steps = (scenario.simulation.horizon.seconds() / step.seconds().max(1)) as usize;
        let law = PathLaw { continuous: true, ..law(scenario, step, steps)? };
        Ok(Self { law, step, steps, network: NetworkLaw::of(scenario) })
    }

    /// Difficulty in force and hashprice of the days along the bars of a block, by day and path; none where there is no network, or
    /// bars do not end with the days.
    pub fn network(&self, number: u64, bars: &[AssetBars]) -> Option<Vec<Vec<(f64, f64)>>> {
        let law = self.network.as_ref()?;
        let bars_per_day =
            DAY.checked_div(self.step.seconds()).filter(|_| DAY.is_multiple_of(self.step.seconds()))?;
        let closes = bars.get(law.asset)?.close.chunks_exact(bars_per_day as usize);
        let closes: Vec<Vec<f64>> = closes.filter_map(|day| day.last().cloned()).collect();
        Some(along(law, (self.law.seed, FIRST_BLOCK + number), &closes))
    }

    /// Bars of a path.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The bars of a block, by asset.
    pub fn block(&self, number: u64, paths: usize) -> Vec<AssetBars> {
        let years = self.step.years();
        let last = self.steps.saturating_sub(1);
        let note = move |side: Sides| {
            move |assets: &mut Vec<AssetBars>, batch: &[Bars], noise: &mut Stream| {
                for (asset, bars) in assets.iter_mut().zip(batch) {
                    let mut uniforms = vec![0.0; bars.len()];
                    if side == Sides::Low {
                        noise.uniforms(&mut uniforms);
                    }
                    for (i, uniform) in uniforms.into_iter().enumerate() {
                        let path = bars.lanes[i] as usize;
                        // Its middle, since rounding may put the start into the bar before.
                        let place = (bars.start[i] + 0.5 * bars.duration[i]) / years + 1e-9;
                        let step = (place as usize).min(last);
                        let (open, close) = (bars.open[i], bars.close[i]);
                        if side == Sides::High {
                            asset.high[step][path] = asset.high[step][path].max(bars.extreme[i]);
                            continue;
                        }
                        if asset.open[step][path].is_nan() {
                            asset.open[step][path] = open;
                        }
                        asset.close[step][path] = close;
                        asset.low[step][path] = asset.low[step][path].min(bars.extreme[i]);
                        let high = -extreme_below(-open, -close, bars.variance[i], uniform);
                        asset.high[step][path] = asset.high[step][path].max(high);
                    }
                }
            }
        };
        let empty = vec![AssetBars::empty(self.steps, paths); self.law.models.len()];
        let mut assets = record(&self.law, number, paths, Some(Sides::Low), empty.clone(), note(Sides::Low));
        let knows = Model::is_recorded;
        if self.law.models.iter().any(knows) {
            // The same paths again, with the extremes of the other side.
            let others = record(&self.law, number, paths, Some(Sides::High), empty, note(Sides::High));
            for ((asset, other), model) in assets.iter_mut().zip(others).zip(&self.law.models) {
                if knows(model) {
                    asset.high = other.high;
                }
            }
        }
        assets
    }
}

/// Runs a block and gives what was noted of its bars.
fn record<T: Send>(
    law: &PathLaw,
    number: u64,
    paths: usize,
    side: Option<Sides>,
    empty: T,
    note: impl Fn(&mut T, &[Bars], &mut Stream) + Send,
) -> T {
    let mut recorder = Recorder { side, noted: empty, note };
    BlockLoop::new(law).run_block(FIRST_BLOCK + number, paths, &mut [&mut recorder]);
    recorder.noted
}

/// Shows every batch of bars to a function.
struct Recorder<T, F> {
    side: Option<Sides>,
    noted: T,
    note: F,
}

impl<T: Send, F: Fn(&mut T, &[Bars], &mut Stream) + Send> Observer for Recorder<T, F> {
    fn begin(&mut self, _lanes: usize) {}

    fn watched_side(&self) -> Option<Sides> {
        self.side
    }

    fn observe(&mut self, bars: &[Bars], noise: &mut Stream) {
        (self.note)(&mut self.noted, bars, noise);
    }
}
