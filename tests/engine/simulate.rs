//! `simulate`: bars against the laws they are drawn from, and as files.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use liqsim::engine::{PathBars, Reach};
use liqsim::market::{Duration, PriceHistory};
use liqsim::model::{Bootstrap, Gbm, Jumps, Merton, Model};
use liqsim::scenario::{Monitoring, Scenario};
use liqsim::venue::Side;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::common::history::walk;
use crate::common::{Setup, days};

const HOUR: Duration = Duration::from_seconds(3600);

fn scenario(model: Model) -> Scenario {
    Setup {
        model,
        horizon: days(2),
        monitoring: Monitoring::Continuous,
        side: Side::Long,
        maintenance: 0.005,
        leverage: vec![5.0],
        seed: 3,
    }
    .scenario()
}

/// The share of paths whose low is below a barrier is the first-passage probability, and so for the highs (reflection principle; Borodin
/// and Salminen 2.1.1.4), at four standard errors: over two million bars of two days, which are all bridge, and over 51,200 paths in
/// bars of an hour, whose edges must not lose or add anything.
#[test]
fn lows_and_highs_have_the_law_of_a_path_watched_continuously() {
    let volatility = 0.8;
    let spread = volatility * (2.0_f64 / 365.0).sqrt();
    let barrier = 0.05_f64;
    let normal = Normal::standard();
    let passage = |drift: f64| {
        normal.cdf((drift - barrier) / spread)
            + (2.0 * drift * barrier / (spread * spread)).exp() * normal.cdf((-drift - barrier) / spread)
    };
    for (step, steps, blocks) in [(days(2), 1, 4_000), (HOUR, 48, 100)] {
        let bars = PathBars::new(&scenario(Model::Gbm(Gbm { drift: 0.0, volatility })), step).unwrap();
        assert_eq!(bars.steps(), steps);
        let paths = f64::from(blocks) * 512.0;
        let (mut low, mut high, mut close) = (0.0, 0.0, 0.0);
        for block in 0..blocks {
            let asset = &bars.block(block as u64, 512)[0];
            for path in 0..512 {
                let any = |column: &[Vec<f64>], beyond: &dyn Fn(f64) -> bool| {
                    f64::from(u8::from(column.iter().any(|row| beyond(row[path])))) / paths
                };
                low += any(&asset.low, &|price| price <= -barrier);
                high += any(&asset.high, &|price| price >= barrier);
                close += asset.close[steps - 1][path].exp() / paths;
            }
        }
        for (found, known) in [(low, passage(0.5 * spread * spread)), (high, passage(-0.5 * spread * spread))]
        {
            let error = (known * (1.0 - known) / paths).sqrt();
            assert!((found - known).abs() < 4.0 * error, "{step}: {found} {known} {error}");
        }
        assert!((close - 1.0).abs() < 4.0 * spread / paths.sqrt(), "{step}: {close}");
    }
}

/// The reach of paths is that of their bars: lows are drawn by the same words, and highs have the law of first passage (as above, at four
/// standard errors of 102,400 paths). Jumps end bars on the way.
#[test]
fn the_reach_of_paths_is_that_of_their_bars() {
    let jumps = Jumps { rate: 300.0, mean: 0.0, std_dev: 0.05 };
    let scenario_of = |jumps| scenario(Model::Merton(Merton { drift: 0.0, volatility: 0.8, jumps }));
    let ends = [1, 7, 48];
    let lows = PathBars::new(&scenario_of(jumps), HOUR).unwrap().block(3, 700).remove(0).low;
    let reached = Reach::new(&scenario_of(jumps), HOUR, &ends).unwrap().block(3, 700).unwrap();
    assert_eq!(reached.len(), 3);
    for (end, reached) in ends.iter().zip(&reached) {
        for path in 0..700 {
            let low = lows[..*end].iter().map(|row| row[path]).fold(0.0, f64::min);
            assert_eq!(low, reached.low[path], "{end} {path}");
        }
    }
    let reach = Reach::new(&scenario(Model::Gbm(Gbm { drift: 0.0, volatility: 0.8 })), HOUR, &ends).unwrap();
    let highs: Vec<f64> =
        (0..100).flat_map(|block| reach.block(block, 1024).unwrap().remove(2).high).collect();
    let (spread, barrier, normal) = (0.8 * (2.0_f64 / 365.0).sqrt(), 0.05_f64, Normal::standard());
    let drift = -0.5 * spread * spread;
    let known = normal.cdf((drift - barrier) / spread)
        + (2.0 * drift * barrier / (spread * spread)).exp() * normal.cdf((-drift - barrier) / spread);
    let found = highs.iter().filter(|high| **high >= barrier).count() as f64 / highs.len() as f64;
    assert!(
        (found - known).abs() < 4.0 * (known * (1.0 - known) / highs.len() as f64).sqrt(),
        "{found} {known}"
    );
}

