//! Price models: one file per law, and the trait they share.
//!
//! A model moves the log-price of one asset for all paths of a block at once. It knows nothing of leverage and cannot
//! create randomness: it is handed normals for its continuous driver (so that assets can be correlated) and a stream for
//! everything else. The engine asks when each path's next event of its own is due (a jump, a switch of regime), lets
//! the model move to that time or to the next common time, whichever is first, and then lets the event happen.

mod bates;
mod bootstrap;
mod characteristic;
pub(crate) mod check;
mod closing;
mod custom;
mod dependence;
mod errors;
mod garch;
mod gbm;
mod har;
mod hawkes;
mod hedge_table;
mod hedges;
mod heston;
mod heston_columns;
mod heston_plain;
mod jump_tail;
mod jumps;
mod keys;
mod kou;
mod led_jumps;
mod mark_row;
mod mark_slopes;
mod martingale;
mod merton;
mod mixture;
mod network;
mod quadratic_exponential;
mod regime;
mod scaled_history;
mod shared_past;
mod stress;

pub use bates::Bates;
pub use bootstrap::Bootstrap;
pub use check::ModelError;
pub use custom::PriceModel;
pub use dependence::{AssetJump, CommonJumps, Dependence};
pub use errors::{ParameterErrors, ParameterErrorsError};
pub use garch::Garch;
pub use gbm::Gbm;
pub use har::{
    DayExtremes, DayFileError, DayShape, Days, EstimateError, HAR_COEFFICIENTS, Har, HarEstimate, HarNumbers,
    HourShape, Hours, HoursError, LEAST_HOURS, NormalDays, Observation, PastDay, Regression, Season,
    ShockLaw, ShockLawError, VarianceState, Variances, season_ahead,
};
pub use hawkes::{Hawkes, HawkesJumps};
pub use heston::Heston;
pub use jumps::{JumpLaw, Jumps};
pub use kou::{Kou, KouJumps};
pub use merton::Merton;
pub use mixture::Mixture;
pub use network::{Floor, Network, Retarget, Retargets, Yields};
pub(crate) use regime::RegimeChain;
pub use regime::{Regime, RegimeState};
pub use scaled_history::{Extremes, HorizonEstimate, Listed, Record, ScaledHistory, inverse_deviations};
pub(crate) use shared_past::draw_together;
pub use shared_past::{SharedPastError, recorded_correlation, share_past};
pub use stress::{Shock, Spell, Stress};

use std::sync::Arc;

use serde::Serialize;

use crate::market::{Driving, Duration};
use crate::numeric::{Nets, Replacement, Stream};

/// Any model that a scenario can name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Model {
    /// Geometric Brownian motion.
    Gbm(Gbm),
    /// Jump diffusion with normal log jumps.
    Merton(Merton),
    /// Jump diffusion with double-exponential log jumps.
    Kou(Kou),
    /// Stochastic volatility.
    Heston(Heston),
    /// Stochastic volatility with normal log jumps.
    Bates(Bates),
    /// Variance that follows from past returns.
    Garch(Garch),
    /// A Markov chain of geometric Brownian motions.
    Regime(Regime),
    /// Jump diffusion with self-exciting jumps.
    Hawkes(Hawkes),
    /// Recorded bars put together anew.
    Bootstrap(Bootstrap),
    /// Past days drawn anew under a variance that has a memory.
    Har(Har),
    /// Whole past horizons, scaled.
    ScaledHistory(ScaledHistory),
    /// The equal mixture of the two.
    Forecast(Mixture),
    /// A model that a caller brings; scenario files cannot name it.
    #[serde(serialize_with = "custom::serialize")]
    Custom(Arc<dyn PriceModel>),
}

