//! Jumps between the looks of a discretely monitored account, against the Poisson process that they come from.

use crate::common::run_scenario;
use liqsim::scenario::{Source, parse};

/// The price all but stands still between jumps of a fixed size, and the second one liquidates. So a level is liquidated at the first
/// full hour after the second jump: P(at least two by hour k) = 1 − e^(−a)(1 + a), a = rate·k. Probability and mean time
/// within 4 standard errors (false alarm 1.3e-4 together); a jump shown one look late moves the mean by ten of them.
#[test]
fn a_jump_is_seen_at_the_first_look_after_it() {
    let (rate, hours, paths) = (400.0_f64, 75, 200_000);
    // Without drift of the log-price: what the jumps take on average is given back.
    let drift = rate * (-0.12_f64).exp_m1();
    let text = format!(
        r#"
        simulation = {{ horizon = "{hours}h", paths = {paths}, seed = 4, monitoring = "1h" }}
        assets.A = {{ price = 100.0, model = {{ kind = "merton", drift = {drift:?}, volatility = 1e-5,
            jumps = {{ rate = {rate:?}, mean = -0.12, std_dev = 0.0 }} }} }}
        [account]
        equity = 1_000.0
        leverage = 5
        venue = {{ contract = "linear", maintenance = 0.005 }}
        positions = [{{ asset = "A", side = "long" }}]
        "#
    );
    let scenario =
        parse(Source::new("looks.toml", text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let level = &run_scenario(&scenario).levels[0];
    let until = |hour: i32| {
        let a = rate * f64::from(hour) / 8760.0;
        1.0 - (-a).exp() * (1.0 + a)
    };
    let p = until(hours);
    let moment =
        |k: i32| (1..=hours).map(|h| f64::from(h).powi(k) * (until(h) - until(h - 1))).sum::<f64>() / p;
    let found = level.liquidation_probability.value;
    let n = f64::from(paths);
    assert!(((found - p) / (p * (1.0 - p) / n).sqrt()).abs() < 4.0, "{found} against {p}");
    let error = ((moment(2) - moment(1).powi(2)) / (n * p)).sqrt();
    let mean = 24.0 * level.time_to_liquidation_days.as_ref().unwrap().mean;
    assert!(((mean - moment(1)) / error).abs() < 4.0, "{mean} h against {} ± {error}", moment(1));
}
