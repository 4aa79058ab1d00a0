//! Post-stratified probabilities.
//!
//! Every path carries a number U that is uniform between 0 and 1 by theory. The paths are sorted into strata of U, and the share of
//! each stratum with the event is weighted with the known probability of the stratum in place of the share of paths that fell into it:
//! p = Σ P_s·h_s/n_s. That takes off the variance that U explains, Var(P(event | U)); what is left is Σ P_s²·p_s(1 − p_s)/n_s. Given
//! the n_s, all positive, it is unbiased (Cochran 1977, "Sampling Techniques", section 5A.9; Glasserman 2004, section 4.3.1).
//!
//! Strata are equal but for the first, which is halved again and again: small U are where rare events are. Neighbours are
//! taken together from the first on until each holds enough paths on average, by what is known beforehand.

use serde::{Deserialize, Serialize};

use super::{Estimate, Method};

/// Strata of equal probability.
const EQUAL: usize = 128;
/// Times that the first of them is halved.
const HALVINGS: usize = 16;
/// All strata.
const STRATA: usize = EQUAL + HALVINGS;
/// Paths that are expected in what counts as one stratum, at least.
const LEAST: f64 = 50.0;
/// Fewest strata that are worth the name.
const LEAST_STRATA: f64 = 8.0;

/// Paths and events by stratum; empty where paths carry no such number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Strata {
    paths: Vec<u64>,
    /// By level.
    events: Vec<Vec<u64>>,
}

/// The stratum of a number between 0 and 1.
pub fn stratum(uniform: f64) -> u32 {
    let equal = (uniform * EQUAL as f64) as usize;
    if equal > 0 {
        return (HALVINGS + equal.min(EQUAL - 1)) as u32;
    }
    let mut edge = 0.5 / EQUAL as f64;
    let mut halvings = 0;
    while halvings < HALVINGS && uniform < edge {
        edge *= 0.5;
        halvings += 1;
    }
    (HALVINGS - halvings) as u32
}

/// The probability of a stratum.
fn probability(stratum: usize) -> f64 {
    let equal = 1.0 / EQUAL as f64;
    match stratum {
        0 => equal * 0.5_f64.powi(HALVINGS as i32),
        first if first <= HALVINGS => equal * 0.5_f64.powi((HALVINGS - first + 1) as i32),
        _ => equal,
    }
}

impl Strata {
    /// Counts the paths of a block by their strata.
    pub fn add_paths(&mut self, strata: &[u32], levels: usize) {
        self.paths.resize(STRATA, 0);
        self.events.resize_with(levels, || vec![0; STRATA]);
        for stratum in strata {
            self.paths[*stratum as usize] += 1;
        }
    }

    /// Counts the event of a level on a path of a stratum.
    #[inline]
    pub fn add_event(&mut self, level: usize, stratum: u32) {
        self.events[level][stratum as usize] += 1;
    }

    /// Adds the counts of others.
    pub fn merge(&mut self, other: &Self) {
        self.paths.resize(self.paths.len().max(other.paths.len()), 0);
        self.events.resize_with(self.events.len().max(other.events.len()), || vec![0; STRATA]);
        add(&mut self.paths, &other.paths);
        for (mine, theirs) in self.events.iter_mut().zip(&other.events) {
            add(mine, theirs);
        }
    }

    /// Number of events of a level.
    pub fn events(&self, level: usize) -> u64 {
        self.events.get(level).map_or(0, |events| sum(events))
    }

