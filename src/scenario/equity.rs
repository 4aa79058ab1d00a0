//! The collateral as it is written: an amount, or coins (`"0.5 BTC"`).
//!
//! Coins are what an inverse contract counts in. Coins that are bought on margin, or stand behind a loan, are
//! worth their price at the start, like all that such an account holds. Behind a linear contract they would
//! be collateral whose value moves while the profit is paid in another currency: that is a position of its
//! own, and is refused here.

use crate::venue::Contract;

use super::check::AMOUNT;
use super::file::ScenarioFile;
use super::numbers::Amount;
use super::problem::{Code, Problem, Problems};
use super::shape::Placed;
use super::tree::{number, ticked};

/// The equity in what the account is counted in; what cannot be is reported.
pub(super) fn resolve(file: &ScenarioFile, problems: &mut Problems) -> Option<Placed<f64>> {
    let account = &file.account.as_ref()?.value;
    let Placed { value: Amount { amount, coin }, place } = account.equity.as_ref()?;
    let placed = |value| Some(Placed { value, place: place.clone() });
    if !AMOUNT.contains(*amount) {
        let message = format!("`equity` must be {AMOUNT}, but is {}", number(*amount));
        problems.push(Problem::new(Code::OutOfRange, place, message).help("it is the collateral put up"));
        return None;
    }
    let Some(coin) = coin else { return placed(*amount) };
    let mut refuse = |message: String, help: &str| {
        problems.push(Problem::new(Code::NotAllowed, place, message).help(help));
        None
    };
    let positions = account.positions.iter().flat_map(|list| &list.value.items);
    let mut held = positions.filter_map(|item| item.value.asset.as_ref().map(|asset| asset.value.as_str()));
    if file.miner.is_some() || !held.all(|asset| asset == coin) {
        let message = format!("equity in {} is possible only where all positions are in it", ticked(coin));
        return refuse(message, "give what the equity is worth at the start, in the quote currency");
    }
    // What is wrong with the venue is reported where the account is resolved.
    let venue = account.venue.as_ref()?.value.resolve(&mut Problems::default())?.venue;
    match venue.contract {
        Contract::Inverse => placed(*amount),
        Contract::Spot => {
            let entries = &file.assets.as_ref()?.value.entries;
            let (_, asset) = entries.iter().find(|(name, _)| name.value == *coin)?;
            placed(amount * asset.price.as_ref()?.value)
        }
        Contract::Linear => refuse(
            format!(
                "equity in {} has no meaning on a linear contract, which settles in the quote currency",
                ticked(coin)
            ),
            "give its worth at the start; for coins as collateral hold them as a position of their own on cross margin: \
             [[account.positions]] with venue = { contract = \"spot\", margin_level = { liquidation = 1.01 } }",
        ),
    }
}
