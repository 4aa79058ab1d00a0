//! What the draw of a day adds to the chance to touch a barrier.
//!
//! All that a day brings follows from the log-variance that is expected of it and from its draw, whose
//! chances are known: the means of classes of draws, less that over all of them, hedge what goes with the
//! class, and whether a day reaches the barrier less the share of its class that does hedges the rest. Of the
//! log-variances before a day a table knows what was expected alone; what that says of the next is its
//! regression.

use super::Har;
use super::days::DayShape;
use super::hedge_table::{Draw, Expected, Solve, Table};
use super::mark_table;
use super::variances::DAYS;
use crate::market::{CLASSES, DrawGrid, DrawHedges, DrawnDay, Duration, LAST_BINS, MarkTable, REACHES};
use crate::numeric::{dispatch, exp};

/// Classes by how far the price goes, each of so many by what the variance becomes.
const MOVES: usize = 32;
const VARIANCES: usize = CLASSES / MOVES;
/// Moves are even on a scale that is bent here, between two ends.
const BEND: f64 = 3.0;
const END: f64 = 2.2;
/// Most dates of a table.
const MOST_DAYS: u64 = 128;
/// Draws that stand for a class where the table is solved.
const SAMPLE: usize = 6;
/// The same of marks, which no draw brings to an end.
const SAMPLE_OF_MARKS: usize = 3;
/// How far a draw goes beyond the mean of its class at most, in deviations.
const MOST_BEYOND: f64 = 0.5;
/// Deviations of the expected log-variance that rows reach.
const REACH: f64 = 4.5;

impl Har {
    /// The hedges of a barrier below the price (`sign` 1) or above (−1), which grows at a rate per year, on
    /// paths of a length that move together; none of normal days, nor of long paths.
    pub(in crate::model) fn hedges(
        &self,
        horizon: Duration,
        (sign, growth): (f64, f64),
    ) -> Option<DrawHedges> {
        let day = Duration::from_seconds(86_400);
        let days = horizon.seconds() / day.seconds();
        if self.normal.is_some() || days == 0 || days > MOST_DAYS {
            return None;
        }
        let days = days as usize;
        let [own, after] = [(1.0, 0.0), (0.0, 1.0)].map(|(day, short)| self.responses(days + 1, day, short));
        let mut draws = self.draws([own[0], after[0]]);
        let mean_next = draws.iter().map(|draw| draw.chance * draw.next).sum::<f64>();
        draws.iter_mut().for_each(|draw| draw.next -= mean_next);
        let (expected, [least, most]) = self.expected(days, &own, &after);
        if !(most > least) {
            return None;
        }
        classify(&mut draws);
        let half = 0.75_f64.mul_add((days as f64).sqrt(), 2.0);
        let grid = DrawGrid::new([least, most], half);
        let drift = sign * (self.log_drift - growth) * day.years();
        let sample = sample(&draws, SAMPLE);
        let chances_of_classes = of_classes(&draws);
        let reaches = Reaches::new(&grid, &draws, &chances_of_classes);
        let season = self.season;
        let solve =
            Solve { grid, drift, season, expected: &expected, sample: &sample, chances_of_classes, days };
        let Table { changes, chances } = dispatch(solve);
        let marks = self.mark_table(grid, (&expected, &draws, &chances_of_classes), days);
        let Reaches { drawn, shares, ranges } = reaches;
        Some(DrawHedges { grid, changes, chances, drawn, marks, reaching: shares, reaches: ranges })
    }

