//! How much results vary over draws of the parameters, at the levels that were drawn, between them and beyond.
//!
//! Between two levels the logarithm of a deviation is straight over that of the leverage: where one law moves the price, the logit of a
//! probability moves by a power of the distance. Rarer than all that draws could tell, the deviation of the logit grows with the logit,
//! as it does in the tail of a normal law (ln Φ(−x) ≈ −x²/2, x the distance in standard deviations: a small relative error of the
//! deviation moves it in proportion to itself); tails that are fatter move less.

use crate::numeric::elementary;
use crate::result::{CurveLevel, LevelResult, Note, RunResult, TAILS};
use crate::stats::{Estimate, Scale};

/// Of a probability over the draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OnLogit {
    /// Standard deviation of the logit.
    pub deviation: f64,
    /// Mean probability.
    pub probability: f64,
}

impl OnLogit {
    fn logit(&self) -> f64 {
        logit(self.probability)
    }
}

fn logit(p: f64) -> f64 {
    elementary::ln(p / (1.0 - p))
}

/// Standard deviations of a level's quantities over the draws, sampling taken out; none where too few paths were liquidated to tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Deviations {
    pub leverage: f64,
    pub liquidation: Option<OnLogit>,
    pub loss: Option<OnLogit>,
    pub mean_return: f64,
    pub bad_debt: f64,
    pub value_at_risk: [f64; 2],
    pub expected_shortfall: [f64; 2],
}

/// How much results vary over draws of the parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// By rising leverage.
    pub(super) levels: Vec<Deviations>,
    /// Number of draws.
    pub(super) draws: u64,
    /// Paths of a draw.
    pub(super) paths: u64,
    /// Draws that no model can have, in whose place the estimate stood.
    pub(super) replaced: u64,
    /// Keys of the parameters, those of several assets with the name of the asset.
    pub(super) names: Vec<String>,
}

/// Straight in the logarithms between two points; straight where one of them is 0.
fn between((x0, y0): (f64, f64), (x1, y1): (f64, f64), x: f64) -> f64 {
    let share = if x1 > x0 { elementary::ln(x / x0) / elementary::ln(x1 / x0) } else { 0.0 };
    match y0 > 0.0 && y1 > 0.0 {
        true => y0 * elementary::powf(y1 / y0, share),
        false => y0 + share * (y1 - y0),
    }
}

impl Spread {
    /// The deviation of the logit of the liquidation probability at a level where it is `p`; none where nothing is known.
    pub fn of_liquidation(&self, leverage: f64, p: f64) -> Option<f64> {
        self.on_logit(&|level| level.liquidation, leverage, p).map(|(deviation, _)| deviation)
    }

    /// A deviation of a logit, and whether it lies beyond what the draws could tell.
    fn on_logit(
        &self,
        of: &dyn Fn(&Deviations) -> Option<OnLogit>,
        leverage: f64,
        p: f64,
    ) -> Option<(f64, bool)> {
        let known = || self.levels.iter().filter_map(|level| Some((level.leverage, of(level)?)));
        let below = known().filter(|(own, _)| *own <= leverage).last();
        let above = known().find(|(own, _)| *own >= leverage);
        match (below, above) {
            (Some((x0, one)), Some((x1, other))) => {
                Some((between((x0, one.deviation), (x1, other.deviation), leverage), false))
            }
            (Some((_, nearest)), None) | (None, Some((_, nearest))) => {
                let own = (p > 0.0 && p < 1.0).then(|| logit(p).abs())?;
                let further = own / nearest.logit().abs().max(1.0);
                Some((nearest.deviation * further.max(1.0), true))
            }
            (None, None) => None,
        }
    }

    /// A deviation of another quantity.
    fn linear(&self, of: &dyn Fn(&Deviations) -> f64, leverage: f64) -> f64 {
        let below = self.levels.iter().rfind(|level| level.leverage <= leverage);
        let above = self.levels.iter().find(|level| level.leverage >= leverage);
        match (below, above) {
            (Some(one), Some(other)) => {
                between((one.leverage, of(one)), (other.leverage, of(other)), leverage)
            }
            (Some(nearest), None) | (None, Some(nearest)) => of(nearest),
            (None, None) => 0.0,
        }
    }

    /// An estimate of a probability with its second interval; whether that lies beyond what the draws could tell.
    fn widen(
        &self,
        of: &dyn Fn(&Deviations) -> Option<OnLogit>,
        leverage: f64,
        estimate: &mut Estimate,
    ) -> bool {
        match self.on_logit(of, leverage, estimate.value) {
            Some((deviation, is_beyond)) => {
                *estimate = estimate.with_parameter_error(deviation, Scale::Logit);
                is_beyond && estimate.high_with_parameters.is_some()
            }
            None => false,
        }
    }

