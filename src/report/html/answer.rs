//! The answer of a run in a sentence or two.

use serde_json::Value;

use super::super::number;
use super::document::Document;
use crate::market::{Duration, SECONDS_PER_DAY};
use crate::result::{LevelResult, RunResult};
use crate::stats::Estimate;
use crate::study::{Verdict, figures};

/// Probabilities of liquidation that people ask for.
const TARGETS: [f64; 3] = [0.01, 0.05, 0.1];

/// What the result says about leverage: the safe leverage where it is known, else what the simulated levels say.
pub fn sentence(result: &RunResult) -> String {
    if let Some(answer) = &result.answer {
        return answer.clone();
    }
    let safe: Vec<String> = result
        .safe_leverage
        .iter()
        .map(|safe| {
            let limit = if safe.limited_by_venue { "; the venue allows no more" } else { "" };
            format!(
                "up to {} for at most {} (95 % interval {} to {}{limit})",
                number::leverage(safe.leverage),
                number::rate(safe.max_probability),
                number::leverage(safe.low),
                number::leverage(safe.high)
            )
        })
        .collect();
    if safe.is_empty() {
        return of_levels(result);
    }
    format!("Safe leverage by the probability of liquidation: {}. {}", safe.join("; "), of_levels(result))
}

/// The name and the answer of a document that is not a run.
pub fn of_study(document: &Document) -> Option<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match document {
        Document::Run(_) => None,
        Document::Replay(replay) => {
            let levels = list(&replay["levels"]);
            let count = |says: Value| levels.iter().filter(|level| level["agrees"] == says).count();
            let (yes, no, open) = (count(Value::Bool(true)), count(Value::Bool(false)), count(Value::Null));
            let open = match open {
                0 => String::new(),
                open => format!(" In {open} of {} there is too little history to tell.", levels.len()),
            };
            let text = format!(
                "In {yes} of {} rows the simulated probability of liquidation agrees with what happened in history (the \
                 intervals overlap), in {no} it does not.{open}",
                levels.len()
            );
            Some((replay["scenario"].as_str().unwrap_or("Replay").to_owned(), text))
        }
        Document::Record(record) => {
            let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
            Some((text("scenario"), text("answer")))
        }
        Document::Sweep(sweep) => {
            let cells = list(&sweep["cells"]);
            let mut probabilities: Vec<Estimate> = cells
                .iter()
                .flat_map(|cell| list(&cell["levels"]))
                .filter_map(|level| {
                    let part = |name: &str| level["liquidation_probability"][name].as_f64();
                    Some(Estimate::new(part("value")?, 0.0, [part("low")?, part("high")?]))
                })
                .collect();
            probabilities.sort_by(|a, b| a.value.total_cmp(&b.value).then(a.high.total_cmp(&b.high)));
            // What was not seen is a bound.
            let words = |found: Option<&Estimate>| {
                let text = found.map_or_else(|| number::NOTHING.to_owned(), figures::probability);
                text.replace("< ", "below ").replace("> ", "above ")
            };
            let text = format!(
                "{} cells; over all of them and their leverages the probability of liquidation runs from {} to {}.",
                cells.len(),
                words(probabilities.first()),
                words(probabilities.last())
            );
            Some(("Sweep".to_owned(), text))
        }
        Document::Check(report) => {
            let limits = report.scenarios.iter().flat_map(|scenario| &scenario.limits);
            let verdicts: Vec<Verdict> = limits.map(|limit| limit.verdict).collect();
            let count = |verdict| verdicts.iter().filter(|found| **found == verdict).count();
            let mut text = format!("Verdict: {}.", report.verdict.word());
            if !verdicts.is_empty() {
                text += &format!(
                    " Of {} limits {} pass, {} fail and {} are undecided.",
                    verdicts.len(),
                    count(Verdict::Pass),
                    count(Verdict::Fail),
                    count(Verdict::Undecided)
                );
            }
            Some(("Check".to_owned(), text))
        }
    }
}

/// What the simulated levels say: the highest simulated level that surely keeps each target, and what the next one does.
fn of_levels(result: &RunResult) -> String {
    let horizon = Duration::from_seconds((result.horizon_days * SECONDS_PER_DAY).round() as u64);
    let mut kept: Vec<(String, f64, &LevelResult)> = Vec::new();
    for target in TARGETS {
        // A level below which every level keeps the target, by the upper end of its interval.
        let levels = result.levels.iter().take_while(|level| level.liquidation_probability.high <= target);
        let Some(level) = levels.last() else { continue };
        match kept.last_mut() {
            // The stricter target says more about the same level.
            Some((_, _, last)) if last.leverage == level.leverage => {}
            _ => kept.push((number::rate(target), target, level)),
        }
    }
    let shown = |level: &LevelResult| number::probability(&level.liquidation_probability).0;
    let parts: Vec<String> = kept
        .iter()
        .map(|(target, _, level)| {
            format!(
                "{} keeps the probability of liquidation below {target} ({})",
                number::leverage(level.leverage),
                shown(level)
            )
        })
        .collect();
    let next = kept.last().map_or(result.levels.first(), |(_, _, last)| {
        result.levels.iter().find(|level| level.leverage > last.leverage)
    });
    let mut text = if parts.is_empty() {
        format!(
            "Over {horizon}, no simulated level keeps the probability of liquidation below {}",
            number::rate(TARGETS[2])
        )
    } else {
        format!("Over {horizon}, {}", parts.join("; "))
    };
    if let Some(next) = next {
        text +=
            &format!("; {} is liquidated with probability {}", number::leverage(next.leverage), shown(next));
    }
    text + "."
}
