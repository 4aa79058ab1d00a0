//! Coin-margined and spot margin positions in the simulation, against closed forms.
//!
//! Under geometric Brownian motion X = ln(S/S₀) has drift ν = μ − σ²/2 a year. It stays above a barrier b < 0 until T with
//! probability Φ((νT − b)/σ√T) − e^{2νb/σ²}·Φ((νT + b)/σ√T) (reflection principle; the same for −X above it). A survivor's
//! coins are linear in e^{−X_T}, and E[e^{−X_T}; no hit] = e^{−νT + σ²T/2}·P(no hit) with ν less σ² in place of ν (change of
//! measure).
//!
//! False alarms for other seeds: 30 comparisons at 6.3e-5 each are less than 0.2 %.

use std::sync::atomic::AtomicBool;

use crate::common::ALLOWED_ERRORS;
use liqsim::engine::RunOptions;
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::Estimate;
use liqsim::study::run_levels as run;
use statrs::distribution::{ContinuousCDF, Normal};

const DRIFT: f64 = 0.2;
const VOLATILITY: f64 = 0.7;
const YEARS: f64 = 30.0 / 365.0;

fn scenario(side: &str, venue: &str, leverage: &str) -> Scenario {
    let text = format!(
        "[simulation]\nhorizon = \"30d\"\npaths = 400_000\nseed = 5\n\
         [assets.BTC]\nprice = 64_000.0\n\
         [assets.BTC.model]\nkind = \"gbm\"\ndrift = {DRIFT}\nvolatility = {VOLATILITY}\n\
         [account]\nequity = 2.0\nleverage = {leverage}\nvenue = {venue}\n\
         [[account.positions]]\nasset = \"BTC\"\nside = \"{side}\"\n"
    );
    parse(Source::new("test", text.as_str()), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn simulate(side: &str, venue: &str, leverage: &str) -> RunResult {
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    run(&scenario(side, venue, leverage), &options).unwrap()
}

/// Probability that sign·X with drift ν stays above sign·barrier until the horizon.
fn survival(nu: f64, barrier: f64, sign: f64) -> f64 {
    let phi = |x: f64| Normal::standard().cdf(x);
    let (nu, barrier, spread) = (sign * nu, sign * barrier, VOLATILITY * YEARS.sqrt());
    phi((nu * YEARS - barrier) / spread)
        - (2.0 * nu * barrier / (VOLATILITY * VOLATILITY)).exp() * phi((nu * YEARS + barrier) / spread)
}

/// Survival and E[e^{k·X}; survival] for k = ±1.
fn closed_forms(barrier: f64, sign: f64, k: f64) -> (f64, f64) {
    let variance = VOLATILITY * VOLATILITY;
    let nu = DRIFT - 0.5 * variance;
    let growth = (k * nu * YEARS + 0.5 * k * k * variance * YEARS).exp();
    (survival(nu, barrier, sign), growth * survival(nu + k * variance, barrier, sign))
}

fn assert_within(what: &str, estimate: &Estimate, wanted: f64) {
    let errors = (estimate.value - wanted) / estimate.std_error;
    assert!(errors.abs() <= ALLOWED_ERRORS, "{what}: {} is {errors:.2} errors from {wanted}", estimate.value);
}

const INVERSE: &str = "{ contract = \"inverse\", maintenance = \"0.5%\", taker_fee = \"5bp\" }";

#[test]
fn inverse_positions_meet_the_reflection_principle_and_the_mean_of_the_inverse_price() {
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        let result = simulate(side, INVERSE, "[2, 3, 5, 10, 25]");
        for level in &result.levels {
            let what = format!("{side} {}x", level.leverage);
            let (l, fee) = (level.leverage, 0.0005);
            // Coins at entry: 1 − L·fee of the equity; long Q(1 + m)/(c + Q/P), short Q(1 − m)/(Q/P − c), in units of P.
            let ratio = l * (1.0 + sign * 0.005) / (l + sign * (1.0 - l * fee));
            let price = level.liquidation_price.unwrap();
            assert!((price / (64_000.0 * ratio) - 1.0).abs() < 1e-12, "{what}: {price}");
            let (survives, inverse_price) = closed_forms(ratio.ln(), sign, -1.0);
            assert_within(&format!("{what} probability"), &level.liquidation_probability, 1.0 - survives);
            // Survivors end with 1 − L·fee + s·L·(1 − u) − L·fee·u coins, u = S₀/S; the others with nothing.
            let constant = 1.0 - l * fee + sign * l;
            let wanted = constant * survives - (sign * l + l * fee) * inverse_price - 1.0;
            assert_within(&format!("{what} mean return"), &level.mean_return, wanted);
            assert_eq!(level.bad_debt.value, 0.0, "{what}");
        }
        assert!(result.notes.iter().any(|note| note.code == "coin_margined"));
    }
}

#[test]
fn an_inverse_short_of_one_is_never_liquidated_and_keeps_its_dollars() {
    let venue = "{ contract = \"inverse\", maintenance = \"0.5%\" }";
    let level = &simulate("short", venue, "[1]").levels[0];
    assert_eq!((level.liquidation_price, level.liquidation_probability.value), (None, 0.0));
    // The coins are S₀/S of the equity: their mean is that of the inverse price.
    let variance = VOLATILITY * VOLATILITY;
    let wanted = ((variance - DRIFT) * YEARS).exp() - 1.0;
    assert_within("mean return", &level.mean_return, wanted);
    // Quantiles of S₀/S are those of the lognormal law.
    for (key, z) in [("0.05", -1.6448536269514722), ("0.5", 0.0), ("0.95", 1.6448536269514722)] {
        let log = -(DRIFT - 0.5 * variance) * YEARS + z * VOLATILITY * YEARS.sqrt();
        // 4 errors of a quantile of 400,000 draws, and half a bin.
        let got = (1.0 + level.returns.quantiles[key]).ln();
        assert!(
            (got - log).abs() < 4.0 * 2.2 * VOLATILITY * YEARS.sqrt() / 632.0 + 5e-4,
            "{key}: {got} is not {log}"
        );
    }
}

#[test]
fn a_fee_at_liquidation_returns_the_rest_in_coin() {
    // Short at 5x without other fees: at the barrier u = (1/0.995)·(1 − 1/5) the coins left are 1 + 5·(u − 1), less 0.2 % of 5u.
    let venue = "{ contract = \"inverse\", maintenance = \"0.5%\", liquidation = { fee = \"0.2%\", slippage = \"10bp\" } }";
    let level = &simulate("short", venue, "[5]").levels[0];
    let u: f64 = 0.8 / 0.995;
    let (survives, inverse_price) = closed_forms(-(u.ln()), -1.0, -1.0);
    let filled = u / 1.001;
    let recovered = 1.0 + 5.0 * (filled - 1.0) - 0.002 * 5.0 * filled;
    assert!(recovered > 0.0);
    let wanted = -4.0 * survives + 5.0 * inverse_price + (1.0 - survives) * recovered - 1.0;
    assert_within("mean return", &level.mean_return, wanted);
}

#[test]
fn slippage_beyond_the_collateral_is_bad_debt() {
    // Long at 20x, liquidated at 0.95/0.995: equity there is 0.5 % of the notional, slippage takes 2 % of it.
    let venue =
        "{ contract = \"linear\", maintenance = \"0.5%\", liquidation = { fee = 0.0, slippage = \"2%\" } }";
    let level = &simulate("long", venue, "[20]").levels[0];
    let ratio = 0.95 / 0.995;
    let (survives, _) = closed_forms(f64::ln(ratio), 1.0, 1.0);
    let each = -(1.0 + 20.0 * (0.98 * ratio - 1.0));
    assert_within("bad debt", &level.bad_debt, (1.0 - survives) * each);
}

#[test]
fn spot_margin_is_liquidated_at_its_margin_level() {
    let venue = "{ contract = \"spot\", margin_level = { call = 1.3, liquidation = 1.1 }, max_leverage = 5 }";
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        for level in &simulate(side, venue, "[1, 1.5, 2.5, 4]").levels {
            let l = level.leverage;
            let what = format!("{side} {l}x");
            // Assets over debt: long L·r/(L − 1), short (1 + L)/(L·r).
            let ratio = if sign > 0.0 { 1.1 * (l - 1.0) / l } else { (1.0 + l) / (1.1 * l) };
            if ratio == 0.0 {
                assert_eq!(level.liquidation_price, None, "{what}");
                continue;
            }
            let price = level.liquidation_price.unwrap();
            assert!((price / (64_000.0 * ratio) - 1.0).abs() < 1e-12, "{what}: {price}");
            let (survives, price_ratio) = closed_forms(ratio.ln(), sign, 1.0);
            assert_within(&what, &level.liquidation_probability, 1.0 - survives);
            let wanted = (1.0 - sign * l) * survives + sign * l * price_ratio - 1.0;
            assert_within(&format!("{what} mean return"), &level.mean_return, wanted);
        }
    }
}

