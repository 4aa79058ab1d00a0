//! A calibration for people and for programs.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::calibrate::{
    Calibration, Candidate, OutOfSample, OutOfSampleError, Parameter, Provenance, RangeVolatility,
};
use crate::market::format_time;
use crate::numeric::elementary;

use super::format::{Layout, RenderError};
use super::number::NOTHING;
use super::out_of_sample;
use super::table::Table;
use super::text::wrap;

/// Paragraphs are not wider than this, however wide the terminal is.
const WIDEST_PARAGRAPH: usize = 110;

/// All that a calibration has to say.
#[derive(Debug, Clone, Copy)]
pub struct CalibrationReport<'a> {
    /// Where the prices came from and what was wrong with them.
    pub provenance: &'a Provenance,
    /// The fits; none if only the history was to be described.
    pub calibration: Option<&'a Calibration>,
    /// Volatility by range-based estimators, if asked for.
    pub ranges: Option<&'a [RangeVolatility]>,
    /// How the candidates did out of sample, or why that cannot be told; none if nobody asked.
    pub out_of_sample: Option<&'a Result<OutOfSample, OutOfSampleError>>,
}

impl CalibrationReport<'_> {
    /// Text for people, ending with a line break.
    pub fn table(&self, layout: Layout) -> String {
        let width = layout.width.unwrap_or(usize::MAX).min(WIDEST_PARAGRAPH);
        let head =
            |text: &str| if layout.colour { format!("\x1b[1m{text}\x1b[0m\n") } else { format!("{text}\n") };
        let mut text = head(&format!("{} · {}", self.provenance.asset(), self.provenance.file_name()));
        text += &wrap(&self.data_line(), width, "", "");
        for line in self.provenance.report.lines() {
            text += &wrap(&line, width, "- ", "  ");
        }
        if let Some(ranges) = self.ranges {
            text += &format!("\n{}", head("Volatility per square root of a year"));
            let table = Table::of_texts(
                ["Estimator", "Volatility", "Standard error"],
                ranges.iter().map(|row| {
                    vec![
                        row.estimator.to_owned(),
                        percent(row.volatility),
                        row.std_error.map_or(NOTHING.to_owned(), percent),
                    ]
                }),
            );
            text += &table.terminal();
        }
        if let Some(calibration) = self.calibration {
            text += &fits(calibration, self.out_of_sample, width, head);
        }
        text
    }

    /// One JSON object, ending with a line break.
    ///
    /// # Errors
    /// None that is known: all numbers are finite or null.
    pub fn json(&self) -> Result<String, RenderError> {
        let provenance = self.provenance;
        let issues: Vec<Value> = provenance
            .report
            .by_kind()
            .into_iter()
            .map(|(name, issues)| {
                let places: Vec<String> = issues.iter().map(ToString::to_string).collect();
                json!({ "kind": name, "count": issues.len(), "action": issues[0].kind.action(), "places": places })
            })
            .collect();
        let mut object = json!({
            "liqsim": env!("CARGO_PKG_VERSION"),
            "source": provenance.report.source,
            "hash": provenance.report.hash,
            "rows": provenance.report.rows,
            "bars": provenance.bars,
            "interval": provenance.interval,
            "from": format_time(provenance.range.0),
            "to": format_time(provenance.range.1),
            "last_close": provenance.last_close,
            "reading": provenance.report.decisions,
            "problems": issues,
        });
        if let Some(ranges) = self.ranges {
            object["volatilities"] = json!(ranges);
        }
        if let Some(calibration) = self.calibration {
            let fits = calibration.candidates.iter().map(|candidate| fit_json(calibration, candidate));
            object["returns"] = json!(calibration.sample.len());
            object["volatility"] = json!(calibration.sample.volatility());
            object["log_growth"] = json!(calibration.log_growth);
            object["growth"] = json!(calibration.growth);
            object["chosen"] = json!(calibration.candidates[calibration.chosen].fit.name);
            if let Some(found) = self.out_of_sample {
                object["out_of_sample"] = out_of_sample::value(found);
            }
            object["fits"] = fits.collect();
            object["not_fitted"] = calibration
                .failures
                .iter()
                .map(|(name, error)| json!({ "name": name, "reason": error.to_string() }))
                .collect();
        }
        let mut text = serde_json::to_string_pretty(&object)?;
        text.push('\n');
        Ok(text)
    }

    fn data_line(&self) -> String {
        let provenance = self.provenance;
        format!(
            "{} rows; used {} bars of {} from {} to {} (start of the last bar, UTC)",
            provenance.report.rows,
            provenance.bars,
            provenance.interval,
            format_time(provenance.range.0),
            format_time(provenance.range.1)
        )
    }
}

