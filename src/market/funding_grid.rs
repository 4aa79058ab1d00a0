//! Recorded funding on an even grid: what a simulation pays from, whose payments are all the same time apart.
//!
//! A record may change from one interval to another (8 hours, then 4), and payments may be missing in it. Slot k of the grid, which starts at the first payment,
//! holds the sum of what was paid nearest to it, and 0 where nothing was: over any stretch of time as much is paid as the record says.

use std::collections::BTreeMap;

use super::{Duration, FundingHistory};

/// Share of the steps between payments from which a length of time is an interval of the record, and no gap in it.
const FREQUENT: f64 = 0.05;
/// Slots a payment beyond which the record is too thin to be put on its shortest interval.
const MOST_SLOTS: i64 = 1000;

impl FundingHistory {
    /// The same payments on slots of the shortest frequent interval, and how many slots hold none.
    pub fn on_grid(&self) -> (Self, usize) {
        let step = self.shortest_interval();
        let first = self.times.first().copied().unwrap_or(0);
        let slot = |time: i64| (time - first + step / 2).div_euclid(step);
        let last = self.times.last().map_or(0, |time| slot(*time));
        if last > MOST_SLOTS * self.times.len() as i64 {
            return (self.clone(), 0);
        }
        let mut paid: BTreeMap<i64, (i64, f64)> = BTreeMap::new();
        for (time, rate) in self.times.iter().zip(&self.rates) {
            paid.entry(slot(*time)).or_insert((*time, 0.0)).1 += rate;
        }
        let slots = (0..=last).map(|slot| paid.get(&slot).copied().unwrap_or((first + slot * step, 0.0)));
        let (times, rates) = slots.unzip();
        let interval = Duration::from_seconds(step.unsigned_abs());
        (Self { times, rates, interval }, (last + 1) as usize - paid.len())
    }

    /// The shortest time between payments that is no exception, in seconds.
    fn shortest_interval(&self) -> i64 {
        let most_frequent = self.interval.seconds() as i64;
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for pair in self.times.windows(2) {
            // Payments are booked within seconds of the minute.
            *counts.entry((pair[1] - pair[0] + 30).div_euclid(60) * 60).or_default() += 1;
        }
        let least = FREQUENT * (self.times.len() as f64 - 1.0);
        let frequent = counts.into_iter().find(|(step, count)| *step > 0 && *count as f64 >= least.max(2.0));
        frequent.map_or(most_frequent, |(step, _)| step.min(most_frequent)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(steps: &[i64]) -> FundingHistory {
        let mut times = vec![1_700_000_000];
        times.extend(steps.iter().scan(times[0], |time, step| {
            *time += step;
            Some(*time)
        }));
        let rates = (1..=times.len()).map(|k| k as f64 * 1e-5).collect();
        FundingHistory { times, rates, interval: Duration::from_seconds(8 * 3_600) }
    }

    const EIGHT: i64 = 8 * 3_600;
    const FOUR: i64 = 4 * 3_600;

    #[test]
    fn an_even_record_stays_as_it_is() {
        // Booked a second late here and there.
        let even = record(&[EIGHT, EIGHT + 1, EIGHT - 1, EIGHT]);
        assert_eq!(even.on_grid(), (even, 0));
    }

    #[test]
    fn a_record_whose_interval_changes_pays_what_it_says_over_any_time() {
        let steps: Vec<i64> = [EIGHT; 30].into_iter().chain([FOUR; 20]).collect();
        let changing = record(&steps);
        let (grid, empty) = changing.on_grid();
        assert_eq!((grid.interval.seconds(), empty), (FOUR as u64, 30));
        let paid = |history: &FundingHistory, until: i64| -> f64 {
            history
                .times
                .iter()
                .zip(&history.rates)
                .take_while(|(time, _)| **time <= until)
                .map(|(_, rate)| rate)
                .sum()
        };
        for until in &changing.times {
            assert!((paid(&grid, *until) - paid(&changing, *until)).abs() < 1e-15);
        }
        assert!(grid.times.windows(2).all(|pair| pair[1] - pair[0] == FOUR));
    }

    #[test]
    fn nothing_is_paid_where_payments_are_missing() {
        let (grid, empty) = record(&[EIGHT, EIGHT, 5 * EIGHT, EIGHT]).on_grid();
        assert_eq!((grid.rates.len(), empty), (9, 4));
        assert_eq!(grid.rates[2..8], [3e-5, 0.0, 0.0, 0.0, 0.0, 4e-5]);
    }
}
