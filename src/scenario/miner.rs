//! A miner as it is written.

use crate::account::miner::{Electricity, Fleet, Hedges, Miner};
use crate::market::{Duration, Varying};

use super::days::Days;
use super::hedges::{CoinPutFile, ForwardFile, ShortFile};
use super::miner_loans::{CoinLoanFile, EquipmentLoanFile, shares};
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::shape::Placed;
use super::suggest::suggest;
use super::table::table;
use super::tree::number;

const DEFAULT_DEPRECIATION: f64 = 0.2;

const SHARE: Range = Range::at_least(0.0).at_most(1.0);
const FEE: Range = Range::at_least(0.0).at_most(0.5);
const COST: Range = Range::at_least(0.0).at_most(0.9);
const MONEY: Range = Range::above(0.0).at_most(1e12);
/// Of a price next to nothing any money buys machines without number.
const MACHINE_PRICE: Range = Range::at_least(0.001).at_most(1e12);

table! {
    /// A miner in place of a position: machines and coins bought with the equity and with borrowed money. Leverage is then the
    /// assets at the start over the equity.
    struct MinerFile {
        /// Name of the coin, which needs a network; the only asset if absent.
        optional asset: String,
        /// Share of the assets held in cash at the start, such as "10%".
        required cash: Ratio where SHARE,
        /// Share of the assets held in coins at the start; 0 if absent.
        optional coins: Ratio where SHARE,
        /// Share of the mined coins that is kept, the rest is sold every day; 0 if absent.
        optional hold: Ratio where SHARE,
        /// Share of the price that selling coins costs; 0 if absent.
        optional sale_fee: Ratio where FEE,
        /// Share of the coins that the pool keeps; 0 if absent.
        optional pool_fee: Ratio where FEE,
        /// Costs beside power, quote currency per PH/s and day: staff, site, insurance, repairs; 0 if absent.
        optional other_costs: f64 where Range::at_least(0.0).at_most(1e12),
        /// The machines.
        required fleet: FleetFile,
        /// Their power.
        required electricity: ElectricityFile,
        /// Loan on the machines, paid back in equal instalments.
        optional equipment_loan: EquipmentLoanFile,
        /// Loan on the coins held at the start, which are pledged for it.
        optional coin_loan: CoinLoanFile,
        /// Hashrate sold forward, settled daily in cash.
        optional forward: ForwardFile,
        /// A future on coins, sold and settled daily in cash.
        optional short: ShortFile,
        /// A put on coins, paid at the start.
        optional put: CoinPutFile,
    }
}

table! {
    /// Machines of one kind.
    struct FleetFile {
        /// Price at the start, quote currency per TH/s.
        required price: f64 where MACHINE_PRICE,
        /// Energy use in J/TH.
        required efficiency: f64 where Range::above(0.0).at_most(1e6),
        /// Share of the time that they run; 1 if absent.
        optional uptime: Ratio where Range::above(0.0).at_most(1.0),
        /// Share of the hashrate lost per year; 0 if absent.
        optional degradation: Ratio where COST,
        /// Power used beside the machines, as a share of theirs; 0 if absent.
        optional overhead: Ratio where Range::at_least(0.0).at_most(2.0),
        /// Delivery and set-up: they work from the day after this; "0d" if absent.
        optional online_after: Days,
        /// Elasticity of their price to hashprice; 1 if absent.
        optional resale_elasticity: f64 where Range::at_least(0.0).at_most(3.0),
        /// Fall of their price per year beside that of hashprice; 0.2 if absent.
        optional depreciation: Ratio where Range::at_least(-1.0).at_most(5.0),
        /// Share of the price that selling them costs, also where they are valued; 0 if absent.
        optional resale_cost: Ratio where COST,
    }
}

table! {
    /// Power of the machines.
    struct ElectricityFile {
        /// All-in price at the start, quote currency per kWh; its median if it varies.
        required price: f64 where MONEY,
        /// Volatility of its logarithm per square root of a year; 0 if absent.
        optional volatility: Ratio where Range::at_least(0.0).at_most(100.0),
        /// Speed of its return to the median per year; 0 if absent.
        optional reversion: f64 where Range::at_least(0.0).at_most(1e6),
        /// Whether machines are off on days that do not pay their power; true if absent.
        optional curtail: bool,
        /// Share of the bill that is due while they are off; 0 if absent.
        optional take_or_pay: Ratio where SHARE,
    }
}

/// A ratio, or what stands for one that is absent.
fn or(ratio: &Option<Placed<Ratio>>, absent: f64) -> f64 {
    ratio.as_ref().map_or(absent, |ratio| ratio.value.0)
}

