//! The leverage with the best score, with its interval, or that there is none.
//!
//! **Is there any?** A share of wealth on a bet raises its growth exactly if the bet's mean is above zero (Kelly 1956), and so
//! does the mean return over expected shortfall. The mean return of every level of a first run is tested, at one error rate
//! over all (Bonferroni): if no level is surely above zero, the answer is no leverage.
//!
//! **Which?** Levels are run on the same random numbers and closed in on. Where neither liquidation nor costs tell them apart,
//! leverages do equally well: half the collateral at twice the leverage is the same position. Of those the answer is
//! one whatever the seed: by growth the least, whose collateral is all of the wealth; by return per shortfall the largest.
//!
//! **How sure?** The search is repeated on independent batches of paths. The spread of their answers is the error of the
//! answer from all paths (batch means: Law, "Simulation Modeling and Analysis", 2015, section 9.5); a batch without an edge
//! answers 0.
//!
//! **With the errors of parameters?** Every draw of the parameters is asked on the same few paths which of the first levels is best, between
//! them by the parabola through the best and its neighbours. The spread of these answers, next to the error of the batches, is the second
//! interval; what is left of the luck of the paths makes it wider, never narrower.

use super::criterion::Criterion;
use super::levels_at::spaced;
use super::leverage_range::LeverageRange;
use super::parameters::{drawn_scenarios, paths_of_draw};
use super::search::evaluate;
use super::simulation::RunError;
use crate::engine::RunOptions;
use crate::numeric::special::student_quantile_above;
use crate::numeric::{elementary, mix64, normal_quantile};
use crate::result::LevelResult;
use crate::scenario::{PathBudget, Sampling, Scenario};
use crate::stats::{CONFIDENCE, Estimate, Z_95};

/// Levels of a run.
const LEVELS: usize = 16;
/// Runs that close in on the best level, each dividing its neighbourhood by eight.
const ROUNDS: usize = 3;
/// Batches of paths, and the fewest paths of one.
const BATCHES: u64 = 8;
const LEAST_BATCH: u64 = 256;
/// Scores nearer to each other than this share are the same for all purposes; bins of returns are right to a tenth of it.
const SAME: f64 = 0.01;
/// The same for growth, which is flat at its top: on the paths of a batch a handful of liquidations move it by more than the above.
const SAME_GROWTH: f64 = 0.05;
/// How often a leverage is called the best though none is above zero: so rarely that two seeds do not contradict each other.
const FALSE_ALARM: f64 = 1e-4;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Best {
    /// No leverage: nowhere is the mean return surely above zero.
    None {
        /// The mean return of the level that comes nearest to it.
        mean_return: Estimate,
        /// That level.
        leverage: f64,
    },
    /// The best leverage.
    At(Box<BestLevel>),
}

/// The best leverage and its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct BestLevel {
    /// The result at the best leverage.
    pub level: LevelResult,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// The ends of the interval that counts in the errors of the parameters, where the scenario asks for them.
    pub with_parameters: Option<[f64; 2]>,
    /// Whether it is the venue that allows no more.
    pub limited_by_venue: bool,
}

