//! Every unit of money of an account of several positions is accounted for, path by path, where the path ends in a liquidation inside a
//! bar, after a jump or at a payment, and where it does not: a naive twin keeps wallets, coins and contracts along the same path.
//!
//! Inside a bar the price of a fill follows from the rules where one price decides: positions on one asset, beside one whose price stands
//! still, or each on its own margin. Nothing is left to chance but the seeds' choice of paths: sums must agree to 1e-9.

use std::sync::{Arc, Mutex};

use crate::watched::{Event, Watched};
use liqsim::engine::{Plan, Worker};
use liqsim::scenario::{Source, parse};
use liqsim::stats::{Cost, Exit};

const MAINTENANCE: f64 = 0.01;
const LEVEL: f64 = 1.05;
const RATE: f64 = 3e-4;
const INTEREST: f64 = 0.6;
const FEE: f64 = 5e-4;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Funded every eight hours.
    Linear,
    /// Settles in coins, in an account in the quote currency.
    Inverse,
    /// Coins bought or borrowed, with interest every hour.
    Spot,
}

/// Asset, signed notional over leverage times equity, and what it is.
type Held = (usize, f64, Kind);

struct Case {
    name: &'static str,
    margin: &'static str,
    /// Volatility of B, whose price has no drift and no jumps.
    volatility_b: f64,
    positions: &'static [Held],
    /// What the equity is divided into: the positions of each part, and the part.
    purses: &'static [(&'static [usize], f64)],
}

const CASES: &[Case] = &[
    Case {
        name: "two legs on one asset, long",
        margin: "cross",
        volatility_b: 0.5,
        positions: &[(0, 0.8, Kind::Spot), (0, -0.2, Kind::Linear)],
        purses: &[(&[0, 1], 1.0)],
    },
    Case {
        name: "two legs on one asset, short",
        margin: "cross",
        volatility_b: 0.5,
        positions: &[(0, -0.8, Kind::Spot), (0, 0.2, Kind::Linear)],
        purses: &[(&[0, 1], 1.0)],
    },
    Case {
        name: "inverse beside linear",
        margin: "cross",
        volatility_b: 0.5,
        positions: &[(0, -0.8, Kind::Inverse), (0, 0.2, Kind::Linear)],
        purses: &[(&[0, 1], 1.0)],
    },
    Case {
        name: "beside an asset that stands still",
        margin: "cross",
        volatility_b: 1e-9,
        positions: &[(0, 0.7, Kind::Linear), (1, -0.3, Kind::Linear)],
        purses: &[(&[0, 1], 1.0)],
    },
    Case {
        name: "beside borrowed coins that stand still",
        margin: "cross",
        volatility_b: 1e-9,
        positions: &[(0, -0.7, Kind::Linear), (1, -0.3, Kind::Spot)],
        purses: &[(&[0, 1], 1.0)],
    },
    Case {
        name: "each on its own margin",
        margin: "isolated",
        volatility_b: 0.4,
        positions: &[(0, 0.8, Kind::Linear), (1, 0.1, Kind::Linear)],
        purses: &[(&[0], 0.5), (&[1], 0.5)],
    },
];

