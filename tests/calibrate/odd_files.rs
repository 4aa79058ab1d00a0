//! Files that likelihoods are not made for: quiet bars, coarse ticks, constant growth. What is fitted runs, or is refused.

use liqsim::calibrate::{
    Calibration, Choices, Drift, FitError, Provenance, Sample, SampleError, Target, Terms, calibrate,
    scenario,
};
use liqsim::engine::RunOptions;
use liqsim::market::{HistoryReport, PriceHistory, ReadOptions};
use liqsim::scenario::{Source, parse};
use liqsim::study::run_levels;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// Hourly closes from log returns, rounded to a tick where it is not 0.
fn history(returns: impl Iterator<Item = f64>, tick: f64) -> (PriceHistory, HistoryReport) {
    let mut price: f64 = 100.0;
    let mut text = "timestamp,close\n1704067200,100\n".to_owned();
    for (index, r) in returns.enumerate() {
        price *= r.exp();
        let shown = if tick > 0.0 { (price / tick).round().max(1.0) * tick } else { price };
        text += &format!("{},{shown:.9}\n", 1_704_070_800 + 3_600 * index as i64);
    }
    PriceHistory::from_bytes("btc_usdt_1h.csv", text.as_bytes(), &ReadOptions::default()).unwrap()
}

/// Normal returns of 0.8 % of which a share is exactly 0.
fn with_zeros(count: usize, share: f64) -> impl Iterator<Item = f64> {
    let mut rng = StdRng::seed_from_u64(7);
    (0..count).map(move |_| {
        let z: f64 = StandardNormal.sample(&mut rng);
        if rng.random::<f64>() < share { 0.0 } else { 0.008 * z }
    })
}

fn fit(history: &PriceHistory, targets: &[Target]) -> Result<Calibration, Vec<(&'static str, FitError)>> {
    calibrate(Sample::of(history).unwrap(), targets)
}

#[test]
fn quiet_bars_do_not_choose_the_model() {
    let (history, _) = history(with_zeros(600, 0.3), 0.0);
    let expected = Sample::of(&history).unwrap().volatility();
    for target in [Target::Regime, Target::Merton] {
        let failures = fit(&history, &[target]).unwrap_err();
        assert!(
            matches!(failures[0].1, FitError::QuietBars { zeros } if (20.0..40.0).contains(&zeros)),
            "{failures:?}"
        );
    }
    let all = fit(&history, &[Target::Gbm, Target::Merton, Target::Kou, Target::Regime]).unwrap();
    let chosen = &all.candidates[all.chosen].fit;
    // Whatever is left has the sample's variance: jumps included.
    let volatility = match chosen.kind {
        "gbm" => chosen.value("volatility").unwrap(),
        "kou" => {
            let value = |key| chosen.value(key).unwrap();
            let (p, up, down) =
                (value("jumps.up_probability"), value("jumps.up_mean"), value("jumps.down_mean"));
            let jumps = value("jumps.rate") * 2.0 * (p * up * up + (1.0 - p) * down * down);
            (value("volatility").powi(2) + jumps).sqrt()
        }
        kind => panic!("{kind}"),
    };
    assert!((volatility / expected - 1.0).abs() < 0.1, "{volatility} {expected}");
}

#[test]
fn returns_that_are_equal_up_to_rounding_are_refused() {
    for tick in [0.0, 0.01] {
        let (history, _) = history(std::iter::repeat_n(0.001, 300), tick);
        let error = Sample::of(&history).unwrap_err();
        assert!(
            matches!(error, SampleError::ConstantGrowth(mean) if (mean - 0.001).abs() < 1e-5),
            "{tick}: {error}"
        );
    }
    let (history, _) = history(with_zeros(300, 0.0), 0.0);
    assert!(Sample::of(&history).is_ok());
}

/// One set of bounds for the fits, for the format and for what can be run: every model, on files that suit none.
#[test]
fn every_scenario_that_is_written_runs() {
    let mut rng = StdRng::seed_from_u64(3);
    let mut heavy = |scale: f64| -> Vec<f64> {
        (0..400)
            .map(|_| {
                let (z, jump): (f64, f64) =
                    (StandardNormal.sample(&mut rng), StandardNormal.sample(&mut rng));
                scale * (z + if rng.random::<f64>() < 0.05 { 8.0 * jump } else { 0.0 })
            })
            .collect()
    };
    let files = [
        history(heavy(0.005).into_iter(), 0.0),
        history(heavy(0.05).into_iter(), 0.0),
        history(heavy(1e-5).into_iter(), 0.0),
        history(heavy(0.003).into_iter(), 1.0),
        history(with_zeros(400, 0.1), 0.0),
        history(with_zeros(400, 0.7), 0.01),
        // More than a year of days in hours, so that the models of daily variance are fitted too; with a crash, and one that trends.
        history(heavy(0.008).into_iter().cycle().take(24 * 400), 0.0),
        history(heavy(0.002).into_iter().chain([-2.5]).chain(heavy(0.002)), 0.0),
        history(heavy(0.001).into_iter().map(|r| r + 0.004), 0.0),
        // Prices that go up and down in two, three or four turns are refused by the reader, as those of several instruments.
        history((0..500).map(|i| if i % 5 == 0 { -0.04 } else { 0.01 }), 0.0),
    ];
    let mut written = 0;
    for (history, report) in &files {
        let Ok(calibration) = fit(history, &Target::ALL) else { continue };
        let provenance = Provenance::of(report.clone(), history).unwrap();
        for candidate in &calibration.candidates {
            for drift in [Drift::Zero, Drift::Estimate] {
                let growth = calibration.growth.value.abs().max(calibration.log_growth.value.abs());
                if drift == Drift::Estimate && growth > 50.0 {
                    continue;
                }
                let terms = Terms::new(&Choices::default(), drift, &provenance);
                let text = scenario(&calibration, candidate, &provenance, &terms);
                let read =
                    parse(Source::new("fit.toml", text.as_str()), &["simulation.horizon=2d".to_owned()]);
                let scenario = read.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
                let result = run_levels(&scenario.with(Some(64), None), &RunOptions::default());
                assert!(result.is_ok(), "{:?}\n{text}", result.unwrap_err());
                written += 1;
            }
        }
    }
    assert!(written > 50, "{written}");
}

#[test]
fn the_scenario_names_the_coin_and_takes_its_venue() {
    let (history, report) = history(with_zeros(300, 0.0), 0.0);
    let calibration = fit(&history, &[Target::Gbm]).unwrap();
    let provenance = Provenance::of(report, &history).unwrap();
    let text = |choices: &Choices| {
        let terms = Terms::new(choices, Drift::Zero, &provenance);
        (scenario(&calibration, &calibration.candidates[0], &provenance, &terms), terms)
    };
    let (own, terms) = text(&Choices::default());
    assert!(own.contains("[assets.BTC]") && own.contains("venue = \"binance-usdm-btcusdt\""), "{own}");
    assert_eq!(terms.assumed.len(), 6, "{:?}", terms.assumed);
    let sol = Choices { asset: Some("SOL".to_owned()), leverage: vec![4.0], ..Choices::default() };
    let (other, _) = text(&sol);
    assert!(
        other.contains("venue = \"binance-usdm-solusdt\"") && other.contains("leverage = [4]"),
        "{other}"
    );
    let (unknown, _) = text(&Choices { asset: Some("XYZ".to_owned()), ..Choices::default() });
    assert!(unknown.contains("venue = \"flat-0.5pct\""), "{unknown}");
}
