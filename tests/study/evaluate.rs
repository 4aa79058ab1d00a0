//! Accounts on paths that a caller brings.

use liqsim::engine::{AssetPaths, PathArrays, PathArraysError, RunOptions};
use liqsim::market::Duration;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::evaluate;

const DAY: Duration = Duration::from_seconds(86_400);

fn scenario(rest: &str) -> Scenario {
    let text = format!(
        "simulation = {{ horizon = \"2d\", paths = 1_000 }}\n\
         assets.X = {{ price = 100.0, model = {{ kind = \"gbm\", drift = 0.0, volatility = 0.8 }} }}\n\
         [account]\nequity = 1_000.0\nmargin = \"isolated\"\nleverage = [2, 5]\n{rest}"
    );
    parse(Source::new("arrays", &text), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

const LINEAR: &str = "venue = { contract = \"linear\", maintenance = 0.005 }\n";

/// Three paths of two days: down to 79 and back, up to 120, down to 90. A 5x long is liquidated at 80.4.
fn paths() -> PathArrays {
    let asset = AssetPaths {
        start: 100.0,
        open: vec![100.0, 85.0, 100.0, 110.0, 100.0, 95.0],
        high: vec![101.0, 100.0, 112.0, 121.0, 100.0, 95.0],
        low: vec![79.0, 84.0, 99.0, 108.0, 94.0, 88.0],
        close: vec![85.0, 100.0, 110.0, 120.0, 95.0, 90.0],
    };
    PathArrays::new(DAY, 2, vec![asset]).unwrap()
}

#[test]
fn an_account_on_three_known_paths_does_what_a_hand_finds() {
    for positions in [
        "positions = [{ asset = \"X\", side = \"long\" }]",
        "positions = [{ asset = \"X\", side = \"long\", share = 0.5 }, { asset = \"X\", side = \"long\", share = 0.5 }]",
    ] {
        let result =
            evaluate(&scenario(&format!("{LINEAR}{positions}")), &paths(), &RunOptions::default()).unwrap();
        assert_eq!((result.paths, result.horizon_days), (3, 2.0));
        let [two, five] = &result.levels[..] else { panic!("{result:?}") };
        assert_eq!((two.liquidation_probability.value, five.liquidation_probability.value), (0.0, 1.0 / 3.0));
        let mean = (0.0 + 0.4 - 0.2) / 3.0;
        assert!((two.mean_return.value - mean).abs() < 1e-12, "{positions}: {:?}", two.mean_return);
    }
    let short = format!("{LINEAR}positions = [{{ asset = \"X\", side = \"short\" }}]");
    let result = evaluate(&scenario(&short), &paths(), &RunOptions::default()).unwrap();
    // A 5x short is liquidated at 119.4.
    assert_eq!(result.levels[1].liquidation_probability.value, 1.0 / 3.0);
    assert!((result.levels[0].mean_return.value + mean_of_short()).abs() < 1e-12);
}

fn mean_of_short() -> f64 {
    (0.0 + 0.4 - 0.2) / 3.0
}

#[test]
fn a_stop_on_given_paths_comes_before_what_the_bar_does_not_tell() {
    let stopped = format!(
        "{LINEAR}positions = [{{ asset = \"X\", side = \"long\" }}]\n[policy]\nstop_loss = {{ distance = \"15%\" }}"
    );
    let result = evaluate(&scenario(&stopped), &paths(), &RunOptions::default()).unwrap();
    let [two, five] = &result.levels[..] else { panic!("{result:?}") };
    assert_eq!(five.liquidation_probability.value, 0.0);
    assert!((two.exits["stopped"].value - 1.0 / 3.0).abs() < 1e-12, "{:?}", two.exits);
    assert!((two.mean_return.value - (-0.3 + 0.4 - 0.2) / 3.0).abs() < 1e-9, "{:?}", two.mean_return);
}

#[test]
fn arrays_that_are_no_paths_are_refused() {
    let closes = |prices: Vec<f64>| PathArrays::new(DAY, 2, vec![AssetPaths::of_closes(100.0, prices, 2)]);
    assert!(closes(vec![100.0, 101.0, 99.0, 98.0]).is_ok());
    assert_eq!(closes(vec![100.0, 101.0, 99.0]), Err(PathArraysError::Length { asset: 0, expected: 3 }));
    assert_eq!(closes(Vec::new()), Err(PathArraysError::Empty));
    for bad in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
        let found = closes(vec![100.0, 101.0, 99.0, bad]);
        assert_eq!(found, Err(PathArraysError::Price { asset: 0, path: 1, bar: 1 }), "{bad}");
    }
}
