//! Filtered bootstrap of days: the variance of each day follows from those before it, its shock and its shape are those of a day of
//! the past.
//!
//! ```text
//! v    = ln²(max(high, C)/min(low, C))/(4 ln 2)       variance of an hour, C the close before it (Parkinson 1980)
//! l    = ln Σ v/s over 24 hours                       s the season: hour of the day times day of the week, each of mean 1
//! l₊   = c + b1·l + b7·m7 + b30·m30 + b90·m90 + b6·(l6 − l) + u
//! ```
//!
//! with m_k the mean of the last k values of l and l6 = ln(4 Σ v/s over the last 6 hours). A path draws for every day a day of the
//! past by its weight, and a sign. The past day gives the shock u, so l₊ (at most 2), and the way of the price: its recorded
//! hours over the close before it, times ± exp(l₊/2) over the past day's own exp(l/2), times the root of the mean
//! season of the day to come. With a negative sign lows and highs change places. So nothing is learnt from the past about
//! where the price goes: a path and its mirror image are as likely.
//!
//! | key | meaning |
//! |---|---|
//! | prices | recorded bars, from which all else is estimated |
//! | days | file of past days (`day_file`), in place of prices |
//! | intercept, b1, b7, b30, b90, b6 | c and the weights, in place of prices |
//! | state, short, season | what is known at the start: the last days' l, l6 − l, the factors of the seven days to come |
//! | return_variance, shock | without days: the variance of a day's return over e^l, and moments of u (`shock_law`) |
//! | log_drift | mean log return per year; 0 if absent |
//!
//! The coefficients are those of weighted least squares on blocks of 24 hours every 6 hours, half-life four years (`estimate`).
//! Missing hours count as the others of their block; a block with fewer than half of its hours counts as the mean of
//! the known ones.
//!
//! Exact: recorded lows and highs are the lows and highs of the path, and no bridge is added; a piece of a day is made of its
//! recorded hours, and within an hour the price moves in proportion to time and its low and high belong to the piece with the
//! hour's end. Approximate: that the shape of a day does not depend on its variance.
//! Without days u has Johnson's law of its moments, a day is normal with the variance return_variance·e^l, and a bridge lies inside it: the
//! weaker form, whose small probabilities came true about three times as often as said (docs/replay.md).
//! With all b = 0 days are independent draws; with u = 0 as well their variance is e^c.
//!
//! Sources: Corsi (2009), "A simple approximate long-memory model of realized volatility"; Barone-Adesi, Giannopoulos and Vosper
//! (1999), "VaR without correlations for portfolios of derivative securities" (filtered historical simulation); Parkinson
//! (1980), "The extreme value method for estimating the variance of the rate of return".

mod day_file;
mod days;
mod estimate;
mod hedge_table;
mod hedges;
mod mark_table;
mod hours;
mod regression;
mod season;
mod shared;
mod shock_law;
mod stepper;
mod variances;
mod walk;

pub use day_file::DayFileError;
pub use days::{DayShape, Days, HourShape};
pub use estimate::{EstimateError, HarEstimate, LEAST_HOURS, PastDay};
pub use hours::{Hours, HoursError};
pub use regression::{Observation, Regression, dot};
pub use season::Season;
pub use shock_law::{ShockLaw, ShockLawError};
pub(super) use stepper::HarStepper;
pub use variances::{VarianceState, Variances};

use std::sync::Arc;

use serde::Serialize;

use self::variances::DAY;
use self::walk::{Dynamics, Pairing, Walk};
use super::Stepper;
use crate::market::PriceHistory;
use crate::numeric::{Kernel, Stream, dispatch};

/// Names of the coefficients, as scenarios have them.
pub const HAR_COEFFICIENTS: [&str; 6] = ["intercept", "b1", "b7", "b30", "b90", "b6"];

