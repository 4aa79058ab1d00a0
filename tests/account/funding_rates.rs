//! Funding rates that vary, against closed forms.
//!
//! False alarms for another seed: some 40 comparisons at four standard errors, at most 0.3 %; the widths of spreads are
//! compared at five standard errors of a normal law's.

use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Problems, Scenario, Source, parse};
use liqsim::study::run_levels as run;
use statrs::function::erf::erfc;

const PATHS: f64 = 20_000.0;
const DAYS: f64 = 30.0;

fn read(model: &str, side: &str, leverage: f64, funding: &str, rest: &str) -> Result<Scenario, Problems> {
    let text = format!(
        r#"
        simulation = {{ horizon = "{DAYS}d", paths = {PATHS}, seed = 21 }}
        assets.X = {{ price = 250.0, model = {model} }}
        [account]
        equity = 1_000.0
        leverage = {leverage}
        venue = {{ contract = "linear", maintenance = 0.005 }}
        positions = [{{ asset = "X", side = "{side}" }}]
        funding = {funding}
        {rest}
        "#
    );
    parse(Source::new("funding.toml", &text), &[])
}

fn result(scenario: &Scenario) -> RunResult {
    run(scenario, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} }).unwrap()
}

/// A price that never liquidates a position of leverage 0.5.
const CALM: &str = r#"{ kind = "gbm", drift = 0.0, volatility = 0.5 }"#;
const SIDES: [(&str, f64); 2] = [("long", 1.0), ("short", -1.0)];
const IDLE: &str = "[policy]\nadd_margin = { amount = 1, every = \"90d\" }";

/// Mean and spread of the funding paid, in the bookkeeping of both evaluations.
fn paid(model: &str, side: &str, funding: &str) -> Vec<(f64, f64, f64)> {
    ["", IDLE]
        .into_iter()
        .map(|rest| {
            let scenario =
                read(model, side, 0.5, funding, rest).unwrap_or_else(|problems| panic!("{problems}"));
            let level = &result(&scenario).levels[0];
            assert_eq!(level.liquidation_probability.value, 0.0);
            let mean = level.costs.as_ref().unwrap()["funding"].mean;
            (mean.value, mean.std_error, mean.std_error * PATHS.sqrt())
        })
        .collect()
}

/// On the entry notional the sum of the rates is normal: its mean is the sum of mean + (initial − mean)·c^k, its variance that of
/// Σ f_k with Cov(f_j, f_k) = v²/(2κ)·(c^|j−k| − c^(j+k)), c = e^(−κΔ).
#[test]
fn the_sum_of_mean_reverting_rates_has_the_mean_and_the_variance_of_its_law() {
    let (mean, initial, k, v) = (1e-4, 6e-4, 60.0, 4e-3);
    let decay = |steps: f64| f64::exp(-k * steps * 8.0 / 8_760.0);
    let payments = 3 * DAYS as i32;
    let (mut sum, mut variance) = (0.0, 0.0);
    for i in 1..=payments {
        sum += mean + (initial - mean) * decay(f64::from(i));
        for j in 1..=payments {
            variance += v * v / (2.0 * k) * (decay(f64::from((i - j).abs())) - decay(f64::from(i + j)));
        }
    }
    for correlation in [0.0, -0.7] {
        let funding = format!(
            r#"{{ model = "ou", mean = {mean}, reversion = {k}, volatility = {v}, correlation = {correlation},
                initial = {initial}, basis = "entry" }}"#
        )
        .replace('\n', " ");
        for (side, sign) in SIDES {
            for (value, error, spread) in paid(CALM, side, &funding) {
                assert!((value - sign * 0.5 * sum).abs() < 4.0 * error, "{side}: {value} {sum} {error}");
                let ratio = spread / (0.5 * variance.sqrt());
                assert!((ratio - 1.0).abs() < 5.0 / (2.0 * PATHS).sqrt(), "{side} {correlation}: {ratio}");
            }
        }
    }
}

