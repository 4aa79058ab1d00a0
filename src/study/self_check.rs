//! The closed-form battery: does this build, on this machine, compute what is known exactly?
//!
//! Liquidation of a linear position under geometric Brownian motion is a first passage, whose probability is known
//! (Karatzas and Shreve 1991, section 3.5.C); the mean return of a position that cannot be liquidated follows from the
//! mean of the price, which every model must meet. Every case has its own seed and counts hits on plain paths, so the scores are
//! independent and normal.

use std::sync::atomic::AtomicBool;

use super::simulation::{RunError, run_sampled as run};
use crate::engine::RunOptions;
use crate::numeric::elementary;
use crate::numeric::special::normal_cdf;
use crate::scenario::{Problems, Source, parse};

/// Paths of every case.
const PATHS: u32 = 400_000;
/// Largest score that passes: by chance a sound build fails once in some 10,000 batteries.
pub const LARGEST_SCORE: f64 = 4.5;
const PRICE: f64 = 100.0;
const YEAR: f64 = 365.0;

/// One known value and its estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownValue {
    /// What is computed.
    pub case: String,
    /// The estimate.
    pub estimate: f64,
    /// The closed form.
    pub exact: f64,
    /// Difference in standard errors.
    pub score: f64,
}

/// Why the battery could not be run; a mistake of the program, not of its user.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheckError {
    /// A case is not a valid scenario.
    #[error("a built-in scenario is wrong:\n{0}")]
    Scenario(Problems),
    /// A case does not run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no closed form to compare with.
    #[error("a built-in case has no liquidation price")]
    NoPrice,
}

/// Runs all cases.
///
/// # Errors
/// See [`SelfCheckError`].
pub fn self_check() -> Result<Vec<KnownValue>, SelfCheckError> {
    let mut found = Vec::new();
    let mut seed = 0;
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        for (volatility, days, drift) in [(0.6, 30.0, 0.0), (0.9, 7.0, 0.5), (0.4, 90.0, -0.3)] {
            for leverage in [3.0, 5.0, 10.0, 20.0] {
                seed += 1;
                let model = format!("kind = \"gbm\"\ndrift = {drift:?}\nvolatility = {volatility:?}");
                let text = scenario(&model, side, leverage, days, seed);
                let level = simulate(&text)?;
                let barrier = level.liquidation_price.ok_or(SelfCheckError::NoPrice)?;
                let exact = passage_probability(
                    sign * elementary::ln(barrier / PRICE),
                    sign * (drift - 0.5 * volatility * volatility),
                    volatility,
                    days / YEAR,
                );
                let estimate = level.liquidation_probability.value;
                let error = (exact * (1.0 - exact) / f64::from(PATHS)).sqrt();
                found.push(KnownValue {
                    case: format!("gbm {side} {leverage}x, {days} d, volatility {volatility}: liquidation"),
                    estimate,
                    exact,
                    score: (estimate - exact) / error,
                });
            }
        }
    }
    let jumps = "jumps = { rate = 30.0, mean = -0.05, std_dev = 0.1 }";
    for (name, model) in [
        ("gbm", "kind = \"gbm\"\ndrift = 0.8\nvolatility = 0.7".to_owned()),
        ("merton", format!("kind = \"merton\"\ndrift = 0.8\nvolatility = 0.4\n{jumps}")),
    ] {
        seed += 1;
        let leverage = 0.5;
        let estimate = simulate(&scenario(&model, "long", leverage, 60.0, seed))?.mean_return;
        let exact = leverage * elementary::exp_m1(0.8 * 60.0 / YEAR);
        found.push(KnownValue {
            case: format!("{name} long {leverage}x, 60 d: mean return"),
            estimate: estimate.value,
            exact,
            score: (estimate.value - exact) / estimate.std_error,
        });
    }
    Ok(found)
}

fn scenario(model: &str, side: &str, leverage: f64, days: f64, seed: u64) -> String {
    format!(
        "[simulation]\nhorizon = \"{days}d\"\npaths = {PATHS}\nseed = {seed}\nsampling = \"pseudo\"\n\n[assets.X]\nprice = {PRICE:?}\n\n\
         [assets.X.model]\n{model}\n\n[account]\nequity = 1000.0\nleverage = {leverage:?}\n\
         venue = {{ contract = \"linear\", maintenance = 0.005 }}\n\n\
         [[account.positions]]\nasset = \"X\"\nside = \"{side}\"\n"
    )
}

fn simulate(text: &str) -> Result<crate::result::LevelResult, SelfCheckError> {
    let scenario = parse(Source::new("self check", text), &[]).map_err(SelfCheckError::Scenario)?;
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    run(&scenario, &options)?.levels.pop().ok_or(SelfCheckError::NoPrice)
}

/// Probability that a Brownian motion from 0 falls to `barrier` < 0 within `time`.
fn passage_probability(barrier: f64, drift: f64, volatility: f64, time: f64) -> f64 {
    let deviation = volatility * time.sqrt();
    normal_cdf((barrier - drift * time) / deviation)
        + elementary::exp(2.0 * drift * barrier / (volatility * volatility))
            * normal_cdf((barrier + drift * time) / deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published values of a 5x long and short at 60 % volatility over 30 days with 0.5 % maintenance.
    #[test]
    fn the_closed_form_gives_the_published_probabilities() {
        let probability = |barrier: f64, sign: f64| {
            passage_probability(sign * barrier.ln(), -sign * 0.18, 0.6, 30.0 / 365.0)
        };
        assert!((probability(0.8 / 0.995, 1.0) - 0.227_851_0).abs() < 1e-6);
        assert!((probability(1.2 / 1.005, -1.0) - 0.276_355_6).abs() < 1e-6);
    }

    #[test]
    fn this_build_passes_its_own_battery() {
        let found = self_check().unwrap();
        assert!(found.len() >= 26);
        for value in &found {
            assert!(value.score.abs() < LARGEST_SCORE, "{value:?}");
        }
        let squares: f64 = found.iter().map(|value| value.score * value.score).sum();
        // Mean 26, deviation 7.2: beyond 60 once in 7,000.
        assert!((6.0..60.0).contains(&squares), "{squares}");
    }
}