/// Bars hang together: a bar opens at the close before it unless a jump falls on its edge, and its prices lie within low and high.
#[test]
fn bars_hang_together_and_hold_the_jumps() {
    let jumps = Jumps { rate: 2000.0, mean: 0.0, std_dev: 0.05 };
    let model = Model::Merton(Merton { drift: 0.0, volatility: 0.3, jumps });
    let asset = &PathBars::new(&scenario(model), HOUR).unwrap().block(0, 200)[0];
    let mut large = 0;
    for bar in 0..48 {
        for path in 0..200 {
            let [open, high, low, close] =
                [&asset.open, &asset.high, &asset.low, &asset.close].map(|column| column[bar][path]);
            assert!(low <= open.min(close) && high >= open.max(close), "{bar} {path}");
            let before = if bar == 0 { 0.0 } else { asset.close[bar - 1][path] };
            assert!((open - before).abs() < 1e-12, "{bar} {path}");
            large += usize::from((close - open).abs() > 0.05);
        }
    }
    // 0.228 jumps an hour, of which 0.317 are beyond one deviation: 694 of 9600 bars, four errors of a count 105.
    assert!((589..=830).contains(&large), "{large}");
}

/// A bootstrap in one block of the whole record shows the record's bars, whatever bar it starts at.
#[test]
fn a_bootstraps_bars_are_those_of_the_record() {
    let history: PriceHistory = walk(0.7, 100, 4);
    let model = Model::Bootstrap(Bootstrap::new(&history, String::new(), 1e12, None, days(2)));
    let asset = &PathBars::new(&scenario(model), HOUR).unwrap().block(0, 1)[0];
    let ranges: Vec<(f64, f64)> =
        history.bars.iter().map(|bar| ((bar.low / bar.open).ln(), (bar.high / bar.open).ln())).collect();
    let found =
        |bar: usize| (asset.low[bar][0] - asset.open[bar][0], asset.high[bar][0] - asset.open[bar][0]);
    let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9;
    let first = ranges.iter().position(|range| near(*range, found(0))).unwrap();
    for bar in 0..48 {
        assert!(near(found(bar), ranges[(first + bar) % 100]), "{bar}");
    }
}

fn simulate(folder: &Path, arguments: &[&str]) -> Output {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/btc-flat-rate.toml");
    Command::new(env!("CARGO_BIN_EXE_liqsim"))
        .args(["simulate", scenario, "--paths", "70", "--set", "simulation.horizon=1d"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn files_hold_the_same_bars_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let printed = simulate(folder.path(), &["--threads", "1"]);
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    for file in ["bars.csv", "bars.parquet"] {
        assert!(simulate(folder.path(), &["-o", file]).status.success());
    }
    assert_eq!(fs::read(folder.path().join("bars.csv")).unwrap(), printed.stdout);
    let mut csv = csv::Reader::from_reader(&printed.stdout[..]);
    assert_eq!(
        csv.headers().unwrap(),
        vec!["path", "asset", "bar", "seconds", "open", "high", "low", "close"]
    );
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 70 * 24);
    assert_eq!(rows[25].iter().take(4).collect::<Vec<_>>(), ["2", "BTC", "2", "3600"]);
    let reader =
        SerializedFileReader::new(fs::File::open(folder.path().join("bars.parquet")).unwrap()).unwrap();
    let mut read = 0;
    for (row, expected) in reader.get_row_iter(None).unwrap().map(Result::unwrap).zip(&rows) {
        for ((_, field), expected) in row.get_column_iter().zip(expected) {
            let found = match field {
                Field::Str(text) => text.clone(),
                Field::ULong(count) => count.to_string(),
                Field::Double(number) => number.to_string(),
                other => panic!("{other:?}"),
            };
            assert_eq!(found, expected);
        }
        read += 1;
    }
    assert_eq!(read, rows.len());
}

#[test]
fn wrong_wishes_are_clear_errors() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (["--interval", "5h"], "do not make up the horizon"),
        (["--interval", "0s"], "do not make up the horizon"),
        (["-o", "bars.xlsx"], "stands for no format; known are .csv and .parquet"),
        (["-o", "none/bars.csv"], "cannot write none/bars.csv"),
    ] {
        let output = simulate(folder.path(), &arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(message), "{error}");
    }
}