/// The leverage at which a criterion's score is largest, on so many paths; none if the venue lets nothing be opened.
///
/// # Errors
/// What keeps the scenario from running.
pub fn best(
    scenario: &Scenario,
    criterion: Criterion,
    paths: u64,
    options: &RunOptions<'_>,
) -> Result<Option<Best>, RunError> {
    let Some(range) = LeverageRange::of(scenario) else { return Ok(None) };
    let search = Search { criterion, range: &range, options };
    let mut scenario = scenario.clone();
    // Scores rest on the plain paths: nothing else is needed.
    scenario.simulation.sampling = Sampling::Pseudo;
    scenario.simulation.paths = PathBudget::Fixed(paths);
    let first = search.first(&scenario)?;
    let sure = -normal_quantile(FALSE_ALARM / first.len() as f64);
    let certainty = |level: &LevelResult| level.mean_return.value / level.mean_return.std_error;
    let surest = first.iter().filter(|level| level.mean_return.std_error > 0.0);
    let Some(surest) = surest.max_by(|a, b| certainty(a).total_cmp(&certainty(b))) else { return Ok(None) };
    let none = Best::None { mean_return: surest.mean_return, leverage: surest.leverage };
    if certainty(surest) <= sure {
        return Ok(Some(none));
    }
    let Some(level) = search.best(&scenario, first)? else { return Ok(Some(none)) };
    let mut answers = Vec::new();
    scenario.simulation.paths = PathBudget::Fixed((paths / BATCHES).max(LEAST_BATCH));
    let seed = scenario.simulation.seed;
    for number in 1..=BATCHES {
        scenario.simulation.seed = mix64(seed ^ mix64(number));
        let found = search.best(&scenario, search.first(&scenario)?)?;
        answers.push(found.map_or(0.0, |level| level.leverage));
    }
    let half = student_quantile_above((BATCHES - 1) as f64, 0.5 * (1.0 - CONFIDENCE)) * std_error(&answers);
    let largest = range.largest();
    let low = (level.leverage - half).max(0.0);
    let high = (level.leverage + half).min(largest);
    let limited_by_venue = level.leverage >= largest;
    scenario.simulation.seed = seed;
    let with_parameters = search.spread(&scenario, paths)?.map(|deviation| {
        let half = (half * half + (Z_95 * deviation) * (Z_95 * deviation)).sqrt();
        [(level.leverage - half).max(0.0), (level.leverage + half).min(largest)]
    });
    Ok(Some(Best::At(Box::new(BestLevel { level, low, high, with_parameters, limited_by_venue }))))
}

/// The search for the best level on some paths.
struct Search<'a> {
    criterion: Criterion,
    range: &'a LeverageRange<'a>,
    options: &'a RunOptions<'a>,
}

