//! The collateral as it is written: an amount, or coins (`"0.5 BTC"`).
//!
//! Coins are what an inverse contract counts in. Coins that are bought on margin, or stand behind a loan, are
//! worth their price at the start, like all that such an account holds. Behind linear contracts they stay coins: the
//! venue counts them at less than their price ([`CoinCollateral`](crate::account::CoinCollateral)).

use crate::venue::Contract;

use super::check::AMOUNT;
use super::file::ScenarioFile;
use super::numbers::Amount;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::Placed;
use super::tree::{number, ticked};
use super::types::{Account, CoinEquity};

/// The equity in what the account is counted in, and the coins that it consists of where those are counted at less than their
/// price; what cannot be is reported.
pub(super) fn resolve(
    file: &ScenarioFile,
    problems: &mut Problems,
) -> (Option<Placed<f64>>, Option<CoinEquity>) {
    let written = file.account.as_ref().and_then(|account| account.value.equity.as_ref());
    let Some(Placed { value: Amount { amount, coin }, place }) = written else { return (None, None) };
    if !AMOUNT.contains(*amount) {
        let message = format!("`equity` must be {AMOUNT}, but is {}", number(*amount));
        problems.push(Problem::new(Code::OutOfRange, place, message).help("it is the collateral put up"));
        return (None, None);
    }
    let resolved = match coin {
        None => Some((*amount, None)),
        Some(coin) => in_coins(file, (*amount, coin), place, problems),
    };
    let Some((value, coins)) = resolved else { return (None, None) };
    (Some(Placed { value, place: place.clone() }), coins)
}

fn in_coins(
    file: &ScenarioFile,
    (amount, coin): (f64, &str),
    place: &Place,
    problems: &mut Problems,
) -> Option<(f64, Option<CoinEquity>)> {
    let account = &file.account.as_ref()?.value;
    let mut refuse = |message: String, help: &str| {
        problems.push(Problem::new(Code::NotAllowed, place, message).help(help));
        None
    };
    // What is wrong with the venue is reported where the account is resolved.
    let listed = match file.miner {
        Some(_) => None,
        None => Some(account.venue.as_ref()?.value.resolve(&mut Problems::default())?.venue),
    };
    let positions = account.positions.iter().flat_map(|list| &list.value.items);
    let mut held = positions.filter_map(|item| item.value.asset.as_ref().map(|asset| asset.value.as_str()));
    let is_own = held.all(|asset| asset == coin);
    let venue = match listed {
        Some(venue) if venue.contract == Contract::Linear || is_own => venue,
        _ => {
            let message =
                format!("equity in {} is possible only where all positions are in it", ticked(coin));
            return refuse(message, "give what the equity is worth at the start, in the quote currency");
        }
    };
    if venue.contract == Contract::Inverse {
        return Some((amount, None));
    }
    let entries = &file.assets.as_ref()?.value.entries;
    let Some(asset) = entries.iter().position(|(name, _)| name.value == coin) else {
        let message = format!("there is no asset {} for the equity to be in", ticked(coin));
        return refuse(message, "add [assets.NAME] with its price and model, or give an amount of money");
    };
    let worth = amount * entries[asset].1.price.as_ref()?.value;
    if venue.contract == Contract::Spot {
        return Some((worth, None));
    }
    // The venue's is that of the coin that it lists.
    match account.haircut.as_ref().map(|haircut| haircut.value.0).or(venue.haircut.filter(|_| is_own)) {
        Some(haircut) => Some((worth, Some(CoinEquity { asset, quantity: amount, haircut }))),
        None => refuse(
            format!("how much of {} counts as collateral is not known", ticked(coin)),
            "a linear contract settles in the quote currency, and venues count coins behind it at less than their price: add \
             `account.haircut`, such as \"5%\", or give an amount of money",
        ),
    }
}

/// Reports a haircut that nothing is taken from, and coins behind contracts that are not linear.
pub(super) fn check(file: &ScenarioFile, account: &Account, problems: &mut Problems) {
    let Some(written) = file.account.as_ref().map(|account| &account.value) else { return };
    match (&account.coins, &written.haircut, &written.equity) {
        (None, Some(haircut), _) => {
            let message = "`haircut` has no meaning here: the equity is not in coins behind linear contracts";
            let help = "leave it out, or write `equity` in coins, such as \"0.5 BTC\"";
            problems.push(Problem::new(Code::Conflict, &haircut.place, message).help(help));
        }
        (Some(_), _, Some(equity)) => {
            let is_linear = |position| account.venue_of(position).contract == Contract::Linear;
            if !account.positions.iter().all(is_linear) {
                let message =
                    "coins with a haircut stand behind linear contracts only, and not all positions are such";
                let help = "give what the equity is worth at the start, in the quote currency";
                problems.push(Problem::new(Code::NotAllowed, &equity.place, message).help(help));
            }
        }
        _ => {}
    }
}
