//! Replay of miners: the same fleet opened on every day of a record, against a twin that follows one start at a time.

use liqsim::market::{DailyValues, Duration, HistoricalBar, PriceHistory, ReadOptions};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::{RecordedNetwork, Replay, ReplayError};

const DAY: i64 = 86_400;
/// 2021-01-01.
const FIRST: i64 = 18_628;
const DAYS: i64 = 400;
const HORIZON: i64 = 90;

fn scenario(leverage: f64) -> Scenario {
    let text = format!(
        "[simulation]\nhorizon = \"{HORIZON}d\"\npaths = 100\n[assets.BTC]\nprice = 50_000.0\nmodel = {{ kind = \"gbm\", drift = 0.0, volatility = 0.5 }}\n\
         [assets.BTC.network]\ndifficulty = 20e12\nsubsidy = 6.25\nfees = 0.0\ngrowth = 0.3\nresponse = 0.0\nvolatility = 0.0\n\
         [account]\nequity = 1_000_000.0\nleverage = [{leverage}]\n\
         [miner]\nasset = \"BTC\"\ncash = 0.05\n[miner.fleet]\nprice = 250.0\nefficiency = 40.0\n[miner.electricity]\nprice = 0.08\n\
         [miner.equipment_loan]\nrate = 0.12\nterm = \"720d\"\n"
    );
    parse(Source::new("miner", text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn price(day: i64) -> f64 {
    let t = day as f64;
    40_000.0 * (0.9 * (t / 55.0).sin() - 0.001 * t).exp()
}

fn difficulty(day: i64) -> f64 {
    20e12 * (0.08 * (day / 14) as f64).exp() * if day / 14 % 5 == 3 { 0.8 } else { 1.0 }
}

fn history(hours: i64) -> PriceHistory {
    let step = 3_600 * hours;
    let close = |at: i64| price((at - 1).div_euclid(DAY) - FIRST);
    let bar = |k: i64| {
        let time = DAY * FIRST + k * step;
        let (open, close) = (close(time), close(time + step));
        HistoricalBar { time, open, high: open.max(close), low: open.min(close), close, volume: 0.0 }
    };
    let bars = (0..DAYS * 24 / hours).map(bar).collect();
    PriceHistory { bars, interval: Duration::from_seconds(step.unsigned_abs()), close_only: false }
}

fn network(days: i64) -> RecordedNetwork {
    let rows: String =
        (0..days).map(|day| format!("{},{:.3}\n", DAY * (FIRST + day), difficulty(day))).collect();
    let text = format!("time,difficulty\n{rows}");
    let read = DailyValues::difficulty("made.csv", text.as_bytes(), &ReadOptions::default());
    RecordedNetwork::new(read.unwrap().0, None)
}

/// Whether a fleet opened at the end of a day cannot pay, worked out from the terms alone.
fn is_wound_up(leverage: f64, start: i64) -> bool {
    let assets = leverage * 1e6;
    let mut cash = 0.05 * assets;
    let hashrate = 0.95 * assets / (1_000.0 * 250.0);
    let debt = (leverage - 1.0) * 1e6;
    let rate = 0.12 * 30.0 / 365.0;
    let instalment = debt * rate / (1.0 - (1.0_f64 + rate).powi(-24));
    let hashprice_at_start = 86_400e15 * 6.25 / (20e12 * 4_294_967_296.0) * 50_000.0;
    for n in 1..=HORIZON {
        let moved = price(start + n) / price(start) * difficulty(start) / difficulty(start + n);
        let (income, bill) = (hashprice_at_start * moved, 40.0 * 24.0 * 0.08);
        if income > bill {
            cash += hashrate * (income - bill);
        }
        if cash < 0.0 {
            return true;
        }
        if n % 30 == 0 {
            if cash < instalment {
                return true;
            }
            cash -= instalment;
        }
    }
    false
}

#[test]
fn the_same_fleet_is_opened_on_every_day() {
    for leverage in [1.5, 2.5, 4.0] {
        let starts: Vec<i64> = (0..DAYS - HORIZON).collect();
        let wound_up = starts.iter().filter(|start| is_wound_up(leverage, **start)).count();
        let expected = wound_up as f64 / starts.len() as f64;
        for hours in [24, 1] {
            let replay = Replay::new(&history(hours)).with_network(&network(DAYS));
            let [level] = &replay.levels(&scenario(leverage)).unwrap()[..] else { panic!() };
            assert_eq!(level.starts, starts.len(), "{hours}");
            assert!((level.realised.value - expected).abs() < 1e-12, "{} {expected}", level.realised.value);
            assert!((level.defaulted.unwrap() - expected).abs() < 1e-12);
        }
    }
    let shares: Vec<usize> =
        [1.5, 4.0].map(|l| (0..DAYS - HORIZON).filter(|start| is_wound_up(l, *start)).count()).to_vec();
    assert!(shares[0] < shares[1] && shares[1] > 20 && shares[1] < 300, "{shares:?}");
}

#[test]
fn days_without_a_record_do_not_count() {
    let replay = Replay::new(&history(24));
    assert!(matches!(replay.levels(&scenario(2.0)), Err(ReplayError::NoNetwork)));
    let part = replay.clone().with_network(&network(200));
    assert_eq!(part.levels(&scenario(2.0)).unwrap()[0].starts, (200 - HORIZON) as usize);
    let short = replay.with_network(&network(HORIZON));
    assert!(matches!(short.levels(&scenario(2.0)), Err(ReplayError::NetworkRecord)));
}