/// Days of the past drawn anew under a variance that has a memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Har {
    /// Hash of what the days were taken from.
    hash: String,
    /// c, b1, b7, b30, b90, b6.
    coefficients: [f64; 6],
    /// Covariance of the coefficients, where they were estimated with the model.
    #[serde(skip)]
    covariance: Option<[[f64; 6]; 6]>,
    /// Log-variance of the last 90 days, the latest first.
    last_days: Vec<f64>,
    /// Log-variance of the last six hours, times four, over that of the last day.
    short: f64,
    /// Square root of the mean seasonal factor of the next seven days.
    season: [f64; 7],
    /// Mean log return per year.
    log_drift: f64,
    /// Without recorded days: how they move.
    #[serde(skip_serializing_if = "Option::is_none")]
    normal: Option<NormalDays>,
    #[serde(skip)]
    days: Arc<Days>,
    /// The hours that everything was estimated from; none where numbers were given.
    #[serde(skip)]
    hours: Option<Arc<Hours>>,
}

/// Days that are normal given their variance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NormalDays {
    /// Variance of a day's log return over its own e^l.
    pub return_variance: f64,
    /// Law of the shocks.
    pub shock: ShockLaw,
}

/// Coefficients and what is known at the start, as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct HarNumbers {
    /// c, b1, b7, b30, b90, b6.
    pub coefficients: [f64; 6],
    /// What is known at the start.
    pub state: VarianceState,
    /// Mean seasonal factor of each of the next seven days.
    pub season: [f64; 7],
    /// Mean log return per year.
    pub log_drift: f64,
}

impl Har {
    /// The model as estimated from a whole history, whose content has the given hash.
    ///
    /// # Errors
    /// The history is too short or not hourly: see [`EstimateError`].
    pub fn of_history(history: &PriceHistory, hash: String, log_drift: f64) -> Result<Self, EstimateError> {
        Self::of_hours(Hours::of(history)?, hash, log_drift)
    }

    /// The model as estimated from all of some hours.
    fn of_hours(hours: Hours, hash: String, log_drift: f64) -> Result<Self, EstimateError> {
        let (estimate, state) = HarEstimate::of_hours(&hours)?;
        let model = Self::new(&hours, &estimate, &state, hours.len(), hash, log_drift)?;
        Ok(Self { hours: Some(Arc::new(hours)), ..model })
    }

    /// The model of an estimate and of what is known at a place.
    ///
    /// # Errors
    /// [`EstimateError::Degenerate`] if there are no days.
    pub fn new(
        hours: &Hours,
        estimate: &HarEstimate,
        state: &VarianceState,
        end: usize,
        hash: String,
        log_drift: f64,
    ) -> Result<Self, EstimateError> {
        let days = Self::days_of(hours, estimate)?;
        Ok(Self {
            hash,
            coefficients: estimate.coefficients,
            covariance: Some(estimate.covariance),
            last_days: state.days.to_vec(),
            short: state.short,
            season: season_ahead(&estimate.season, hours.hour(end)),
            log_drift,
            normal: None,
            days: Arc::new(days),
            hours: None,
        })
    }

    /// The model of estimated numbers and recorded days, whose content has the given hash.
    pub fn of_days(numbers: &HarNumbers, days: Days, hash: String) -> Self {
        Self::of_numbers(numbers, days, hash, None)
    }

    /// The weaker form: normal days.
    ///
    /// # Errors
    /// There is no law of such shocks.
    pub fn of_normal_days(numbers: &HarNumbers, normal: NormalDays) -> Result<Self, ShockLawError> {
        let days = Days::of_shocks(&normal.shock.table()?);
        Ok(Self::of_numbers(numbers, days, String::new(), Some(normal)))
    }

    fn of_numbers(numbers: &HarNumbers, days: Days, hash: String, normal: Option<NormalDays>) -> Self {
        let HarNumbers { coefficients, state, season, log_drift } = numbers;
        Self {
            hash,
            coefficients: *coefficients,
            covariance: None,
            last_days: state.days.to_vec(),
            short: state.short,
            season: season.map(f64::sqrt),
            log_drift: *log_drift,
            normal,
            days: Arc::new(days),
            hours: None,
        }
    }

    /// Mean log return per year.
    pub(super) fn log_drift(&self) -> f64 {
        self.log_drift
    }

    /// How days move without recorded ones.
    pub fn normal_days(&self) -> Option<NormalDays> {
        self.normal
    }

