//! Replay of accounts that more than the price moves: against twins that follow one start at a time.

#![allow(clippy::print_stderr)]

use std::fs;
use std::path::Path;

use liqsim::market::{FundingHistory, HistoricalBar, PriceHistory, ReadOptions};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::{Replay, ReplayError};

use crate::common::history::walk;

const HOUR: i64 = 3_600;
const MAINTENANCE: f64 = 0.01;

fn scenario(folder: &Path, horizon: &str, account: &str) -> Scenario {
    let text = format!(
        "name = \"replayed\"\nsimulation = {{ horizon = \"{horizon}\", paths = 1_000 }}\n\
         assets.X = {{ price = 100.0, model = {{ kind = \"gbm\", drift = 0.0, volatility = 0.8 }} }}\n\
         account = {{ equity = 1_000.0, margin = \"isolated\", leverage = [2, 5, 10, 20, 40], {account} }}\n"
    );
    let file = folder.join("scenario.toml");
    fs::write(&file, &text).unwrap();
    parse(Source::read(&file).unwrap(), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn terms(side: &str, rest: &str) -> String {
    format!(
        "venue = {{ contract = \"linear\", maintenance = {MAINTENANCE}{rest} }}, positions = [{{ asset = \"X\", side = \"{side}\" }}]"
    )
}

/// One start: cash and exposure in units of the equity, prices over that of the entry.
struct Twin {
    exposure: f64,
    cash: f64,
}

impl Twin {
    fn new(leverage: f64, sign: f64) -> Self {
        Self { exposure: sign * leverage, cash: 1.0 - sign * leverage }
    }

    fn is_gone(&self, x: f64) -> bool {
        self.cash + self.exposure * x <= MAINTENANCE * self.exposure.abs() * x
    }

    /// Price at which it is gone.
    fn barrier(&self) -> f64 {
        -self.cash / (self.exposure - MAINTENANCE * self.exposure.abs())
    }
}

/// What happens to a start inside and at the end of one bar; true where it was liquidated, none where it goes on.
type Step<'a> = &'a dyn Fn(&mut Twin, &HistoricalBar, f64, usize) -> Option<bool>;

/// Number of starts liquidated, and of starts.
fn by_hand(
    bars: &[HistoricalBar],
    horizon: usize,
    twin: &dyn Fn() -> Twin,
    step: Step<'_>,
    counts: &dyn Fn(usize) -> bool,
) -> (usize, usize) {
    let starts: Vec<usize> = (0..bars.len() - horizon).filter(|start| counts(*start)).collect();
    let liquidated = starts.iter().filter(|start| {
        let mut one = twin();
        let entry = bars[**start].close;
        (1..=horizon).find_map(|k| step(&mut one, &bars[**start + k], entry, k)).unwrap_or(false)
    });
    (liquidated.count(), starts.len())
}

fn assert_agrees(
    history: &PriceHistory,
    scenario: &Scenario,
    sign: f64,
    horizon: usize,
    step: Step<'_>,
    counts: &dyn Fn(usize) -> bool,
) -> f64 {
    let levels = Replay::new(history).levels(scenario).unwrap();
    let mut all = 0.0;
    for level in &levels {
        let twin = || Twin::new(level.leverage, sign);
        let (liquidated, starts) = by_hand(&history.bars, horizon, &twin, step, counts);
        assert_eq!(level.starts, starts);
        let found = level.realised.value * starts as f64;
        assert!((found - liquidated as f64).abs() < 1e-6, "{level:?}: {liquidated} of {starts} by hand");
        all += found;
    }
    all
}

/// Lows and highs, then a payment of a rate on the notional at the close, then the new barrier.
fn with_funding(one: &mut Twin, bar: &HistoricalBar, entry: f64, rate: f64) -> Option<bool> {
    let extreme = if one.exposure > 0.0 { bar.low } else { bar.high };
    if one.is_gone(extreme / entry) {
        return Some(true);
    }
    one.cash -= rate * one.exposure * bar.close / entry;
    one.is_gone(bar.close / entry).then_some(true)
}

#[test]
fn a_constant_rate_is_due_so_long_after_each_entry() {
    let folder = tempfile::tempdir().unwrap();
    let history = walk(0.8, 3_000, 1);
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        // A rate that moves the count: a thousandth of the notional every eight hours.
        let scenario =
            scenario(folder.path(), "7d", &terms(side, ", funding = { rate = \"10bp\", every = \"8h\" }"));
        let step = |one: &mut Twin, bar: &HistoricalBar, entry: f64, k: usize| {
            with_funding(one, bar, entry, if k.is_multiple_of(8) { 1e-3 } else { 0.0 })
        };
        let with = assert_agrees(&history, &scenario, sign, 168, &step, &|_| true);
        let bare = self::scenario(folder.path(), "7d", &terms(side, ""));
        let none =
            |one: &mut Twin, bar: &HistoricalBar, entry: f64, _: usize| with_funding(one, bar, entry, 0.0);
        let without = assert_agrees(&history, &bare, sign, 168, &none, &|_| true);
        assert!(if sign > 0.0 { with > without + 10.0 } else { with < without - 10.0 }, "{with} {without}");
    }
}

/// Rates of 150 % a year are asked about, unless it is said that they are fractions.
const ASKED: &str =
    "funding = { recorded = { file = \"funding.csv\", columns = \"time=timestamp,rate=funding_rate\" } }";

#[test]
fn a_record_is_paid_at_its_own_times_and_limits_the_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = walk(0.8, 2_000, 2);
    // A record has dates that can be: the walk starts in 2020.
    let base = 440_000 * HOUR;
    history.bars.iter_mut().for_each(|bar| bar.time += base);
    // From hour 203 to hour 1795 every eight hours, off the entries' own multiples; rates of both signs.
    let payments: Vec<(i64, f64)> =
        (0..200).map(|row| (base + (203 + 8 * row) * HOUR, 2e-3 * (row as f64 * 0.37).sin())).collect();
    let rows: String = payments.iter().map(|(time, rate)| format!("{time},{rate:?}\n")).collect();
    fs::write(folder.path().join("funding.csv"), format!("timestamp,funding_rate\n{rows}")).unwrap();
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        let account = format!("{}, {ASKED}", terms(side, ""));
        let scenario = scenario(folder.path(), "4d", &account);
        let step = |one: &mut Twin, bar: &HistoricalBar, entry: f64, _: usize| {
            let paid =
                payments.iter().find(|(time, _)| *time == bar.time + HOUR).map_or(0.0, |(_, rate)| *rate);
            with_funding(one, bar, entry, paid)
        };
        // Nothing is due in the eight hours before the first payment, nor in those behind the last one.
        let counts = |start: usize| (start as i64 + 1) >= 203 - 8 && (start as i64 + 1 + 96) < 1_795 + 8;
        let count = assert_agrees(&history, &scenario, sign, 96, &step, &counts);
        assert!(count > 100.0, "{count}");
    }
    let early = PriceHistory { bars: history.bars[..150].to_vec(), ..history };
    let account = format!("{}, {ASKED}", terms("long", ""));
    let refused = Replay::new(&early).levels(&scenario(folder.path(), "4d", &account));
    assert!(matches!(refused, Err(ReplayError::FundingRecord { .. })));
}

