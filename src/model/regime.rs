//! Regime switching: a continuous-time Markov chain chooses among geometric Brownian motions.
//!
//! ```text
//! dS = drift_k·S dt + volatility_k·S dW,   k a Markov chain that jumps from i to j at rate q_ij
//! E[S_T] = S_0 · p'·exp((Q + diag(drift))·T)·1,   p the law of the state at the start
//! ```
//!
//! Any number of states. Exact: the time in a state is exponential and drawn exactly, within a state the price is geometric
//! Brownian motion, and bars end at switches. With equal states, or with one, this is geometric Brownian motion. The price is
//! continuous; only its volatility and drift jump.
//! Source: Hamilton (1989), "A new approach to the economic analysis of nonstationary time series"; Guo (2001) for the
//! continuous chain.

use serde::Serialize;

use super::{Moves, Stepper};
use crate::numeric::{Kernel, Replacement, Stream, dispatch, replace, waiting_time};

/// Drift and volatility of the price in one state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RegimeState {
    /// Growth rate of the expected price, per year.
    pub drift: f64,
    /// Volatility per square root of a year; positive.
    pub volatility: f64,
}

/// A Markov chain of geometric Brownian motions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Regime {
    /// The states; at least one.
    pub states: Vec<RegimeState>,
    /// Switches per year from the state of the row to the state of the column; not negative; the diagonal is not used.
    pub switching_rates: Vec<Vec<f64>>,
    /// Probability of each state at the start.
    pub start: Vec<f64>,
}

impl Regime {
    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        let column = || Vec::with_capacity(lanes);
        RegimeStepper {
            chain: self.chain(),
            state: Vec::with_capacity(lanes),
            next_switch: column(),
            growth: column(),
            volatility: column(),
            draws: Vec::with_capacity(2 * lanes),
        }
    }

    /// The chain in the form that its states are drawn from.
    pub(crate) fn chain(&self) -> RegimeChain {
        let exits = self
            .switching_rates
            .iter()
            .enumerate()
            .map(|(from, row)| {
                let rates = row.iter().enumerate().map(|(to, rate)| if to == from { 0.0 } else { *rate });
                Exit { rate: rates.clone().sum(), shares: cumulative(rates) }
            })
            .collect();
        RegimeChain { states: self.states.clone(), exits, start: cumulative(self.start.iter().copied()) }
    }

    /// The law of the state after a long time: p'Q = 0, by elimination without subtractions (Grassmann, Taksar and Heyman
    /// 1985), which is exact to rounding also for rates of very different size. A state that cannot be left for
    /// those before it takes all.
    pub fn stationary(switching_rates: &[Vec<f64>]) -> Vec<f64> {
        let n = switching_rates.len();
        let mut q = switching_rates.to_vec();
        for k in (1..n).rev() {
            let out: f64 = q[k][..k].iter().sum();
            for i in 0..k {
                // Without a way back the share is infinite, and dividing by the total below gives 1.
                q[i][k] /= out.max(1e-250);
                for j in 0..k {
                    if i != j {
                        q[i][j] += q[i][k] * q[k][j];
                    }
                }
            }
        }
        let mut weights = vec![1.0; n];
        for k in 1..n {
            weights[k] = (0..k).map(|i| weights[i] * q[i][k]).sum::<f64>().min(1e150);
        }
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }
}

fn cumulative(weights: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let total: f64 = weights.clone().sum();
    let mut sum = 0.0;
    weights
        .map(|weight| {
            sum += weight;
            sum / total
        })
        .collect()
}

/// The first entry whose cumulative share exceeds a uniform.
fn choose(shares: &[f64], uniform: f64) -> usize {
    shares.iter().position(|share| uniform < *share).unwrap_or(shares.len() - 1)
}

/// How a state is left: the rate, and the cumulative shares of the states that follow.
#[derive(Debug, Clone, PartialEq)]
struct Exit {
    rate: f64,
    shares: Vec<f64>,
}

/// A Markov chain of regimes as it is drawn from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RegimeChain {
    /// The states; at least one.
    pub states: Vec<RegimeState>,
    exits: Vec<Exit>,
    start: Vec<f64>,
}

impl RegimeChain {
    /// The state at the start that a uniform stands for.
    pub fn first(&self, uniform: f64) -> usize {
        choose(&self.start, uniform)
    }

    /// Switches per year out of a state.
    pub fn exit_rate(&self, state: usize) -> f64 {
        self.exits[state].rate
    }

    /// The state after another that a uniform stands for.
    pub fn next(&self, state: usize, uniform: f64) -> usize {
        choose(&self.exits[state].shares, uniform)
    }