fn fits(
    calibration: &Calibration,
    found: Option<&Result<OutOfSample, OutOfSampleError>>,
    width: usize,
    head: impl Fn(&str) -> String,
) -> String {
    let sample = &calibration.sample;
    let gaps = match sample.across_gaps {
        0 => String::new(),
        gaps => format!(" ({gaps} across gaps left out)"),
    };
    let summary = format!(
        "{} log returns{gaps}; volatility {}; mean log return {:.2} ± {:.2} a year; growth of the expected price {:.2} ± {:.2} \
         a year",
        sample.len(),
        percent(sample.volatility()),
        calibration.log_growth.value,
        calibration.log_growth.std_error,
        calibration.growth.value,
        calibration.growth.std_error,
    );
    let mut text = format!("\n{}", wrap(&summary, width, "", ""));
    let columns = [
        "\nModel",
        "Log-\nlikelihood",
        "\nAIC",
        "\nBIC",
        "KS\ndistance",
        "Clusters\nleft",
        "Falls beyond\n1 %    5 %",
        "Rises beyond\n1 %    5 %",
    ];
    let rows = calibration.candidates.iter().map(|candidate| row(candidate, sample.len()));
    text += &Table::of_texts(columns, rows).terminal();
    text += &wrap(
        "KS: largest distance between the distribution of the returns and the model's. Clusters left: mean \
         autocorrelation of squared scores. Beyond: share of returns in a tail that should hold 1 % or 5 %.",
        width,
        "",
        "",
    );
    let moments: Vec<&str> =
        calibration.candidates.iter().filter(|c| c.fit.likelihood.is_none()).map(|c| c.fit.name).collect();
    if !moments.is_empty() {
        text += &wrap(
            &format!(
                "{}: fitted by moments of daily variance; the hidden variance leaves no likelihood to compare, so {} in the choice by BIC.",
                moments.join(", "),
                if moments.len() == 1 { "it takes no part" } else { "they take no part" }
            ),
            width,
            "- ",
            "  ",
        );
    }
    for (name, error) in &calibration.failures {
        text += &wrap(&format!("{name} not fitted: {error}."), width, "- ", "  ");
    }
    if let Some(found) = found {
        text += &format!("\n{}", head("Out of sample"));
        text += &out_of_sample::table(found, width);
        // Of a model that is none of these fits another table tells.
        if out_of_sample::best(found)
            .is_some_and(|best| calibration.candidates.iter().all(|one| one.fit.name != best))
        {
            return text;
        }
    }
    let chosen = &calibration.candidates[calibration.chosen];
    text += &format!("\n{}", head(&title(calibration, found)));
    text += &wrap(chosen.fit.method, width, "", "");
    let parameters = chosen.fit.parameters.iter().chain(&chosen.fit.derived);
    let table = Table::of_texts(
        ["Parameter", "Value", "Standard error"],
        parameters.map(|parameter| {
            let error = parameter.std_error.map_or(NOTHING.to_owned(), |error| plain(error, 2));
            vec![parameter.key.to_owned(), plain(parameter.value, 6), error]
        }),
    );
    text += &table.terminal();
    for warning in chosen.warnings() {
        text += &wrap(&warning, width, "- ", "  ");
    }
    text
}

fn title(calibration: &Calibration, found: Option<&Result<OutOfSample, OutOfSampleError>>) -> String {
    let name = calibration.candidates[calibration.chosen].fit.name;
    match (calibration.candidates.len(), found) {
        (1, _) => name.to_owned(),
        (_, Some(Ok(_))) => format!("{name}, with the best log score out of sample"),
        _ => format!("{name}, with the smallest BIC"),
    }
}

fn row(candidate: &Candidate, observations: usize) -> Vec<String> {
    let fit = &candidate.fit;
    let nothing = || NOTHING.to_owned();
    let likelihood = |f: &dyn Fn(&crate::calibrate::Likelihood) -> f64| {
        fit.likelihood.as_ref().map_or_else(nothing, |likelihood| format!("{:.1}", f(likelihood)))
    };
    let mut cells = vec![
        fit.name.to_owned(),
        likelihood(&|likelihood| likelihood.log),
        likelihood(&|likelihood| likelihood.aic()),
        likelihood(&|likelihood| likelihood.bic(observations)),
    ];
    match &candidate.goodness {
        Some(goodness) => {
            let [one, five] = goodness.tails;
            cells.push(format!("{:.3}", goodness.kolmogorov_smirnov.statistic));
            cells.push(format!("{:.2}", goodness.remaining_clustering));
            cells.push(format!("{:.2}   {:.2}", 100.0 * one.lower, 100.0 * five.lower));
            cells.push(format!("{:.2}   {:.2}", 100.0 * one.upper, 100.0 * five.upper));
        }
        None => cells.extend([nothing(), nothing(), nothing(), nothing()]),
    }
    cells
}

fn fit_json(calibration: &Calibration, candidate: &Candidate) -> Value {
    #[derive(Serialize)]
    struct Estimate {
        value: f64,
        std_error: Option<f64>,
    }
    let map = |parameters: &[Parameter]| -> Map<String, Value> {
        let estimate = |p: &Parameter| json!(Estimate { value: p.value, std_error: p.std_error });
        parameters.iter().map(|p| (p.key.to_owned(), estimate(p))).collect()
    };
    let fit = &candidate.fit;
    let n = calibration.sample.len();
    json!({
        "name": fit.name,
        "kind": fit.kind,
        "method": fit.method,
        "parameters": map(&fit.parameters),
        "derived": map(&fit.derived),
        "log_likelihood": fit.likelihood.map(|likelihood| likelihood.log),
        "free_parameters": fit.likelihood.map(|likelihood| likelihood.parameters),
        "aic": fit.likelihood.map(|likelihood| likelihood.aic()),
        "bic": fit.likelihood.map(|likelihood| likelihood.bic(n)),
        "tests": candidate.goodness,
        "warnings": candidate.warnings(),
    })
}

fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

/// A number of so many significant digits, without zeros that say nothing.
pub(super) fn plain(value: f64, digits: usize) -> String {
    let exponent = if value == 0.0 { 0 } else { elementary::log10(value.abs()).floor() as i64 };
    if exponent < -4 {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let decimals = (digits as i64 - 1 - exponent).clamp(0, 17) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
