//! Errors of estimates in a scenario.

use super::fit::Covariance;

/// The table of the errors of the parameters, for `--parameter-errors`; nothing where they are not known.
pub(super) fn errors(covariance: Option<&Covariance>, asset: &str) -> String {
    let Some(Covariance { keys, matrix }) = covariance else { return String::new() };
    let names: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    // Every digit counts where parameters hang together closely.
    let row = |row: &Vec<f64>| {
        let numbers: Vec<String> = row.iter().map(|value| format!("{value:.10e}")).collect();
        format!("    [{}],\n", numbers.join(", "))
    };
    format!(
        "\n# Errors of the estimates, for `--parameter-errors`.\n[assets.{asset}.model.errors]\nnames = [{}]\ncovariance = [\n{}]\n",
        names.join(", "),
        matrix.iter().map(row).collect::<String>()
    )
}
