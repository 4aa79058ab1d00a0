//! Recorded difficulty and fees of a network, day by day: read from what price files are read from.

use std::collections::BTreeMap;

use super::history::{HistoryError, HistoryReport, ReadOptions, Refusal, Want, refused_in, table_of};

const DAY: i64 = 86_400;
/// Days of one difficulty that make an epoch: on the day of a retarget sources give a mean of the two.
const FEWEST_DAYS: i64 = 3;
/// Difficulties that differ by less, as a share, are the same.
const SAME: f64 = 1e-9;

/// First days of bitcoin's subsidies in coins per block (2009, 2012, 2016, 2020, 2024), counted from 1970.
const SUBSIDIES: [(i64, f64); 5] =
    [(14_247, 50.0), (15_672, 25.0), (16_991, 12.5), (18_393, 6.25), (19_833, 3.125)];

/// Bitcoin's subsidy on a day counted from 1970, coins per block; that of 2024 for all days behind it.
pub fn bitcoin_subsidy(day: i64) -> f64 {
    SUBSIDIES.iter().rev().find(|(first, _)| *first <= day).map_or(SUBSIDIES[0].1, |(_, subsidy)| *subsidy)
}

/// A number for each day, counted from 1970-01-01.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DailyValues(BTreeMap<i64, f64>);

/// A stretch of one difficulty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// First day with this difficulty all day.
    pub first_day: i64,
    /// Last such day.
    pub last_day: i64,
    /// The difficulty.
    pub difficulty: f64,
}

impl DailyValues {
    /// Difficulties of a file with a column of this name, positive ones; `name` stands for the file.
    ///
    /// # Errors
    /// The file cannot be read, or not with certainty: see [`HistoryError`].
    pub fn difficulty(
        name: &str,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, HistoryReport), HistoryError> {
        Self::read(name, bytes, Want::Difficulty, options)
    }

    /// Fees of a file with a column of this name, in coins a day.
    ///
    /// # Errors
    /// As [`DailyValues::difficulty`].
    pub fn fees(
        name: &str,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, HistoryReport), HistoryError> {
        Self::read(name, bytes, Want::Fees, options)
    }

    fn read(
        name: &str,
        bytes: &[u8],
        want: Want,
        options: &ReadOptions,
    ) -> Result<(Self, HistoryReport), HistoryError> {
        let table = table_of(name, bytes, want, options)?;
        let count = table.rows.len();
        let is_usable = |value: f64| value > 0.0 || want == Want::Fees && value == 0.0;
        let mut days = BTreeMap::new();
        for row in &table.rows {
            let [value, ..] = row.prices;
            if is_usable(value) {
                days.insert(row.time.div_euclid(DAY), value);
            }
        }
        if days.len() < 2 {
            return Err(refused_in(name, (None, Refusal::TooFew { bars: days.len(), rows: count })));
        }
        let report = HistoryReport {
            source: name.to_owned(),
            hash: blake3::hash(bytes).to_hex().to_string(),
            symbol: table.symbol,
            rows: count,
            issues: table.issues,
            decisions: table.decisions,
        };
        Ok((Self(days), report))
    }

    /// The value of a day.
    pub fn on(&self, day: i64) -> Option<f64> {
        self.0.get(&day).copied()
    }

    /// The values of some days that are known, the first and the last included.
    pub fn between(&self, first: i64, last: i64) -> impl Iterator<Item = f64> {
        self.0.range(first..=last.max(first)).map(|(_, value)| *value)
    }

    /// The last day with its value; none if there are none.
    pub fn last(&self) -> Option<(i64, f64)> {
        self.0.last_key_value().map(|(day, value)| (*day, *value))
    }

    /// Stretches of one difficulty.
    pub fn epochs(&self) -> Vec<Epoch> {
        let mut epochs: Vec<Epoch> = Vec::new();
        for (day, difficulty) in &self.0 {
            match epochs.last_mut() {
                Some(last) if (difficulty / last.difficulty - 1.0).abs() < SAME => last.last_day = *day,
                _ => epochs.push(Epoch { first_day: *day, last_day: *day, difficulty: *difficulty }),
            }
        }
        epochs.retain(|epoch| epoch.last_day - epoch.first_day + 1 >= FEWEST_DAYS);
        epochs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_runs_of_one_difficulty() {
        let row = |day: i64| {
            let difficulty = match day {
                0..14 => 100.0,
                14 => 105.0,
                _ => 110.0,
            };
            format!("{},{difficulty},{}\n", 1_704_067_200 + DAY * day, 0.5 * day as f64)
        };
        let text = "time,difficulty,fees\n".to_owned() + &(0..28).map(row).collect::<String>();
        let options = ReadOptions::default();
        let (difficulty, report) = DailyValues::difficulty("d.csv", text.as_bytes(), &options).unwrap();
        let first = 19_723;
        let epoch = |from: i64, to: i64, difficulty| Epoch {
            first_day: first + from,
            last_day: first + to,
            difficulty,
        };
        assert_eq!(difficulty.epochs(), [epoch(0, 13, 100.0), epoch(15, 27, 110.0)]);
        assert_eq!((report.rows, difficulty.last()), (28, Some((first + 27, 110.0))));
        let (fees, _) = DailyValues::fees("d.csv", text.as_bytes(), &options).unwrap();
        assert_eq!((fees.on(first), fees.on(first + 2), fees.on(first - 1)), (Some(0.0), Some(1.0), None));
        assert_eq!(fees.between(first + 1, first + 3).sum::<f64>(), 3.0);
        let error =
            DailyValues::fees("d.csv", b"time,hashrate,x\n1704067200,1,2\n1704153600,2,3\n", &options);
        assert!(error.unwrap_err().to_string().contains("no column of fees"));
    }
}
