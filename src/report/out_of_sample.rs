//! How the candidates of a calibration did out of sample, for people and for programs.

use serde_json::{Value, json};

use crate::calibrate::{LogScore, OutOfSample, OutOfSampleError};
use crate::market::format_time;

use super::table::Table;
use super::text::wrap;

/// A comparison, or why there is none.
type Found = Result<OutOfSample, OutOfSampleError>;

/// Name of the best candidate.
pub(super) fn best(found: &Found) -> Option<&'static str> {
    Some(found.as_ref().ok()?.scores.first()?.name)
}

/// Text for people, ending with a line break.
pub(super) fn table(found: &Found, width: usize) -> String {
    let found = match found {
        Ok(found) => found,
        Err(error) => return wrap(&format!("{error}: chosen by BIC."), width, "", ""),
    };
    let row = |LogScore { name, score, behind }: &LogScore| {
        let behind = match behind.value == 0.0 && behind.std_error == 0.0 {
            true => "best".to_owned(),
            false => format!("{:.2} ± {:.2}", behind.value, behind.std_error),
        };
        vec![(*name).to_owned(), format!("{score:.2}"), behind]
    };
    let head = ["Model", "Log score", "Behind the best ± standard error"];
    let mut text = Table::of_texts(head, found.scores.iter().map(row)).terminal();
    text += &wrap(&about(found), width, "", "");
    for (name, reason) in &found.left_out {
        text += &wrap(&format!("{name} takes no part: {reason}."), width, "- ", "  ");
    }
    text
}

fn about(found: &OutOfSample) -> String {
    let (first, last) = found.range;
    format!(
        "Mean of ln p of what came, thousandths of a nat, over {} origins from {} to {}: whether longs and shorts at 2, 3, 5, 10, 20 and 50 times \
         are liquidated within {}, from parameters that are estimated anew once a year. A difference of less than two errors says little.",
        found.origins,
        format_time(first),
        format_time(last),
        found.horizon
    )
}

/// One object.
pub(super) fn value(found: &Found) -> Value {
    match found {
        Err(error) => json!({ "reason": error.to_string() }),
        Ok(found) => json!({
            "horizon_days": found.horizon.days(),
            "origins": found.origins,
            "from": format_time(found.range.0),
            "to": format_time(found.range.1),
            "scores": found.scores.iter().map(|LogScore { name, score, behind }| {
                json!({ "name": name, "log_score": score, "behind": behind.value, "std_error": behind.std_error })
            }).collect::<Vec<_>>(),
            "left_out": found.left_out.iter().map(|(name, reason)| json!({ "name": name, "reason": reason })).collect::<Vec<_>>(),
        }),
    }
}
