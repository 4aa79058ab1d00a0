//! The accounts of a miner against worked examples that were computed in decimal arithmetic, to the printed digit.
//!
//! What a day earns and costs is worked out here from the formulas, apart from the program's own kernels.

use liqsim::account::miner::{
    Annuity, CoinLoan, Course, Day, Electricity, EquipmentLoan, Fleet, Hedges, Miner, MinerLevel, Treasury,
    WoundUp,
};
use liqsim::market::Varying;

const EQUITY: f64 = 1e6;
const PRICE: f64 = 100_000.0;

fn fleet() -> Fleet {
    Fleet {
        price: 12.0,
        efficiency: 15.0,
        uptime: 1.0,
        degradation: 0.0,
        overhead: 0.0,
        online_after: 0,
        resale_elasticity: 1.0,
        depreciation: 0.0,
        resale_cost: 0.0,
    }
}

fn miner() -> Miner {
    Miner {
        asset: 0,
        cash: 0.1,
        coins: 0.0,
        hold: 0.0,
        sale_fee: 0.0,
        pool_fee: 0.0,
        other_costs: 0.0,
        fleet: fleet(),
        electricity: Electricity { price: Varying::constant(0.05), curtail: true, take_or_pay: 0.0 },
        equipment_loan: None,
        coin_loan: None,
        hedges: Hedges::default(),
    }
}

fn equipment_loan(seizure_cost: f64) -> Option<EquipmentLoan> {
    Some(EquipmentLoan { share: 1.0, rate: 0.12, term: 360, every: 30, recourse: false, seizure_cost })
}

/// Hashprice at a price, at the difficulty of the examples.
fn hashprice(price: f64) -> f64 {
    86_400.0e15 * 3.125 / (125e12 * 4_294_967_296.0) * price
}

/// A miner on one path: everything for an equity of 1.
struct Walk<'a> {
    miner: &'a Miner,
    level: MinerLevel,
    annuity: Option<Annuity>,
    treasury: Treasury,
    course: Course,
    price_on: &'a dyn Fn(u32) -> f64,
    days_off: u32,
}

impl<'a> Walk<'a> {
    fn new(miner: &'a Miner, leverage: f64, price_on: &'a dyn Fn(u32) -> f64) -> Self {
        let level = miner.open(leverage, PRICE).unwrap();
        let (annuity, treasury) = (level.annuity, level.treasury);
        Self { miner, level, annuity, treasury, course: Course::default(), price_on, days_off: 0 }
    }

    fn brings(&mut self, number: u32) -> Day {
        let (fleet, power) = (&self.miner.fleet, &self.miner.electricity);
        let price = (self.price_on)(number);
        let h = hashprice(price);
        let mined = fleet.uptime * h / price * (1.0 - self.miner.pool_fee);
        let bill = fleet.uptime * fleet.efficiency * 24.0 * power.price.median;
        let runs = mined * price * (1.0 - self.miner.sale_fee) > bill;
        self.days_off += u32::from(!runs);
        Day {
            number,
            price,
            ratio: price / PRICE,
            coins: if runs { mined } else { 0.0 },
            bill: if runs { bill } else { 0.0 } + self.miner.other_costs,
            machines: 1000.0
                * fleet.price
                * (h / hashprice(PRICE))
                * (-fleet.depreciation * f64::from(number) / 365.0).exp()
                * (1.0 - fleet.resale_cost),
            of_hashrate: 0.0,
            of_assets: 0.0,
        }
    }

    /// Lives through one day, watching pledged coins inside it first (the price falls).
    fn live(&mut self, number: u32) -> Option<WoundUp> {
        let day = self.brings(number);
        if let Some(loan) = &self.miner.coin_loan {
            let barrier = self.treasury.barrier(loan);
            if barrier >= day.price {
                self.course.bad_debt += self.treasury.liquidate(barrier, loan);
                self.course.coins_sold = true;
            }
        }
        let Self { miner, level, annuity, treasury, course, .. } = self;
        let end = level.live(miner, annuity.as_ref(), &day, treasury, course);
        if let Some(due) = self.annuity.filter(|annuity| annuity.is_due(number)) {
            self.annuity = Some(due.after_payment(number));
        }
        end
    }