impl Search<'_> {
    /// Levels over all that the venue allows.
    fn first(&self, scenario: &Scenario) -> Result<Vec<LevelResult>, RunError> {
        let largest = self.range.largest();
        evaluate(scenario, &spaced(self.range.searched(), largest, LEVELS), self.options)
    }

    fn score(&self, level: &LevelResult) -> f64 {
        self.criterion.score(level)
    }

    /// The level that stands for all that do best, from some levels on; none if the best does not gain.
    fn best(&self, scenario: &Scenario, first: Vec<LevelResult>) -> Result<Option<LevelResult>, RunError> {
        let top = self.closed_in(scenario, first)?.filter(|top| self.score(top) > 0.0);
        top.map(|top| match self.criterion {
            Criterion::Kelly => self.least_of_the_same(scenario, top),
            _ => self.largest_of_the_same(scenario, top),
        })
        .transpose()
    }

    /// The level with the largest score between the neighbours of the best of these.
    fn closed_in(
        &self,
        scenario: &Scenario,
        mut levels: Vec<LevelResult>,
    ) -> Result<Option<LevelResult>, RunError> {
        let mut best: Option<LevelResult> = None;
        for round in 0..=ROUNDS {
            let scored = levels.iter().enumerate().filter(|(_, level)| self.score(level).is_finite());
            let top = scored.max_by(|(_, a), (_, b)| self.score(a).total_cmp(&self.score(b)));
            let Some((place, top)) = top else { break };
            let (below, above) = (place.saturating_sub(1), (place + 1).min(levels.len() - 1));
            let (low, high) = (levels[below].leverage, levels[above].leverage);
            if best.as_ref().is_none_or(|best| self.score(top) > self.score(best)) {
                best = Some(top.clone());
            }
            if round == ROUNDS || low >= high {
                break;
            }
            levels = evaluate(scenario, &spaced(low, high, LEVELS), self.options)?;
        }
        Ok(best)
    }

    /// Standard deviation of the best leverage over draws of the parameters; none where the scenario does not ask for them.
    fn spread(&self, scenario: &Scenario, paths: u64) -> Result<Option<f64>, RunError> {
        if !scenario.simulation.parameter_errors {
            return Ok(None);
        }
        let mut answers = Vec::new();
        for mut drawn in drawn_scenarios(scenario) {
            drawn.simulation.paths = PathBudget::Fixed(paths_of_draw(paths));
            answers.push(self.at_a_glance(&self.first(&drawn)?));
        }
        let count = answers.len() as f64;
        let mean = answers.iter().sum::<f64>() / count;
        let squares: f64 = answers.iter().map(|answer| (answer - mean) * (answer - mean)).sum();
        Ok((count > 1.0).then(|| (squares / (count - 1.0)).sqrt()))
    }

    /// The best leverage as some levels show it; 0 if none gains.
    fn at_a_glance(&self, levels: &[LevelResult]) -> f64 {
        // By growth half the collateral at twice the leverage is the same position, which a share of the collateral tells.
        let answer = |level: &LevelResult| match self.criterion {
            Criterion::Kelly => level.kelly.fraction * level.leverage,
            _ => level.leverage,
        };
        let scored = levels.iter().enumerate().filter(|(_, level)| self.score(level).is_finite());
        let Some((top, best)) = scored.max_by(|(_, a), (_, b)| self.score(a).total_cmp(&self.score(b)))
        else {
            return 0.0;
        };
        if self.score(best) <= 0.0 {
            return 0.0;
        }
        let shares_wealth = self.criterion == Criterion::Kelly && best.kelly.fraction < 1.0;
        if shares_wealth || top == 0 || top + 1 == levels.len() {
            return answer(best);
        }
        // The levels lie evenly in logarithms.
        let [below, here, above] = [top - 1, top, top + 1].map(|place| self.score(&levels[place]));
        let (slope, bend) = (0.5 * (above - below), below - 2.0 * here + above);
        let moved = if bend < 0.0 { (-slope / bend).clamp(-1.0, 1.0) } else { 0.0 };
        let step = elementary::ln(levels[top + 1].leverage / best.leverage);
        answer(best) * elementary::exp(moved * step)
    }

    /// The same position with all of the wealth as collateral.
    fn least_of_the_same(&self, scenario: &Scenario, best: LevelResult) -> Result<LevelResult, RunError> {
        let least = best.kelly.fraction * best.leverage;
        if least >= best.leverage || least < self.range.smallest() {
            return Ok(best);
        }
        let level = evaluate(scenario, &[least], self.options)?.pop();
        let is_as_good = |level: &LevelResult| self.score(level) >= (1.0 - SAME_GROWTH) * self.score(&best);
        Ok(level.filter(is_as_good).unwrap_or(best))
    }

    /// The largest leverage that does as well.
    fn largest_of_the_same(&self, scenario: &Scenario, best: LevelResult) -> Result<LevelResult, RunError> {
        let goal = (1.0 - SAME) * self.score(&best);
        let (mut low, mut high) = (best.leverage, self.range.largest());
        let mut last = best;
        for _ in 0..=ROUNDS {
            if low >= high {
                break;
            }
            let levels = evaluate(scenario, &spaced(low, high, LEVELS), self.options)?;
            let beyond = levels.iter().position(|level| self.score(level) < goal).unwrap_or(levels.len());
            let place = beyond.saturating_sub(1);
            (low, high) = (levels[place].leverage, levels[(place + 1).min(levels.len() - 1)].leverage);
            last = levels[place].clone();
        }
        Ok(last)
    }
}

/// The standard error of the mean of independent numbers.
fn std_error(numbers: &[f64]) -> f64 {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|number| (number - mean) * (number - mean)).sum();
    (squares / (count * (count - 1.0))).sqrt()
}
