//! Models fitted to recorded prices.

use pyo3::prelude::*;

use liqsim::calibrate::{
    self as library, Choices, Chosen, Drift, FitError, Garch, HarCalibration, OutOfSample, OutOfSampleError,
    Provenance, RangeVolatility, Sample, Target, Terms, choose, range_volatilities, scenario,
};
use liqsim::report::{CalibrationReport, Layout, render_har_json, render_har_table};
use liqsim::venue::Side;

use super::errors::{failure, unknown, wrong};
use super::history::History;
use super::paths::duration;
use super::watch::Watch;

const fn garch(student: bool, asymmetric: bool) -> Target {
    Target::Garch(Garch { student, asymmetric })
}

/// The file of days beside a scenario of `har`.
const DAYS: &str = "days.csv";

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

/// Fits and `har`, the best of them chosen.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct Calibration {
    /// None where `har` alone was asked for.
    fits: Option<library::Calibration>,
    /// Where the choice was by forecasts out of sample, or why it could not be.
    out_of_sample: Option<Result<OutOfSample, OutOfSampleError>>,
    /// Where the prices allow it and it may be chosen.
    har: Option<HarCalibration>,
    /// Whether that is the choice.
    is_har: bool,
    returns: Vec<f64>,
    provenance: Provenance,
}

/// Fits, what they forecast out of sample, `har`, and whether that is the choice.
type Found =
    (library::Calibration, Option<Result<OutOfSample, OutOfSampleError>>, Option<HarCalibration>, bool);
/// Why nothing was fitted, by model.
type Failures = Vec<(&'static str, FitError)>;

/// Fits a model, or all that suit; of these the one that forecast best over the horizon (30 days if none) is chosen.
#[pyfunction]
#[pyo3(signature = (history, model, horizon=None, threads=None))]
pub fn calibrate(
    py: Python<'_>,
    history: &History,
    model: &str,
    horizon: Option<&str>,
    threads: Option<usize>,
) -> PyResult<Calibration> {
    let targets = match (model, TARGETS.iter().find(|(name, _)| *name == model)) {
        ("auto", _) => Target::ALL.to_vec(),
        ("har", _) => Vec::new(),
        (_, Some((_, target))) => vec![*target],
        _ => {
            let names: Vec<&str> =
                ["auto", "har"].into_iter().chain(TARGETS.iter().map(|(name, _)| *name)).collect();
            return Err(unknown("model", model, &names));
        }
    };
    let failed = |message: String, help: &str| failure(py, "CalibrationError", message, Some(help));
    let provenance = Provenance::of(history.report.clone(), &history.history)
        .ok_or_else(|| failed("there are no bars".to_owned(), "choose a wider range of time"))?;
    let horizon = horizon.map(duration).transpose()?;
    let horizon = Terms::new(&Choices { horizon, ..Choices::default() }, Drift::Zero, &provenance).horizon;
    let sample = Sample::of(&history.history)
        .map_err(|error| failed(error.to_string(), "use a longer range or a shorter interval"))?;
    let returns = sample.returns.clone();
    if targets.is_empty() {
        let har = HarCalibration::of(&history.history).map_err(|error| {
            failed(error.to_string(), "har needs a year or more of hourly bars with lows and highs; other models take what there is")
        })?;
        return Ok(Calibration {
            fits: None,
            out_of_sample: None,
            har: Some(har),
            is_har: true,
            returns,
            provenance,
        });
    }
    let bars = history.history.clone();
    let is_auto = model == "auto";
    let watch = Watch { threads, progress: None, partial: false };
    let work = move || -> Result<Found, Failures> {
        let mut fits = library::calibrate(sample, &targets)?;
        let compared = is_auto.then(|| OutOfSample::of(&bars, &targets, horizon));
        let chosen = compared.as_ref().map(|found| choose(&mut fits, found, true));
        let har = if is_auto { HarCalibration::of(&bars).ok() } else { None };
        Ok((fits, compared, har, chosen == Some(Chosen::Har)))
    };
    let found = watch.over(py, move |options| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0)).build();
        pool.map(|pool| pool.install(work))
    })?;
    let found = found.map_err(wrong)?;
    let (fits, out_of_sample, har, is_har) = found.map_err(|failures| {
        let reasons: Vec<String> = failures.iter().map(|(name, error)| format!("{name}: {error}")).collect();
        failed(format!("cannot fit {}", reasons.join("; ")), "try model=\"auto\"")
    })?;
    Ok(Calibration { fits: Some(fits), out_of_sample, har, is_har, returns, provenance })
}

