//! What is known apart from the paths of where those close that are liquidated.
//!
//! Of each interval of the closing price the chance p is known; where it is also known how likely a path is to be liquidated and to close in it,
//! q, liquidated paths and others are cells of their own (post-stratification, as in `conditioned`): with the share c of the others in the
//! interval whose return is below a number beyond all that liquidations leave, the share of returns below it is the sum of q + (p − q)·c.
//! Errors are known of the sums of q beyond each mark, and may go together.

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use super::left::Left;
use super::places::Places;

/// The probabilities that a level is liquidated and the price closes beyond each of the marks: `is_above` says whether beyond one is above it,
/// as it is where liquidation is below.
#[derive(Debug, Clone, Copy)]
pub struct Beyond<'a> {
    /// By mark; empty where they are not known.
    pub probabilities: &'a [Estimate],
    /// Whether they are of closing above the marks.
    pub is_above: bool,
}

/// The liquidated ones among all paths, by interval of their closing price.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Crossed {
    closed: Vec<u64>,
}

/// What is known beforehand of a level, and what the paths say of it.
pub(super) struct Known {
    /// Chances of being liquidated and closing in each interval.
    chances: Vec<f64>,
    /// Errors of their sums beyond each mark, and of all of them.
    errors: (Vec<f64>, f64),
    /// Whether liquidation is below, so that what is beyond a mark is above it.
    is_below: bool,
    /// The share of all paths that were liquidated less the chance, and by interval the share that was not less the chance.
    off: (f64, Vec<f64>),
    /// The liquidated ones among the paths whose nets are looked at.
    seen: Vec<f64>,
    /// All paths.
    paths: f64,
}

impl Crossed {
    /// Adds a liquidated path of a block.
    pub fn add(&mut self, path: usize, places: &Places) {
        self.closed.resize(places.chances().len(), 0);
        if let Some(closed) =
            places.of_paths().get(path).and_then(|place| self.closed.get_mut(usize::from(*place)))
        {
            *closed += 1;
        }
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &Self) {
        self.closed.resize(self.closed.len().max(other.closed.len()), 0);
        super::closings::add(&mut self.closed, &other.closed);
    }

    /// With the probabilities of being liquidated at all and of closing `beyond` each mark, too; with the paths and the chances by interval, of
    /// all and how far these are off, and the liquidated ones among those `seen`. None where what there is does not fit.
    pub fn with(
        &self,
        (probability, beyond): (Estimate, Beyond<'_>),
        (paths, intervals, off): (f64, &[f64], &[f64]),
        seen: Vec<f64>,
    ) -> Option<Known> {
        let Beyond { probabilities: beyond, is_above: is_below } = beyond;
        if self.closed.len() != intervals.len() || beyond.len() + 1 != intervals.len() || beyond.is_empty() {
            return None;
        }
        let sums = || beyond.iter().map(|estimate| estimate.value);
        // By interval from the one where liquidation is.
        let from: Vec<f64> = match is_below {
            true => [probability.value].into_iter().chain(sums()).collect(),
            false => [probability.value].into_iter().chain(sums().rev()).collect(),
        };
        let mut chances: Vec<f64> =
            from.iter().zip(from[1..].iter().chain([&0.0])).map(|(at, next)| at - next).collect();
        if !is_below {
            chances.reverse();
        }
        let mut lost = 0.0;
        let alive = self.closed.iter().zip(off).zip(&chances).map(|((closed, off), chance)| {
            let share = *closed as f64 / paths;
            lost += share;
            // The share of all in the interval is off by so much; less the liquidated ones, and what these should be.
            off - share + chance
        });
        let alive = alive.collect();
        let errors = (beyond.iter().map(|estimate| estimate.std_error).collect(), probability.std_error);
        Some(Known { chances, errors, is_below, off: (lost - probability.value, alive), seen, paths })
    }
}

impl Known {
    /// What is left of a return beyond all that liquidations leave, of which so many paths that were seen are below it, by interval.
    pub fn left(&self, below: &[f64], seen: &[f64], intervals: &[f64]) -> Left {
        let shares: Vec<f64> = below
            .iter()
            .zip(seen)
            .zip(&self.seen)
            // Where all that were seen are liquidated, others would be near the barrier.
            .map(
                |((below, seen), lost)| {
                    if seen > lost { ((below - lost) / (seen - lost)).clamp(0.0, 1.0) } else { 1.0 }
                },
            )
            .collect();
        let (mut mean, mut off, mut variance) = (0.0, self.off.0, 0.0);
        for (((share, chance), all), alive) in
            shares.iter().zip(&self.chances).zip(intervals).zip(&self.off.1)
        {
            let own = (all - chance).max(0.0);
            mean += chance + own * share;
            off += share * alive;
            variance += own * share * (1.0 - share);
        }
        let ends = shares.first().zip(shares.last());
        let nearest = ends.map_or(1.0, |(first, last)| if self.is_below { *first } else { *last });
        let mut error = (1.0 - nearest) * self.errors.1;
        for (pair, of_sum) in shares.windows(2).zip(&self.errors.0) {
            error += (pair[1] - pair[0]).abs() * of_sum;
        }
        Left { off, mean, variance: variance + self.paths * error * error }
    }

