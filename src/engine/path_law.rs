//! What moves prices: all that two accounts have in common that can share paths.

use serde::Serialize;

use super::grid::{GridPoint, grid};
use crate::market::{Duration, JumpTail, Martingale, Sides};
use crate::model::{AssetJump, CommonJumps, Dependence, Model, Stress, draw_together, recorded_correlation};
use crate::numeric::cholesky;
use crate::scenario::{Monitoring, PathBudget, Sampling, Scenario};
use crate::stats::{Intervals, Replicates};

/// The law of the paths of some assets, and the times at which all of them pause.
#[derive(Debug, Clone)]
pub struct PathLaw {
    /// Seed of all randomness.
    pub seed: u64,
    /// One model per asset.
    pub models: Vec<Model>,
    /// What is laid over each asset's model.
    pub stress: Vec<Stress>,
    /// What joins the assets.
    pub dependence: Dependence,
    /// Length of every path.
    pub horizon: Duration,
    /// When the venue compares the price with the liquidation price.
    pub monitoring: Monitoring,
    /// Whether bars are shown, with their extremes: as the monitoring says, but for recorders of bars.
    pub continuous: bool,
    /// Whether nets may lead the paths of a run: they are not independent then from one to the next.
    pub is_led: bool,
    /// Times at which bars of all paths end; the last one is the horizon.
    pub grid: Vec<GridPoint>,
    /// Lower triangular factor that correlates the normals of the assets; empty where they are independent.
    pub(super) mixing: Vec<Vec<f64>>,
    /// By asset, the one whose random words decide what happens to it: another where both draw the same past days.
    pub(super) leader: Vec<usize>,
    /// Correlation of the moves of assets within a bar, where it is not that of their drivers: of those that draw the same past days.
    pub(super) recorded: Vec<Vec<f64>>,
}

/// Why prices cannot be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathLawError {
    /// The correlations contradict each other.
    #[error("the correlation matrix has a negative eigenvalue: no prices move together like that")]
    Correlation,
    /// Models of recorded hours that draw different days.
    #[error(
        "assets whose paths are made of recorded hours do not draw the same past days: join them with `share_past`"
    )]
    Past,
    /// One line and column are needed for each asset.
    #[error("the correlation matrix is not of {0} assets")]
    Size(usize),
}

impl PathLaw {
    /// The law of all assets of a scenario; paths pause at the times in seconds at which something is `due`, and no bar is longer
    /// than the `longest` that is wanted.
    ///
    /// # Errors
    /// See [`PathLawError`].
    pub fn new(scenario: &Scenario, due: &[u64], longest: Option<Duration>) -> Result<Self, PathLawError> {
        let models: Vec<Model> = scenario.assets.iter().map(|asset| asset.model.clone()).collect();
        let stress: Vec<Stress> = scenario.assets.iter().map(|asset| asset.stress.clone()).collect();
        let correlation = &scenario.dependence.correlation;
        if !correlation.is_empty()
            && (correlation.len() != models.len() || correlation.iter().any(|row| row.len() != models.len()))
        {
            return Err(PathLawError::Size(models.len()));
        }
        let (horizon, monitoring) = (scenario.simulation.horizon, scenario.simulation.monitoring);
        let of_hours: Vec<&Model> = models.iter().filter(|model| model.is_of_hours()).collect();
        if of_hours.len() > 1 && !draw_together(&of_hours) {
            return Err(PathLawError::Past);
        }
        // The errors of fewer paths would be those of independent ones.
        let is_enough = scenario.simulation.paths.most() >= Replicates::FEWEST_PATHS;
        let is_led = is_enough
            && scenario.simulation.sampling != Sampling::Pseudo
            && models.iter().any(Model::can_be_led);
        let first = models.iter().position(Model::is_of_hours);
        let leader = (0..models.len()).map(|asset| match first {
            Some(first) if models[asset].is_of_hours() => first,
            _ => asset,
        });
        Ok(Self {
            leader: leader.collect(),
            recorded: recorded_correlation(&models).unwrap_or_default(),
            seed: scenario.simulation.seed,
            grid: grid(&models, &stress, (horizon, monitoring), due, longest),
            mixing: cholesky(correlation).ok_or(PathLawError::Correlation)?,
            models,
            stress,
            dependence: scenario.dependence.clone(),
            horizon,
            monitoring,
            continuous: monitoring == Monitoring::Continuous,
            is_led,
        })
    }

    /// The law with other times at which something is due, and another longest bar.
    pub(super) fn pausing(&self, due: &[u64], longest: Option<Duration>) -> Self {
        let times = (self.horizon, self.monitoring);
        Self { grid: grid(&self.models, &self.stress, times, due, longest), ..self.clone() }
    }

    /// The law of one asset alone, which becomes the first: the other assets tell nothing of it. Paths pause where its model, its
    /// stress and the monitoring want it.
    pub fn of_asset(&self, asset: usize) -> Option<Self> {
        let model = self.models.get(asset)?.clone();
        let alone = Self {
            models: vec![model],
            stress: self.stress.get(asset).cloned().into_iter().collect(),
            dependence: select(&self.dependence, &[asset]),
            mixing: Vec::new(),
            leader: vec![0],
            recorded: Vec::new(),
            ..self.clone()
        };
        Some(alone.pausing(&[], None))
    }

    /// Correlation of the moves of the assets within a bar; empty where they are independent.
    pub fn correlation(&self) -> &[Vec<f64>] {
        if self.recorded.is_empty() { &self.dependence.correlation } else { &self.recorded }
    }