impl Model {
    /// The name of its kind in a scenario.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gbm(_) => "gbm",
            Self::Merton(_) => "merton",
            Self::Kou(_) => "kou",
            Self::Heston(_) => "heston",
            Self::Bates(_) => "bates",
            Self::Garch(_) => "garch",
            Self::Regime(_) => "regime",
            Self::Hawkes(_) => "hawkes",
            Self::Bootstrap(_) => "bootstrap",
            Self::Har(_) => "har",
            Self::ScaledHistory(_) => "scaled_history",
            Self::Forecast(_) => "forecast",
            Self::Custom(_) => "custom",
        }
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> Box<dyn Stepper> {
        match self {
            Self::Gbm(gbm) => Box::new(gbm.stepper()),
            Self::Merton(merton) => Box::new(merton.stepper(lanes)),
            Self::Kou(kou) => Box::new(kou.stepper(lanes)),
            Self::Heston(heston) => Box::new(heston.stepper(lanes)),
            Self::Bates(bates) => Box::new(bates.stepper(lanes)),
            Self::Garch(garch) => Box::new(garch.stepper(lanes)),
            Self::Regime(regime) => Box::new(regime.stepper(lanes)),
            Self::Hawkes(hawkes) => Box::new(hawkes.stepper(lanes)),
            Self::Bootstrap(bootstrap) => Box::new(bootstrap.stepper(lanes)),
            Self::Har(har) => Box::new(har.stepper(lanes)),
            Self::ScaledHistory(history) => Box::new(history.stepper(lanes)),
            Self::Forecast(mixture) => Box::new(mixture.stepper(lanes)),
            Self::Custom(model) => model.stepper(lanes),
        }
    }

    /// Whether its paths are made of recorded hours, not less.
    pub fn is_of_hours(&self) -> bool {
        matches!(self, Self::Har(_) | Self::ScaledHistory(_) | Self::Forecast(_))
    }

    /// The whole past horizons that its paths are drawn from, and the share of its paths that are.
    pub fn past_horizons(&self) -> Option<(&ScaledHistory, f64)> {
        match self {
            Self::ScaledHistory(history) => Some((history, 1.0)),
            Self::Forecast(mixture) => Some((mixture.scaled_history(), 0.5)),
            _ => None,
        }
    }

    /// Whether neighbouring paths are each other's mirror images.
    pub fn is_mirrored(&self) -> bool {
        matches!(self, Self::Har(har) if har.normal_days().is_none())
    }

    /// Whether nets can lead its paths.
    pub fn can_be_led(&self) -> bool {
        !matches!(self, Self::Bootstrap(_) | Self::ScaledHistory(_) | Self::Forecast(_))
    }

    /// Whether its paths are recorded bars with their own lows and highs.
    pub fn is_recorded(&self) -> bool {
        self.is_of_hours() || matches!(self, Self::Bootstrap(_))
    }

    /// Makes steppers whose paths are led by a tilt: what they share is worked out once.
    pub fn led(&self, tilt: Tilt) -> Box<dyn Fn(usize) -> Box<dyn Stepper> + Sync + '_> {
        match self {
            Self::Garch(garch) => Box::new(garch.led(tilt)),
            Self::Bootstrap(bootstrap) => Box::new(bootstrap.led(tilt)),
            _ => Box::new(move |lanes| {
                let mut stepper = self.stepper(lanes);
                stepper.tilt(tilt);
                stepper
            }),
        }
    }

    /// Whether its steppers know how likely a path is to reach the goal of a tilt ([`Stepper::foresee`]), and draw by that.
    pub fn foresees(&self) -> bool {
        matches!(self, Self::Garch(_) | Self::Bootstrap(_))
    }

    /// The step that a model is made of, which it says little within; none if any length of time is as good.
    pub fn grain(&self) -> Option<Duration> {
        match self {
            Self::Garch(garch) => Some(garch.step),
            Self::Bootstrap(bootstrap) => Some(bootstrap.interval()),
            _ if self.is_of_hours() => Some(Duration::from_seconds(3600)),
            _ => None,
        }
    }

    /// Whether copies of paths on their way to a rare end tell more of it than as many plain paths. Among recorded days a single one most often
    /// decides, which nothing announces: on nine years of BTC particles reached no probability of 1e-4 to 1e-6, over 7 and 30 days.
    pub fn gains_by_copies(&self) -> bool {
        match self {
            Self::Har(har) => har.normal_days().is_some(),
            Self::ScaledHistory(_) | Self::Forecast(_) => false,
            _ => true,
        }
    }

    /// The longest bar that the model can be moved over without a bias that matters, on paths of this length; none if any bar
    /// is exact.
    pub fn step(&self, horizon: Duration) -> Option<Duration> {
        match self {
            Self::Heston(heston) | Self::Bates(Bates { heston, .. }) => Some(heston.step(horizon)),
            Self::Custom(model) => model.step(horizon),
            // The ends of its steps are a GARCH model's own events, and those of its bars a bootstrap's.
            Self::Gbm(_)
            | Self::Merton(_)
            | Self::Kou(_)
            | Self::Garch(_)
            | Self::Regime(_)
            | Self::Hawkes(_)
            | Self::Bootstrap(_)
            | Self::Har(_)
            | Self::ScaledHistory(_)
            | Self::Forecast(_) => None,
        }
    }
}

/// Moves of the log-price over one continuous interval per path, as arrays of equal length.
#[derive(Debug)]
pub struct Moves<'a> {
    /// The path within the block of each entry, ascending.
    pub lanes: &'a [u32],
    /// Length of each interval in years; may be 0.
    pub duration: &'a [f64],
    /// Standard normals for the continuous driver.
    pub normals: &'a [f64],
    /// Log-price at the start of each interval.
    pub open: &'a [f64],
    /// To be filled: log-price at the end.
    pub close: &'a mut [f64],
    /// To be filled: integrated variance over the interval, for the bridge between open and close.
    pub variance: &'a mut [f64],
    /// To be filled by a model that knows it: lowest log-price of the interval.
    pub low: &'a mut [f64],
    /// To be filled by a model that knows it: highest log-price of the interval.
    pub high: &'a mut [f64],
    /// Factor on the volatility of the move, 1 unless the scenario stresses it; the growth of the expected price stays.
    pub volatility_times: f64,
}

