//! Fitting models to price history, choosing among them, testing the fit.

mod bootstrap;
mod fit;
mod garch;
mod gbm;
mod information;
mod jumps;
mod kernels;
mod law;
mod merton;
mod regime;
mod sample;
mod simplex;

pub use fit::{Fit, FitError, Likelihood, Parameter};
pub use garch::{Garch, GarchLaw};
pub use jumps::{JumpLaw, Jumps};
pub use merton::StepLaw;
pub use regime::RegimeLaw;
pub use sample::{Sample, SampleError};