    /// The chance to close below marks.
    fn mark_table(
        &self,
        grid: DrawGrid,
        (expected, draws, chances): (&[Expected], &[Draw], &[f64; CLASSES]),
        days: usize,
    ) -> MarkTable {
        let square: f64 = draws.iter().map(|draw| draw.chance * draw.moved * draw.moved).sum();
        let season = |day: usize| self.season[day % self.season.len()];
        let of_days = expected.iter().enumerate().map(|(day, of)| of.variance * season(day) * season(day));
        let mut below = vec![0.0; LAST_BINS];
        draws.iter().for_each(|draw| below[DrawGrid::bin(draw.moved) as usize] += draw.chance);
        let mut sum = 0.0;
        for below in &mut below {
            sum += std::mem::replace(below, sum);
        }
        dispatch(mark_table::Solve {
            grid,
            drift: self.log_drift * Duration::from_seconds(86_400).years(),
            season: self.season,
            expected,
            sample: &sample(draws, SAMPLE_OF_MARKS),
            chances_of_classes: *chances,
            below: &below,
            days,
            spacing: MarkTable::spacing((square * of_days.sum::<f64>()).sqrt()),
        })
    }

    /// All draws: by twice the day, and one more where it is mirrored against the barrier.
    fn draws(&self, [own, after]: [f64; 2]) -> Vec<Draw> {
        let days = self.days.days();
        let total: f64 = days.iter().map(|day| day.weight).sum();
        let of = |day: &DayShape| {
            let DayShape { shock, short, low, high, close, weight, .. } = *day;
            let scale = exp(0.5 * shock);
            [(close, -low), (-close, high)].map(|(moved, reach)| Draw {
                chance: 0.5 * weight / total,
                moved: scale * moved,
                reach: scale * reach,
                next: own.mul_add(shock, after * short),
                class: 0,
            })
        };
        days.iter().flat_map(of).collect()
    }

    /// What one more of a day's log-variance, or of the share of its last hours, adds to the expected
    /// log-variances of the days after it.
    fn responses(&self, days: usize, day: f64, short: f64) -> Vec<f64> {
        let [_, b1, b7, b30, b90, b6] = self.coefficients;
        let mut past = vec![day];
        let mut found = Vec::with_capacity(days);
        let mut short = short;
        for _ in 0..days {
            let mean = |count: usize| past.iter().rev().take(count).sum::<f64>() / count as f64;
            let next = b1 * mean(1) + b7 * mean(7) + b30 * mean(30) + b90 * mean(DAYS) + b6 * short;
            short = 0.0;
            past.push(next);
            found.push(next);
        }
        found
    }

    /// What is expected of each day, and the log-variances that it stays between.
    fn expected(&self, days: usize, own: &[f64], after: &[f64]) -> (Vec<Expected>, [f64; 2]) {
        let all = self.days.days();
        let total: f64 = all.iter().map(|day| day.weight).sum();
        let mean =
            |of: &dyn Fn(&DayShape) -> f64| all.iter().map(|day| day.weight * of(day)).sum::<f64>() / total;
        let [shock, short] = [mean(&|day| day.shock), mean(&|day| day.short)];
        let square = mean(&|day| (day.shock - shock).powi(2));
        let square_short = mean(&|day| (day.short - short).powi(2));
        let both = mean(&|day| (day.shock - shock) * (day.short - short));
        let product = |i: usize, j: usize| {
            own[i] * own[j] * square
                + (own[i] * after[j] + after[i] * own[j]) * both
                + after[i] * after[j] * square_short
        };
        let [c, b1, b7, b30, b90, b6] = self.coefficients;
        let mut past: Vec<f64> = self.last_days.iter().rev().copied().collect();
        let mut last_hours = self.short;
        let (mut expected, mut variance, mut kept) = (Vec::with_capacity(days), 0.0, 0.0);
        let mut range = [f64::INFINITY, f64::NEG_INFINITY];
        for day in 0..days {
            let of = |count: usize| past.iter().rev().take(count).sum::<f64>() / count as f64;
            let mean = c + b1 * of(1) + b7 * of(7) + b30 * of(30) + b90 * of(DAYS) + b6 * last_hours;
            let ratio = if variance > 0.0 { kept / variance } else { 0.0 };
            expected.push(Expected { mean, kept: ratio, variance: exp(0.5f64.mul_add(variance, mean)) });
            let reach = REACH * f64::sqrt(variance) + 0.1;
            range = [range[0].min(mean - reach), range[1].max(mean + reach)];
            variance += product(day, day);
            kept += product(day + 1, day);
            past.push(mean + shock);
            last_hours = short;
        }
        (expected, range)
    }
}

