//! Recorded funding rates of a perpetual contract: read from what price files are read from.

use super::history::{
    HistoryError, HistoryReport, Issue, IssueKind, RateRefusal, ReadOptions, Refusal, Role, Table, Want,
    copied, format_time, most_frequent, refused_in, table_of,
};
use super::{Duration, SECONDS_PER_YEAR};

/// Half of the rates are this large, as a rate over eight hours, if they are per cent: 330 % a year.
const LARGEST_MEDIAN: f64 = 0.003;
/// ... and from here on, 77 % a year, they may be: records of years lie below 0.00015, single hot months reach 0.001 and more, and
/// quiet hours in per cent are as large.
const OPEN_MEDIAN: f64 = 0.000_7;
/// ... and from here on, 22 % a year, it is said how large they are.
const SAID_MEDIAN: f64 = 0.000_2;
/// What venues charge over eight hours where nothing presses on the price, as a fraction (Binance, Bybit, Hyperliquid, BitMEX).
const CALM: f64 = 0.000_1;
/// Share of the rates that are exactly this, where it proves their unit.
const PROVING: f64 = 0.05;
const EIGHT_HOURS: f64 = 28_800.0;
/// Venues pay by the hour at most.
const SHORTEST: u64 = 3_600;
/// Rates before their median proves anything.
const FEWEST: usize = 10;

/// Funding rates in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct FundingHistory {
    /// Times of payment, in seconds since 1970; rising.
    pub times: Vec<i64>,
    /// Fractions of the notional.
    pub rates: Vec<f64>,
    /// Most frequent time between two payments.
    pub interval: Duration,
}

impl FundingHistory {
    /// Reads a record of a file with a header, in any of the layouts of prices; `name` stands for the file.
    ///
    /// # Errors
    /// The file cannot be read, or not with certainty: see [`HistoryError`].
    pub fn from_bytes(
        name: &str,
        bytes: &[u8],
        options: &ReadOptions,
    ) -> Result<(Self, HistoryReport), HistoryError> {
        let mut table = table_of(name, bytes, Want::Rates, options)?;
        let refuse = |line, reason| refused_in(name, (line, reason));
        let count = table.rows.len();
        let mut rows: Vec<(i64, f64)> = Vec::with_capacity(count);
        let times: Vec<i64> = table.rows.iter().map(|row| row.time).collect();
        let is_falling = |pair: &[i64]| pair[1] < pair[0];
        if times.windows(2).any(is_falling) && times.windows(2).all(|pair| pair[1] <= pair[0]) {
            table.issues.push(Issue { time: times[0], line: None, kind: IssueKind::NewestFirst });
        } else if let Some(pair) = table.rows.windows(2).find(|pair| pair[1].time < pair[0].time) {
            let line = Some(pair[1].line);
            table.issues.push(Issue { time: pair[1].time, line, kind: IssueKind::OutOfOrder });
        }
        table.rows.sort_by_key(|row| row.time);
        for row in &table.rows {
            let [rate, ..] = row.prices;
            if rate.is_nan() {
                table.issues.push(Issue {
                    time: row.time,
                    line: Some(row.line),
                    kind: IssueKind::MissingRate,
                });
            } else if rate.abs() > 1.0 {
                let value = rate.to_string();
                return Err(refuse(
                    Some(row.line),
                    Refusal::Value { value, expected: "fraction of the notional" },
                ));
            } else if let Some((_, known)) = rows.last().filter(|(time, _)| *time == row.time) {
                if *known != rate {
                    let time = format_time(row.time);
                    return Err(refuse(Some(row.line), Refusal::Conflicts { count: 1, rows: count, time }));
                }
                table.issues.push(Issue { time: row.time, line: Some(row.line), kind: IssueKind::Duplicate });
            } else {
                rows.push((row.time, rate));
            }
        }
        // Payments are booked within seconds of the hour.
        let minutes = |seconds: i64| (seconds + 30).div_euclid(60) * 60;
        let steps = rows.windows(2).map(|pair| minutes(pair[1].0 - pair[0].0));
        let found = most_frequent(steps).filter(|(step, _)| *step > 0);
        let (step, often) =
            found.ok_or_else(|| refuse(None, Refusal::TooFew { bars: rows.len(), rows: count }))?;
        let interval = Duration::from_seconds(step.unsigned_abs());
        if rows.len() > FEWEST && 2 * often < rows.len() - 1 {
            let share = 100.0 * often as f64 / (rows.len() - 1) as f64;
            return Err(refuse(None, Refusal::Irregular { share, interval }));
        }
        if interval.seconds() < SHORTEST {
            return Err(refuse(None, RateRefusal::ShortPayments(interval).into()));
        }
        if let Some(every) = copied(&rows, step) {
            let every = Duration::from_seconds(every.unsigned_abs());
            return Err(refuse(None, RateRefusal::CopiedRates { interval, every }.into()));
        }
        let (times, rates): (Vec<i64>, Vec<f64>) = rows.into_iter().unzip();
        let step = interval.seconds() as i64;
        for pair in times.windows(2).filter(|pair| pair[1] - pair[0] > 3 * step / 2) {
            let missing = ((pair[1] - pair[0] + step / 2) / step - 1).unsigned_abs();
            table.issues.push(Issue { time: pair[1], line: None, kind: IssueKind::Unpaid { missing } });
        }
        per_cent(&rates, interval, options, &mut table).map_err(|reason| refuse(None, reason))?;
        let report = HistoryReport {
            source: name.to_owned(),
            hash: blake3::hash(bytes).to_hex().to_string(),
            symbol: table.symbol,
            rows: count,
            issues: table.issues,
            decisions: table.decisions,
        };
        Ok((Self { times, rates, interval }, report))
    }

