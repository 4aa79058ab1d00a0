//! A ready scenario with fitted parameters, their errors and where they come from.

use crate::market::format_time;
use crate::model::Model;
use crate::numeric::elementary;
use crate::scenario::{Source, parse};
use crate::venue::Side;

use super::calibration::{Calibration, Candidate};
use super::errors::errors;
use super::fit::{Fit, Parameter};
use super::goodness::Goodness;
use super::provenance::Provenance;
use super::terms::{Drift, Terms};

/// A miner whose fleet, power and loan stand in for those of the user.
const MINER: &str = include_str!("../../scenarios/miner-fleet-on-credit-540d.toml");

/// The scenario of a candidate, as text.
pub fn scenario(
    calibration: &Calibration,
    candidate: &Candidate,
    provenance: &Provenance,
    terms: &Terms,
) -> String {
    let fit = &candidate.fit;
    frame(
        &comments(calibration, candidate, provenance, terms),
        fit.kind,
        &(model(calibration, fit, terms.drift) + &errors(fit.covariance.as_ref(), &terms.asset)),
        provenance.last_close,
        terms,
    )
}

/// A scenario around the table of a model of some kind: of a position, or of a miner where the coin's network is known.
pub(super) fn frame(comments: &str, kind: &str, model: &str, price: f64, terms: &Terms) -> String {
    let Terms { asset, side, horizon, network, .. } = terms;
    let side = match side {
        Side::Long => "long",
        Side::Short => "short",
    };
    let (what, account) =
        if network.is_empty() { (side, position(side, terms)) } else { ("miner", miner(asset)) };
    let network = if network.is_empty() { String::new() } else { format!("{network}\n") };
    format!(
        "{comments}
name = \"{asset} {what}, {horizon}, {kind} fitted to history\"

[simulation]
horizon = \"{horizon}\"
paths = 200_000
seed = 1
monitoring = \"continuous\"

[assets.{asset}]
price = {}                # the last close

[assets.{asset}.model]
{model}
{network}{account}",
        number(price, 10),
    )
}

/// The account of one position.
fn position(side: &str, terms: &Terms) -> String {
    let levels: Vec<String> = terms.leverage.iter().map(ToString::to_string).collect();
    format!(
        "[account]
equity = {}
margin = \"isolated\"
leverage = [{}]
venue = \"{}\"

[[account.positions]]
asset = \"{}\"
side = \"{side}\"
",
        number(terms.equity, 10),
        levels.join(", "),
        terms.venue,
        terms.asset,
    )
}

/// The account and the miner of the shipped scenario.
fn miner(asset: &str) -> String {
    let tail = MINER.split_once("[account]").map_or("", |(_, tail)| tail);
    format!("[account]{}", tail.replace("asset = \"BTC\"", &format!("asset = \"{asset}\"")))
}

/// What the scenario format says against the fitted values; nothing if it takes them.
pub(super) fn refusal(calibration: &Calibration, fit: &Fit) -> Option<String> {
    model_of(calibration, fit).err()
}

