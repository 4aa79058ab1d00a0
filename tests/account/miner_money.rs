//! Every unit of money of a miner is accounted for: over random miners and random days, what comes in is what is kept, what others
//! receive and what is lost, to 1e-9. Seeds are fixed.

use liqsim::account::miner::{
    CoinLoan, Course, Day, Electricity, EquipmentLoan, Fleet, Hedges, Miner, Treasury,
};
use liqsim::market::Varying;

const PRICE: f64 = 50_000.0;

/// A small generator of uniforms in [0, 1).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = liqsim::numeric::mix64(self.0);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.roll()
    }

    fn is_true(&mut self) -> bool {
        self.roll() < 0.5
    }
}

fn random_miner(dice: &mut Dice) -> Miner {
    let coin_share = [0.0, 0.5, 1.0][(3.0 * dice.roll()) as usize];
    let every = [7, 30][usize::from(dice.is_true())];
    Miner {
        asset: 0,
        cash: dice.between(0.02, 0.2),
        coins: dice.between(0.3, 0.5),
        hold: dice.roll(),
        sale_fee: dice.between(0.0, 0.02),
        pool_fee: 0.0,
        other_costs: dice.between(0.0, 3.0),
        fleet: Fleet {
            price: 12.0,
            efficiency: 15.0,
            uptime: 1.0,
            degradation: 0.0,
            overhead: 0.0,
            online_after: 0,
            resale_elasticity: 1.0,
            depreciation: 0.0,
            resale_cost: 0.0,
        },
        electricity: Electricity { price: Varying::constant(0.05), curtail: true, take_or_pay: 0.0 },
        equipment_loan: (coin_share < 1.0).then(|| EquipmentLoan {
            share: 1.0 - coin_share,
            rate: dice.between(0.0, 0.4),
            term: 10 * every,
            every,
            recourse: dice.is_true(),
            seizure_cost: dice.between(0.0, 0.5),
        }),
        coin_loan: (coin_share > 0.0).then(|| CoinLoan {
            share: coin_share,
            rate: dice.between(0.0, 0.4),
            call: 0.7,
            target: 0.6,
            liquidation: 0.8,
            penalty: dice.between(0.0, 0.1),
            top_up: dice.is_true(),
        }),
        hedges: Hedges::default(),
    }
}

/// How miners ended, so that the test can tell that it saw everything.
#[derive(Default)]
struct Seen {
    ended: usize,
    on_bills: usize,
    coins_sold: usize,
    lenders_lost: usize,
    coins_for_cash: usize,
}

fn close(name: &str, left: f64, right: f64) {
    assert!((left - right).abs() <= 1e-9, "{name}: {left} {right}");
}

#[test]
fn every_unit_of_money_is_accounted_for() {
    let mut seen = Seen::default();
    for seed in 0..3_000 {
        let mut dice = Dice(1_000 + seed);
        let miner = random_miner(&mut dice);
        let leverage = dice.between(1.05, if miner.coin_loan.is_some() { 1.2 } else { 3.0 });
        let Ok(level) = miner.open(leverage, PRICE) else { continue };
        let machines = level.hashrate * 12_000.0;
        close(
            "assets",
            level.treasury.cash + level.treasury.free * PRICE + level.treasury.pledged * PRICE + machines,
            leverage,
        );
        walk(&mut dice, &miner, leverage, &mut seen);
    }
    assert!(seen.ended > 300 && seen.on_bills > 50 && seen.ended - seen.on_bills > 50, "defaults");
    assert!(seen.coins_sold > 100 && seen.lenders_lost > 50 && seen.coins_for_cash > 100, "lenders");
}