/// On the mark a rate that goes with the price costs more: E[f·S_t/S_0] = E f + Cov(f, ln S_t) for a driftless
/// lognormal price, with the covariance ρ·v·σ·(1 − e^(−κt))/κ.
#[test]
fn a_rate_that_goes_with_the_price_is_paid_on_more() {
    let (mean, k, v, sigma) = (1e-4, 40.0, 8e-3, 0.5);
    for correlation in [0.0, 0.9, -0.9] {
        let funding = format!(
            r#"{{ model = "ou", mean = {mean}, reversion = {k}, volatility = {v}, correlation = {correlation} }}"#
        );
        let expected: f64 = (1..=90)
            .map(|i| {
                let t = f64::from(i) * 8.0 / 8_760.0;
                mean + correlation * v * sigma * (1.0 - f64::exp(-k * t)) / k
            })
            .sum();
        // Jumps take no part in the correlation, and are compensated.
        let jumps = r#"{ kind = "merton", drift = 0.0, volatility = 0.5, jumps = { rate = 30.0, mean = -0.01, std_dev = 0.02 } }"#;
        for model in [CALM, jumps] {
            for (side, sign) in SIDES {
                for (value, error, _) in paid(model, side, &funding) {
                    let expected = sign * 0.5 * expected;
                    assert!((value - expected).abs() < 4.0 * error, "{side}: {value} {expected} {error}");
                }
            }
        }
    }
}

/// A capped normal rate: E[clamp(f)] by the mean of a normal beyond a point, here symmetric and so 0; the spread of one
/// payment is that of the clamped law, c²·P(|f| > c) + E[f²; |f| ≤ c].
#[test]
fn a_cap_bounds_what_is_paid() {
    let (k, v, cap): (f64, f64, f64) = (200.0, 1e-2, 4e-4);
    let funding = format!(
        r#"{{ model = "ou", mean = 0, reversion = {k}, volatility = {v}, cap = {cap}, every = "30d", basis = "entry" }}"#
    );
    let spread = v / (2.0 * k).sqrt();
    let z = cap / spread;
    let tail = erfc(z / 2.0_f64.sqrt());
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let variance = cap * cap * tail + spread * spread * (1.0 - tail - 2.0 * z * density);
    for (value, error, found) in paid(CALM, "long", &funding) {
        assert!(value.abs() < 4.0 * error, "{value} {error}");
        let ratio = found / (0.5 * variance.sqrt());
        assert!((ratio - 1.0).abs() < 5.0 / (2.0 * PATHS).sqrt(), "{ratio}");
        assert!(found < 0.5 * cap);
    }
}

fn record(rates: &[f64]) -> tempfile::NamedTempFile {
    use std::io::Write;
    let mut file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    writeln!(file, "timestamp,funding_rate").unwrap();
    for (row, rate) in rates.iter().enumerate() {
        writeln!(file, "{},{rate}", 1_704_067_200 + 28_800 * row).unwrap();
    }
    file
}