    /// The highest rate out of any state, per year.
    pub fn highest_exit_rate(&self) -> f64 {
        self.exits.iter().map(|exit| exit.rate).fold(0.0, f64::max)
    }
}

/// Steps the chain from switch to switch.
#[derive(Debug)]
struct RegimeStepper {
    chain: RegimeChain,
    state: Vec<u32>,
    next_switch: Vec<f64>,
    growth: Vec<f64>,
    volatility: Vec<f64>,
    draws: Vec<f64>,
}

impl RegimeStepper {
    fn enter(&mut self, lane: usize, state: usize, now: f64, wait: f64) {
        self.state[lane] = state as u32;
        self.next_switch[lane] = now + waiting_time(wait, self.chain.exit_rate(state));
        self.growth[lane] = self.chain.states[state].drift;
        self.volatility[lane] = self.chain.states[state].volatility;
    }
}

impl Stepper for RegimeStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        self.state.resize(lanes, 0);
        for column in [&mut self.next_switch, &mut self.growth, &mut self.volatility] {
            column.resize(lanes, 0.0);
        }
        let mut draws = std::mem::take(&mut self.draws);
        draws.resize(2 * lanes, 0.0);
        let (uniforms, waits) = draws.split_at_mut(lanes);
        noise.uniforms(uniforms);
        noise.exponentials(waits);
        for lane in 0..lanes {
            self.enter(lane, self.chain.first(uniforms[lane]), 0.0, waits[lane]);
        }
        self.draws = draws;
    }

    fn event_times(&self) -> &[f64] {
        &self.next_switch
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        dispatch(Diffuse { growth: &self.growth, volatility: &self.volatility, moves });
    }

    fn happen(&mut self, lanes: &[u32], _log_price: &mut [f64], noise: &mut Stream) {
        let mut draws = std::mem::take(&mut self.draws);
        draws.resize(2 * lanes.len(), 0.0);
        let (uniforms, waits) = draws.split_at_mut(lanes.len());
        noise.uniforms(uniforms);
        noise.exponentials(waits);
        for ((lane, uniform), wait) in lanes.iter().zip(uniforms).zip(waits) {
            let lane = *lane as usize;
            let next = self.chain.next(self.state[lane] as usize, *uniform);
            self.enter(lane, next, self.next_switch[lane], *wait);
        }
        self.draws = draws;
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        replace(&mut self.state, replacements);
        for column in [&mut self.next_switch, &mut self.growth, &mut self.volatility] {
            replace(column, replacements);
        }
    }
}

/// Geometric Brownian motion with the drift and volatility of each path.
struct Diffuse<'a> {
    growth: &'a [f64],
    volatility: &'a [f64],
    moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { growth, volatility, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let n = close.len();
        let (lanes, duration, normals) = (&lanes[..n], &duration[..n], &normals[..n]);
        let (open, variance) = (&open[..n], &mut variance[..n]);
        for i in 0..n {
            let lane = lanes[i] as usize;
            let volatility = volatility[lane] * volatility_times;
            let integrated = volatility * volatility * duration[i];
            variance[i] = integrated;
            let drift = growth[lane].mul_add(duration[i], -0.5 * integrated);
            close[i] = open[i] + integrated.sqrt().mul_add(normals[i], drift);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against p'Q = 0 itself, and the two-state formula q21/(q12 + q21).
    #[test]
    fn the_stationary_law_is_left_unchanged_by_the_chain() {
        let two = Regime::stationary(&[vec![0.0, 6.0], vec![24.0, 0.0]]);
        assert!((two[0] - 0.8).abs() < 1e-15);
        let rates = vec![vec![0.0, 5.0, 0.1], vec![12.0, 0.0, 3.0], vec![40.0, 1e-6, 0.0]];
        let p = Regime::stationary(&rates);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        for j in 0..3 {
            let flow_in: f64 = (0..3).filter(|i| *i != j).map(|i| p[i] * rates[i][j]).sum();
            let flow_out: f64 = (0..3).filter(|i| *i != j).map(|i| p[j] * rates[j][i]).sum();
            assert!((flow_in - flow_out).abs() < 1e-14);
        }
    }

    #[test]
    fn a_state_without_exit_takes_all() {
        let p = Regime::stationary(&[vec![0.0, 1.0], vec![0.0, 0.0]]);
        assert!(p[0] < 1e-100 && p[1] == 1.0, "{p:?}");
        assert_eq!(Regime::stationary(&[vec![0.0]]), [1.0]);
    }
}
