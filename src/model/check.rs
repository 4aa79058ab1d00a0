//! What the parameters of a model may be: ranges that the file format, the constructors and the engine share.

use super::{
    Bates, Bootstrap, Garch, Gbm, HAR_COEFFICIENTS, Har, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps,
    Merton, Model, Regime,
};
use crate::market::Duration;
use crate::numeric::Range;

/// Growth rates per year, as fractions.
pub const DRIFT: Range = Range::at_least(-50.0).at_most(50.0);
/// Volatilities per square root of a year, as fractions.
pub const VOLATILITY: Range = Range::above(0.0).at_most(50.0);
/// Events per year.
pub const RATE: Range = Range::at_least(0.0).at_most(100_000.0);
/// Variances per year.
pub const VARIANCE: Range = Range::at_least(0.0).at_most(2500.0);
/// Means of a jump of the log-price.
pub const JUMP_MEAN: Range = Range::at_least(-5.0).at_most(5.0);
/// Standard deviations of a jump of the log-price.
pub const JUMP_DEVIATION: Range = Range::at_least(0.0).at_most(5.0);
/// Probabilities.
pub const PROBABILITY: Range = Range::at_least(0.0).at_most(1.0);
/// Mean upward jumps of the log-price: at 1 and above the expected price would not exist.
pub const UP_MEAN: Range = Range::above(0.0).at_most(0.99);
/// Mean sizes of downward jumps of the log-price.
pub const DOWN_MEAN: Range = Range::above(0.0).at_most(5.0);
/// Speeds at which a variance returns to its mean, per year.
pub const MEAN_REVERSION: Range = Range::at_least(0.0).at_most(10_000.0);
/// Volatilities of a variance, per year.
pub const VOL_OF_VOL: Range = Range::at_least(0.0).at_most(1000.0);
/// Correlations.
pub const CORRELATION: Range = Range::at_least(-1.0).at_most(1.0);
/// Rates at which the excitement of jumps fades, per year.
pub const DECAY: Range = Range::above(0.0).at_most(1e7);
/// Weights of the last squared shock and the last variance.
pub const GARCH_WEIGHT: Range = Range::at_least(0.0).at_most(10.0);
/// Extra weight of negative shocks.
pub const GARCH_ASYMMETRY: Range = Range::at_least(-10.0).at_most(10.0);
/// Variances of a step.
pub const STEP_VARIANCE: Range = Range::at_least(0.0).at_most(25.0);
/// Degrees of freedom of Student-t innovations that have a variance.
pub const DEGREES_OF_FREEDOM: Range = Range::above(2.0).at_most(1e6);
/// Logarithms of the variance of a day, and what is added to them: from a deviation of e^(-15) to one of e^10.
pub const LOG_VARIANCE: Range = Range::at_least(-30.0).at_most(20.0);
/// Weights of earlier log-variances in the next one.
pub const COEFFICIENT: Range = Range::at_least(-2.0).at_most(2.0);
/// Standard deviations of the shocks of a log-variance.
pub const DEVIATION: Range = Range::at_least(0.0).at_most(5.0);
/// Seasonal factors on a variance.
pub const SEASON: Range = Range::above(0.0).at_most(100.0);
/// Mean lengths of the blocks of a bootstrap, in bars.
pub const BLOCK: Range = Range::at_least(1.0);

/// Sum of the weights of earlier log-variances beyond which shocks hardly fade over years.
const LARGEST_PERSISTENCE: f64 = 0.999;

/// Sums of probabilities may be off by as much.
const SLACK: f64 = 1e-6;

/// A parameter, or several together, that no model can have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A number outside its range.
    #[error("`{key}` must be {range}, but is {value}")]
    OutOfRange {
        /// Key of the parameter, as scenario files write it.
        key: &'static str,
        /// What it may be.
        range: Range,
        /// What it is.
        value: f64,
    },
    /// A jump brings one more jump or more: they never end.
    #[error("`jumps.excitation` must be below `jumps.decay` {decay}, but is {excitation}")]
    Explosive {
        /// How much a jump raises the rate.
        excitation: f64,
        /// Rate at which that fades.
        decay: f64,
    },
    /// A step without length.
    #[error("`step` must be longer than 0")]
    NoStep,
    /// A negative shock would lower the variance below 0.
    #[error("`alpha` + `gamma` must be at least 0, but is {0}")]
    NegativeWeight(f64),
    /// States, rates and probabilities at the start do not go together.
    #[error("{states} states need as many probabilities at the start and a square matrix of switching rates")]
    Shape {
        /// Number of states.
        states: usize,
    },
    /// Shocks of the log-variance would never fade.
    #[error("`b1` + `b7` + `b30` + `b90` must be at most {LARGEST_PERSISTENCE}, but is {0}")]
    Persistence(f64),
    /// Probabilities of the states at the start.
    #[error("the probabilities of `start` must have the sum 1, but have {0}")]
    Start(f64),
}

fn within(key: &'static str, range: Range, value: f64) -> Result<(), ModelError> {
    if range.contains(value) { Ok(()) } else { Err(ModelError::OutOfRange { key, range, value }) }
}

/// Gives a model its constructor's last step: itself, if it can be right.
macro_rules! checked {
    ($($model:ty),+) => { $(
        impl $model {
            /// The same, if it can be right.
            ///
            /// # Errors
            /// The first parameter that is out of its range, with the range.
            pub fn checked(self) -> Result<Self, ModelError> {
                self.check()?;
                Ok(self)
            }
        }
    )+ };
}

checked!(Gbm, Merton, Kou, Heston, Bates, Garch, Regime, Hawkes);

impl Gbm {
    fn check(&self) -> Result<(), ModelError> {
        within("drift", DRIFT, self.drift)?;
        within("volatility", VOLATILITY, self.volatility)
    }
}

