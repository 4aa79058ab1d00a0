//! Which net a model's paths take.

use super::event_law::EventLaw;
use super::events::{self, EventNet};
use super::law::Law;
use super::normal_jumps::{self, Net};
use super::points::Points;
use crate::model::{Hawkes, Kou, Model, RegimeChain};
use crate::numeric::{dispatch, elementary};

/// Most events expected on a path; more are not worth nets.
const MOST_EVENTS: f64 = 200.0;

/// First passages of the price of one model, mirrored for a short.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Problem {
    /// Brownian motion with normal jumps, under an exponential tilt.
    NormalJumps {
        /// The law of the paths.
        law: Law,
        /// Exponent of the weights, k; 0 for none.
        tilt: f64,
        /// ψ(k) of the law before it was tilted.
        cumulant: f64,
        /// Rate of jumps before over that after tilting.
        arrival: f64,
        /// Distribution function of the number of jumps.
        jump_counts: Vec<f64>,
    },
    /// Double-exponential jumps.
    Kou { law: Kou, sign: f64 },
    /// Jumps that excite each other.
    Hawkes { law: Hawkes, sign: f64 },
    /// Switches of volatility.
    Regime { law: RegimeChain, sign: f64 },
}

/// Columns of either net.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    normal_jumps: normal_jumps::Scratch,
    events: events::Scratch,
}

impl Problem {
    /// The problem of a model over a horizon in years, the log-price times a sign; none if the price is not Gaussian between
    /// a few events.
    pub fn of(model: &Model, sign: f64, horizon: f64) -> Option<Self> {
        let problem = match model {
            Model::Gbm(_) | Model::Merton(_) => Self::normal_jumps(Law::of(model, sign)?, 0.0, horizon),
            Model::Kou(kou) => Self::Kou { law: *kou, sign },
            Model::Hawkes(hawkes) => Self::Hawkes { law: *hawkes, sign },
            Model::Regime(regime) => Self::Regime { law: regime.chain(), sign },
            Model::Heston(_)
            | Model::Bates(_)
            | Model::Garch(_)
            | Model::Bootstrap(_)
            | Model::Har(_)
            | Model::ScaledHistory(_)
            | Model::Forecast(_)
            | Model::Custom(_) => return None,
        };
        (problem.expected_events(horizon) <= MOST_EVENTS).then_some(problem)
    }

    fn normal_jumps(own: Law, tilt: f64, horizon: f64) -> Self {
        let law = own.tilted(tilt);
        Self::NormalJumps {
            tilt,
            cumulant: own.cumulant(tilt),
            arrival: if own.rate > 0.0 { own.rate / law.rate } else { 1.0 },
            jump_counts: law.jump_counts(horizon),
            law,
        }
    }

    /// The problem, which nothing has led anywhere, over another horizon.
    pub fn over(&self, horizon: f64) -> Self {
        match self {
            Self::NormalJumps { law, .. } => Self::normal_jumps(*law, 0.0, horizon),
            _ => self.clone(),
        }
    }

    /// The problem under the law that leads to a barrier, where that is known; as it is otherwise.
    pub fn led_to(&self, barrier: f64, horizon: f64) -> Self {
        match self {
            Self::NormalJumps { law, tilt: 0.0, .. } => {
                Self::normal_jumps(*law, law.tilt_to(barrier, horizon, MOST_EVENTS), horizon)
            }
            _ => self.clone(),
        }
    }

    /// Whether paths carry weights.
    pub fn is_tilted(&self) -> bool {
        matches!(self, Self::NormalJumps { tilt, .. } if *tilt != 0.0)
    }

    /// A bound on the probability of touching a barrier, where the paths are led to it; 1 where nothing is known.
    ///
    /// With the tilt k and its cumulant ψ, exp(k·X − ψ·t) is a martingale that starts at 1, and at the barrier b it is at least
    /// exp(k·b − max(ψ, 0)·T): Markov's inequality.
    pub fn most(&self, barrier: f64, horizon: f64) -> f64 {
        match self {
            Self::NormalJumps { tilt, cumulant, .. } if *tilt != 0.0 => {
                elementary::exp(horizon.mul_add(cumulant.max(0.0), -tilt * barrier)).min(1.0)
            }
            _ => 1.0,
        }
    }

    /// Whether rare levels are reached by tilting.
    pub fn can_be_led(&self) -> bool {
        matches!(self, Self::NormalJumps { .. })
    }

    /// Number of jumps or switches that are expected on a path.
    pub fn expected_events(&self, horizon: f64) -> f64 {
        match self {
            Self::NormalJumps { law, .. } => law.rate * horizon,
            Self::Kou { law, .. } => law.jumps.rate * horizon,
            Self::Hawkes { law, .. } => law.expected_jumps(horizon),
            Self::Regime { law, .. } => law.highest_exit_rate() * horizon,
        }
    }

    /// What a part of a net adds to the estimates of touching barriers and, for each of these, of touching it and closing at marks or above, by
    /// scrambling.
    pub fn sum(
        &self,
        horizon: f64,
        (barriers, marks): (&[f64], &[f64]),
        points: Points<'_>,
        scratch: &mut Scratch,
        out: &mut [f64],
    ) {
        let scratch_of_events = &mut scratch.events;
        match self {
            Self::NormalJumps { law, tilt, cumulant, arrival, jump_counts } => dispatch(Net {
                law: *law,
                tilt: *tilt,
                cumulant: *cumulant,
                arrival: *arrival,
                horizon,
                jump_counts,
                barriers,
                marks,
                points,
                scratch: &mut scratch.normal_jumps,
                out,
            }),
            Self::Kou { law, sign } => {
                run(law, *sign, horizon, (barriers, marks), points, scratch_of_events, out);
            }
            Self::Hawkes { law, sign } => {
                run(law, *sign, horizon, (barriers, marks), points, scratch_of_events, out);
            }
            Self::Regime { law, sign } => {
                run(law, *sign, horizon, (barriers, marks), points, scratch_of_events, out);
            }
        }
    }
}

fn run<L: EventLaw>(
    law: &L,
    sign: f64,
    horizon: f64,
    (barriers, marks): (&[f64], &[f64]),
    points: Points<'_>,
    scratch: &mut events::Scratch,
    out: &mut [f64],
) {
    dispatch(EventNet { law, sign, horizon, barriers, marks, points, scratch, out });
}
