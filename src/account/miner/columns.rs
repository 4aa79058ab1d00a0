//! The day at hand on all paths of a block: what it earns and costs per PH/s, whatever the level.

use super::fleet::Work;
use super::ledger::Day;
use super::open::OpenMiner;
use crate::account::observer::NetworkDay;
use crate::numeric::{Kernel, dispatch, exp};

/// The day, by path.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Price over that at the start, and the evening before.
    ratio: Vec<f64>,
    before: Vec<f64>,
    pub price: Vec<f64>,
    /// Coins mined per PH/s, and power and other costs of it.
    pub coins: Vec<f64>,
    pub bill: Vec<f64>,
    /// What hedges pay per PH/s, and per unit of the assets at the start.
    pub of_hashrate: Vec<f64>,
    pub of_assets: Vec<f64>,
    /// What the machines sell for.
    pub machines: Vec<f64>,
    pub hashprice: Vec<f64>,
    /// Days off so far.
    pub days_off: Vec<f64>,
    /// Coins mined so far.
    pub mined: Vec<f64>,
}

impl Columns {
    /// Starts a block of so many paths.
    pub fn begin(&mut self, lanes: usize) {
        for column in [
            &mut self.ratio,
            &mut self.before,
            &mut self.price,
            &mut self.coins,
            &mut self.bill,
            &mut self.of_hashrate,
            &mut self.of_assets,
            &mut self.machines,
            &mut self.hashprice,
            &mut self.days_off,
            &mut self.mined,
        ] {
            column.clear();
            column.resize(lanes, 0.0);
        }
        self.ratio.fill(1.0);
    }

    /// Works out a day at these log-prices at its end.
    pub fn work(&mut self, opened: &OpenMiner, number: u32, log_prices: &[f64], network: &NetworkDay<'_>) {
        let Self { ratio, before, price, coins, bill, machines, hashprice, days_off, mined, .. } = self;
        std::mem::swap(ratio, before);
        dispatch(Prices { start: opened.price, log_prices, ratio, price });
        hashprice.copy_from_slice(network.hashprice);
        let miner = &opened.miner;
        dispatch(Work {
            day: miner.fleet.on(number, miner.pool_fee),
            electricity: &miner.electricity,
            sold: miner.sold(),
            resale: (miner.fleet.resale_elasticity, opened.hashprice),
            network: network.coins,
            power: network.power,
            hashprice: network.hashprice,
            price,
            coins,
            bill,
            machines,
            days_off,
            mined,
        });
        self.bill.iter_mut().for_each(|bill| *bill += miner.other_costs);
        if miner.hedges.is_empty() {
            return;
        }
        for (pays, hashprice) in self.of_hashrate.iter_mut().zip(&self.hashprice) {
            *pays = miner.hedges.of_hashrate(number, *hashprice);
        }
        for ((pays, before), ratio) in self.of_assets.iter_mut().zip(&self.before).zip(&self.ratio) {
            *pays = miner.hedges.of_assets(number, *before, *ratio);
        }
    }

    /// What the day brings to a path.
    #[inline(always)]
    pub fn day(&self, number: u32, lane: usize) -> Day {
        Day {
            number,
            price: self.price[lane],
            ratio: self.ratio[lane],
            coins: self.coins[lane],
            bill: self.bill[lane],
            machines: self.machines[lane],
            of_hashrate: self.of_hashrate[lane],
            of_assets: self.of_assets[lane],
        }
    }
}

/// Prices from log-prices over the price at the start.
struct Prices<'a> {
    start: f64,
    log_prices: &'a [f64],
    ratio: &'a mut [f64],
    price: &'a mut [f64],
}

impl Kernel for Prices<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for ((ratio, price), log_price) in self.ratio.iter_mut().zip(self.price).zip(self.log_prices) {
            *ratio = exp(*log_price);
            *price = self.start * *ratio;
        }
    }
}