/// Moves of the log-price of some paths in a row over several intervals in a row.
#[derive(Debug)]
pub struct Stride<'a> {
    /// Number of intervals, whose lengths the stepper knows already.
    pub intervals: usize,
    /// The first of the paths that move.
    pub first: usize,
    /// Log-price at the start, by path that moves.
    pub open: &'a [f64],
    /// Standard normals, by interval and path of the block; rows may have room beyond it.
    pub normals: &'a [f64],
    /// To be filled, by interval and path that moves: the log-price at the end of the interval.
    pub rows: &'a mut [f64],
}

/// A wish for paths that go a long way in one direction: jumps are drawn from a law tilted by exp(exponent·jump), and paths carry
/// weights that make up for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tilt {
    /// Exponent per unit of the log-price; negative for a way down.
    pub exponent: f64,
    /// How far the way is, as a distance of log-prices; positive.
    pub goal: f64,
    /// Length of the paths in years.
    pub horizon: f64,
}

/// Moves the paths of one block.
pub trait Stepper: Send {
    /// Starts a block of `lanes` paths at time 0.
    fn begin(&mut self, lanes: usize, noise: &mut Stream);

    /// When the next event of each path is due, in years since the start (infinite: never); empty for a model without
    /// events.
    fn event_times(&self) -> &[f64];

    /// Lets nets lead some of what it draws on the paths of the block just begun, of a length in years, with the noise that it began with; asked
    /// of paths that are led. The normals that it is handed are led without its doing.
    fn lead(&mut self, _nets: &mut Nets, _horizon: f64, _lanes: usize, _noise: &mut Stream) {}

    /// Whether the model fills the low and high of its moves; otherwise they are drawn from the law of the bridge.
    fn knows_extremes(&self) -> bool {
        false
    }

    /// Whether the events of all paths are due at the same times, and happen to all of them.
    fn events_together(&self) -> bool {
        false
    }

    /// Whether its moves rest on the normals that they are handed.
    fn takes_normals(&self) -> bool {
        true
    }

    /// Whether an event adds to the log-price and changes nothing else that the path's continuous moves depend on. Then a price
    /// that is seen at the end of an interval only may move first and jump afterwards.
    fn events_only_add(&self) -> bool {
        false
    }

    /// How many of the next intervals, which end at these times in years, the model can move over at once: events only add to the price, or are
    /// part of the stride.
    fn stride_over(&self, _ends: &[f64]) -> usize {
        0
    }

    /// Gets ready to move all paths, so many, over several intervals of these lengths in years: draws what that takes beside the normals.
    /// Asked of models that can, once before [`stride`](Self::stride)
    /// moves the paths part by part. Events that are part of the stride have happened then.
    fn plan_stride(&mut self, _durations: &[f64], _lanes: usize, _noise: &mut Stream) {}

    /// Moves some paths over these intervals at once, without the events that only add to the price.
    fn stride(&mut self, _stride: Stride<'_>) {}

    /// Moves the listed paths over an interval without events.
    fn advance(&mut self, moves: Moves<'_>, noise: &mut Stream);

    /// What drove the last [`advance`](Self::advance), which was handed these normals; none for a model whose variance does not change with it.
    fn drivers<'a>(&'a self, _normals: &'a [f64]) -> Option<Driving<'a>> {
        None
    }

    /// Takes note that every path has reached a time in years.
    fn arrive(&mut self, _time: f64) {}

    /// Lets the event happen that is due at each listed path, and adds the jump of the log-price to `log_price`, which
    /// is indexed by path.
    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream);

    /// Draws the jumps of the blocks to come from a tilted law; nothing to do for a model without jumps.
    fn tilt(&mut self, _tilt: Tilt) {}

    /// Replaces the logarithm of the hope of each path to go the distance that is left to the goal of a tilt (0 for a path that has been
    /// there), if the model knows better, up to a factor that all share. Only efficiency depends on it.
    fn foresee(&self, _left: &[f64], _logarithms: &mut [f64]) {}

    /// Multiplies the weight of each path, all of which have reached a time, by the ratio of the law's density to that of the
    /// tilted law for what has happened since it was last asked.
    fn weigh(&mut self, _time: f64, _weights: &mut [f64]) {}

    /// Replaces the state of some paths, all at the same time, by that of others: everything that their future depends on.
    fn replace(&mut self, replacements: &[Replacement]);
}
