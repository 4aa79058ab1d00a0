//! Recorded prices give sane values: the figures that people quote for crypto volatility.

use std::path::{Path, PathBuf};

use liqsim::calibrate::{Calibration, Sample, Target, calibrate, range_volatilities};
use liqsim::market::{Duration, PriceHistory, parse_time};

/// The recorded prices, where they are at hand.
// The message says why nothing was checked.
#[allow(clippy::print_stderr)]
fn data(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {file} is not here");
    None
}

fn history(file: &str) -> Option<PriceHistory> {
    data(file).map(|path| PriceHistory::read(&path).unwrap().0)
}

fn fit(history: &PriceHistory, targets: &[Target]) -> Calibration {
    calibrate(Sample::of(history).unwrap(), targets).unwrap()
}

fn value(calibration: &Calibration, name: &str, key: &str) -> f64 {
    calibration.candidates.iter().find(|c| c.fit.name == name).unwrap().fit.value(key).unwrap()
}

#[test]
fn daily_bitcoin_and_ether_move_as_much_as_people_say() {
    for (file, low, high) in [("btc_usdt_binance_1d.csv", 0.5, 0.9), ("eth_usdt_binance_1d.csv", 0.7, 1.1)] {
        let Some(history) = history(file) else { return };
        for row in range_volatilities(&history) {
            assert!((low..high).contains(&row.volatility), "{file}: {row:?}");
        }
        let calibration = fit(&history, &Target::ALL);
        let gbm = value(&calibration, "gbm", "volatility");
        assert!((low..high).contains(&gbm), "{file}: {gbm}");
        // What every study of daily returns finds: fat tails (3 to 6 degrees of freedom) and lasting clusters.
        let dof = value(&calibration, "garch-t", "dof");
        let persistence = value(&calibration, "garch-t", "persistence");
        assert!(
            (2.5..6.0).contains(&dof) && (0.95..1.0).contains(&persistence),
            "{file}: {dof} {persistence}"
        );
        let long_run = value(&calibration, "garch-t", "long_run_volatility");
        assert!((low..high).contains(&long_run), "{file}: {long_run}");
        let [calm, wild] =
            ["states.0.volatility", "states.1.volatility"].map(|key| value(&calibration, "regime", key));
        assert!(calm < gbm && gbm < wild && wild < 3.0, "{file}: {calm} {wild}");
        // Every model that looks at single returns only loses against those that know clusters.
        assert!(
            ["garch-t", "gjr-t"].contains(&calibration.candidates[calibration.chosen].fit.name),
            "{file}"
        );
    }
}

/// Twice the files of two exchanges and an aggregate: the same asset must give the same volatility.
#[test]
fn sources_of_the_same_price_agree() {
    let [Some(binance), Some(coinbase)] =
        ["btc_usdt_binance_1h.csv.gz", "btc_usd_coinbase_1h.csv.gz"].map(history)
    else {
        return;
    };
    let range = [parse_time("2021-01-01"), parse_time("2025-01-01")];
    let [a, b] = [&binance, &coinbase].map(|history| {
        let part = history.between(range[0], range[1]);
        (fit(&part, &[Target::Gbm]), fit(&part, &[Target::MertonJumps]))
    });
    let gbm = [&a, &b].map(|(gbm, _)| value(gbm, "gbm", "volatility"));
    assert!((gbm[0] / gbm[1] - 1.0).abs() < 0.03, "{gbm:?}");
    let rate = [&a, &b].map(|(_, jumps)| value(jumps, "merton-jumps", "jumps.rate"));
    assert!((rate[0] / rate[1] - 1.0).abs() < 0.2, "{rate:?}");
}

/// The mark price in 2023 to 2025: detected jumps as a separate program found them (rate 46.6, mean −0.0032, standard
/// deviation 0.0288, volatility 0.424), and the thousands of jumps a year of maximum likelihood (2,665), with a warning.
#[test]
fn hourly_marks_show_dozens_of_jumps_and_thousands_by_likelihood() {
    let Some(history) = history("btc_usdt_perp_mark_binance_1h.csv.gz") else { return };
    let part = history.between(parse_time("2023-01-01"), parse_time("2026-01-01"));
    let calibration = fit(&part, &[Target::Merton, Target::MertonJumps]);
    for (key, expected, slack) in [
        ("volatility", 0.424, 0.003),
        ("jumps.rate", 46.6, 1.5),
        ("jumps.mean", -0.0032, 0.0003),
        ("jumps.std_dev", 0.0288, 0.0003),
    ] {
        let found = value(&calibration, "merton-jumps", key);
        assert!((found - expected).abs() < slack, "{key}: {found}");
    }
    let rate = value(&calibration, "merton-mle", "jumps.rate");
    assert!((rate - 2665.0).abs() < 30.0, "{rate}");
    let warnings = calibration.candidates[0].warnings();
    assert!(warnings.iter().any(|warning| warning.contains("--estimator jumps")), "{warnings:?}");
}

/// Hours joined to days are the recorded days, but for the days next to an outage.
#[test]
fn hours_joined_to_days_are_the_recorded_days() {
    let [Some(hourly), Some(daily)] = ["eth_usdt_binance_1h.csv.gz", "eth_usdt_binance_1d.csv"].map(history)
    else {
        return;
    };
    let (joined, _) = hourly.resample(Duration::from_seconds(86_400)).unwrap();
    let mut different = 0;
    let mut compared = 0;
    for bar in &joined.bars {
        let Ok(index) = daily.bars.binary_search_by_key(&bar.time, |day| day.time) else { continue };
        let day = &daily.bars[index];
        compared += 1;
        let same = (bar.open, bar.high, bar.low, bar.close) == (day.open, day.high, day.low, day.close);
        different += usize::from(!same);
    }
    assert!(compared > 3_000 && different <= 5, "{different} of {compared}");
}
