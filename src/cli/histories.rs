//! The files of prices of a replay, and the assets of the scenario that they are of.

use std::path::{Path, PathBuf};

use liqsim::calibrate::Provenance;
use liqsim::engine::held;
use liqsim::market::{Duration, HistoryReport, PriceHistory, format_time};
use liqsim::scenario::Scenario;

use super::failure::error_with_help;
use super::prices::PriceOptions;

/// Bars of an asset.
pub struct AssetHistory {
    /// Name of the asset in the scenario.
    pub name: String,
    /// The file without its folders.
    pub file: String,
    pub history: PriceHistory,
    pub report: HistoryReport,
}

/// Names of the assets that the account of a scenario holds.
pub fn held_assets(scenario: &Scenario) -> Vec<String> {
    held(scenario).assets.iter().map(|asset| asset.name.clone()).collect()
}

/// The histories of the assets of a scenario that holds several, one file each: by the name of the coin in the file or its name, or by
/// `NAME=FILE`. Bars are joined to the longest of them; with `whole` all bars are read, whatever the range asked for.
pub fn of_assets(
    files: &[PathBuf],
    scenario: &Scenario,
    reading: &PriceOptions,
    whole: bool,
) -> anyhow::Result<Vec<AssetHistory>> {
    let wanted = held_assets(scenario);
    let mut found = Vec::new();
    for given in files {
        let (said, path) = split(given, &wanted);
        let (history, report) = if whole { reading.read_whole(path)? } else { reading.read(path)? };
        let asset = Provenance::of(report.clone(), &history).map(|of| of.asset());
        let name = said.or(asset).unwrap_or_default();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        found.push(AssetHistory { name, file, history, report });
    }
    let list = wanted.join(", ");
    let mut sorted = Vec::new();
    for name in &wanted {
        let mut own = (0..found.len()).filter(|at| found[*at].name.eq_ignore_ascii_case(name));
        match (own.next(), own.next()) {
            (Some(at), None) => {
                let history = found.swap_remove(at);
                sorted.push(AssetHistory { name: name.clone(), ..history });
            }
            (Some(_), Some(_)) => {
                return Err(error_with_help(
                    format_args!("two files are of {name}"),
                    "give one file for each asset of the scenario",
                ));
            }
            (None, _) => {
                return Err(error_with_help(
                    format_args!("the scenario holds {list}, but no file says that it is of {name}"),
                    format_args!(
                        "give a file for each asset; where its name does not say which, write {name}=FILE"
                    ),
                ));
            }
        }
    }
    if let Some(other) = found.first() {
        return Err(error_with_help(
            format_args!("{} is of no asset of the scenario, which holds {list}", other.file),
            "leave it out, or write NAME=FILE with the name of the asset",
        ));
    }
    let longest = sorted.iter().map(|one| one.history.interval).max().unwrap_or(Duration::from_seconds(3600));
    for one in &mut sorted {
        let (joined, issues) = one.history.resample(longest)?;
        one.history = joined;
        one.report.issues.extend(issues);
    }
    Ok(sorted)
}

/// `NAME=FILE`, where that is the name of an asset; otherwise a file.
fn split<'a>(given: &'a Path, assets: &[String]) -> (Option<String>, &'a Path) {
    let pair = given.to_str().and_then(|text| text.split_once('='));
    let named = pair
        .and_then(|(name, file)| Some((assets.iter().find(|asset| asset.eq_ignore_ascii_case(name))?, file)));
    match named {
        Some((name, file)) => (Some(name.clone()), Path::new(file)),
        None => (None, given),
    }
}

/// First and last time that all have, as text, and the number of bars between them.
pub fn common_range(histories: &[AssetHistory]) -> (String, String, usize) {
    let first = histories.iter().filter_map(|one| one.history.bars.first()).map(|bar| bar.time).max();
    let last = histories.iter().filter_map(|one| one.history.bars.last()).map(|bar| bar.time).min();
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    let bars = histories.first().map_or(0, |one| one.history.between(Some(first), Some(last + 1)).bars.len());
    (format_time(first), format_time(last), bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_an_asset_only() {
        let assets = ["BTC".to_owned(), "ETH".to_owned()];
        for (given, name, file) in [
            ("btc=x/y.csv", Some("BTC"), "x/y.csv"),
            ("ETH=a=b.csv", Some("ETH"), "a=b.csv"),
            ("SOL=z.csv", None, "SOL=z.csv"),
            ("z.csv", None, "z.csv"),
        ] {
            let (found, path) = split(Path::new(given), &assets);
            assert_eq!((found.as_deref(), path), (name, Path::new(file)), "{given}");
        }
    }
}