impl Jumps {
    fn check(&self) -> Result<(), ModelError> {
        within("jumps.rate", RATE, self.rate)?;
        within("jumps.mean", JUMP_MEAN, self.mean)?;
        within("jumps.std_dev", JUMP_DEVIATION, self.std_dev)
    }
}

impl Merton {
    fn check(&self) -> Result<(), ModelError> {
        Gbm { drift: self.drift, volatility: self.volatility }.check()?;
        self.jumps.check()
    }
}

impl KouJumps {
    fn check(&self) -> Result<(), ModelError> {
        within("jumps.rate", RATE, self.rate)?;
        within("jumps.up_probability", PROBABILITY, self.up_probability)?;
        within("jumps.up_mean", UP_MEAN, self.up_mean)?;
        within("jumps.down_mean", DOWN_MEAN, self.down_mean)
    }
}

impl Kou {
    fn check(&self) -> Result<(), ModelError> {
        Gbm { drift: self.drift, volatility: self.volatility }.check()?;
        self.jumps.check()
    }
}

impl HawkesJumps {
    fn check(&self) -> Result<(), ModelError> {
        self.base.check()?;
        within("jumps.excitation", RATE, self.excitation)?;
        within("jumps.decay", DECAY, self.decay)?;
        let (excitation, decay) = (self.excitation, self.decay);
        if excitation < decay { Ok(()) } else { Err(ModelError::Explosive { excitation, decay }) }
    }
}

impl Hawkes {
    fn check(&self) -> Result<(), ModelError> {
        Gbm { drift: self.drift, volatility: self.volatility }.check()?;
        self.jumps.check()
    }
}

fn positive(step: Duration) -> Result<(), ModelError> {
    if step.seconds() > 0 { Ok(()) } else { Err(ModelError::NoStep) }
}

impl Heston {
    fn check(&self) -> Result<(), ModelError> {
        within("drift", DRIFT, self.drift)?;
        within("variance", VARIANCE, self.variance)?;
        within("long_run_variance", VARIANCE, self.long_run_variance)?;
        within("mean_reversion", MEAN_REVERSION, self.mean_reversion)?;
        within("vol_of_vol", VOL_OF_VOL, self.vol_of_vol)?;
        within("correlation", CORRELATION, self.correlation)?;
        self.step.map_or(Ok(()), positive)
    }
}

impl Bates {
    fn check(&self) -> Result<(), ModelError> {
        self.heston.check()?;
        self.jumps.check()
    }
}

impl Garch {
    fn check(&self) -> Result<(), ModelError> {
        within("log_drift", DRIFT, self.log_drift)?;
        positive(self.step)?;
        within("omega", STEP_VARIANCE, self.omega)?;
        within("alpha", GARCH_WEIGHT, self.alpha)?;
        within("gamma", GARCH_ASYMMETRY, self.gamma)?;
        within("beta", GARCH_WEIGHT, self.beta)?;
        if self.alpha + self.gamma < 0.0 {
            return Err(ModelError::NegativeWeight(self.alpha + self.gamma));
        }
        if let Some(dof) = self.dof {
            within("dof", DEGREES_OF_FREEDOM, dof)?;
        }
        // Where it follows from the weights it may lie above what can be written.
        within("initial_variance", Range::at_least(0.0).at_most(f64::MAX), self.initial_variance)
    }
}

impl Regime {
    fn check(&self) -> Result<(), ModelError> {
        let states = self.states.len();
        let is_square = self.switching_rates.iter().all(|row| row.len() == states);
        if states == 0 || self.switching_rates.len() != states || !is_square || self.start.len() != states {
            return Err(ModelError::Shape { states });
        }
        for state in &self.states {
            within("states.drift", DRIFT, state.drift)?;
            within("states.volatility", VOLATILITY, state.volatility)?;
        }
        for rate in self.switching_rates.iter().flatten() {
            within("switching_rates", RATE, *rate)?;
        }
        for probability in &self.start {
            within("start", PROBABILITY, *probability)?;
        }
        let total: f64 = self.start.iter().sum();
        if (total - 1.0).abs() <= SLACK { Ok(()) } else { Err(ModelError::Start(total)) }
    }
}

impl Har {
    /// Whether coefficients that were drawn can be right; those of an estimate are what they are.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let coefficients = self.coefficients();
        within("intercept", LOG_VARIANCE, coefficients[0])?;
        for (key, value) in HAR_COEFFICIENTS.into_iter().zip(coefficients).skip(1) {
            within(key, COEFFICIENT, *value)?;
        }
        // That of the last six hours is of a difference.
        let persistence: f64 = coefficients[1..5].iter().sum();
        if persistence <= LARGEST_PERSISTENCE { Ok(()) } else { Err(ModelError::Persistence(persistence)) }
    }
}

impl Bootstrap {
    fn check(&self) -> Result<(), ModelError> {
        within("block", BLOCK, self.block())
    }
}

impl Model {
    /// Whether its parameters can be right; whoever brings a model checks it.
    ///
    /// # Errors
    /// The first parameter that is out of its range, with the range.
    pub fn check(&self) -> Result<(), ModelError> {
        match self {
            Self::Gbm(model) => model.check(),
            Self::Merton(model) => model.check(),
            Self::Kou(model) => model.check(),
            Self::Heston(model) => model.check(),
            Self::Bates(model) => model.check(),
            Self::Garch(model) => model.check(),
            Self::Regime(model) => model.check(),
            Self::Hawkes(model) => model.check(),
            Self::Bootstrap(model) => model.check(),
            // What recorded hours give was checked when they were read.
            Self::Har(_) | Self::ScaledHistory(_) | Self::Forecast(_) | Self::Custom(_) => Ok(()),
        }
    }
}