#[test]
fn unconfirmed_terms_and_simplified_liquidations_are_in_the_notes() {
    let notes = simulate("long", "\"loan-aave-like\"", "[2]").notes;
    let message = |code: &str| notes.iter().find(|note| note.code == code).map(|note| note.message.clone());
    assert!(message("unconfirmed_terms").unwrap().contains("loan-aave-like"));
    assert!(message("partial_liquidation").is_some());
    let confirmed = simulate("long", "\"flat-0.5pct\"", "[2]").notes;
    assert!(confirmed.iter().all(|note| note.code != "unconfirmed_terms"));
}

#[test]
fn worked_examples_are_the_barriers_of_the_simulation() {
    // IN1: 1000 long at 100,000 with 0.003 coins; IN3: short with 0.02, none; IN5: 2x at 110,000, maintenance of the entry.
    let level = |side: &str, price: &str, equity: &str, leverage: &str, terms: &str| {
        let venue = format!("{{ contract = \"inverse\", {terms} }}");
        let text = format!(
            "[simulation]\nhorizon = \"1d\"\npaths = 512\n[assets.BTC]\nprice = {price}\n\
             [assets.BTC.model]\nkind = \"gbm\"\ndrift = 0.0\nvolatility = 0.5\n\
             [account]\nequity = {equity}\nleverage = [{leverage}]\nvenue = {venue}\n\
             [[account.positions]]\nasset = \"BTC\"\nside = \"{side}\"\n"
        );
        let scenario = parse(Source::new("test", text.as_str()), &[]).unwrap();
        let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
        run(&scenario, &options).unwrap().levels.remove(0).liquidation_price
    };
    let in1 = level("long", "100000.0", "0.003", "3.3333333333333333", "maintenance = 0.005").unwrap();
    assert!((in1 - 1005.0 / 0.013).abs() < 1e-6, "{in1}");
    assert_eq!(level("short", "100000.0", "0.02", "0.5", "maintenance = 0.005"), None);
    let entry = "maintenance = 0.1, maintenance_basis = \"entry\"";
    let in5 = |side| level(side, "110000.0", "0.01", "2", entry).unwrap();
    assert!((in5("short") - 183_333.0).abs() < 0.5 && (in5("long") - 78_571.0).abs() < 0.5);
}