    /// The probability of a level's event; none where there are too few paths, or the event happened never or always, which plain
    /// counts can tell as well.
    ///
    /// For its variance each stratum is given one path more, with the overall share of events: a stratum without any, or with nothing
    /// else, is not without error.
    pub fn probability(&self, level: usize) -> Option<Estimate> {
        let events = self.events.get(level)?;
        let paths = sum(&self.paths);
        let n = paths as f64;
        let happened = sum(events);
        if n < LEAST * LEAST_STRATA || happened == 0 || happened == paths {
            return None;
        }
        let overall = happened as f64 / n;
        let (mut value, mut variance) = (0.0, 0.0);
        let (mut weight, mut own, mut hits) = (0.0, 0.0, 0.0);
        for (stratum, (paths, events)) in self.paths.iter().zip(events).enumerate() {
            weight += probability(stratum);
            own += *paths as f64;
            hits += *events as f64;
            if weight * n >= LEAST || stratum + 1 == STRATA {
                if own == 0.0 {
                    return None;
                }
                let share = (hits + overall) / (own + 1.0);
                value += weight * hits / own;
                variance += weight * weight * share * (1.0 - share) / own;
                (weight, own, hits) = (0.0, 0.0, 0.0);
            }
        }
        Some(Estimate::proportion(value, variance.sqrt()).by(Method::Stratified))
    }
}

/// What is beyond a count can come from a foreign file only.
fn add(mine: &mut [u64], theirs: &[u64]) {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        *mine = mine.saturating_add(*theirs);
    }
}

fn sum(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};

    #[test]
    fn strata_cover_the_unit_interval_in_order() {
        let total: f64 = (0..STRATA).map(probability).sum();
        assert!((total - 1.0).abs() < 1e-14, "{total}");
        let mut low = 0.0;
        for own in 0..STRATA {
            let high = low + probability(own);
            for share in [1e-6, 0.5, 1.0 - 1e-6] {
                assert_eq!(stratum(low + share * (high - low)), own as u32, "{own} at {share}");
            }
            low = high;
        }
        assert_eq!((stratum(0.0), stratum(1.0)), (0, STRATA as u32 - 1));
    }

    /// Events that happen with a chance which falls with U: against the integral, and the spread over 2,000 samples against the error that
    /// each states. The mean within 4 errors (6e-5), the spread within 4 of its own (0.06 of it).
    #[test]
    fn estimates_are_unbiased_and_know_their_spread() {
        let chance = |u: f64| if u < 0.1 { 0.9 } else { 0.2 * (1.0 - u) };
        let truth = 0.09 + 0.2 * 0.5 * 0.81;
        let (samples, n) = (2000, 2000);
        let mut uniforms = vec![0.0; 2 * n];
        let mut noise = Stream::new(8, Purpose::Hit, 0);
        let (mut sum, mut squares, mut stated, mut plain) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..samples {
            noise.uniforms(&mut uniforms);
            let mut strata = Strata::default();
            for pair in uniforms.chunks(2) {
                let own = stratum(pair[0]);
                strata.add_paths(&[own], 1);
                if pair[1] < chance(pair[0]) {
                    strata.add_event(0, own);
                }
            }
            let estimate = strata.probability(0).unwrap();
            sum += estimate.value;
            squares += (estimate.value - truth).powi(2);
            stated += estimate.std_error.powi(2);
            let share = strata.events(0) as f64 / n as f64;
            plain += share * (1.0 - share) / n as f64;
        }
        let error = (squares / f64::from(samples)).sqrt();
        let z = (sum / f64::from(samples) - truth) / (error / f64::from(samples).sqrt());
        assert!(z.abs() < 4.0, "{z}");
        // What the additional paths add to the error is a few per cent here.
        assert!((0.94..1.12).contains(&(stated / squares)), "{stated} {squares}");
        assert!(plain / stated > 1.5, "{plain} {stated}");
    }

    #[test]
    fn too_little_is_left_to_plain_counts() {
        let mut strata = Strata::default();
        assert_eq!(strata.probability(0), None);
        for i in 0..1000 {
            strata.add_paths(&[stratum(f64::from(i) / 1000.0)], 2);
            strata.add_event(1, stratum(f64::from(i) / 1000.0));
        }
        assert_eq!((strata.probability(0), strata.probability(1)), (None, None));
    }
}