    fn return_at(&mut self, number: u32) -> f64 {
        let off = self.days_off;
        let day = self.brings(number);
        self.days_off = off;
        self.level.close(self.miner, self.annuity.as_ref(), &day, &self.treasury) - 1.0
    }

    fn cash(&self) -> f64 {
        EQUITY * self.treasury.cash
    }
}

#[track_caller]
fn printed(value: f64, expected: f64, decimals: i32) {
    let half = 0.5 * 10f64.powi(-decimals) * (1.0 + 1e-6);
    assert!((value - expected).abs() <= half, "{value} is not {expected} to {decimals} decimals");
}

#[test]
fn a_loan_served_from_a_steady_margin() {
    let miner = Miner { equipment_loan: equipment_loan(0.0), ..miner() };
    let steady = |_| PRICE;
    for (leverage, rows, machines, equity, gain) in [
        (1.0, [(172_655.69, 0.0), (245_311.39, 0.0)], 900_000.0, 1_145_311.39, 0.145_311_385_6),
        (
            2.0,
            [(256_539.48, 921_091.11), (313_078.96, 841_403.93)],
            1_800_000.0,
            1_271_675.02,
            0.271_675_023_4,
        ),
    ] {
        let mut walk = Walk::new(&miner, leverage, &steady);
        printed(EQUITY * walk.level.hashrate, 75.0 * leverage, 9);
        let day = walk.brings(1);
        printed(EQUITY * walk.level.hashrate * day.coins * PRICE, 3_771.856_427 * leverage, 2);
        printed(EQUITY * walk.level.hashrate * day.bill, 1_350.0 * leverage, 9);
        for (number, (cash, debt)) in (1..=60).step_by(30).zip(rows) {
            for number in number..number + 30 {
                assert_eq!(walk.live(number), None);
            }
            printed(walk.cash(), cash, 2);
            printed(EQUITY * walk.annuity.map_or(0.0, |annuity| annuity.claim(number + 29)), debt, 2);
        }
        printed(EQUITY * walk.level.hashrate * day.machines, machines, 2);
        printed(EQUITY * (1.0 + walk.return_at(60)), equity, 2);
        printed(walk.return_at(60), gain, 10);
    }
    let level = miner.open(2.0, PRICE).unwrap();
    printed(EQUITY * level.instalment(), 88_771.91, 2);
    let break_even = miner.break_even_hashprice(level.daily_debt_service());
    printed(break_even, 37.727_090, 6);
    printed(PRICE * break_even / hashprice(PRICE), 75_016.95, 2);
}

fn falling() -> Miner {
    Miner {
        sale_fee: 0.001,
        pool_fee: 0.01,
        other_costs: 1.0,
        fleet: Fleet { uptime: 0.95, depreciation: 0.2, resale_cost: 0.05, ..fleet() },
        equipment_loan: equipment_loan(0.2),
        ..miner()
    }
}

#[test]
fn a_falling_price() {
    let miner = falling();
    let price = |day: u32| PRICE * (-1.2 * f64::from(day) / 365.0).exp();
    let mut walk = Walk::new(&miner, 2.0, &price);
    let cash = [231_928.84, 244_871.23, 240_610.41, 220_762.17, 186_790.49, 140_021.89, 81_658.28, 12_788.69];
    for number in 1..270 {
        assert_eq!(walk.live(number), None);
        if number % 30 == 0 {
            printed(walk.cash(), cash[number as usize / 30 - 1], 2);
        }
    }
    printed(price(270), 41_161.32, 2);
    let day = walk.brings(270);
    printed(EQUITY * walk.level.hashrate * day.machines, 607_062.78, 2);
    printed(EQUITY * walk.annuity.unwrap().claim(270), 349_919.37, 2);
    let end = walk.live(270).unwrap();
    printed(walk.cash(), 23_171.77, 2);
    assert!(!end.on_bills && walk.course.bad_debt == 0.0);
    printed(EQUITY * end.kept, 158_902.62, 2);
    printed(end.kept - 1.0, -0.841_097_382_8, 10);

    let mut walk = Walk::new(&miner, 2.5, &price);
    assert!((1..210).all(|number| walk.live(number).is_none()));
    let end = walk.live(210).unwrap();
    printed(walk.cash(), 79_879.87, 2);
    printed(EQUITY * walk.level.instalment(), 133_157.86, 2);
    printed(end.kept - 1.0, -0.920_120_128_6, 10);
    printed(walk.course.bad_debt, 0.015_537_788_2, 10);

    let mut walk = Walk::new(&miner, 1.5, &price);
    assert!((1..=309).all(|number| walk.live(number).is_none()) && walk.days_off == 0);
    assert!((310..=345).all(|number| walk.live(number).is_none()));
    assert_eq!(walk.days_off, 36);
    printed(walk.cash(), 58_259.69, 2);
    let machines = walk.level.hashrate * walk.brings(345).machines;
    printed(EQUITY * machines, 341_476.51, 2);
    printed(EQUITY * walk.annuity.unwrap().claim(345), 43_952.45 * (1.0 + 0.12 * 15.0 / 365.0), 2);
    printed(walk.return_at(345), -0.644_433_000_2, 10);

    let mut walk = Walk::new(&miner, 1.0, &price);
    assert!((1..=345).all(|number| walk.live(number).is_none()));
    printed(walk.return_at(345), -0.408_012_207_0, 10);
}