/// From a date the record is paid row by row: on the entry notional every path pays the same sum. Who opens at midnight pays at 08:00
/// what the record says of 08:00, and nothing at midnight.
#[test]
fn a_record_is_paid_in_its_order_from_a_date() {
    let rates: Vec<f64> = (0..120).map(|i| 1e-5 * f64::from(i)).collect();
    let file = record(&rates);
    let path = file.path().display();
    let funding = format!(r#"{{ recorded = "{path}", from = "2024-01-02", basis = "entry" }}"#);
    let sum: f64 = rates[4..94].iter().sum();
    for (side, sign) in SIDES {
        for (value, _, spread) in paid(CALM, side, &funding) {
            assert!((value - sign * 0.5 * sum).abs() < 1e-9, "{side}: {value} {sum}");
            assert!(spread < 1e-8, "{side}: {spread}");
        }
    }
    let late = format!(r#"{{ recorded = "{path}", from = "2024-01-20" }}"#);
    let problems = read(CALM, "long", 2.0, &late, "").unwrap_err().to_string();
    assert!(problems.contains("the horizon has 90 payments, but the record holds 62"), "{problems}");
}

/// Blocks of an alternating record: a payment has the mean of the record, and two payments d rows apart share a block with
/// probability (1 − 1/b)^d, which makes the variance of the sum (Politis and Romano 1994, lemma 1).
#[test]
fn blocks_of_a_record_keep_its_mean_and_the_dependence_inside_blocks() {
    let rates: Vec<f64> = (0..200).map(|i| if i % 2 == 0 { 5e-4 } else { -1e-4 }).collect();
    let file = record(&rates);
    for (block, rows) in [("8h", 1.0), ("16h", 2.0), ("10d", 30.0)] {
        let path = file.path().display();
        let funding = format!(r#"{{ recorded = "{path}", block = "{block}", basis = "entry" }}"#);
        let stays: f64 = 1.0 - 1.0 / rows;
        let mut variance = 0.0;
        for i in 0..90_i32 {
            for j in 0..90_i32 {
                let apart = (i - j).abs();
                let sign = if apart % 2 == 0 { 1.0 } else { -1.0 };
                variance += 9e-8 * sign * stays.powi(apart);
            }
        }
        for (value, error, spread) in paid(CALM, "long", &funding) {
            assert!((value - 0.5 * 90.0 * 2e-4).abs() < 4.0 * error, "{block}: {value} {error}");
            let ratio = spread / (0.5 * variance.sqrt());
            // The sum is not normal where blocks are long; its kurtosis is below 6.
            assert!((ratio - 1.0).abs() < 5.0 * 1.6 / (2.0 * PATHS).sqrt(), "{block}: {ratio}");
        }
    }
}

#[test]
fn a_mean_reverting_rate_without_volatility_is_the_constant_rate() {
    let law = r#"{ model = "ou", mean = "3bp", reversion = 50, volatility = 0, correlation = 0.5 }"#;
    for rest in ["", IDLE] {
        let [one, two] = [r#"{ rate = "3bp" }"#, law].map(|funding| {
            let scenario =
                read(CALM, "short", 8.0, funding, rest).unwrap_or_else(|problems| panic!("{problems}"));
            result(&scenario).levels
        });
        let (one, two) = (&one[0], &two[0]);
        assert!((one.mean_return.value - two.mean_return.value).abs() < 1e-9);
        assert_eq!(one.liquidation_probability, two.liquidation_probability);
    }
}

#[test]
fn wishes_that_contradict_each_other_are_reported() {
    let message = |model: &str, funding: &str| read(model, "long", 2.0, funding, "").unwrap_err().to_string();
    for (funding, wanted) in [
        (r#"{ every = "8h" }"#, "`funding` needs one of"),
        (r#"{ rate = "1bp", model = "ou" }"#, "`funding` needs one of"),
        (r#"{ rate = "1bp", mean = "1bp" }"#, "`mean` has no meaning without `model`"),
        (r#"{ model = "ou", mean = "1bp" }"#, "`funding` has no key `reversion`"),
        (r#"{ model = "gbm", mean = "1bp" }"#, "model"),
        (r#"{ recorded = "none.csv" }"#, "none.csv"),
        (
            r#"{ model = "ou", mean = "1bp", reversion = 100, volatility = 0.001, block = "1d" }"#,
            "`block` has no meaning",
        ),
    ] {
        let message = message(CALM, funding);
        assert!(message.contains(wanted), "{funding}: {message}");
    }
}

/// A long of 1x has no liquidation price at the start; 1 % of the notional every 8 hours brings it one.
#[test]
fn payments_can_liquidate_what_the_price_cannot() {
    for rest in ["", IDLE] {
        let scenario = read(CALM, "long", 1.0, r#"{ rate = "1%" }"#, rest)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let level = &result(&scenario).levels[0];
        assert_eq!(level.liquidation_price, None);
        let p = level.liquidation_probability;
        assert!(p.value > 0.05 && p.value < 0.95, "{p:?}");
        assert_eq!(p.value, level.exits["liquidated"].value);
    }
}