#[pymethods]
impl Calibration {
    /// What `liqsim calibrate --format json` prints.
    fn to_json(&self) -> PyResult<String> {
        match self.chosen_har() {
            Some(har) => render_har_json(har, &self.provenance, self.out_of_sample.as_ref()).map_err(wrong),
            None => self.report(None).json().map_err(wrong),
        }
    }

    /// The fits as one object, and volatilities of their history by range-based estimators.
    fn fits_json(&self, history: &History) -> PyResult<String> {
        self.report(Some(&range_volatilities(&history.history))).json().map_err(wrong)
    }

    /// `har` as one object; none where the prices do not allow it, or one fit alone was asked for.
    fn har_json(&self) -> PyResult<Option<String>> {
        let render = |har| render_har_json(har, &self.provenance, None).map_err(wrong);
        self.har.as_ref().map(render).transpose()
    }

    /// Name of the model that is chosen.
    fn chosen(&self) -> &str {
        match (&self.fits, self.is_har) {
            (Some(fits), false) => fits.candidates[fits.chosen].fit.name,
            _ => "har",
        }
    }

    /// What `liqsim calibrate` prints.
    #[pyo3(signature = (width=None))]
    fn table(&self, width: Option<usize>) -> String {
        let layout = Layout { width, ..Layout::FILE };
        let Some(har) = self.chosen_har() else { return self.report(None).table(layout) };
        let own = render_har_table(har, &self.provenance, layout);
        match &self.fits {
            Some(_) => {
                format!(
                    "{}\nhar, with the best log score out of sample\n{own}",
                    self.report(None).table(layout)
                )
            }
            None => own,
        }
    }

    /// The text of a scenario with the chosen model, or with that of a name, what it takes for granted, and the file of days that it names,
    /// with its content, where it names one.
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
    ) -> PyResult<(String, Vec<String>, Option<(String, Vec<u8>)>)> {
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
        let model = model.unwrap_or_else(|| self.chosen());
        if let (Some(har), "har") = (&self.har, model) {
            let days = (DAYS.to_owned(), har.days().into_bytes());
            return Ok((har.scenario(&self.provenance, &terms, DAYS), terms.assumed, Some(days)));
        }
        let candidates = self.fits.iter().flat_map(|fits| fits.candidates.iter().map(move |one| (fits, one)));
        let names: Vec<&str> = candidates.clone().map(|(_, candidate)| candidate.fit.name).collect();
        let mut chosen = candidates.filter(|(_, candidate)| candidate.fit.name == model);
        let (fits, chosen) = chosen.next().ok_or_else(|| unknown("model", model, &names))?;
        Ok((scenario(fits, chosen, &self.provenance, &terms), terms.assumed, None))
    }

    /// Log returns, in the order of time.
    fn returns<'py>(&self, py: Python<'py>) -> Bound<'py, numpy::PyArray1<f64>> {
        numpy::PyArray1::from_slice(py, &self.returns)
    }
}

impl Calibration {
    fn report<'a>(&'a self, ranges: Option<&'a [RangeVolatility]>) -> CalibrationReport<'a> {
        CalibrationReport {
            provenance: &self.provenance,
            calibration: self.fits.as_ref(),
            ranges,
            out_of_sample: self.out_of_sample.as_ref(),
        }
    }

    /// `har`, where it is chosen.
    fn chosen_har(&self) -> Option<&HarCalibration> {
        self.har.as_ref().filter(|_| self.is_har)
    }
}