impl FleetFile {
    fn resolve(&self) -> Option<Fleet> {
        Some(Fleet {
            price: self.price.as_ref()?.value,
            efficiency: self.efficiency.as_ref()?.value,
            uptime: or(&self.uptime, 1.0),
            degradation: or(&self.degradation, 0.0),
            overhead: or(&self.overhead, 0.0),
            online_after: self.online_after.as_ref().map_or(0, |days| days.value.0),
            resale_elasticity: self.resale_elasticity.as_ref().map_or(1.0, |elasticity| elasticity.value),
            depreciation: or(&self.depreciation, DEFAULT_DEPRECIATION),
            resale_cost: or(&self.resale_cost, 0.0),
        })
    }
}

impl ElectricityFile {
    fn resolve(&self) -> Option<Electricity> {
        Some(Electricity {
            price: Varying {
                median: self.price.as_ref()?.value,
                volatility: or(&self.volatility, 0.0),
                reversion: self.reversion.as_ref().map_or(0.0, |reversion| reversion.value),
            },
            curtail: self.curtail.as_ref().is_none_or(|curtail| curtail.value),
            take_or_pay: or(&self.take_or_pay, 0.0),
        })
    }
}

impl MinerFile {
    /// The miner, if all of it was read; `names` are those of the assets.
    pub fn resolve(
        &self,
        place: &Place,
        names: &[&str],
        horizon: Option<&Placed<Duration>>,
        problems: &mut Problems,
    ) -> Option<Miner> {
        let (cash, coins) = (or(&self.cash, 0.0), or(&self.coins, 0.0));
        if cash + coins >= 1.0 {
            let place = self.coins.as_ref().or(self.cash.as_ref()).map_or(place, |ratio| &ratio.place);
            let message =
                format!("`cash` and `coins` must add up to less than 1, but are {}", number(cash + coins));
            problems.push(Problem::new(Code::Conflict, place, message).help("the rest buys the machines"));
        }
        if let Some(horizon) = horizon.filter(|horizon| Days::of(horizon.value).is_none()) {
            let message =
                format!("with a miner the horizon must be a whole number of days, but is {}", horizon.value);
            problems.push(Problem::new(Code::OutOfRange, &horizon.place, message).help("such as \"540d\""));
        }
        let days = horizon.and_then(|horizon| Days::of(horizon.value)).map_or(u32::MAX, |days| days.0);
        let asset = self.asset(place, names, problems);
        let shares = shares(self.equipment_loan.as_ref(), self.coin_loan.as_ref(), problems);
        let of_equipment = shares.map_or(0.0, |(share, _)| share);
        let of_coins = shares.map_or(0.0, |(_, share)| share);
        let equipment = self.equipment_loan.as_ref().map(|loan| loan.value.resolve(of_equipment, problems));
        let coin_loan =
            self.coin_loan.as_ref().map(|loan| loan.value.resolve(of_coins, &loan.place, problems));
        let forward = self.forward.as_ref().map(|forward| forward.value.resolve());
        let short = self.short.as_ref().map(|short| short.value.resolve(days));
        let put = self.put.as_ref().map(|put| put.value.resolve());
        Some(Miner {
            asset: asset?,
            cash: self.cash.as_ref()?.value.0,
            coins,
            hold: or(&self.hold, 0.0),
            sale_fee: or(&self.sale_fee, 0.0),
            pool_fee: or(&self.pool_fee, 0.0),
            other_costs: self.other_costs.as_ref().map_or(0.0, |costs| costs.value),
            fleet: self.fleet.as_ref()?.value.resolve()?,
            electricity: self.electricity.as_ref()?.value.resolve()?,
            equipment_loan: complete(equipment)?,
            coin_loan: complete(coin_loan)?,
            hedges: Hedges { forward: complete(forward)?, short: complete(short)?, put: complete(put)? },
        })
    }

    fn asset(&self, place: &Place, names: &[&str], problems: &mut Problems) -> Option<usize> {
        match (&self.asset, names) {
            (None, [_]) => Some(0),
            (None, _) => {
                let message = "`miner` has no key `asset`, and there are several assets";
                let help = "name the coin that is mined";
                problems.push(Problem::new(Code::MissingKey, place, message).help(help));
                None
            }
            (Some(asset), names) => {
                let found = names.iter().position(|name| *name == asset.value);
                if found.is_none() {
                    let message = format!("there is no asset `{}`", asset.value);
                    let help = suggest(&asset.value, names.iter().copied());
                    problems.push(Problem::new(Code::UnknownName, &asset.place, message).help(help));
                }
                found
            }
        }
    }
}

/// A table that may be absent: none if it is there and not complete.
fn complete<T>(read: Option<Option<T>>) -> Option<Option<T>> {
    match read {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