    /// What is to be taken off the share of liquidated paths.
    pub fn off_lost(&self) -> f64 {
        self.off.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::numeric::{NET, Purpose, Stream};
    use crate::stats::Intervals;
    use crate::stats::closings::Closings;

    /// Paths close at uniform numbers, a path at u is liquidated with the chance 1 − u, or u where liquidation is above, and returns of the others
    /// are their u, or −u; what is told misses by nothing or by 0.02 normals, the same at all marks. The corrected share below a return against what is known,
    /// within 4.5 errors, and its variance against the spread over 200 samples: a quarter, 5 errors of a spread. At two marks, between two, and
    /// beyond all liquidations: false alarm 1e-4 in all.
    #[test]
    fn shares_are_what_is_known_and_errors_the_spread() {
        let marks: Vec<f64> = (1..10).map(|mark| 0.1 * f64::from(mark)).collect();
        let intervals = Arc::new(Intervals::new(marks.clone(), &marks).unwrap());
        for (is_below, miss) in [(true, 0.0), (false, 0.0), (true, 0.02), (false, 0.02)] {
            // Of being liquidated and closing beyond u.
            let beyond = |u: f64| if is_below { 0.5 - u + 0.5 * u * u } else { 0.5 * u * u };
            for u in [0.5, 0.55, 0.72] {
                let known = if is_below { 0.5 + 0.5 * u * u } else { 0.5 + 0.5 * (1.0 - u) * (1.0 - u) };
                let (mut found, mut stated) = (Vec::new(), 0.0);
                for seed in 0..200 {
                    let (mut closed, mut chance) = (vec![0.0; 4 * NET], vec![0.0; 4 * NET]);
                    let mut noise = Stream::new(seed, Purpose::Event(0), 0);
                    noise.uniforms(&mut closed);
                    noise.uniforms(&mut chance);
                    let mut missed = [0.0];
                    noise.normals(&mut missed);
                    let told = |chance: f64| Estimate::normal(chance + miss * missed[0], miss);
                    let probabilities: Vec<Estimate> = marks.iter().map(|mark| told(beyond(*mark))).collect();
                    let probabilities = Beyond { probabilities: &probabilities, is_above: is_below };
                    let mut places = Places::new(Arc::clone(&intervals));
                    places.fill(&closed);
                    let (mut closings, mut crossed) = (Closings::default(), Crossed::default());
                    closings.add_all(&places);
                    closings.add_nets(&places);
                    let (mut below, mut lost, mut counted) = (vec![0.0; 10], vec![0.0; 10], 0.0);
                    for (path, (closed, chance)) in closed.iter().zip(&chance).enumerate() {
                        let is_lost = *chance < if is_below { 1.0 - closed } else { *closed };
                        let is_low = is_lost || (*closed < u) == is_below;
                        let place = usize::from(places.of_paths()[path]);
                        below[place] += f64::from(u8::from(is_low));
                        lost[place] += f64::from(u8::from(is_lost));
                        counted += f64::from(u8::from(is_low)) / (4 * NET) as f64;
                        if is_lost {
                            crossed.add(path, &places);
                        }
                    }
                    let deviations = closings.deviations(4.0).unwrap();
                    let of_paths = (deviations.paths, &deviations.chances[..], &deviations.off[..]);
                    let own = crossed.with((told(0.5), probabilities), of_paths, lost).unwrap();
                    let left = own.left(&below, &deviations.seen, &deviations.chances);
                    assert!((counted - left.off - left.mean).abs() < 1e-12, "{left:?}");
                    found.push(left.mean);
                    stated += left.variance / deviations.paths / 200.0;
                }
                let mean = found.iter().sum::<f64>() / 200.0;
                let spread = found.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 199.0;
                let z = (mean - known) / (spread / 200.0).sqrt().max(1e-12);
                assert!(z.abs() < 4.5, "{is_below} {u}: {mean} {known}, z = {z:.2}");
                let ratio = (stated / spread).sqrt();
                assert!(
                    stated.max(spread) < 1e-20 || (0.75..1.33).contains(&ratio),
                    "{is_below} {u}: {ratio}"
                );
            }
        }
    }
}