#[test]
fn interest_grows_by_the_hour() {
    let folder = tempfile::tempdir().unwrap();
    let history = walk(0.6, 2_000, 3);
    let account = format!("{}, borrow = {{ rate = 3.0, compounding = \"hourly\" }}", terms("long", ""));
    let scenario = scenario(folder.path(), "5d", &account);
    let step = |one: &mut Twin, bar: &HistoricalBar, entry: f64, _: usize| {
        if one.is_gone(bar.low / entry) {
            return Some(true);
        }
        one.cash *= 1.0 + 3.0 / 8_760.0;
        one.is_gone(bar.close / entry).then_some(true)
    };
    let count = assert_agrees(&history, &scenario, 1.0, 120, &step, &|_| true);
    assert!(count > 100.0, "{count}");
}

/// A bar whose low meets the stop and whose high meets the target is a loss; a gap beyond the barrier is a liquidation.
#[test]
fn stops_and_targets_meet_the_bars_on_the_losing_side_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = walk(1.2, 3_000, 4);
    // Gaps: every 97th hour is missing.
    let mut number = 0;
    history.bars.retain(|_| {
        number += 1;
        number % 97 != 0
    });
    let bars = &history.bars;
    let at = |time: i64| bars.iter().find(|bar| bar.time == time);
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        let account = format!(
            "{} }}\npolicy = {{ stop_loss = {{ distance = \"6%\" }}, take_profit = {{ distance = \"3%\" }}",
            terms(side, "")
        );
        let scenario = scenario(folder.path(), "3d", &account);
        let (stop, target) = (1.0 - sign * 0.06, 1.0 + sign * 0.03);
        let horizon = 72_i64;
        let last = bars.last().unwrap().time;
        let starts: Vec<&HistoricalBar> =
            bars.iter().filter(|bar| bar.time + horizon * HOUR <= last).collect();
        for level in Replay::new(&history).levels(&scenario).unwrap() {
            let barrier = Twin::new(level.leverage, sign).barrier();
            // Mirrored, so that a loss is down.
            let (down, up) = (|x: f64, y: f64| sign * x <= sign * y, |x: f64, y: f64| sign * x >= sign * y);
            let is_liquidated = |start: &&&HistoricalBar| {
                for k in 1..=horizon {
                    let Some(bar) = at(start.time + k * HOUR) else { continue };
                    let (open, low, high) =
                        (bar.open / start.close, bar.low / start.close, bar.high / start.close);
                    let (worst, best) = if sign > 0.0 { (low, high) } else { (high, low) };
                    if down(open, barrier) {
                        return true;
                    }
                    if down(open, stop) || up(open, target) {
                        return false;
                    }
                    // Whichever lies nearer is met first on the way down.
                    if down(worst, barrier) && down(stop, barrier) {
                        return true;
                    }
                    if down(worst, stop) || up(best, target) {
                        return false;
                    }
                }
                false
            };
            let liquidated = starts.iter().filter(is_liquidated).count();
            assert_eq!(level.starts, starts.len());
            let found = level.realised.value * starts.len() as f64;
            assert!((found - liquidated as f64).abs() < 1e-6, "{side} {level:?}: {liquidated} by hand");
            if level.leverage == 20.0 {
                assert!(liquidated > 100, "{liquidated}");
            }
        }
    }
}