fn walk(dice: &mut Dice, miner: &Miner, leverage: f64, seen: &mut Seen) {
    let level = miner.open(leverage, PRICE).unwrap();
    let (mut treasury, mut annuity, mut course) = (level.treasury, level.annuity, Course::default());
    let (drift, mut price) = (dice.between(-0.02, 0.01), PRICE);
    for number in 1..=300 {
        price *= (drift + 0.08 * (dice.roll() - 0.5)).exp();
        let day = Day {
            number,
            price,
            ratio: price / PRICE,
            coins: if dice.roll() < 0.7 { 5e-4 } else { 0.0 },
            bill: dice.between(5.0, 25.0),
            machines: 12_000.0 * price / PRICE,
            of_hashrate: dice.between(-3.0, 3.0),
            of_assets: dice.between(-0.002, 0.002),
        };
        let (before, bad_debt) = (treasury, course.bad_debt);
        let was_sold = course.coins_sold;
        let end = level.live(miner, annuity.as_ref(), &day, &mut treasury, &mut course);
        let sold = price * miner.sold();
        let mined = level.hashrate * day.coins;
        let income =
            (1.0 - miner.hold) * mined * sold + level.hashrate * day.of_hashrate + leverage * day.of_assets;
        let bill = level.hashrate * day.bill;
        let Treasury { cash, free, pledged, owed } = treasury;
        if let Some(end) = end {
            seen.ended += 1;
            seen.on_bills += usize::from(end.on_bills);
            // A failed payment has changed nothing: what was there is shared out.
            let claim = annuity.map_or(0.0, |annuity| annuity.claim(number));
            let loan = annuity.map(|annuity| *annuity.loan()).filter(|_| claim > 0.0);
            let machines = level.hashrate * day.machines;
            let to_coin_lender = (pledged * sold).min(owed);
            let unpaid = if end.on_bills { bill } else { 0.0 };
            let means = cash + free * sold + pledged * sold - to_coin_lender;
            let to_bills = unpaid.min(means.max(0.0));
            let left = (means - unpaid).max(0.0);
            let lost_at_seizure = loan.map_or(0.0, |loan| machines * loan.seizure_cost);
            let got = machines - lost_at_seizure;
            let taken = match loan {
                Some(loan) if loan.recourse => (claim - got).max(0.0).min(left),
                _ => 0.0,
            };
            let to_lender = if loan.is_some() { claim.min(got) + taken } else { 0.0 };
            let paid = end.kept + to_bills + to_lender + to_coin_lender + lost_at_seizure;
            close("wound up", paid, means.max(0.0) + to_coin_lender + machines);
            close(
                "lenders",
                course.bad_debt - bad_debt,
                owed - to_coin_lender + claim * f64::from(u8::from(loan.is_some())) - to_lender,
            );
            seen.lenders_lost += usize::from(course.bad_debt > bad_debt);
            return;
        }
        let instalment = match annuity {
            Some(due) if due.is_due(number) => {
                annuity = Some(due.after_payment(number));
                close("principal", due.claim(number) - due.instalment, annuity.unwrap().claim(number));
                due.instalment
            }
            _ => 0.0,
        };
        let coins_left = before.free + before.pledged + miner.hold * mined - free - pledged;
        let grown = before.owed * (1.0 + miner.coin_loan.map_or(0.0, |loan| loan.rate) / 365.0);
        let flows = before.cash + income - bill - instalment;
        if course.coins_sold && !was_sold {
            seen.coins_sold += 1;
            seen.lenders_lost += usize::from(course.bad_debt > bad_debt);
            // Coins sold for bills went at `sold`, those of the lender at the price.
            let loan = miner.coin_loan.unwrap();
            let for_lender = |coins: f64| coins * price - (coins * price).min(grown * (1.0 + loan.penalty));
            let for_bills = (cash - flows - for_lender(coins_left)).abs() / price;
            assert!(for_bills <= coins_left + 1e-9, "coins for bills");
            close(
                "penalty",
                course.bad_debt - bad_debt,
                (grown - coins_left * price).max(0.0).max(course.bad_debt - bad_debt),
            );
        } else {
            let paid_back = grown - owed;
            assert!(paid_back >= -1e-12 && coins_left >= -1e-12, "lender and coins");
            close("cash", cash, flows + coins_left * sold - paid_back);
            close("no loss", course.bad_debt, bad_debt);
            seen.coins_for_cash += usize::from(coins_left > 1e-12);
        }
        // What a lender sees inside the day comes before: here the price is looked at in the evening only.
        if let Some(loan) = &miner.coin_loan {
            assert!(
                owed == 0.0 || owed < loan.liquidation * pledged * price * (1.0 + 1e-9) || loan.rate == 0.0
            );
        }
    }
}

/// The day on which a miner with a loan on its machines and nothing else is wound up; none if it lives through all days.
fn end_of(miner: &Miner, leverage: f64, days: &[Day]) -> Option<u32> {
    let level = miner.open(leverage, PRICE).unwrap();
    let (mut treasury, mut annuity, mut course) = (level.treasury, level.annuity, Course::default());
    for day in days {
        if level.live(miner, annuity.as_ref(), day, &mut treasury, &mut course).is_some() {
            return Some(day.number);
        }
        if let Some(due) = annuity.filter(|annuity| annuity.is_due(day.number)) {
            annuity = Some(due.after_payment(day.number));
        }
    }
    None
}

/// With a loan on the machines only, and no hedges, more debt is never wound up later on the same path.
#[test]
fn more_debt_on_the_machines_is_never_wound_up_later() {
    let (mut ended, mut moved) = (0, 0);
    for seed in 0..400 {
        let mut dice = Dice(9_000 + seed);
        let mut miner = random_miner(&mut dice);
        miner.coins = 0.0;
        let every = [7, 30][usize::from(dice.is_true())];
        miner.equipment_loan = Some(EquipmentLoan {
            share: 1.0,
            rate: dice.between(0.0, 0.4),
            term: 10 * every,
            every,
            recourse: dice.is_true(),
            seizure_cost: 0.2,
        });
        miner.coin_loan = None;
        let mut price = PRICE;
        let days: Vec<Day> = (1..=300)
            .map(|number| {
                price *= (0.08 * (dice.roll() - 0.52)).exp();
                let coins = if dice.roll() < 0.8 { 7e-4 } else { 0.0 };
                let bill = dice.between(5.0, 20.0);
                Day {
                    number,
                    price,
                    ratio: price / PRICE,
                    coins,
                    bill,
                    machines: 0.2 * price,
                    ..Day::default()
                }
            })
            .collect();
        let ends =
            [1.0, 1.3, 1.7, 2.5, 4.0].map(|leverage| end_of(&miner, leverage, &days).unwrap_or(u32::MAX));
        assert!(ends.is_sorted_by(|less, more| less >= more), "{seed}: {ends:?}");
        ended += usize::from(ends[4] < u32::MAX);
        moved += usize::from(ends[4] < ends[1]);
    }
    assert!(ended > 100 && moved > 100, "{ended} {moved}");
}
