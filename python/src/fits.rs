//! Models fitted to recorded prices.

use pyo3::prelude::*;

use liqsim::calibrate::{
    self as library, Choices, Drift, Garch, Provenance, RangeVolatility, Sample, Target, Terms,
    range_volatilities, scenario,
};
use liqsim::report::{CalibrationReport, Layout};
use liqsim::venue::Side;

use super::errors::{failure, unknown, wrong};
use super::history::History;
use super::paths::duration;
use super::watch::Watch;

const fn garch(student: bool, asymmetric: bool) -> Target {
    Target::Garch(Garch { student, asymmetric })
}

/// Models by the names under which `liqsim calibrate` knows them; `auto` is all that suit.
const TARGETS: [(&str, Target); 12] = [
    ("gbm", Target::Gbm),
    ("merton", Target::MertonJumps),
    ("merton-mle", Target::Merton),
    ("kou", Target::Kou),
    ("garch", garch(true, false)),
    ("garch-normal", garch(false, false)),
    ("gjr", garch(true, true)),
    ("gjr-normal", garch(false, true)),
    ("heston", Target::Heston),
    ("bates", Target::Bates),
    ("regime", Target::Regime),
    ("hawkes", Target::Hawkes),
];

/// Fits, the best of them chosen.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct Calibration {
    fits: library::Calibration,
    provenance: Provenance,
}

/// Fits a model, or all that suit.
#[pyfunction]
#[pyo3(signature = (history, model, threads=None))]
pub fn calibrate(
    py: Python<'_>,
    history: &History,
    model: &str,
    threads: Option<usize>,
) -> PyResult<Calibration> {
    let targets = match (model, TARGETS.iter().find(|(name, _)| *name == model)) {
        ("auto", _) => Target::ALL.to_vec(),
        (_, Some((_, target))) => vec![*target],
        _ => {
            let names: Vec<&str> =
                std::iter::once("auto").chain(TARGETS.iter().map(|(name, _)| *name)).collect();
            return Err(unknown("model", model, &names));
        }
    };
    let failed = |message: String, help: &str| failure(py, "CalibrationError", message, Some(help));
    let provenance = Provenance::of(history.report.clone(), &history.history)
        .ok_or_else(|| failed("there are no bars".to_owned(), "choose a wider range of time"))?;
    let sample = Sample::of(&history.history)
        .map_err(|error| failed(error.to_string(), "use a longer range or a shorter interval"))?;
    let watch = Watch { threads, progress: None, partial: false };
    let found = watch.over(py, move |options| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build();
        pool.map(|pool| pool.install(|| library::calibrate(sample, &targets)))
    })?;
    let fits = found.map_err(wrong)?.map_err(|failures| {
        let reasons: Vec<String> = failures.iter().map(|(name, error)| format!("{name}: {error}")).collect();
        failed(format!("cannot fit {}", reasons.join("; ")), "try model=\"auto\"")
    })?;
    Ok(Calibration { fits, provenance })
}

#[pymethods]
impl Calibration {
    /// What `liqsim calibrate --format json` prints; with volatilities by range-based estimators if their history is given.
    #[pyo3(signature = (history=None))]
    fn to_json(&self, history: Option<&History>) -> PyResult<String> {
        let ranges = history.map(|of| range_volatilities(&of.history));
        self.report(ranges.as_deref()).json().map_err(wrong)
    }

    /// What `liqsim calibrate` prints.
    #[pyo3(signature = (width=None))]
    fn table(&self, width: Option<usize>) -> String {
        self.report(None).table(Layout { width, ..Layout::FILE })
    }

    /// The text of a scenario with the chosen model, or with that of a name, and what it takes for granted.
    #[pyo3(signature = (model, asset, venue, side, horizon, leverage, equity, drift))]
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of Python's")]
    fn scenario(
        &self,
        model: Option<&str>,
        asset: Option<String>,
        venue: Option<String>,
        side: &str,
        horizon: Option<&str>,
        leverage: Vec<f64>,
        equity: Option<f64>,
        drift: &str,
    ) -> PyResult<(String, Vec<String>)> {
        let candidates = &self.fits.candidates;
        let chosen = match model {
            None => candidates.get(self.fits.chosen),
            Some(name) => candidates.iter().find(|candidate| candidate.fit.name == name),
        };
        let names: Vec<&str> = candidates.iter().map(|candidate| candidate.fit.name).collect();
        let chosen = chosen.ok_or_else(|| unknown("model", model.unwrap_or_default(), &names))?;
        let side = match side {
            "long" => Some(Side::Long),
            "short" => Some(Side::Short),
            other => return Err(unknown("side", other, &["long", "short"])),
        };
        let drift = match drift {
            "zero" => Drift::Zero,
            "estimate" => Drift::Estimate,
            other => return Err(unknown("drift", other, &["zero", "estimate"])),
        };
        let horizon = horizon.map(duration).transpose()?;
        let terms =
            Terms::new(&Choices { asset, venue, side, horizon, leverage, equity }, drift, &self.provenance);
        Ok((scenario(&self.fits, chosen, &self.provenance, &terms), terms.assumed))
    }

    /// Log returns, in the order of time.
    fn returns<'py>(&self, py: Python<'py>) -> Bound<'py, numpy::PyArray1<f64>> {
        numpy::PyArray1::from_slice(py, &self.fits.sample.returns)
    }
}

impl Calibration {
    fn report<'a>(&'a self, ranges: Option<&'a [RangeVolatility]>) -> CalibrationReport<'a> {
        CalibrationReport {
            provenance: &self.provenance,
            calibration: Some(&self.fits),
            ranges,
            out_of_sample: None,
        }
    }
}
