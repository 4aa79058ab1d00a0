//! The choice of a calibration by how its fits, and `har` beside them, forecast out of sample.

use super::calibration::Calibration;
use super::out_of_sample::{HAR, OutOfSample, OutOfSampleError};

/// What was chosen of a calibration out of sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// One of its fits, which it now names.
    Fit,
    /// `har`, which is none of them.
    Har,
    /// One of its fits, though `har` forecast better: it was not to be had.
    FitAfterHar,
}

/// Lets a calibration choose the fit that forecast best out of sample; where that cannot be told the choice by BIC stays. `takes_har` says
/// whether `har` is to be had.
pub fn choose(
    calibration: &mut Calibration,
    found: &Result<OutOfSample, OutOfSampleError>,
    takes_har: bool,
) -> Chosen {
    let Ok(found) = found else { return Chosen::Fit };
    let mut chosen = Chosen::Fit;
    for score in &found.scores {
        if score.name == HAR {
            if takes_har {
                return Chosen::Har;
            }
            chosen = Chosen::FitAfterHar;
        }
        let place = calibration.candidates.iter().position(|candidate| candidate.fit.name == score.name);
        if let Some(place) = place {
            calibration.chosen = place;
            break;
        }
    }
    chosen
}
