//! Fitting models to price history, choosing among them, testing the fit.

mod bates;
mod bootstrap;
mod calibration;
mod fit;
mod fourier;
mod garch;
mod gbm;
mod goodness;
mod hawkes;
mod heston;
mod information;
mod jumps;
mod kernels;
mod kou;
mod law;
mod merton;
mod ranges;
mod regime;
mod sample;
mod scenario;
mod simplex;

pub use calibration::{Calibration, Candidate, Growth, Target, calibrate};
pub use fit::{Fit, FitError, Likelihood, Parameter};
pub use garch::{Garch, GarchLaw};
pub use goodness::{Goodness, Tail, Test};
pub use hawkes::Excitation;
pub use jumps::{JumpLaw, Jumps};
pub use kou::{KouDensity, KouLaw};
pub use merton::StepLaw;
pub use ranges::{RangeVolatility, range_volatilities};
pub use regime::RegimeLaw;
pub use sample::{Sample, SampleError};
pub use scenario::{Drift, Provenance, scenario};