impl Case {
    fn plan(&self) -> Plan {
        let position = |(number, (asset, share, kind)): (usize, &Held)| {
            let side = if *share > 0.0 { "long" } else { "short" };
            let collateral = match self.margin {
                "isolated" => format!(", collateral = {}", self.purses[number].1),
                _ => String::new(),
            };
            let terms = match kind {
                Kind::Linear => String::new(),
                Kind::Inverse => format!(
                    ", venue = {{ contract = \"inverse\", maintenance = {MAINTENANCE}, taker_fee = {FEE},
                     liquidation = {{ fee = \"1%\" }} }}"
                ),
                Kind::Spot => format!(
                    ", venue = {{ contract = \"spot\", margin_level = {{ liquidation = {LEVEL} }}, taker_fee = {FEE},
                     liquidation = {{ fee = \"1%\" }}, borrow = {{ rate = {INTEREST} }} }}"
                ),
            };
            let asset = ["A", "B"][*asset];
            format!(
                "{{ asset = \"{asset}\", side = \"{side}\", share = {}{collateral}{terms} }}",
                share.abs()
            )
        };
        let positions: Vec<String> = self.positions.iter().enumerate().map(position).collect();
        let text = format!(
            r#"
            simulation = {{ horizon = "10d" }}
            correlation = {{ "A/B" = 0.6 }}
            assets.A = {{ price = 250.0, model = {{ kind = "merton", drift = 0.1, volatility = 0.8,
                jumps = {{ rate = 60.0, mean = -0.02, std_dev = 0.08 }} }} }}
            assets.B = {{ price = 3.0, model = {{ kind = "gbm", drift = 0.0, volatility = {:?} }} }}
            [account]
            equity = 1_000.0
            margin = "{}"
            leverage = [2, 5, 9]
            venue = {{ contract = "linear", maintenance = {MAINTENANCE}, taker_fee = {FEE},
                liquidation = {{ fee = "1%", slippage = "20bp" }}, funding = {{ rate = {RATE}, every = "8h" }} }}
            positions = [{}]
            "#,
            self.volatility_b,
            self.margin,
            positions.join(", ")
        );
        let scenario =
            parse(Source::new("case.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"));
        Plan::new(&scenario).unwrap()
    }
}

/// Money and positions of one part of the equity: sizes in units of the equity at the first price.
struct Wallet {
    legs: Vec<Held>,
    /// Money, after what coins were bought and sold for; negative where it is owed.
    money: f64,
    funding: f64,
    interest: f64,
    /// Coins of interest that a short owes, by position.
    owed: Vec<f64>,
}

impl Wallet {
    fn open(case: &Case, legs: &[usize], part: f64, leverage: f64) -> Self {
        let legs: Vec<Held> = legs
            .iter()
            .map(|leg| {
                let (asset, share, kind) = case.positions[*leg];
                (asset, leverage * share, kind)
            })
            .collect();
        let spent = |(_, size, kind): &Held| match kind {
            Kind::Spot => FEE * size.abs() + size,
            Kind::Linear | Kind::Inverse => FEE * size.abs(),
        };
        let money = part - legs.iter().map(spent).sum::<f64>();
        Self { owed: vec![0.0; legs.len()], legs, money, funding: 0.0, interest: 0.0 }
    }

    fn debt(&self) -> f64 {
        (-self.money).max(0.0)
    }

    /// Equity less what the venues ask for.
    fn excess(&self, x: [f64; 2]) -> f64 {
        let mut excess = self.money;
        for ((asset, size, kind), owed) in self.legs.iter().zip(&self.owed) {
            let x = x[*asset];
            excess += match kind {
                Kind::Linear => size * (x - 1.0) - MAINTENANCE * size.abs() * x,
                // m·Q/S coins at a mark of S.
                Kind::Inverse => size * (x - 1.0) - MAINTENANCE * size.abs(),
                Kind::Spot if *size > 0.0 => size * x - (LEVEL - 1.0) * self.debt(),
                Kind::Spot => (size - owed) * x * LEVEL,
            };
        }
        excess
    }

    /// Where A is liquidated while the other price stays: the excess is a straight line in it.
    fn barrier(&self, b: f64) -> f64 {
        let (at_0, at_1) = (self.excess([0.0, b]), self.excess([1.0, b]));
        at_0 / (at_0 - at_1)
    }

    fn pay(&mut self, x: [f64; 2], hour: bool, funding: bool) {
        let debt = self.debt();
        for ((asset, size, kind), owed) in self.legs.iter().zip(&mut self.owed) {
            if *kind == Kind::Linear && funding {
                let paid = RATE * size * x[*asset];
                self.money -= paid;
                self.funding += paid;
            }
            if *kind == Kind::Spot && hour {
                let rate = INTEREST / 8_760.0;
                if *size > 0.0 {
                    self.money -= debt * rate;
                    self.interest += debt * rate;
                } else {
                    *owed += (*owed - size) * rate;
                }
            }
        }
    }

    /// What the prices alone have made of it, and the interest paid.
    fn profit(&self, x: [f64; 2]) -> f64 {
        self.legs.iter().map(|(asset, size, _)| size * (x[*asset] - 1.0)).sum()
    }

    fn interest(&self, x: [f64; 2]) -> f64 {
        let coins = self.legs.iter().zip(&self.owed).map(|((asset, ..), owed)| owed * x[*asset]);
        self.interest + coins.sum::<f64>()
    }

    /// Follows the events up to a hit and returns the prices there.
    fn follow(&mut self, events: &[Event], hit: Option<f64>, inside: &mut usize) -> Option<[f64; 2]> {
        for event in events {
            let x = [event.open[0].exp(), event.open[1].exp()];
            if event.settles {
                let seconds = (event.start * 365.0 * 86_400.0).round() as u64;
                self.pay(x, seconds.is_multiple_of(3_600), seconds.is_multiple_of(8 * 3_600));
            }
            if self.excess(x) <= 0.0 {
                return Some(x);
            }
            if hit.is_some_and(|time| !event.settles && time < event.end) {
                *inside += 1;
                // B stands still, or none of these positions is in it.
                return Some([self.barrier(x[1]), x[1]]);
            }
        }
        None
    }
}

#[test]
fn equity_costs_and_bad_debt_account_for_every_unit_of_money() {
    let (mut open, mut inside, mut past) = (0, 0, 0);
    for case in CASES {
        let plan = case.plan();
        for path in 0..60 {
            let events = Arc::new(Mutex::new(Vec::new()));
            let times = plan.law.grid.iter().filter(|point| point.due).map(|point| point.time);
            let watched = Watched {
                inner: Box::new(plan.account.several(&plan.law.dependence.correlation)),
                events: Arc::clone(&events),
                times: times.collect(),
            };
            let mut worker = Worker::with_follower(&plan, Box::new(watched));
            worker.run_block(path, 1);
            let events = events.lock().unwrap();
            let hits = worker.follower().hits().to_vec();
            let closing = [0, 1].map(|asset| worker.closing_log_prices(asset)[0].exp());
            let tally = worker.tally();
            for (number, level) in plan.terms.iter().enumerate() {
                let what = format!("{} {}x, path {path}", case.name, level.leverage);
                let hit = hits.iter().find(|hit| hit.level as usize == number);
                let (mut profit, mut funding, mut interest) = (0.0, 0.0, 0.0);
                for (first, (legs, part)) in case.purses.iter().enumerate() {
                    let mut wallet = Wallet::open(case, legs, *part, level.leverage);
                    // The second part is too small to be liquidated.
                    let hit = hit.filter(|_| first == 0);
                    let at = wallet.follow(&events, hit.map(|hit| hit.time), &mut inside);
                    assert_eq!(at.is_some(), hit.is_some(), "{what}");
                    let x = at.unwrap_or(closing);
                    profit += wallet.profit(x);
                    funding += wallet.funding;
                    interest += wallet.interest(x);
                }
                let cell = &tally.levels[number];
                let account = cell.account.as_ref().unwrap();
                let sum = |moments: &liqsim::stats::Moments, k: usize| moments.mapped(0.0, 1.0).powers[k];
                let cost = |cost: Cost| sum(&account.costs[cost as usize], 1);
                let returned = sum(&cell.survivors, 1) + sum(&cell.liquidated, 1);
                let bad_debt = sum(&cell.bad_debt, 1);
                assert_eq!(sum(&account.exits[Exit::Liquidated as usize], 0) > 0.0, hit.is_some());
                let near = |a: f64, b: f64, of: &str| {
                    assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{of}: {a} is not {b}: {what}");
                };
                let paid: f64 = Cost::ALL.into_iter().map(cost).sum();
                near(returned - bad_debt + paid, profit, "everything");
                near(cost(Cost::Funding), funding, "funding");
                near(cost(Cost::Interest), interest, "interest");
                open += usize::from(hit.is_none());
                past += usize::from(bad_debt > 0.0);
            }
        }
    }
    assert!(open > 400 && inside > 100 && past > 20, "{open} {inside} {past}");
}