/// The model of a fit, without a view on where the price goes.
///
/// # Errors
/// What the scenario format says against the fitted values.
pub(super) fn model_of(calibration: &Calibration, fit: &Fit) -> Result<Model, String> {
    let text = format!(
        "name = \"fit\"\n[simulation]\nhorizon = \"30d\"\npaths = 1\nseed = 1\n[assets.A]\nprice = 1.0\n[assets.A.model]\n{}\
         [account]\nequity = 1.0\nleverage = [1]\nvenue = \"flat-0.5pct\"\n[[account.positions]]\nasset = \"A\"\nside = \"long\"\n",
        model(calibration, fit, Drift::Zero)
    );
    let words = |problems: crate::scenario::Problems| {
        problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let mut scenario = parse(Source::new("fit", text), &[]).map_err(words)?;
    scenario.assets.pop().map(|asset| asset.model).ok_or_else(String::new)
}

/// The volatility that the scenario starts with and that of the long run, per square root of a year, where the model has both.
pub fn start_and_long_run(fit: &Fit) -> Option<(f64, f64)> {
    match fit.kind {
        "garch" => Some((fit.value("volatility_after_the_last_bar")?, fit.value("long_run_volatility")?)),
        "heston" | "bates" => Some((fit.value("variance")?.sqrt(), fit.value("long_run_variance")?.sqrt())),
        "regime" => {
            let variance = |key| fit.value(key).map(|volatility| volatility * volatility);
            let (calm, wild) = (variance("states.0.volatility")?, variance("states.1.volatility")?);
            let mean = |share: f64| ((1.0 - share) * calm + share * wild).sqrt();
            let now = fit.value("probability_of_state_1_after_the_last_bar")?;
            Some((mean(now), mean(fit.value("share_of_time_in_state_1")?)))
        }
        _ => None,
    }
}

fn comments(
    calibration: &Calibration,
    candidate: &Candidate,
    provenance: &Provenance,
    terms: &Terms,
) -> String {
    let sample = &calibration.sample;
    let report = &provenance.report;
    let fit = &candidate.fit;
    let mut lines = vec![
        format!("# Fitted by `liqsim calibrate {}`.", provenance.file_name()),
        "#".to_owned(),
        "# Where the model's numbers come from".to_owned(),
    ];
    let mut item = |head: &str, text: &str| item(&mut lines, head, text);
    item(
        "Data",
        &format!(
            "{}: {} rows, BLAKE3 {}. Used: {} bars of {} from {} to {} (start of the last bar, UTC), {} log returns.",
            provenance.file_name(),
            report.rows,
            &report.hash[..report.hash.len().min(16)],
            provenance.bars,
            provenance.interval,
            format_time(provenance.range.0),
            format_time(provenance.range.1),
            sample.len()
        ),
    );
    if !report.decisions.is_empty() {
        item("Read as", &format!("{}.", report.decisions.join("; ")));
    }
    if !report.issues.is_empty() {
        let found: Vec<String> = report
            .by_kind()
            .into_iter()
            .map(|(name, issues)| format!("{name}: {} ({})", issues.len(), issues[0].kind.action()))
            .collect();
        item("Cleaning", &format!("{}.", found.join("; ")));
    }
    item("Estimator", &format!("{}, {}.", fit.name, fit.method));
    for (head, parameters) in [("Errors", &fit.parameters), ("Also", &fit.derived)] {
        let shown: Vec<String> =
            parameters.iter().filter(|p| head == "Also" || p.std_error.is_some()).map(with_error).collect();
        if !shown.is_empty() {
            item(head, &format!("{}.", shown.join(", ")));
        }
    }
    if let Some(likelihood) = fit.likelihood {
        item(
            "Fit",
            &format!(
                "log-likelihood {:.1}, AIC {:.1}, BIC {:.1}. {}",
                likelihood.log,
                likelihood.aic(),
                likelihood.bic(sample.len()),
                candidate.goodness.as_ref().map(tests).unwrap_or_default()
            ),
        );
    }
    if let Some((start, long_run)) = start_and_long_run(fit) {
        let (start, long_run) = (100.0 * start, 100.0 * long_run);
        item(
            "Start",
            &format!(
                "at a volatility of {start:.0} % a year, that after the last bar; in the long run it is {long_run:.0} %."
            ),
        );
    }
    let growth = calibration.growth;
    let found = format!(
        "the sample's growth was {:.2} a year with a standard error of {:.2}",
        growth.value, growth.std_error
    );
    match terms.drift {
        Drift::Zero => {
            item("Drift", &format!("none on purpose: {found}, which says little about the years to come."))
        }
        Drift::Estimate => item(
            "Drift",
            &format!("{found}: a guess about the years to come, asked for by --drift estimate."),
        ),
    }
    if fit.covariance.is_none() {
        item(
            "Parameters",
            "how their errors hang together is not known: there is nothing for --parameter-errors to draw from.",
        );
    }
    for warning in candidate.warnings() {
        item("Weak", &format!("{warning}."));
    }
    if !terms.assumed.is_empty() {
        item("Assumed", &format!("{}.", terms.assumed.join("; ")));
    }
    item(
        "Errors of",
        "the estimates hold if the model is right; where it is only roughly right, the true ones are larger.",
    );
    lines.push(String::new());
    lines.join("\n")
}

fn tests(goodness: &Goodness) -> String {
    let [one, five] = goodness.tails;
    format!(
        "Kolmogorov-Smirnov distance {:.4}; Ljung-Box of squared scores {:.0} (20 lags); beyond the 1 % quantiles {:.2} % and \
         {:.2} %, beyond the 5 % ones {:.2} % and {:.2} % (falls and rises).",
        goodness.kolmogorov_smirnov.statistic,
        goodness.ljung_box.statistic,
        100.0 * one.lower,
        100.0 * one.upper,
        100.0 * five.lower,
        100.0 * five.upper
    )
}

fn with_error(parameter: &Parameter) -> String {
    let value = rounded(parameter);
    match parameter.std_error {
        Some(error) => format!("{} {value} ± {}", parameter.key, number(error, 2)),
        None => format!("{} {value}", parameter.key),
    }
}

/// The model's table without its head.
fn model(calibration: &Calibration, fit: &Fit, drift: Drift) -> String {
    let value = |key: &str| fit.parameters.iter().find(|p| p.key == key).map(rounded).unwrap_or_default();
    let growth = match drift {
        Drift::Zero => "0.0".to_owned(),
        Drift::Estimate => number(calibration.growth.value, 3),
    };
    let mut text = format!("kind = \"{}\"\n", fit.kind);
    match fit.kind {
        "garch" => {
            text += &log_drift(calibration, drift);
            text += &format!("step = \"{}\"\n", calibration.sample.step);
            // The persistence is a sum of large parts near 1: every digit counts.
            for parameter in &fit.parameters {
                text += &format!("{} = {}\n", parameter.key, number(parameter.value, 9));
            }
            if let Some(last) = fit.value("volatility_after_the_last_bar") {
                let variance = last * last * calibration.sample.step_years();
                text += &format!("initial_variance = {}     # after the last bar\n", number(variance, 6));
            }
            return text;
        }
        "regime" => {
            let [calm, wild] = ["states.0.volatility", "states.1.volatility"].map(value);
            let [to_wild, to_calm] = ["switching_rates.0.1", "switching_rates.1.0"].map(value);
            text += &format!(
                "states = [{{ drift = {growth}, volatility = {calm} }}, {{ drift = {growth}, volatility = {wild} }}]\n"
            );
            text += &format!("switching_rates = [[0.0, {to_wild}], [{to_calm}, 0.0]]\n");
            if let Some(wild) = fit.value("probability_of_state_1_after_the_last_bar") {
                // Six decimals on both sides have the sum of 1.
                let wild = (1e6 * wild).round() / 1e6;
                text += &format!("start = [{:.6}, {wild:.6}]     # after the last bar\n", 1.0 - wild);
            }
            return text;
        }
        _ => text += &format!("drift = {growth}\n"),
    }
    let mut jumps = Vec::new();
    for parameter in &fit.parameters {
        match parameter.key.strip_prefix("jumps.") {
            Some(key) => jumps.push(format!("{key} = {}", rounded(parameter))),
            None => text += &format!("{} = {}\n", parameter.key, rounded(parameter)),
        }
    }
    if !jumps.is_empty() {
        text += &format!("jumps = {{ {} }}\n", jumps.join(", "));
    }
    text
}

/// A GARCH model takes the mean log return: without a view half the variance below zero, as the log of a price without
/// drift has it.
fn log_drift(calibration: &Calibration, drift: Drift) -> String {
    match drift {
        Drift::Zero => {
            let value = -0.5 * calibration.sample.volatility().powi(2);
            format!(
                "# Minus half the variance per year: about no growth of the expected price.\nlog_drift = {}\n",
                number(value, 4)
            )
        }
        Drift::Estimate => format!("log_drift = {}\n", number(calibration.log_growth.value, 3)),
    }
}

/// The value with one digit more than its error supports.
fn rounded(parameter: &Parameter) -> String {
    match parameter.std_error {
        Some(error) if error > 0.0 && parameter.value != 0.0 => {
            let digits = elementary::log10(parameter.value.abs() / error).floor() as i64 + 3;
            number(parameter.value, digits.clamp(2, 9) as usize)
        }
        _ => number(parameter.value, 6),
    }
}

/// A number of so many significant digits, in a form that TOML reads as a float.
pub fn number(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0.0".to_owned();
    }
    let exponent = elementary::log10(value.abs()).floor() as i64;
    if exponent < -4 {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let decimals = (digits as i64 - 1 - exponent).clamp(1, 17) as usize;
    let text = format!("{value:.decimals$}");
    let text = text.trim_end_matches('0');
    if text.ends_with('.') { format!("{text}0") } else { text.to_owned() }
}

/// A comment under a head.
pub(super) fn item(lines: &mut Vec<String>, head: &str, text: &str) {
    for (index, line) in wrap(text, 104).into_iter().enumerate() {
        lines.push(format!("#   {:<11}{line}", if index == 0 { head } else { "" }).trim_end().to_owned());
    }
}

/// Words in lines of at most so many columns.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        if !lines[last].is_empty() && lines[last].chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
            continue;
        }
        if !lines[last].is_empty() {
            lines[last].push(' ');
        }
        lines[last].push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_asked_for_and_are_floats() {
        for (value, digits, text) in [
            (0.467_771, 3, "0.468"),
            (2665.19, 3, "2665.2"),
            (47.0, 2, "47.0"),
            (-0.003_343, 2, "-0.0033"),
            (1.234_567e-6, 4, "1.235e-6"),
            (0.0, 4, "0.0"),
            (64_012.5, 10, "64012.5"),
        ] {
            assert_eq!(number(value, digits), text);
        }
    }
}