    /// Gives the estimates of a level their second intervals; whether that of the liquidation probability lies beyond what the draws could tell.
    pub(super) fn add_to_level(&self, level: &mut LevelResult) -> bool {
        let leverage = level.leverage;
        let is_beyond = self.widen(&|level| level.liquidation, leverage, &mut level.liquidation_probability);
        self.widen(&|level| level.loss, leverage, &mut level.loss_probability);
        let of = |of: &dyn Fn(&Deviations) -> f64| self.linear(of, leverage);
        level.mean_return =
            level.mean_return.with_parameter_error(of(&|level| level.mean_return), Scale::Linear);
        level.bad_debt = level.bad_debt.with_parameter_error(of(&|level| level.bad_debt), Scale::Positive);
        for (tail, (key, _)) in TAILS.iter().enumerate() {
            let losses = [
                (level.value_at_risk.get_mut(*key), of(&|level| level.value_at_risk[tail])),
                (level.expected_shortfall.get_mut(*key), of(&|level| level.expected_shortfall[tail])),
            ];
            for (estimate, deviation) in losses {
                let Some(estimate) = estimate else { continue };
                *estimate = estimate.with_parameter_error(deviation, Scale::Linear);
                // Nobody loses more than everything.
                let most = estimate.high.max(1.0);
                estimate.high_with_parameters = estimate.high_with_parameters.map(|high| high.min(most));
            }
        }
        is_beyond
    }

    /// The same of a level of the curve.
    fn add_to_curve(&self, level: &mut CurveLevel) {
        let leverage = level.leverage;
        self.widen(&|level| level.liquidation, leverage, &mut level.liquidation_probability);
        self.widen(&|level| level.loss, leverage, &mut level.loss_probability);
        let deviation = self.linear(&|level| level.mean_return, leverage);
        level.mean_return = level.mean_return.with_parameter_error(deviation, Scale::Linear);
    }

    /// Gives the estimates of a result their second intervals, and says so in its notes.
    pub fn add_to(&self, result: &mut RunResult) {
        let (mut unknown, mut beyond) = (Vec::new(), Vec::new());
        for level in &mut result.levels {
            if self.add_to_level(level) {
                beyond.push(level.leverage);
            }
            let is_known = level.liquidation_probability.high_with_parameters.is_some();
            if level.is_liquidatable() && !is_known && level.liquidation_probability.high > 0.0 {
                unknown.push(level.leverage);
            }
        }
        for level in &mut result.curve {
            self.add_to_curve(level);
        }
        result.notes.extend(self.notes(unknown, beyond).iter().map(Note::text));
    }

    /// What to know of the second intervals; `unknown` are levels without one, those of `beyond` are rarer than the draws could tell.
    pub fn notes(&self, unknown: Vec<f64>, beyond: Vec<f64>) -> Vec<Note> {
        let Self { draws, paths, replaced, names, .. } = self;
        let (draws, paths, replaced) = (*draws, *paths, *replaced);
        let mut notes = vec![Note::ParameterErrors { names: names.clone(), draws, paths, replaced }];
        if !beyond.is_empty() {
            notes.push(Note::ParametersBeyondDraws(beyond, paths));
        }
        if !unknown.is_empty() {
            notes.push(Note::NoParameterInterval { levels: unknown, paths });
        }
        notes
    }

    /// Whether a second interval at a level lies beyond what the draws could tell.
    pub(super) fn is_beyond(&self, leverage: f64, p: f64) -> bool {
        self.on_logit(&|level| level.liquidation, leverage, p).is_some_and(|(_, is_beyond)| is_beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(known: &[(f64, Option<(f64, f64)>)]) -> Spread {
        let level = |(leverage, known): &(f64, Option<(f64, f64)>)| Deviations {
            leverage: *leverage,
            liquidation: known.map(|(deviation, probability)| OnLogit { deviation, probability }),
            loss: None,
            mean_return: *leverage,
            bad_debt: 0.0,
            value_at_risk: [0.0; 2],
            expected_shortfall: [0.0; 2],
        };
        Spread {
            levels: known.iter().map(level).collect(),
            draws: 256,
            paths: 1024,
            replaced: 0,
            names: Vec::new(),
        }
    }

    /// A power of the leverage is found again between two levels, and what stands at a level stays.
    #[test]
    fn between_levels_a_power_law_is_kept() {
        let power = |leverage: f64| 3.0 * leverage.powf(-1.7);
        let spread = spread(&[(2.0, Some((power(2.0), 0.01))), (4.0, Some((power(4.0), 0.1)))]);
        for leverage in [2.0, 2.5, 3.7, 4.0] {
            let found = spread.of_liquidation(leverage, 0.05).unwrap();
            assert!((found / power(leverage) - 1.0).abs() < 1e-12, "{leverage}: {found}");
            assert!(!spread.is_beyond(leverage, 0.05));
        }
        assert!((spread.linear(&|level| level.mean_return, 3.0) - 3.0).abs() < 1e-12);
    }

    /// Below the rarest known level the deviation grows as the logit; above all it does not shrink.
    #[test]
    fn beyond_the_draws_the_deviation_grows_with_the_logit() {
        let spread = spread(&[(1.5, None), (2.0, Some((0.2, 0.01))), (4.0, Some((0.1, 0.1)))]);
        let found = spread.of_liquidation(1.5, 1e-4).unwrap();
        assert!((found - 0.2 * logit(1e-4) / logit(0.01)).abs() < 1e-12, "{found}");
        assert!(spread.is_beyond(1.5, 1e-4));
        assert_eq!(spread.of_liquidation(1.5, 0.02), Some(0.2));
        assert_eq!(spread.of_liquidation(1.5, 0.0), None);
        assert_eq!(super::Spread { levels: Vec::new(), ..spread }.of_liquidation(2.0, 0.1), None);
    }
}