/// Sorts draws into classes: by how far they move the price, and by what they make of the variance.
fn classify(draws: &mut [Draw]) {
    let mut by_move: Vec<Vec<usize>> = vec![Vec::new(); MOVES];
    for (index, draw) in draws.iter().enumerate() {
        let bent = draw.moved / (1.0 + draw.moved.abs() / BEND);
        let place = (bent + END) / (2.0 * END) * MOVES as f64;
        by_move[(place.max(0.0) as usize).min(MOVES - 1)].push(index);
    }
    for (of_move, mut indices) in by_move.into_iter().enumerate() {
        indices.sort_by(|a, b| draws[*a].next.total_cmp(&draws[*b].next));
        let total: f64 = indices.iter().map(|index| draws[*index].chance).sum();
        let mut sum = 0.0;
        for index in indices {
            let place = (sum / total * VARIANCES as f64) as usize;
            sum += draws[index].chance;
            draws[index].class = of_move * VARIANCES + place.min(VARIANCES - 1);
        }
    }
}

/// The chance of each class.
fn of_classes(draws: &[Draw]) -> [f64; CLASSES] {
    let mut chances = [0.0; CLASSES];
    draws.iter().for_each(|draw| chances[draw.class] += draw.chance);
    chances
}

/// A few draws of each class, as likely as all of it.
fn sample(draws: &[Draw], count: usize) -> Vec<Draw> {
    let mut classes: Vec<Vec<&Draw>> = vec![Vec::new(); CLASSES];
    draws.iter().for_each(|draw| classes[draw.class].push(draw));
    let mut kept = Vec::with_capacity(CLASSES * count);
    for mut class in classes {
        class.sort_by(|a, b| a.next.total_cmp(&b.next));
        let total: f64 = class.iter().map(|draw| draw.chance).sum();
        let (mut sum, mut taken) = (0.0, Vec::with_capacity(count));
        for draw in class {
            sum += draw.chance;
            if sum >= (taken.len() as f64 + 0.5) / count as f64 * total && taken.len() < count {
                taken.push(*draw);
            }
        }
        let chance = total / taken.len() as f64;
        kept.extend(taken.into_iter().map(|draw| Draw { chance, ..draw }));
    }
    kept
}

/// The class of each draw and what it reaches, and how often draws of a class reach each distance.
struct Reaches {
    drawn: Vec<DrawnDay>,
    shares: Vec<[f32; REACHES]>,
    ranges: [(u16, u16); CLASSES],
}

impl Reaches {
    fn new(grid: &DrawGrid, draws: &[Draw], chances: &[f64; CLASSES]) -> Self {
        let mut counts = vec![[0.0; REACHES]; CLASSES];
        let mut ranges = [(REACHES as u16, 0); CLASSES];
        let mut drawn = Vec::with_capacity(draws.len());
        for draw in draws {
            let part = draw.reach / (draw.reach + grid.half);
            let reach = ((part * (REACHES - 1) as f64) as u16).min(REACHES as u16 - 1);
            counts[draw.class][usize::from(reach)] += draw.chance;
            let (nearest, farthest) = &mut ranges[draw.class];
            (*nearest, *farthest) = ((*nearest).min(reach), (*farthest).max(reach));
            let (class, bin) = (draw.class as u8, DrawGrid::bin(draw.moved) as u16);
            drawn.push(DrawnDay { moved: draw.moved, beyond: 0.0, reach, bin, class });
        }
        set_beyond(&mut drawn, draws, chances);
        let share = |(counts, total): (&[f64; REACHES], &f64)| {
            let (mut sum, mut shares) = (0.0, [0.0; REACHES]);
            for (share, count) in shares.iter_mut().zip(counts).rev() {
                sum += count;
                *share = if *total > 0.0 { (sum / total) as f32 } else { 0.0 };
            }
            shares
        };
        Self { shares: counts.iter().zip(chances).map(share).collect(), drawn, ranges }
    }
}

