//! Positions that are open already: what they are worth now, and what leverage that is.
//!
//! The collateral behind a position is without its unrealised profit. With collateral M, size q, entry P and price S now a linear
//! position has the equity M + s·q·(S − P), an inverse one M + s·Q·(1/P − 1/S) in coins. Leverage is the notional now over the
//! equity now, and returns are on the equity now. Positions that share their collateral have a wallet: `account.equity`, or the
//! sum of what stands behind each.

use crate::venue::Contract;

use super::file::PositionFile;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::{List, Placed};
use super::tree::number;
use super::types::{Account, MarginMode, Opened, Position};

/// How a position was opened, if it says so.
pub(super) fn opened(file: &PositionFile, place: &Place, problems: &mut Problems) -> Option<Opened> {
    match (&file.entry, &file.quantity) {
        (Some(entry), Some(quantity)) => {
            for (key, written) in [("share", &file.share), ("collateral", &file.collateral)] {
                if let Some(written) = written {
                    let message = format!("`{key}` has no meaning for a position that is open already");
                    let help = "its size is `quantity`, its collateral `margin`";
                    problems.push(Problem::new(Code::Conflict, &written.place, message).help(help));
                }
            }
            Some(Opened { entry: entry.value, quantity: quantity.value })
        }
        (None, None) => {
            if let Some(margin) = &file.margin {
                let message = "`margin` is that of a position that is open already";
                let help = "add `entry` and `quantity`, or give `account.equity`";
                problems.push(Problem::new(Code::Conflict, &margin.place, message).help(help));
            }
            None
        }
        (given, _) => {
            let missing = if given.is_some() { "quantity" } else { "entry" };
            let message = format!("a position that is open already has no `{missing}`");
            let help = "`entry` is the price at which it was opened, `quantity` its size in coins (quote units of an inverse contract)";
            problems.push(Problem::new(Code::MissingKey, place, message).help(help));
            None
        }
    }
}

/// Gives open positions their shares and collateral, and the account the equity that there is now; returns the leverage. None if
/// something is missing, which is reported. `wallet` is the collateral that positions share.
pub(super) fn join(
    account: &mut Account,
    list: &Placed<List<PositionFile>>,
    wallet: Option<&Placed<f64>>,
    prices: &[f64],
    problems: &mut Problems,
) -> Option<f64> {
    let first = account.positions.first()?.asset;
    let is_inverse = |position: &Position| account.venue_of(position).contract == Contract::Inverse;
    let in_coin = account.positions.iter().all(|one| is_inverse(one) && one.asset == first);
    let alone = account.positions.len() == 1;
    let shares = account.margin == MarginMode::Cross || alone;
    let (mut sizes, mut equities) = (Vec::new(), Vec::new());
    for (number, position) in account.positions.iter().enumerate() {
        let item = list.value.items.get(number);
        let place = item.map_or(&list.place, |item| &item.place);
        let Some(Opened { entry, quantity }) = position.opened else {
            let message = "some positions are open already and this one is not";
            let help = "give every position `entry` and `quantity`: what is opened now has the price of now as its entry";
            problems.push(Problem::new(Code::MissingKey, place, message).help(help));
            return None;
        };
        let contract = account.venue_of(position).contract;
        let price = prices[position.asset];
        let margin = item.and_then(|item| item.value.margin.as_ref());
        if margin.is_none() && !(shares && wallet.is_some()) {
            let message = "a position that is open already has no `margin`";
            let help = match shares {
                true => "add the collateral behind it, or `account.equity` for the wallet that all share",
                false => "add the collateral behind it now, without its unrealised profit",
            };
            problems.push(Problem::new(Code::MissingKey, place, message).help(help));
            return None;
        }
        let gained = contract.notional(quantity, price) - contract.notional(quantity, entry);
        let profit = contract.gain_sign(position.side) * gained;
        // An account that is counted in the quote currency values coins at the price of now.
        let worth = if contract == Contract::Inverse && !in_coin { price } else { 1.0 };
        let is_shared_coin = worth != 1.0 && shares && !alone;
        let margin = margin.map_or(0.0, |margin| margin.value) * if is_shared_coin { 1.0 } else { worth };
        sizes.push(worth * contract.notional(quantity, price));
        equities.push(margin + worth * profit);
    }
    if shares && let Some(wallet) = wallet {
        let margins = list.value.items.iter().find_map(|item| item.value.margin.as_ref());
        if let Some(margin) = margins {
            let message = "`account.equity` and `margin` are both given";
            let help = "positions that share a wallet have no collateral of their own: keep one of the two";
            problems.push(Problem::new(Code::Conflict, &margin.place, message).help(help));
            return None;
        }
        equities[0] += wallet.value;
    } else if let Some(wallet) = wallet {
        let message =
            "`equity` has no meaning beside positions that are open already, each with its `margin`";
        let help = "leave it out: the equity follows from margin and price";
        problems.push(Problem::new(Code::Conflict, &wallet.place, message).help(help));
        return None;
    }
    let (equity, size) = (equities.iter().sum::<f64>(), sizes.iter().sum::<f64>());
    let own = equities.iter().position(|own| *own <= 0.0).filter(|_| !shares);
    if equity <= 0.0 || own.is_some() {
        let item = list.value.items.get(own.unwrap_or(0));
        let left = own.map_or(equity, |own| equities[own]);
        let message = format!("nothing is left of the collateral: the equity now is {}", number(left));
        let help =
            "a position is liquidated before that; look at `entry`, `quantity`, `margin` and the price";
        let place = item.map_or(&list.place, |item| &item.place);
        problems.push(Problem::new(Code::NotAllowed, place, message).help(help));
        return None;
    }
    for ((position, own), equity_of) in account.positions.iter_mut().zip(&sizes).zip(&equities) {
        position.share = own / size;
        position.collateral = (!shares).then_some(equity_of / equity);
    }
    account.equity = equity;
    Some(size / equity)
}