    /// Correlation of the hourly returns of assets that draw the same past days; empty where they do not.
    pub fn recorded_correlation(&self) -> &[Vec<f64>] {
        &self.recorded
    }

    /// Length of every path in years.
    pub fn years(&self) -> f64 {
        self.horizon.years()
    }

    /// Whether nothing but its own model moves an asset.
    pub fn is_undisturbed(&self, asset: usize) -> bool {
        let is_hit = |jumps: &CommonJumps| jumps.assets.iter().any(|jump| jump.asset == asset);
        self.stress.get(asset).is_none_or(Stress::is_empty)
            && !self.dependence.common_jumps.iter().any(is_hit)
    }

    /// The martingale that the price of an asset makes, where it is known.
    pub fn martingale(&self, asset: usize) -> Option<Martingale> {
        self.models.get(asset)?.martingale().filter(|_| self.is_undisturbed(asset))
    }

    /// What a jump of an asset does beyond a limit on one side of the price, or of one over it where the power is −1: none where other things
    /// than its jumps move the price at once, or the venue does not see what they do.
    pub fn jump_tail(&self, asset: usize, side: Sides, power: f64) -> Option<JumpTail> {
        let model = self.models.get(asset).filter(|_| self.continuous && self.is_undisturbed(asset))?;
        model.jump_tail(side, power)
    }

    /// Intervals of an asset's closing log-price whose chances are known, where nets lead the paths; one may
    /// `also` be a mark between them.
    pub fn closing_intervals(&self, asset: usize, also: Option<f64>) -> Option<Intervals> {
        let model = self.models.get(asset).filter(|_| self.is_led && self.is_undisturbed(asset))?;
        model.closing_intervals(self.horizon, also)
    }

    /// Whether neighbouring paths are each other's mirror images.
    pub fn is_mirrored(&self) -> bool {
        self.models.iter().all(Model::is_mirrored) && self.stress.iter().all(Stress::is_empty)
    }

    /// Whether normals drive the price of an asset.
    pub fn is_driven(&self, asset: usize) -> bool {
        let is_driven = |model: &Model| !model.is_recorded() && !matches!(model, Model::Custom(_));
        self.models.get(asset).is_some_and(is_driven)
    }

    /// A hash of everything that determines its bars and how many paths there are, 32 hexadecimal digits. Under discrete
    /// monitoring paths take several intervals in one stride, but not where something `follows` every move of the price.
    pub fn key(&self, budget: &PathBudget, follows: bool) -> String {
        let determinants = Determinants {
            budget,
            seed: self.seed,
            models: &self.models,
            stress: &self.stress,
            dependence: &self.dependence,
            continuous: self.continuous,
            is_led: self.is_led,
            times: self.grid.iter().map(|point| point.time.to_bits()).collect(),
            looks: match self.continuous {
                true => Vec::new(),
                false => self.grid.iter().map(|point| (point.look, point.due)).collect(),
            },
            follows: follows && !self.continuous,
        };
        // Plain structs of numbers and text always serialise.
        let written = serde_json::to_vec(&determinants).unwrap_or_default();
        blake3::hash(&written).to_hex()[..32].to_owned()
    }
}

#[derive(Serialize)]
struct Determinants<'a> {
    budget: &'a PathBudget,
    seed: u64,
    models: &'a [Model],
    stress: &'a [Stress],
    dependence: &'a Dependence,
    continuous: bool,
    is_led: bool,
    /// Bits of the times in years.
    times: Vec<u64>,
    /// By time, whether the venue looks and whether something is due; empty under continuous monitoring.
    looks: Vec<(bool, bool)>,
    follows: bool,
}

/// What joins some of the assets, in their new order.
pub(super) fn select(dependence: &Dependence, assets: &[usize]) -> Dependence {
    let rows = assets.iter().filter_map(|asset| dependence.correlation.get(*asset));
    let correlation: Vec<Vec<f64>> =
        rows.map(|row| assets.iter().filter_map(|asset| row.get(*asset).copied()).collect()).collect();
    let jumps = |jumps: &CommonJumps| CommonJumps {
        rate: jumps.rate,
        assets: jumps
            .assets
            .iter()
            .filter_map(|jump| {
                let place = assets.iter().position(|asset| *asset == jump.asset)?;
                Some(AssetJump { asset: place, ..*jump })
            })
            .collect(),
    };
    Dependence {
        correlation: if assets.len() > 1 { correlation } else { Vec::new() },
        common_jumps: dependence
            .common_jumps
            .iter()
            .map(jumps)
            .filter(|jumps| !jumps.assets.is_empty())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_joins_some_assets_keeps_their_part() {
        let jump = |asset| AssetJump { asset, mean: -0.1, std_dev: 0.05 };
        let all = Dependence {
            correlation: vec![vec![1.0, 0.2, 0.3], vec![0.2, 1.0, 0.4], vec![0.3, 0.4, 1.0]],
            common_jumps: vec![
                CommonJumps { rate: 1.0, assets: vec![jump(0), jump(1)] },
                CommonJumps { rate: 2.0, assets: vec![jump(1)] },
            ],
        };
        let some = select(&all, &[2, 0]);
        assert_eq!(some.correlation, [[1.0, 0.3], [0.3, 1.0]]);
        assert_eq!(some.common_jumps, [CommonJumps { rate: 1.0, assets: vec![jump(1)] }]);
        assert_eq!(select(&all, &[2]), Dependence::default());
    }
}
