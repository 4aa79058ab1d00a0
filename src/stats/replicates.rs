//! The errors of what nets of paths come to.
//!
//! Where the paths of a net fill their law more evenly than chance does ([`Nets`](crate::numeric::Nets)), the usual errors of shares and means,
//! which take paths for independent, are too large. Each net is a replicate of its own, and the spread of the replicates is the
//! error. What is kept of them by level is the number of paths below some returns, of paths that were liquidated, and the sum of returns, each
//! with its square.
//!
//! The variance of a share over that of as many independent paths is its design effect (Kish 1965, "Survey Sampling", section 8.2). For a
//! quantile it is that of the share of paths below it. For an expected shortfall E[(q − X)⁺] = ∫F(u)du up to q: of shares
//! that move together the errors add up, so that its effect is the square of the mean of their roots, weighted by √(F(1 − F)).
//!
//! Counts and exact sums: tallies merge to the same bits in any order.

use serde::{Deserialize, Serialize};

use super::closings::Closings;
use super::control::{Control, Spread};
use super::correction::Correction;
use super::count::Count;
use super::crossed::Beyond;
use super::estimate::{Estimate, Z_95, student_quantile};
use super::outcomes::Outcomes;
use super::places::Places;
use super::replicated::Replicated;
use super::return_bins::{BINS, SIDE, end};
use super::variate::Known;
use crate::numeric::{ExactSum, NET};

/// Fewest nets whose spread is an error.
const LEAST: u64 = 8;
/// Fewest of those that correct a distribution.
const LEAST_CORRECTING: u64 = 32;
/// Fewest liquidations, and paths without one, whose control variate tells an error: of 33 it was too small by half.
const LEAST_HEDGED: f64 = 100.0;
/// Error of a mean at least, in deviations of a path: what single precision leaves of normals does not average out.
const FINEST: f64 = 2e-7;
/// Blocks from the first on that are all looked at, and which of the later ones are.
const FIRST_BLOCKS: u64 = 16;
const EVERY: u64 = 8;

/// Nets by level; empty where paths are independent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Replicates {
    nets: u64,
    levels: Vec<Replicated>,
    /// Paths by these intervals, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closings: Option<Box<Closings>>,
}

/// A level, and what corrects its distribution.
pub type Corrected<'a> = (usize, Option<&'a Correction>);

impl Replicates {
    /// Fewest paths that have enough nets to tell an error.
    pub const FEWEST_PATHS: u64 = LEAST * NET as u64;

    /// Whether the nets of a block are looked at: all of the first blocks, some of the later ones, which tell enough.
    pub fn wants(block: u64) -> bool {
        block < FIRST_BLOCKS || block.is_multiple_of(EVERY)
    }

    /// Adds the nets of a block of so many paths; what they come to by level goes to [`add`](Self::add) before or after.
    pub fn add_block(&mut self, paths: usize, places: Option<&Places>) {
        self.nets += (paths / NET) as u64;
        if let Some(places) = places {
            self.closings.get_or_insert_default().add_nets(places);
        }
    }

    /// Adds where the paths of a block closed, whether its nets are looked at or not, before they are.
    pub fn add_places(&mut self, places: &Places) {
        self.closings.get_or_insert_default().add_all(places);
    }

    /// Adds a liquidated path of a level of the block whose places these are, whether its nets are looked at or not.
    pub fn add_crossed(&mut self, level: usize, path: usize, places: &Places) {
        self.own(level).crossed.get_or_insert_default().add(path, places);
    }