    /// The payments at or after `since` and before `until` (seconds since 1970; none for no bound).
    pub fn between(&self, since: Option<i64>, until: Option<i64>) -> Self {
        let place = |bound: i64| self.times.partition_point(|time| *time < bound);
        let last = until.map_or(self.times.len(), place);
        let first = since.map_or(0, place).min(last);
        let (times, rates) = (self.times[first..last].to_vec(), self.rates[first..last].to_vec());
        Self { times, rates, interval: self.interval }
    }
}

/// Refuses rates that are per cent, or may be, unless they are said to be fractions: then this is on record.
fn per_cent(
    rates: &[f64],
    interval: Duration,
    options: &ReadOptions,
    table: &mut Table,
) -> Result<(), Refusal> {
    let mut sizes: Vec<f64> = rates.iter().map(|rate| rate.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let (median, length) = (sizes[sizes.len() / 2], interval.seconds() as f64);
    let usual = median * EIGHT_HOURS / length;
    let share_of = |calm: f64| {
        let calm = calm * length / EIGHT_HOURS;
        rates.iter().filter(|rate| (**rate / calm - 1.0).abs() < 1e-6).count() as f64 / rates.len() as f64
    };
    let (fraction, hundredfold) = (share_of(CALM), share_of(100.0 * CALM));
    let is_proven = hundredfold > PROVING.max(fraction);
    let is_open = usual > OPEN_MEDIAN && fraction < PROVING;
    if rates.len() <= FEWEST || usual <= SAID_MEDIAN && !is_proven {
        return Ok(());
    }
    let yearly = 100.0 * median * SECONDS_PER_YEAR / length;
    let is_asked = [Role::Rate, Role::PerCent].into_iter().any(|role| options.columns.of(role).is_some());
    if is_asked || !(usual > LARGEST_MEDIAN || is_proven || is_open) {
        let column = &table.value;
        let or = if is_asked {
            String::new()
        } else {
            format!("; if they are per cent, say columns = \"percent={column}\"")
        };
        table.decisions.push(format!("rates of which half are beyond {yearly:.0} % a year{or}"));
        return Ok(());
    }
    let why = if is_proven { ", and many are what a venue charges at rest, times 100" } else { "" };
    Err(RateRefusal::PerCent { median, interval, why, yearly, column: table.value.clone() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(FundingHistory, HistoryReport), HistoryError> {
        FundingHistory::from_bytes("funding.csv", text.as_bytes(), &ReadOptions::default())
    }

    #[test]
    fn records_of_several_makers_are_read() {
        let record = |text: &str| read(text).unwrap().0;
        let expected = record(
            "timestamp,funding_rate\n2024-01-01T00:00:00Z,0.0001\n2024-01-01T08:00:00Z,-0.0002\n2024-01-01T16:00:00Z,0\n",
        );
        assert_eq!(expected.interval, Duration::from_seconds(8 * 3_600));
        assert_eq!(expected.rates, [1e-4, -2e-4, 0.0]);
        assert_eq!(expected.times[0], 1_704_067_200);
        for same in [
            "time;rate\n1704124800000;0,0\n1704096000000;-0,0002\n1704067200000;0,0001\n",
            "calc_time,funding_interval_hours,last_funding_rate\n1704067200002,8,0.0001\n1704096000000,8,-0.0002\n1704124800001,8,0\n",
            "[{\"fundingTime\":1704067200000,\"fundingRate\":\"0.0001\"},{\"fundingTime\":1704096000000,\"fundingRate\":\"-0.0002\"},{\"fundingTime\":1704124800000,\"fundingRate\":\"0\"}]",
            "Date,Funding Rate\n01/01/2024 00:00,0.01%\n01/01/2024 08:00,-0.02%\n01/01/2024 16:00,0%\n",
        ] {
            if same.contains('%') {
                // The order of day and month is the same here, and the file cannot tell.
                assert!(read(same).is_err());
                continue;
            }
            assert_eq!(record(same), expected, "{same}");
        }
        let hourly =
            record("timestamp,interest_1h,interest_8h\n1704067200,1e-5,8e-5\n1704070800,2e-5,8e-5\n");
        assert_eq!((hourly.rates, hourly.interval), (vec![1e-5, 2e-5], Duration::from_seconds(3_600)));
    }

    #[test]
    fn per_cent_is_read_where_it_is_written_and_asked_about_where_it_is_not() {
        let record = |rate: &dyn Fn(u32) -> String| {
            let rows: String =
                (0..20).map(|i| format!("{},{}\n", 1_704_067_200 + 28_800 * i64::from(i), rate(i))).collect();
            read(&format!("time,rate\n{rows}"))
        };
        let written = record(&|i| format!("{}%", 0.01 + 0.001 * f64::from(i))).unwrap().0;
        assert!((written.rates[0] - 1e-4).abs() < 1e-12);
        let message = record(&|i| format!("{}", 0.01 + 0.001 * f64::from(i))).unwrap_err().to_string();
        assert!(message.contains("if they are per cent"), "{message}");
    }

    #[test]
    fn what_is_wrong_names_its_line() {
        let error = |text: &str| read(text).unwrap_err().to_string();
        assert!(error("time,price\n1704067200,1\n1704096000,1\n").contains("no column of rates"));
        assert!(error("time,rate\n0,1e-4\n28800,1e-4\n57600,1e-4\n").contains("bars start between 2009"));
        assert!(error("time,rate\n1704067200,1e-4\n1704067200,2e-4\n1704096000,1e-4\n").contains("line 3"));
        assert!(
            error("time,rate\n1704067200,1e-4\n1704096000,ten\n").contains("line 3: \"ten\" is not a number")
        );
        assert!(error("time,rate\n1704067200,1e-4\n").contains("at least 2 are needed"));
    }
}
