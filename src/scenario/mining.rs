//! A miner among the other tables of a file: what has no meaning beside it, and at which levels it cannot start.

use crate::account::miner::{Miner, MinerError};

use super::file::ScenarioFile;
use super::leverage::Levels;
use super::problem::{Code, Problem, Problems};
use super::shape::Placed;
use super::tree::number;
use super::types::{Account, Asset};

/// The miner of a file; none if it has none, or if it is not complete. Reports what has no meaning beside it.
pub(super) fn resolve(file: &ScenarioFile, names: &[&str], problems: &mut Problems) -> Option<Option<Miner>> {
    let assets = file.assets.iter().flat_map(|assets| &assets.value.entries);
    let Some(miner) = &file.miner else {
        for (name, network) in assets.filter_map(|(name, asset)| Some((&name.value, asset.network.as_ref()?)))
        {
            let message = format!("`network` of {name} has no meaning without a miner");
            let help = "add a [miner] table, or leave the network out";
            problems.push(Problem::new(Code::Conflict, &network.place, message).help(help));
        }
        return Some(None);
    };
    refuse_beside(file, problems);
    let horizon = file.simulation.as_ref().and_then(|simulation| simulation.value.horizon.as_ref());
    let read = miner.value.resolve(&miner.place, names, horizon, problems);
    let asset = read.as_ref().map(|miner| miner.asset);
    for (number, (name, asset_file)) in assets.enumerate() {
        let is_mined = asset.is_some_and(|asset| asset == number);
        match &asset_file.network {
            None if is_mined => {
                let message = format!("{} is mined, but has no `network`", name.value);
                let help = format!("add [assets.{}.network] with difficulty, subsidy and fees", name.value);
                problems.push(Problem::new(Code::MissingKey, &name.place, message).help(help));
            }
            Some(network) if asset.is_some() && !is_mined => {
                let message =
                    format!("`network` of {} has no meaning: the miner mines another coin", name.value);
                problems.push(Problem::new(Code::Conflict, &network.place, message).help("leave it out"));
            }
            _ => {}
        }
    }
    read.map(Some)
}

/// Reports keys of accounts with positions.
fn refuse_beside(file: &ScenarioFile, problems: &mut Problems) {
    let account = file.account.as_ref().map(|account| &account.value);
    let policy = file.policy.as_ref().map(|policy| ("policy", &policy.place));
    let step = file.simulation.as_ref().and_then(|simulation| simulation.value.step.as_ref());
    let step = step.map(|step| ("simulation.step", &step.place));
    let keys = account.map(|account| {
        [
            account.venue.as_ref().map(|key| ("account.venue", &key.place)),
            account.positions.as_ref().map(|key| ("account.positions", &key.place)),
            account.margin.as_ref().map(|key| ("account.margin", &key.place)),
            account.borrow.as_ref().map(|key| ("account.borrow", &key.place)),
            account.funding.as_ref().map(|key| ("account.funding", &key.place)),
        ]
    });
    for (key, place) in keys.into_iter().flatten().flatten().chain(policy).chain(step) {
        let message = format!("`{key}` has no meaning with a miner");
        let help =
            "a miner holds machines and coins, no position at a venue: leave it out, or leave [miner] out";
        problems.push(Problem::new(Code::Conflict, place, message).help(help));
    }
}

/// The account of a miner.
pub(super) fn account(equity: Option<&Placed<f64>>, levels: Option<&Levels>) -> Option<Account> {
    let leverage = levels?.values.iter().map(|level| level.value).collect();
    Some(Account::of_miner(equity?.value, leverage))
}

/// Reports every level at which the miner cannot start.
pub(super) fn check(
    file: &ScenarioFile,
    miner: &Miner,
    assets: &[Asset],
    levels: &[Placed<f64>],
    problems: &mut Problems,
) {
    let (Some(written), Some(asset)) = (&file.miner, assets.get(miner.asset)) else { return };
    let mut reported = None;
    for level in levels {
        let leverage = number(level.value);
        let (place, message, help) = if level.value < 1.0 {
            let message = format!("a miner's leverage is at least 1, but is {leverage}");
            (&level.place, message, "it is the assets over the equity: 2 is as much debt as equity")
        } else {
            match miner.open(level.value, asset.price) {
                Ok(_) => continue,
                Err(MinerError::Premium { premium, cash }) => {
                    let place = written.value.put.as_ref().map_or(&written.place, |put| &put.place);
                    let message = format!(
                        "the put costs {} % of the assets, but only {} % of them are cash",
                        number((premium * 1e6).round() / 1e4),
                        number(cash * 100.0)
                    );
                    (place, message, "hold more cash, or buy a smaller put")
                }
                Err(MinerError::Called { loan_to_value, call }) => {
                    let message = format!(
                        "at leverage {leverage} the loan on coins has a loan to value of {}, not below its `call` of {}",
                        number((loan_to_value * 1e6).round() / 1e6),
                        number(call)
                    );
                    (
                        &level.place,
                        message,
                        "use less leverage, hold more `coins`, or put more of the debt on the machines",
                    )
                }
                Err(MinerError::NoLoan { .. }) => {
                    let message = format!("leverage {leverage} needs a loan, and the miner has none");
                    (
                        &level.place,
                        message,
                        "add [miner.equipment_loan] or [miner.coin_loan], or use leverage = [1]",
                    )
                }
            }
        };
        // Levels of a range share one place, and one message is enough for it.
        if reported == place.span() {
            continue;
        }
        reported = place.span();
        problems.push(Problem::new(Code::NotAllowed, place, message).help(help));
    }
}