    fn own(&mut self, level: usize) -> &mut Replicated {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Replicated::default);
        }
        &mut self.levels[level]
    }

    /// Adds the sum, over all paths of a block, of the control variate of a level's returns, whether its nets are looked at or not.
    pub fn add_control(&mut self, level: usize, sum: f64) {
        self.own(level).control.get_or_insert_default().add_all(sum);
    }

    /// Adds the sum, over all paths of a block, of the control variate of a level's liquidations.
    pub fn add_hedge(&mut self, level: usize, sum: f64) {
        self.own(level).hedge.get_or_insert_default().add_all(sum);
    }

    /// Adds the sums, over all paths of a block, of the control variates of closing below marks, up to where a level was liquidated, and that
    /// of its liquidations.
    pub fn add_marked(&mut self, level: usize, sums: &[f64], hedged: f64) {
        self.own(level).marked.get_or_insert_default().add_all(sums, hedged);
    }

    /// Adds what a level comes to on the paths of a block.
    pub fn add(&mut self, level: usize, outcomes: Outcomes<'_>) {
        self.own(level).add(&outcomes);
    }

    /// Whether liquidations have a control variate.
    pub fn are_hedged(&self) -> bool {
        self.levels.iter().any(|level| level.hedge.is_some())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        // Sums of control variates are kept of blocks, too, whose nets are not looked at.
        self.nets == 0 && self.levels.is_empty() && self.closings.is_none()
    }

    /// Adds the nets of another.
    pub fn merge(&mut self, other: &Self) {
        self.nets = self.nets.saturating_add(other.nets);
        if let Some(theirs) = &other.closings {
            self.closings.get_or_insert_default().merge(theirs);
        }
        self.levels.resize_with(self.levels.len().max(other.levels.len()), Replicated::default);
        for (mine, theirs) in self.levels.iter_mut().zip(&other.levels) {
            mine.merge(theirs);
        }
    }

    fn level(&self, level: usize) -> Option<&Replicated> {
        self.levels.get(level).filter(|_| self.nets >= LEAST)
    }

    /// Degrees of freedom of an error.
    fn degrees(&self) -> f64 {
        self.nets as f64 - 1.0
    }

    /// How many independent paths tell as much as `n` whose effect this is; the factor of Student's t counts against them.
    fn told(&self, effect: f64, n: f64) -> f64 {
        if effect == 1.0 { n } else { n / effect * (Z_95 / student_quantile(self.degrees())).powi(2) }
    }

    /// What is known of the closing price corrects of a level's distribution over `n` paths, if enough nets tell, with
    /// the share of the paths that were `liquidated`, its probability where that is known better, and those of closing `beyond` each mark,
    /// too, where they are known.
    pub fn correction(
        &self,
        level: usize,
        (liquidated, beyond): ((f64, Option<Estimate>), Beyond<'_>),
        n: f64,
    ) -> Option<Correction> {
        let own = self.level(level).filter(|_| self.nets >= LEAST_CORRECTING)?;
        let (conditioned, nets) = (own.conditioned.as_ref()?, self.nets as f64);
        if let Some(marked) = &own.marked {
            return conditioned.correction(&marked.deviations(n, nets)?, (None, None), nets);
        }
        let deviations = self.closings.as_ref()?.deviations(nets)?;
        let known = Known::of(liquidated, deviations.paths);
        let crossed = || {
            let of_paths = (deviations.paths, &deviations.chances[..], &deviations.off[..]);
            own.crossed.as_ref()?.with((liquidated.1?, beyond), of_paths, conditioned.liquidated())
        };
        conditioned.correction(&deviations, (known, crossed()), nets)
    }

    /// How many independent paths would tell as much of the return of a level that is not exceeded with a
    /// probability as `n` paths do, with what corrects its distribution.
    pub fn of_quantile(&self, (level, correction): Corrected<'_>, probability: f64, n: f64) -> f64 {
        let Some(own) = self.level(level) else { return n };
        let effect = correction.map(|correction| correction.effect(probability));
        self.told(effect.unwrap_or_else(|| self.effect_at(own, probability)), n)
    }

    /// Between the ends of two bins by the share of paths.
    fn effect_at(&self, own: &Replicated, probability: f64) -> f64 {
        let mut before = (0.0, 1.0);
        for count in &own.below {
            let (share, effect) = count.effect(self.nets);
            if share >= probability {
                let part = (probability - before.0) / (share - before.0);
                return if share > before.0 { before.1 + part * (effect - before.1) } else { effect };
            }
            before = (share, effect);
        }
        1.0
    }

    /// The same of the mean of the returns below.
    pub fn of_tail(&self, (level, correction): Corrected<'_>, probability: f64, n: f64) -> f64 {
        let Some(own) = self.level(level) else { return n };
        if let Some(effect) = correction.and_then(|correction| correction.tail_effect(probability)) {
            return self.told(effect, n);
        }
        let (mut sum, mut weights) = (0.0, 0.0);
        for (bin, count) in own.below.iter().enumerate().take(BINS - 1) {
            let (share, effect) = count.effect(self.nets);
            let weight = (end(bin + 1) - end(bin)) * (share * (1.0 - share)).sqrt();
            sum += weight * effect.sqrt();
            weights += weight;
            if share >= probability {
                break;
            }
        }
        if weights > 0.0 { self.told((sum / weights).powi(2), n) } else { n }
    }

    /// The mean return of a level over `n` paths, by what it is for independent ones; none where there are too few nets.
    ///
    /// Where paths are farther apart than those of the nets that were looked at, as with heavy tails, what these have not seen is added to
    /// the variance, as much of it as a control variate leaves of what they have seen.
    pub fn mean(&self, level: usize, independent: &Estimate, n: f64) -> Option<Estimate> {
        let own = self.level(level)?;
        let (sum, seen, unseen) = self.spread(&own.returns, independent, n);
        let (nets, size) = (self.nets as f64, NET as f64);
        let (off, left) = match &own.control {
            Some(control) => control.correct(n, seen, sum, (nets, size)),
            None => (0.0, seen),
        };
        let kept = if left == seen { 1.0 } else { left.of_paths / seen.of_paths };
        let error = ((left.of_nets + unseen * kept) / n).sqrt().max(FINEST * seen.of_paths.max(0.0).sqrt());
        Some(Estimate::normal_with(independent.value - off, error, self.degrees()))
    }

    /// The mean bad debt of a level over `n` paths, where it is expected before jumps, by what it is for independent ones; none where it is
    /// not, or there are too few nets.
    pub fn bad_debt(&self, level: usize, independent: &Estimate, n: f64) -> Option<Estimate> {
        let (_, seen, unseen) = self.spread(self.level(level)?.debts.as_deref()?, independent, n);
        let error = ((seen.of_nets + unseen) / n).sqrt();
        Some(Estimate::normal_with(independent.value, error, self.degrees()))
    }

    /// The sum over the nets that were looked at of a number of each path, its spread, and the variance that these have not seen of `n` paths.
    fn spread(&self, sums: &[ExactSum; 3], independent: &Estimate, n: f64) -> (f64, Spread, f64) {
        let [sum, squares, of_paths] = sums.each_ref().map(ExactSum::value);
        let (nets, size) = (self.nets as f64, NET as f64);
        let seen = Spread {
            of_nets: ((squares - sum * sum / nets) / (nets - 1.0)).max(0.0) / size,
            of_paths: (of_paths - sum * sum / (nets * size)) / (nets * size - 1.0),
        };
        (sum, seen, (n * independent.std_error.powi(2) - seen.of_paths).max(0.0))
    }

    /// The probability that a level loses, `events` of `n` paths in its distribution; none where few tell.
    pub fn loss(&self, (level, correction): Corrected<'_>, events: f64, n: f64) -> Option<Estimate> {
        let own = self.level(level)?;
        let value = events / n;
        match correction.filter(|_| value > 0.0 && value < 1.0) {
            Some(correction) => {
                let error = (correction.effect(value) * value * (1.0 - value) / n).sqrt();
                Some(Estimate::proportion_with(value, error, self.degrees()))
            }
            None => self.share(*own.below.get(SIDE - 1)?, events, n),
        }
    }

    /// The probability that a level is liquidated, `events` of `n` paths; none where too few tell.
    pub fn liquidation(&self, level: usize, events: f64, n: f64) -> Option<Estimate> {
        let own = self.level(level)?;
        let counted = self.share(own.liquidated, events, n)?;
        let (lost, all) = (own.liquidated.sum(), self.nets as f64 * NET as f64);
        let control = own.hedge.as_ref().filter(|_| lost.min(all - lost) >= LEAST_HEDGED);
        Some(control.and_then(|control| self.hedged(own.liquidated, control, counted, n)).unwrap_or(counted))
    }

    fn share(&self, count: Count, events: f64, n: f64) -> Option<Estimate> {
        let (_, effect) = count.effect(self.nets);
        let value = events / n;
        let is_told = effect != 1.0 && value > 0.0 && value < 1.0;
        let error = (effect * value * (1.0 - value) / n).sqrt();
        is_told.then(|| Estimate::proportion_with(value, error, self.degrees()))
    }

    /// A share that was counted, corrected by a control variate; none where that leaves no probability.
    fn hedged(&self, count: Count, control: &Control, counted: Estimate, n: f64) -> Option<Estimate> {
        let (nets, size) = (self.nets as f64, NET as f64);
        let (share, effect) = count.effect(self.nets);
        let of_paths = share * (1.0 - share);
        let seen = Spread { of_nets: effect * of_paths, of_paths };
        let (off, left) = control.correct(n, seen, count.sum(), (nets, size));
        let value = counted.value - off;
        let is_told = value > 0.0 && value < 1.0 && left.of_nets > 0.0;
        is_told.then(|| Estimate::proportion_with(value, (left.of_nets / n).sqrt(), self.degrees()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream, normal_quantile};

    /// Nets of returns that are normal, one in each of as many intervals of equal chance or independent.
    fn nets(number: u64, are_even: bool) -> Replicates {
        let mut replicates = Replicates::default();
        let mut uniforms = vec![0.0; NET];
        let mut noise = Stream::new(7, Purpose::Event(0), 0);
        for _ in 0..number {
            noise.uniforms(&mut uniforms);
            let place = |(place, u): (usize, &f64)| match are_even {
                true => (place as f64 + u) / NET as f64,
                false => *u,
            };
            let returns: Vec<f64> =
                uniforms.iter().enumerate().map(place).map(|u| 0.3 * normal_quantile(u)).collect();
            let liquidated: Vec<u8> = returns.iter().map(|x| u8::from(*x < -0.3)).collect();
            let outcomes = Outcomes { returns: &returns, liquidated: &liquidated, ..Outcomes::default() };
            replicates.add(0, outcomes);
            replicates.add_block(NET, None);
        }
        replicates
    }

    /// Of independent paths a path is a path: the variance over 800 nets has a relative error of 5 %, four of which are allowed.
    #[test]
    fn independent_paths_tell_what_they_are() {
        let (replicates, n) = (nets(800, false), 1e6);
        for probability in [0.05, 0.3, 0.5, 0.95] {
            let told = replicates.of_quantile((0, None), probability, n) / n;
            assert!((0.8..1.2).contains(&told), "{probability}: {told}");
            let told = replicates.of_tail((0, None), probability, n) / n;
            assert!((0.8..1.2).contains(&told), "{probability}: {told}");
        }
        let plain = Estimate::normal(0.0, 0.3 / n.sqrt());
        let mean = replicates.mean(0, &plain, n).unwrap();
        assert!((mean.std_error / plain.std_error - 1.0).abs() < 0.1, "{mean:?}");
        let p = 0.158_655;
        let loss = replicates.loss((0, None), 0.5 * n, n).unwrap();
        for found in [replicates.liquidation(0, p * n, n).unwrap(), loss] {
            let usual = (found.value * (1.0 - found.value) / n).sqrt();
            assert!((found.std_error / usual - 1.0).abs() < 0.1, "{found:?}");
        }
    }

    /// A share of a net of intervals misses by less than one path: variance at most ¼ in place of 256·p(1 − p).
    #[test]
    fn even_nets_tell_more() {
        let (replicates, n) = (nets(200, true), 1e6);
        assert!(replicates.of_quantile((0, None), 0.3, n) > 100.0 * n);
        assert!(replicates.of_tail((0, None), 0.3, n) > 30.0 * n);
        let mean = replicates.mean(0, &Estimate::normal(0.0, 0.3 / n.sqrt()), n).unwrap();
        assert!(mean.std_error < 0.1 * 0.3 / n.sqrt(), "{mean:?}");
        // What the nets have not seen counts in full.
        let wild = replicates.mean(0, &Estimate::normal(0.0, 0.9 / n.sqrt()), n).unwrap();
        assert!(wild.std_error > 0.8 / n.sqrt(), "{wild:?}");
    }

    #[test]
    fn few_nets_and_few_events_tell_nothing() {
        let few = nets(LEAST - 1, true);
        assert_eq!(few.of_quantile((0, None), 0.5, 1e4), 1e4);
        assert!(few.mean(0, &Estimate::normal(0.0, 1.0), 1e4).is_none());
        assert!(few.loss((0, None), 5e3, 1e4).is_none());
        assert_eq!(nets(20, true).of_quantile((0, None), 1e-4, 1e4), 1e4);
        assert!(nets(20, true).liquidation(1, 5e3, 1e4).is_none());
    }

    #[test]
    fn merging_equals_adding_to_one() {
        let mut one = nets(5, true);
        one.merge(&nets(9, false));
        let mut other = nets(9, false);
        other.merge(&nets(5, true));
        assert_eq!(one, other);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Replicates>(&text).unwrap(), one);
    }
}
