//! The walk of whole accounts: where the liquidation price is all there is, against the walk of barriers; what must not matter.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::market::PriceHistory;
use liqsim::model::Hours;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::{ForecastWalk, WalkOptions, barriers, walk, walk_accounts};

use crate::common::history;

fn scenario(rest: &str) -> Scenario {
    let gbm = "model = { kind = \"gbm\", drift = 0.0, volatility = 0.8 }";
    let text = format!(
        "simulation = {{ horizon = \"3d\" }}\nassets.X = {{ price = 100.0, {gbm} }}\nassets.Y = {{ price = 7.0, {gbm} }}\n\
         account = {{ equity = 1_000.0, leverage = [5, 10, 20, 40], venue = \"flat-0.5pct\", {rest} }}\n"
    );
    parse(Source::new("walked", text.clone()), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn walked(
    histories: &[(String, &PriceHistory)],
    scenario: &Scenario,
    options: &WalkOptions,
    threads: usize,
) -> ForecastWalk {
    let stop = AtomicBool::new(false);
    let run = RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} };
    walk_accounts(histories, scenario, options, &run).unwrap()
}

/// The same entries, references and outcomes as the walk of barriers that is estimated anew at every entry, and the same probabilities but
/// for the luck of drawing: of the 24 differences of means over entries each of 4,000 paths none is above five standard errors.
#[test]
fn one_position_is_what_its_liquidation_price_says() {
    let history = history::walk(0.8, 24 * 420, 71);
    let scenario = scenario("positions = [{ asset = \"X\", side = \"long\" }]");
    let options = WalkOptions { paths: 4_000, every: 121, refit: 1, ..WalkOptions::new(vec![24, 72]) };
    let hours = Hours::of(&history).unwrap();
    let of_barriers = walk(&hours, &barriers(&scenario, false).unwrap(), &options).unwrap();
    let of_account = walked(&[("X".to_owned(), &history)], &scenario, &options, 2);
    assert_eq!(of_account.methods, of_barriers.methods);
    for (one, other) in of_account.horizons.iter().zip(&of_barriers.horizons) {
        assert_eq!((one.hours, &one.entries), (other.hours, &other.entries));
        assert_eq!(one.outcomes, other.outcomes);
        assert!(one.entries.len() >= 8);
        for (a, b) in one.references.iter().flatten().zip(other.references.iter().flatten()) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
        for (a, b) in one.probabilities.iter().zip(&other.probabilities) {
            for level in 0..4 {
                let mean = |of: &[Vec<f64>]| of.iter().map(|p| p[level]).sum::<f64>() / of.len() as f64;
                let (a, b) = (mean(a), mean(b));
                let error = (2.0 * b * (1.0 - b) / (4_000.0 * one.entries.len() as f64)).sqrt();
                assert!((a - b).abs() < 5.0 * error + 1e-4, "{level}: {a} {b} ± {error}");
            }
        }
    }
}

/// Every bar behind an entry of both assets is another, and the forecasts of a hedged pair with stops and funding are the same to the
/// bit, as on any number of threads; what happened is not.
#[test]
fn what_comes_after_an_entry_does_not_touch_the_forecast_of_an_account() {
    let account = "margin = \"cross\", funding = { rate = \"5bp\", every = \"8h\" }, positions = [{ asset = \"X\", side = \"long\", share = 0.6 }, \
                   { asset = \"Y\", side = \"short\", share = 0.4 }]";
    let scenario = scenario(account);
    let mut histories = [history::walk(0.8, 24 * 400, 72), history::walk(0.6, 24 * 400, 73)];
    let options = WalkOptions { paths: 64, every: 24 * 8, ..WalkOptions::new(vec![24]) };
    let named = |histories: &[PriceHistory; 2], threads: usize| -> ForecastWalk {
        let pairs: Vec<(String, &PriceHistory)> =
            ["X", "Y"].into_iter().map(str::to_owned).zip(histories).collect();
        walked(&pairs, &scenario, &options, threads)
    };
    let known = named(&histories, 2);
    assert_eq!(known, named(&histories, 1));
    let cut = 24 * 385;
    for history in &mut histories {
        for bar in &mut history.bars[cut..] {
            (bar.low, bar.high, bar.close) = (0.5 * bar.low, 2.0 * bar.high, 0.9 * bar.close);
        }
    }
    let changed = named(&histories, 2);
    let (one, other) = (&known.horizons[0], &changed.horizons[0]);
    assert_ne!(one.outcomes, other.outcomes);
    let before: Vec<usize> =
        (0..one.entries.len()).filter(|entry| one.entries[*entry] <= cut as i64).collect();
    assert!(before.len() >= 3 && before.len() < one.entries.len());
    for entry in before {
        assert_eq!(one.entries[entry], other.entries[entry]);
        assert_eq!(one.references[entry], other.references[entry]);
        for method in 0..3 {
            assert_eq!(one.probabilities[method][entry], other.probabilities[method][entry]);
            assert!(one.probabilities[method][entry].iter().any(|p| *p > 0.0));
        }
    }
}
