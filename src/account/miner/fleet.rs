//! Machines: what a day earns and costs, and what they sell for. All per PH/s of hashrate at the start.
//!
//! On day n, once the machines are online, with c coins per PH/s from the network and power at w per kWh:
//!
//! ```text
//! wear = (1 − degradation)^((n − 1)/365)                     hashrate that is left; power does not fall
//! m    = uptime·wear·c·(1 − pool_fee)                        coins
//! b    = uptime·efficiency·24·(1 + overhead)·w               power bill (efficiency·24 = kWh per PH/s and day)
//! off  if curtailed and m·S·(1 − sale_fee) ≤ b·(1 − take_or_pay): then m = 0, b = take_or_pay·b
//! V    = 1000·wear·price·(h(n)/h(0))^elasticity·e^(−depreciation·n/365)·(1 − resale_cost)
//! ```
//!
//! Sources: machines as bundles of options on their coins (Yaish and Zohar 2020); inputs of calculators (Braiins 2022).

use serde::Serialize;

use crate::market::Varying;
use crate::numeric::{Kernel, exp, ln};

const DAYS_PER_YEAR: f64 = 365.0;
const HOURS_PER_DAY: f64 = 24.0;
/// TH/s in a PH/s: machines are priced per TH/s.
pub(super) const TH_PER_PH: f64 = 1_000.0;

/// Machines of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fleet {
    /// Quote currency per TH/s.
    pub price: f64,
    /// J/TH.
    pub efficiency: f64,
    /// Share of the time that they run.
    pub uptime: f64,
    /// Share of the hashrate lost per year.
    pub degradation: f64,
    /// Power used beside the machines, as a share of theirs.
    pub overhead: f64,
    /// Days until they are delivered and set up.
    pub online_after: u32,
    /// Elasticity of their price to hashprice.
    pub resale_elasticity: f64,
    /// Fall of their price per year, beside that of hashprice.
    pub depreciation: f64,
    /// Share of the price that a sale costs.
    pub resale_cost: f64,
}

/// Power.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Electricity {
    /// Quote currency per kWh.
    pub price: Varying,
    /// Whether machines are off on days that do not pay their power.
    pub curtail: bool,
    /// Share of the bill that is due while they are off.
    pub take_or_pay: f64,
}

/// What a fleet does on one day, the same on all paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FleetDay {
    /// Whether the machines are there.
    pub online: bool,
    /// Coins kept of one that the network gives.
    pub yields: f64,
    /// kWh paid for.
    pub energy: f64,
    /// Price of the machines after costs at the hashprice of the start.
    pub resale: f64,
}

impl Fleet {
    /// kWh of a day for a PH/s that runs all the time, overhead included.
    pub(super) fn energy(&self) -> f64 {
        self.efficiency * HOURS_PER_DAY * (1.0 + self.overhead)
    }

    /// The fleet on a day, from 1, with a pool that keeps a fee.
    pub(super) fn on(&self, day: u32, pool_fee: f64) -> FleetDay {
        let aged = f64::from(day.saturating_sub(1)) / DAYS_PER_YEAR;
        let wear = exp(ln(1.0 - self.degradation) * aged);
        let fallen = exp(-self.depreciation * f64::from(day) / DAYS_PER_YEAR);
        FleetDay {
            online: day > self.online_after,
            yields: self.uptime * wear * (1.0 - pool_fee),
            energy: self.uptime * self.energy(),
            resale: TH_PER_PH * wear * self.price * fallen * (1.0 - self.resale_cost),
        }
    }
}

/// Income and bills of a day on a column of paths.
pub(super) struct Work<'a> {
    pub day: FleetDay,
    pub electricity: &'a Electricity,
    /// What is kept of the price when a coin is sold.
    pub sold: f64,
    /// Elasticity of the price of machines, and hashprice at the start.
    pub resale: (f64, f64),
    /// Coins per PH/s, power per kWh, hashprice and price of the coin, by path.
    pub network: &'a [f64],
    pub power: &'a [f64],
    pub hashprice: &'a [f64],
    pub price: &'a [f64],
    /// To be filled: coins mined, power bill and what the machines sell for.
    pub coins: &'a mut [f64],
    pub bill: &'a mut [f64],
    pub machines: &'a mut [f64],
    /// Days off so far, and coins so far.
    pub days_off: &'a mut [f64],
    pub mined: &'a mut [f64],
}

impl Kernel for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.price.len();
        let (network, power, hashprice) = (&self.network[..n], &self.power[..n], &self.hashprice[..n]);
        let (coins, bill, machines) = (&mut self.coins[..n], &mut self.bill[..n], &mut self.machines[..n]);
        let (days_off, mined) = (&mut self.days_off[..n], &mut self.mined[..n]);
        let FleetDay { online, yields, energy, resale } = self.day;
        if online {
            let due = self.electricity.take_or_pay;
            for i in 0..n {
                let (m, b) = (yields * network[i], energy * power[i]);
                let runs = !self.electricity.curtail || m * self.price[i] * self.sold > b * (1.0 - due);
                coins[i] = if runs { m } else { 0.0 };
                bill[i] = if runs { b } else { due * b };
                days_off[i] += if runs { 0.0 } else { 1.0 };
                mined[i] += coins[i];
            }
        } else {
            coins.fill(0.0);
            bill.fill(0.0);
        }
        let (elasticity, at_start) = self.resale;
        if elasticity == 1.0 {
            for (machines, hashprice) in machines.iter_mut().zip(hashprice) {
                *machines = resale * (hashprice / at_start);
            }
        } else {
            for (machines, hashprice) in machines.iter_mut().zip(hashprice) {
                *machines = resale * exp(elasticity * ln(hashprice / at_start));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(electricity: &Electricity, price: f64) -> (f64, f64, f64) {
        let day = FleetDay { online: true, yields: 0.5, energy: 512.0, resale: 10_000.0 };
        let (mut coins, mut bill, mut machines, mut off, mut mined) = ([0.0], [0.0], [0.0], [0.0], [0.0]);
        Work {
            day,
            electricity,
            sold: 0.98,
            resale: (1.0, 50.0),
            network: &[0.001],
            power: &[0.0625],
            hashprice: &[0.001 * price],
            price: &[price],
            coins: &mut coins,
            bill: &mut bill,
            machines: &mut machines,
            days_off: &mut off,
            mined: &mut mined,
        }
        .run();
        assert_eq!(mined, coins);
        (coins[0], bill[0], off[0])
    }

    /// A day earns 0.5·0.001·0.98 of the price and costs 32: machines pay their power from 65,306.12 on.
    #[test]
    fn machines_are_off_where_a_day_does_not_pay_its_power() {
        let mut electricity =
            Electricity { price: Varying::constant(0.0625), curtail: true, take_or_pay: 0.0 };
        let threshold = 32.0 / (0.5 * 0.001 * 0.98);
        assert_eq!(work(&electricity, 0.999 * threshold), (0.0, 0.0, 1.0));
        assert_eq!(work(&electricity, 1.001 * threshold), (0.0005, 32.0, 0.0));
        // A part of the bill that is due anyway makes running worth more.
        electricity.take_or_pay = 0.25;
        assert_eq!(work(&electricity, 0.7501 * threshold), (0.0005, 32.0, 0.0));
        assert_eq!(work(&electricity, 0.7499 * threshold), (0.0, 8.0, 1.0));
        electricity.curtail = false;
        assert_eq!(work(&electricity, 0.1 * threshold), (0.0005, 32.0, 0.0));
    }
}