    /// Mean seasonal factor of each of the next seven days.
    pub fn season(&self) -> [f64; 7] {
        self.season.map(|root| root * root)
    }

    /// The days of an estimate, to be drawn from.
    ///
    /// # Errors
    /// [`EstimateError::Degenerate`] if there are none.
    pub fn days_of(hours: &Hours, estimate: &HarEstimate) -> Result<Days, EstimateError> {
        Days::of(hours, estimate).ok_or(EstimateError::Degenerate)
    }

    /// c, b1, b7, b30, b90, b6.
    pub fn coefficients(&self) -> &[f64; 6] {
        &self.coefficients
    }

    /// Covariance of the coefficients, where they were estimated with the model.
    pub fn covariance(&self) -> Option<&[[f64; 6]; 6]> {
        self.covariance.as_ref()
    }

    /// Shows every number that is a parameter, with its key.
    pub(super) fn each(&mut self, see: &mut dyn FnMut(&str, &mut f64)) {
        for (key, value) in HAR_COEFFICIENTS.into_iter().zip(&mut self.coefficients) {
            see(key, value);
        }
        see("log_drift", &mut self.log_drift);
    }

    /// The days that are drawn from.
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// What is known at the start.
    pub fn state(&self) -> VarianceState {
        let mut days = [0.0; variances::DAYS];
        days.copy_from_slice(&self.last_days);
        VarianceState { days, short: self.short }
    }

    fn dynamics(&self) -> Dynamics<'_> {
        Dynamics { coefficients: &self.coefficients, days: &self.days, season: &self.season }
    }

    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        HarStepper::paired(self.clone(), lanes)
    }
}

/// Square root of the mean seasonal factor of each of the seven days from an hour on.
pub fn season_ahead(season: &Season, hour: i64) -> [f64; 7] {
    std::array::from_fn(|day| season.mean(hour + (day * DAY) as i64, DAY).sqrt())
}

/// How far paths have gone down and up since their start, as positive distances of log-prices, day after day.
#[derive(Debug, Clone, Default)]
pub struct DayExtremes {
    walk: Walk,
    everyone: Vec<u32>,
    words: Vec<u64>,
    price: Vec<f64>,
    /// How far down, by path.
    pub down: Vec<f64>,
    /// How far up, by path.
    pub up: Vec<f64>,
}

impl DayExtremes {
    /// Starts so many paths from what is known.
    pub fn begin(&mut self, paths: usize, state: &VarianceState) {
        self.walk.begin(paths, state);
        self.everyone.clear();
        self.everyone.extend(0..paths as u32);
        self.words.resize(paths, 0);
        for column in [&mut self.price, &mut self.down, &mut self.up] {
            column.clear();
            column.resize(paths, 0.0);
        }
    }

    /// Lets every path go on for a day of these dynamics, without drift.
    pub fn next(&mut self, coefficients: &[f64; 6], days: &Days, season: &[f64; 7], noise: &mut Stream) {
        noise.words(&mut self.words);
        let dynamics = Dynamics { coefficients, days, season };
        self.walk.next(dynamics, &self.everyone, &self.words, Pairing::Single);
        dispatch(Reach { extremes: self });
    }
}

struct Reach<'a> {
    extremes: &'a mut DayExtremes,
}

impl Kernel for Reach<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let DayExtremes { walk, price, down, up, .. } = self.extremes;
        let n = price.len();
        let [low, high, close] = &walk.shape;
        let (low, high, close, scales) = (&low[..n], &high[..n], &close[..n], &walk.scale[..n]);
        let (down, up) = (&mut down[..n], &mut up[..n]);
        for lane in 0..n {
            let scale = scales[lane];
            let (one, other) = (scale * low[lane], scale * high[lane]);
            let (low, high) = if scale < 0.0 { (other, one) } else { (one, other) };
            let (fallen, risen) = (-(price[lane] + low), price[lane] + high);
            down[lane] = if fallen > down[lane] { fallen } else { down[lane] };
            up[lane] = if risen > up[lane] { risen } else { up[lane] };
            price[lane] = scale.mul_add(close[lane], price[lane]);
        }
    }
}