#[test]
fn coins_pledged_called_topped_up_and_sold() {
    let loan = CoinLoan {
        share: 1.0,
        rate: 0.09,
        call: 0.7,
        target: 0.6,
        liquidation: 0.8,
        penalty: 0.02,
        top_up: true,
    };
    let miner = Miner { cash: 0.05, coins: 0.5, hold: 0.5, coin_loan: Some(loan), ..miner() };
    let price = |day: u32| PRICE * (-1.5 * f64::from(day) / 365.0).exp();
    let mut walk = Walk::new(&miner, 1.4, &price);
    printed(EQUITY * walk.treasury.pledged, 7.0, 9);
    printed(EQUITY * walk.treasury.owed, 400_000.0, 6);
    printed(walk.treasury.owed / (walk.treasury.pledged * PRICE), 0.571_429, 6);
    printed(EQUITY * walk.level.hashrate, 52.5, 9);
    // Day, coins pledged, debt and cash after it.
    let mut calls = Vec::new();
    let mut sold_on = 0;
    for number in 1..=260 {
        let before = walk.treasury;
        assert_eq!(walk.live(number), None);
        let Treasury { pledged, owed, .. } = walk.treasury;
        if walk.course.coins_sold && sold_on == 0 {
            sold_on = number;
            let barrier = before.barrier(&loan);
            printed(barrier, 45_704.8668, 4);
            printed(EQUITY * before.pledged, 9.172_471_89, 8);
            printed(EQUITY * before.owed, 335_381.2849, 4);
            let back = before.pledged * barrier - before.owed * 1.02;
            printed(EQUITY * back, 77_137.6955, 4);
        } else if pledged > before.pledged {
            calls.push((number, EQUITY * (pledged - before.pledged), owed / (pledged * price(number))));
        }
        match number {
            47 => {
                printed(price(47), 82_435.7746, 4);
                printed(EQUITY * pledged, 7.620_470_38, 8);
                printed(EQUITY * owed, 376_919.6275, 4);
                printed(walk.cash(), 54_149.4583, 4);
            }
            119 => printed(walk.cash(), 0.0, 9),
            _ => {}
        }
    }
    let days: Vec<u32> = calls.iter().map(|call| call.0).collect();
    assert_eq!(&days[..4], [47, 83, 119, 145]);
    for (call, (coins, loan_to_value)) in calls.iter().zip([
        (0.620_470_38, 0.6),
        (0.475_253_91, 0.6),
        (0.475_253_91, 0.627_038),
        (0.262_743_50, 0.681_348),
    ]) {
        printed(call.1, coins, 8);
        printed(call.2, loan_to_value, 6);
    }
    assert_eq!(sold_on, 191);
    printed(walk.cash(), 52_524.8789, 4);
    printed(EQUITY * walk.treasury.free, 0.792_089_85, 8);
    printed(EQUITY * walk.level.hashrate * walk.brings(260).machines, 216_421.2346, 4);
    printed(walk.return_at(260), -0.703_843_559_063, 12);
}
