//! A price model of your own under an exchange's rules: the variance gamma process (Madan, Carr and Chang 1998), a Brownian motion whose
//! clock is a gamma process. Run it with `cargo run --release --example own_model`.
#![allow(clippy::print_stdout)]

use std::sync::Arc;

use liqsim::market::Duration;
use liqsim::model::{Model, Moves, PriceModel, Stepper};
use liqsim::numeric::{Replacement, Stream};
use liqsim::scenario::{Source, parse};
use liqsim::{RunOptions, run};
use rand_distr::{Distribution, Gamma};

/// The clock gains `dt` on average, with variance `kurtosis_time * dt`; the drift is that of the expected price.
#[derive(Debug, Clone, Copy)]
pub struct VarianceGamma {
    /// Growth rate of the expected price per year.
    pub drift: f64,
    /// Per square root of a year.
    pub volatility: f64,
    /// Years over which the excess kurtosis of the log return is 3.
    pub kurtosis_time: f64,
}

impl PriceModel for VarianceGamma {
    fn name(&self) -> &str {
        "variance gamma"
    }
    fn parameters(&self) -> Vec<(&str, f64)> {
        vec![("drift", self.drift), ("volatility", self.volatility), ("kurtosis_time", self.kurtosis_time)]
    }
    fn stepper(&self, _lanes: usize) -> Box<dyn Stepper> {
        Box::new(*self)
    }
    fn step(&self, _horizon: Duration) -> Option<Duration> {
        None
    }
}

impl Stepper for VarianceGamma {
    fn begin(&mut self, _lanes: usize, _noise: &mut Stream) {}
    fn event_times(&self) -> &[f64] {
        &[]
    }
    fn advance(&mut self, moves: Moves<'_>, noise: &mut Stream) {
        let Self { drift, volatility, kurtosis_time: nu } = *self;
        let compensator = (1.0 - 0.5 * volatility * volatility * nu).ln() / nu;
        for (i, years) in moves.duration.iter().enumerate() {
            let clock = Gamma::new(years / nu, nu).map_or(*years, |law| law.sample(noise));
            let diffusion = volatility * clock.sqrt() * moves.normals[i];
            moves.close[i] = moves.open[i] + (drift + compensator) * years + diffusion;
            // The price goes in jumps: there is no path between open and close.
            moves.variance[i] = 0.0;
        }
    }
    fn happen(&mut self, _lanes: &[u32], _log_price: &mut [f64], _noise: &mut Stream) {}
    fn replace(&mut self, _replacements: &[Replacement]) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Everything but the model comes from the text.
    let text = include_str!("../scenarios/btc-flat-rate.toml");
    let mut scenario = parse(Source::new("own model", text), &["simulation.monitoring=1d".to_owned()])?;
    let model = VarianceGamma { drift: 0.0, volatility: 0.6, kurtosis_time: 1.0 / 365.0 };
    scenario.assets[0].model = Model::Custom(Arc::new(model));
    for level in run(&scenario, &RunOptions::default())?.levels {
        let probability = level.liquidation_probability;
        println!("{}x {:.4} ± {:.4}", level.leverage, probability.value, probability.std_error);
    }
    Ok(())
}