/// Two halves of a position are the position, start by start.
#[test]
fn several_positions_on_one_asset_are_replayed_together() {
    let folder = tempfile::tempdir().unwrap();
    let replay = Replay::new(&walk(0.9, 2_000, 5));
    let levels = |positions: &str| {
        let account = format!("venue = \"flat-0.5pct\", positions = [{positions}]");
        let levels = replay.levels(&scenario(folder.path(), "3d", &account)).unwrap();
        levels.iter().map(|level| level.realised.value).collect::<Vec<f64>>()
    };
    let half = "{ asset = \"X\", side = \"long\", share = 0.5 }";
    let one = levels("{ asset = \"X\", side = \"long\" }");
    assert_eq!(levels(&format!("{half}, {half}")), one);
    assert!(one.iter().any(|share| *share > 0.05), "{one:?}");
}

/// Mark prices and funding of the perpetual from before the fall of May 2021 to July.
#[test]
fn recorded_prices_with_recorded_funding() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let (prices, rates) =
        (data.join("btc_usdt_perp_mark_binance_1h.csv.gz"), data.join("funding_binance_btcusdt_8h.csv"));
    if !prices.exists() || !rates.exists() {
        eprintln!("skipped: no recorded prices in {}", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (history, _) = PriceHistory::read(&prices, &ReadOptions::default()).unwrap();
    let history = history.between(Some(1_617_235_200), Some(1_625_097_600));
    let record =
        FundingHistory::from_bytes("funding.csv", &fs::read(&rates).unwrap(), &ReadOptions::default())
            .unwrap()
            .0;
    let account =
        format!("{}, funding = {{ recorded = {:?} }}", terms("long", ""), rates.display().to_string());
    let scenario = scenario(folder.path(), "7d", &account);
    let step = |one: &mut Twin, bar: &HistoricalBar, entry: f64, _: usize| {
        let (from, to) = (bar.time, bar.time + HOUR);
        let first = record.times.partition_point(|time| *time <= from);
        let paid = (first..record.times.len()).take_while(|row| record.times[*row] <= to);
        with_funding(one, bar, entry, paid.map(|row| record.rates[row]).sum())
    };
    let is_whole = history.bars.windows(2).all(|pair| pair[1].time - pair[0].time == HOUR);
    assert!(is_whole, "the twin counts bars, not hours");
    let count = assert_agrees(&history, &scenario, 1.0, 168, &step, &|_| true);
    assert!(count > 1_000.0, "{count}");
}
