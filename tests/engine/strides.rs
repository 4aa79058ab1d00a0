//! Several looks in one stride are the bars that they are without.

use liqsim::engine::{Plan, Worker};
use liqsim::scenario::{Scenario, Source, parse};

fn scenario(model: &str, stress: &str) -> Scenario {
    let text = format!(
        r#"
        simulation = {{ horizon = "5d", paths = 20_000, seed = 5, monitoring = "1h" }}
        assets.X = {{ price = 250.0, model = {{ {model} }}, stress = [{stress}] }}
        [account]
        equity = 1_000.0
        leverage = [2, 5, 20, 50]
        venue = {{ contract = "linear", maintenance = 0.005 }}
        positions = [{{ asset = "X", side = "long" }}]
        "#
    );
    parse(Source::new("strides.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A spell of the same volatility as ever is no stress, but what is stressed goes bar by bar: every price and every hit is the same to the last bit.
/// The last model has a step whose ends most looks are not at. 700 paths leave a part of those that move together.
#[test]
fn strides_and_bars_lead_to_the_same_prices() {
    for model in [
        r#"kind = "gbm", drift = 0.1, volatility = 0.7"#,
        r#"kind = "heston", drift = 0.1, variance = 0.6, long_run_variance = 0.5, mean_reversion = 4.0, vol_of_vol = 2.0, correlation = -0.4"#,
        r#"kind = "garch", log_drift = 0.2, step = "1h", omega = 1e-6, alpha = 0.1, beta = 0.87"#,
        r#"kind = "garch", log_drift = 0.2, step = "1h", omega = 1e-6, alpha = 0.05, gamma = 0.08, beta = 0.87, dof = 4.5"#,
        r#"kind = "garch", log_drift = 0.2, step = "5h", omega = 5e-6, alpha = 0.1, beta = 0.87, dof = 4.5"#,
    ] {
        let same = r#"{ from = "1h", to = "2h", volatility_times = 1 }"#;
        let plans = ["", same].map(|stress| Plan::new(&scenario(model, stress)).unwrap());
        let mut workers = plans.each_ref().map(Worker::new);
        let mut hits = 0;
        for block in 0..3 {
            let [strided, barred] = &mut workers;
            assert!(strided.run_block(block, 700) && barred.run_block(block, 700));
            assert_eq!(strided.closing_log_prices(0), barred.closing_log_prices(0), "{model}");
            let sorted = |worker: &Worker<'_>| {
                let mut hits = worker.follower().hits().to_vec();
                hits.sort_by_key(|hit| (hit.lane, hit.level));
                hits
            };
            assert_eq!(sorted(strided), sorted(barred), "{model}");
            hits += sorted(strided).len();
        }
        assert!(hits > 100, "too few to show anything: {hits}");
    }
}