/// Sets how far each draw goes beyond the mean of its class: first from the mean of all, and then from that of
/// what is not too far.
fn set_beyond(drawn: &mut [DrawnDay], draws: &[Draw], chances: &[f64; CLASSES]) {
    let mut beyond: Vec<f64> = draws.iter().map(|draw| draw.moved).collect();
    for most in [MOST_BEYOND, f64::INFINITY] {
        let mut means = [0.0; CLASSES];
        for (draw, beyond) in draws.iter().zip(&beyond) {
            means[draw.class] += draw.chance / chances[draw.class] * beyond;
        }
        for (draw, beyond) in draws.iter().zip(&mut beyond) {
            *beyond = (*beyond - means[draw.class]).clamp(-most, most);
        }
    }
    drawn.iter_mut().zip(beyond).for_each(|(drawn, beyond)| drawn.beyond = beyond as f32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{DRAW_CELLS, DRAW_ROWS, MARK_CELLS};
    use crate::model::{Days, HarNumbers, VarianceState};

    /// 300 days whose moves, ranges and shocks have next to nothing to do with each other.
    fn model() -> Har {
        let part = |i: u32, factor: u32| f64::from(i * factor % 301) / 301.0 - 0.5;
        let day = |i: u32| DayShape {
            shock: 2.0 * part(i, 89),
            short: part(i, 53),
            low: (3.0 * part(i, 37)).min(0.0) - 0.3,
            high: (3.0 * part(i, 37)).max(0.0) + 0.2,
            close: 3.0 * part(i, 37),
            weight: 1.0 + 0.2 * f64::from(i % 5),
            hour: 0,
        };
        let hours = vec![[-0.1, 0.1, 0.0]; 24 * 300];
        let days = Days::new((1..=300).map(day).collect(), hours).unwrap();
        let numbers = HarNumbers {
            coefficients: [-0.4, 0.46, 0.36, 0.03, 0.08, 0.2],
            state: VarianceState { days: [-6.5; DAYS], short: 0.3 },
            season: [1.0, 1.3, 0.5, 0.9, 1.1, 1.2, 1.0],
            log_drift: 0.0,
        };
        Har::of_days(&numbers, days, String::new())
    }

    /// Over the draws each entry of the table comes to nothing, and so does each distance reached.
    #[test]
    fn what_draws_change_has_a_mean_of_zero() {
        let model = model();
        let hedges = model.hedges(Duration::from_seconds(10 * 86_400), (1.0, 0.0)).unwrap();
        let total: f64 = model.days().days().iter().map(|day| day.weight).sum();
        let chance = |index: usize| 0.5 * model.days().days()[index / 2].weight / total;
        let mut largest = 0.0_f64;
        for changes in &hedges.changes {
            for entry in 0..DRAW_ROWS * DRAW_CELLS {
                let (row, cell) = (entry / DRAW_CELLS, entry % DRAW_CELLS);
                let mut mean = 0.0;
                for (index, drawn) in hedges.drawn.iter().enumerate() {
                    let at = (row * CLASSES + usize::from(drawn.class)) * DRAW_CELLS + cell;
                    mean += chance(index) * f64::from(changes[at]);
                    largest = largest.max(f64::from(changes[at]).abs());
                }
                assert!(mean.abs() < 1e-7, "{row} {cell}: {mean}");
            }
        }
        assert!(largest > 0.5, "{largest}");
        for class in 0..CLASSES {
            let of_class =
                || hedges.drawn.iter().enumerate().filter(|(_, drawn)| usize::from(drawn.class) == class);
            let all: f64 = of_class().map(|(index, _)| chance(index)).sum();
            for fine in (0..REACHES).step_by(5).filter(|_| all > 0.0) {
                let reach = of_class().filter(|(_, drawn)| usize::from(drawn.reach) >= fine);
                let share = reach.map(|(index, _)| chance(index)).sum::<f64>() / all;
                let found = f64::from(hedges.reaching[class][fine]);
                assert!((found - share).abs() < 1e-6, "{class} {fine}: {found} {share}");
                let (nearest, farthest) = hedges.reaches[class];
                assert!(fine > usize::from(nearest) || share > 1.0 - 1e-9);
                assert!(fine <= usize::from(farthest) || share == 0.0);
            }
        }
    }

    /// Over the draws the lines of marks have the means that are taken off, as numbers of 24 bits hold them,
    /// those of a class go beyond its mean by nothing, and the chances of the last day are shares of draws.
    #[test]
    fn lines_of_marks_have_the_means_that_are_taken_off() {
        let model = model();
        let hedges = model.hedges(Duration::from_seconds(10 * 86_400), (1.0, 0.0)).unwrap();
        let (table, days) = (&hedges.marks, model.days().days());
        let total: f64 = days.iter().map(|day| day.weight).sum();
        let (mut of_classes, mut beyond) = ([0.0; CLASSES], [0.0; CLASSES]);
        let mut of_bins = [0.0; LAST_BINS];
        for (index, drawn) in hedges.drawn.iter().enumerate() {
            let (chance, class) = (0.5 * days[index / 2].weight / total, usize::from(drawn.class));
            of_classes[class] += chance;
            beyond[class] += chance * f64::from(drawn.beyond);
            of_bins[usize::from(drawn.bin)] += chance;
            assert_eq!(u32::from(drawn.bin), DrawGrid::bin(drawn.moved));
        }
        assert!(beyond.iter().all(|beyond| beyond.abs() < 1e-8), "{beyond:?}");
        assert!(hedges.drawn.iter().any(|drawn| drawn.beyond.abs() > 0.05));
        let mut sum = 0.0;
        for (bin, (last, share)) in table.last.iter().zip(of_bins).enumerate() {
            assert!((f64::from(*last) - sum).abs() < 1e-7, "{bin}: {last} {sum}");
            sum += share;
        }
        let mut largest = 0.0_f32;
        for (lines, means) in table.lines.iter().zip(&table.means).take(9) {
            for (lines, means) in lines.chunks_exact(CLASSES).zip(means) {
                let mut known = [0.0; MARK_CELLS];
                for (chance, line) in of_classes.iter().zip(lines) {
                    known.iter_mut().zip(line).for_each(|(known, x)| *known += chance * f64::from(*x));
                }
                for (known, mean) in known.iter().zip(means) {
                    assert!((known - f64::from(*mean)).abs() < 4e-3, "{known} {mean}");
                    largest = largest.max(*mean);
                }
            }
        }
        assert!(table.lines.len() == 10 && largest > 65_000.0, "{largest}");
    }

    /// A day's answer to one more of the log-variance of the day before is what the regression says, and the
    /// next has it once more.
    #[test]
    fn responses_are_those_of_the_regression() {
        let model = model();
        let [_, b1, b7, b30, b90, b6] = model.coefficients;
        let first = b1 + b7 / 7.0 + b30 / 30.0 + b90 / 90.0;
        let second = b1 * first + (1.0 + first) * (b7 / 7.0 + b30 / 30.0 + b90 / 90.0);
        let found = model.responses(2, 1.0, 0.0);
        assert!((found[0] - first).abs() < 1e-12 && (found[1] - second).abs() < 1e-12, "{found:?}");
        let found = model.responses(2, 0.0, 1.0);
        assert!((found[0] - b6).abs() < 1e-12 && (found[1] - b6 * first).abs() < 1e-12, "{found:?}");
    }
}
