//! How much margin, or what stop: for people and for machines.

use crate::study::{Criterion, Vary, VaryAnswer, VaryReport, figures};

use super::safe::condition;
use super::table::Table;
use super::{Layout, RenderError, json, number, text};

/// JSON: an object for one scenario, an array for several.
pub fn render_vary_json(reports: &[VaryReport]) -> Result<String, RenderError> {
    match reports {
        [report] => json::render(report),
        _ => json::render(reports),
    }
}

/// Text for people, ending with a line break: the answer of each level in a sentence, and a table.
pub fn render_vary_table(reports: &[VaryReport], layout: Layout) -> String {
    reports.iter().map(|report| one(report, layout)).collect::<Vec<_>>().join("\n")
}

fn one(report: &VaryReport, layout: Layout) -> String {
    let width = layout.width.unwrap_or(110).min(110);
    let mut lines = format!(
        "{}\n{} d · {} paths · seed {} · liqsim {}\n",
        report.scenario,
        report.horizon_days,
        number::count(report.paths),
        report.seed,
        report.liqsim
    );
    if let Some(answer) = report.answers.iter().find(|answer| answer.is_needed).or(report.answers.first()) {
        lines += &text::wrap(&sentence(report, answer), width, "", "");
    }
    let what = match report.vary {
        Vary::Margin => ["Margin\nto add", "Leverage\nthen"],
        Vary::Stop => ["Stop\naway", "Stop\nat"],
    };
    let mut head =
        vec!["Leverage".to_owned(), format!("{}\nnow", short(report.criterion)), "at most".to_owned()];
    head.extend([
        what[0].to_owned(),
        "95 % interval".to_owned(),
        what[1].to_owned(),
        "Liquidated\nat".to_owned(),
    ]);
    if report.vary == Vary::Stop {
        head.push("Stopped".to_owned());
    }
    lines += &Table::of_texts(head, report.answers.iter().map(|answer| row(report, answer))).terminal();
    let notes = [
        (report.answers.iter().any(|answer| answer.value.is_none()), nothing(report.vary)),
        (
            report.answers.iter().any(|answer| !answer.is_monotone),
            "Not monotone: the search on common random numbers found that more than one range keeps the limit, or that the safest values \
             do not; `--format json` has the ranges.",
        ),
    ];
    for (_, note) in notes.into_iter().filter(|(is_so, _)| *is_so) {
        lines += &text::wrap(note, width, "- ", "  ");
    }
    lines
}

/// The criterion as the head of a column.
fn short(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::LiquidationProbability => "Liquidated",
        Criterion::LossProbability => "At a loss",
        other => condition(other),
    }
}

fn nothing(vary: Vary) -> &'static str {
    match vary {
        Vary::Margin => "No margin that was tried keeps the limit, down to a leverage of a half.",
        Vary::Stop => {
            "No stop that was tried keeps the limit: jumps carry the price past it, or it closes at a loss too often."
        }
    }
}

/// The answer in one sentence.
fn sentence(report: &VaryReport, answer: &VaryAnswer) -> String {
    let limit = number::rate(answer.max);
    let what = match condition(report.criterion) {
        "Probability of liquidation" => "the probability of liquidation".to_owned(),
        other => other.replacen("Probability", "the probability", 1),
    };
    let at = number::leverage(answer.leverage);
    let now = figures::probability(&answer.now);
    match (report.vary, answer.value) {
        _ if !answer.is_needed => {
            format!("At {at} {what} is {now} already: nothing is needed for at most {limit}.")
        }
        (Vary::Margin, Some(margin)) => format!(
            "At {at} {what} is {now}; for at most {limit} add {} of margin: the leverage is then {}.",
            figures::amount(round_up(margin)),
            number::leverage(answer.leverage_then.unwrap_or(answer.leverage))
        ),
        (Vary::Stop, Some(distance)) => format!(
            "At {at} {what} is {now}; for at most {limit} put the stop {} away or nearer, at {}.",
            figures::rate((distance * 1e4).floor() / 1e4),
            number::price(answer.stop_price)
        ),
        (_, None) => {
            format!("At {at} {what} is {now}, and nothing that was tried brings it to at most {limit}.")
        }
    }
}

fn row(report: &VaryReport, answer: &VaryAnswer) -> Vec<String> {
    let shown = |value: f64| match report.vary {
        Vary::Margin => figures::amount(round_up(value)),
        Vary::Stop => figures::rate((value * 1e4).floor() / 1e4),
    };
    let none = || number::NOTHING.to_owned();
    let value = match answer.value {
        _ if !answer.is_needed => "none needed".to_owned(),
        Some(value) => shown(value),
        None => "not enough".to_owned(),
    };
    let interval = match (answer.is_needed, answer.safe_end, answer.other_end) {
        (true, Some(safe), Some(other)) => {
            format!("{} to {}", shown(safe.min(other)), shown(safe.max(other)))
        }
        (true, None, Some(other)) if report.vary == Vary::Margin => format!("at least {}", shown(other)),
        (true, None, Some(other)) => format!("at most {}", shown(other)),
        _ => String::new(),
    };
    let then = match report.vary {
        Vary::Margin => answer.leverage_then.map_or_else(none, number::leverage),
        Vary::Stop => answer.stop_price.map_or_else(none, |price| number::price(Some(price))),
    };
    let mut row = vec![
        number::leverage(answer.leverage),
        figures::probability(&answer.now),
        number::rate(answer.max),
        value,
        interval,
        then,
        answer.value.map_or_else(none, |_| number::price(answer.liquidation_price)),
    ];
    if report.vary == Vary::Stop {
        row.push(answer.stopped.map_or_else(none, |stopped| figures::probability(&stopped)));
    }
    row
}

/// Money with three digits, rounded up: what is added is never too little.
fn round_up(amount: f64) -> f64 {
    if amount <= 0.0 {
        return 0.0;
    }
    let digits =
        format!("{amount:.0e}").split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    let unit = 10f64.powi(digits.unwrap_or(0) - 2);
    (amount / unit - 1e-9).ceil() * unit
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn margin_is_rounded_up() {
        for (amount, shown) in
            [(1234.5, 1240.0), (0.012_341, 0.0124), (1000.0, 1000.0), (0.0, 0.0), (9_996.0, 10_000.0)]
        {
            assert!((round_up(amount) - shown).abs() < 1e-9 * shown.max(1.0), "{amount}");
        }
    }
}
