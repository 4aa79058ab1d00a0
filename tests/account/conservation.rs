//! Every unit of money of an account that is followed step by step is accounted for, path by path, also where the path
//! ends in a liquidation: a naive twin keeps its own money along the same bars.
//!
//! Nothing here is a matter of chance but the seeds' choice of paths: sums must agree to 1e-9.

use std::sync::{Arc, Mutex};

use crate::watched::{Event, Watched};
use liqsim::account::Follower;
use liqsim::engine::{Plan, Worker};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::Cost;

const RATE: f64 = 3e-4;
const INTEREST: f64 = 0.6;
const MAINTENANCE: f64 = 0.01;

/// The money of one level: equity is cash + exposure·x.
struct Twin {
    cash: f64,
    exposure: f64,
    /// +1 for a long.
    side: f64,
    /// Paid so far: funding, interest in money, interest in what is owed in x.
    funding: f64,
    interest: f64,
    owed: f64,
}

impl Twin {
    fn open(contract: &str, long: bool, leverage: f64, fee: f64) -> Self {
        let side = if long { 1.0 } else { -1.0 };
        let exposure = if contract == "linear" { side * leverage } else { -side * leverage };
        let cash = 1.0 - fee * leverage - exposure;
        Self { cash, exposure, side, funding: 0.0, interest: 0.0, owed: 0.0 }
    }

    fn barrier(&self) -> f64 {
        let e = self.exposure;
        if e > 0.0 { -self.cash / (e * (1.0 - MAINTENANCE)) } else { -self.cash / (e * (1.0 + MAINTENANCE)) }
    }

    fn is_past(&self, x: f64) -> bool {
        if self.exposure > 0.0 { x <= self.barrier() } else { x >= self.barrier() }
    }

    /// Interest first, then funding on the notional of the moment.
    fn pay(&mut self, x: f64, hour: bool, funding: bool) {
        if hour {
            let rate = INTEREST / 8_760.0;
            let (money, owed) = ((-self.cash).max(0.0) * rate, (-self.exposure).max(0.0) * rate);
            self.cash -= money;
            self.exposure -= owed;
            self.interest += money;
            self.owed += owed;
        }
        if funding {
            let paid = self.side * RATE * self.exposure.abs() * x;
            self.cash -= paid;
            self.funding += paid;
        }
    }

    /// Follows the events up to a hit and returns x there, or up to the end.
    fn follow(&mut self, events: &[Event], hit: Option<f64>, power: f64, flows: (bool, bool)) -> Option<f64> {
        for event in events {
            let x = (power * event.open[0]).exp();
            if event.settles {
                let seconds = (event.start * 365.0 * 86_400.0).round() as u64;
                let hour = flows.1 && seconds.is_multiple_of(3_600);
                self.pay(x, hour, flows.0 && seconds.is_multiple_of(8 * 3_600));
            }
            if self.is_past(x) {
                return Some(x);
            }
            if hit.is_some_and(|time| !event.settles && time < event.end) {
                return Some(self.barrier());
            }
        }
        None
    }
}

fn scenario(venue: &str, side: &str, account: &str) -> Scenario {
    let text = format!(
        r#"
        simulation = {{ horizon = "10d", paths = 1_000, seed = 4 }}
        assets.X = {{ price = 250.0, model = {{ kind = "merton", drift = 0.0, volatility = 0.7,
            jumps = {{ rate = 60.0, mean = -0.02, std_dev = 0.08 }} }} }}
        account = {{ equity = 1_000.0, leverage = [1.5, 3, 8, 15], venue = {venue},
            positions = [{{ asset = "X", side = "{side}" }}] {account} }}
        "#
    );
    parse(Source::new("accounts.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Levels in order, followed by one number a path, one level at a time so that each path tells all: on every path equity, costs and bad debt
/// are what was put up and the profit of the price, and funding and interest are those of the twin.
#[test]
fn one_number_a_path_accounts_for_every_unit_of_money() {
    let funding = r#", funding = { rate = "3bp", every = "8h" }"#;
    let borrow = r#", borrow = { rate = "60%" }"#;
    let both = format!("{funding}{borrow}");
    let (mut open, mut inside, mut past) = (0, 0, 0);
    for (contract, fee) in [("linear", 5e-4), ("inverse", 5e-4), ("linear", 0.0)] {
        let venue = format!(
            r#"{{ contract = "{contract}", maintenance = {MAINTENANCE}, taker_fee = {fee},
                liquidation = {{ fee = "1%", slippage = "20bp" }} }}"#
        )
        .replace('\n', " ");
        let power = if contract == "linear" { 1.0 } else { -1.0 };
        for (side, long) in [("long", true), ("short", false)] {
            for (account, flows) in [(funding, (true, false)), (borrow, (false, true)), (&both, (true, true))]
            {
                for leverage in [1.5, 3.0, 8.0, 15.0] {
                    let mut one = scenario(&venue, side, account);
                    one.account.leverage = vec![leverage];
                    let plan = Plan::new(&one).unwrap();
                    // What an inverse long is charged at a positive rate it receives in x.
                    let Some(_) = plan.account.ordered() else {
                        assert!(flows == (true, true), "{contract} {side} {account}");
                        continue;
                    };
                    for path in 0..16 {
                        let events = Arc::new(Mutex::new(Vec::new()));
                        let times = plan.law.grid.iter().filter(|point| point.due).map(|point| point.time);
                        let watched = Watched {
                            inner: Box::new(plan.account.ordered().unwrap()),
                            events: Arc::clone(&events),
                            times: times.collect(),
                        };
                        let mut worker = Worker::with_follower(&plan, Box::new(watched));
                        worker.run_block(path, 1);
                        let events = events.lock().unwrap();
                        let hit = worker.follower().hits().first().copied();
                        let closing = worker.closing_log_prices(0)[0];
                        let tally = worker.tally().clone();
                        let mut twin = Twin::open(contract, long, leverage, fee);
                        let exposure = twin.exposure;
                        let at = twin.follow(&events, hit.map(|hit| hit.time), power, flows);
                        let what = format!("{contract} {side} {account:?} {leverage}x, path {path}");
                        assert_eq!(at.is_some(), hit.is_some(), "{what}");
                        let x = at.unwrap_or_else(|| (power * closing).exp());
                        let cell = &tally.levels[0];
                        let tallied = cell.account.as_ref().unwrap();
                        let cost = |cost: Cost| tallied.costs[cost as usize].mapped(0.0, 1.0).powers[1];
                        let survivors = worker.follower().survivor_returns(&tally, 0);
                        let left = match hit {
                            Some(hit) => hit.recovered - hit.bad_debt,
                            None => 1.0 + survivors.powers[1],
                        };
                        let paid: f64 = Cost::ALL.into_iter().map(cost).sum();
                        let near = |a: f64, b: f64, of: &str| {
                            assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{of}: {a} is not {b}: {what}");
                        };
                        near(left + paid, 1.0 + exposure * (x - 1.0), "everything");
                        near(cost(Cost::Funding), twin.funding, "funding");
                        near(cost(Cost::Interest), twin.interest + twin.owed * x, "interest");
                        match hit {
                            None => open += 1,
                            Some(hit) if hit.bad_debt > 0.0 => past += 1,
                            Some(_) => inside += 1,
                        }
                    }
                }
            }
        }
    }
    assert!(open > 200 && inside > 200 && past > 10, "{open} {inside} {past}");
}

/// Equity, costs and bad debt are what was put up and the profit of the price, on liquidated paths and on the others; the costs
/// are those of the twin. A policy that never acts sends the same account through the other follower.
#[test]
fn equity_costs_and_bad_debt_account_for_every_unit_of_money() {
    let funding = r#", funding = { rate = "3bp", every = "8h" }"#;
    let borrow = r#", borrow = { rate = "60%" }"#;
    let both = format!("{funding}{borrow}");
    let (mut open, mut inside, mut past) = (0, 0, 0);
    for (contract, fee) in [("linear", 5e-4), ("inverse", 5e-4), ("linear", 0.0)] {
        let terms = if fee > 0.0 {
            r#", taker_fee = "5bp", liquidation = { fee = "1%", slippage = "20bp" }"#
        } else {
            ""
        };
        let venue = format!(r#"{{ contract = "{contract}", maintenance = {MAINTENANCE}{terms} }}"#);
        let power = if contract == "linear" { 1.0 } else { -1.0 };
        for (side, long) in [("long", true), ("short", false)] {
            for (account, flows) in [(funding, (true, false)), (borrow, (false, true)), (&both, (true, true))]
            {
                let plan = Plan::new(&scenario(&venue, side, account)).unwrap();
                for (path, acts) in (0..12).flat_map(|path| [(path, false), (path, true)]) {
                    let events = Arc::new(Mutex::new(Vec::new()));
                    let times = plan.law.grid.iter().filter(|point| point.due).map(|point| point.time);
                    let inner: Box<dyn Follower> = if acts {
                        Box::new(plan.account.general(&[]))
                    } else {
                        Box::new(plan.account.ledger())
                    };
                    let watched = Watched { inner, events: Arc::clone(&events), times: times.collect() };
                    let mut worker = Worker::with_follower(&plan, Box::new(watched));
                    worker.run_block(path, 1);
                    let events = events.lock().unwrap();
                    let hits = worker.follower().hits().to_vec();
                    let closing = worker.closing_log_prices(0)[0];
                    let tally = worker.tally();
                    for (number, level) in plan.account.levels.iter().enumerate() {
                        let hit = hits.iter().find(|hit| hit.level as usize == number);
                        let mut twin = Twin::open(contract, long, level.leverage, fee);
                        let exposure = twin.exposure;
                        let at = twin.follow(&events, hit.map(|hit| hit.time), power, flows);
                        assert_eq!(at.is_some(), hit.is_some(), "{contract} {side} {}x", level.leverage);
                        let x = at.unwrap_or_else(|| (power * closing).exp());
                        let cell = &tally.levels[number];
                        let tallied = cell.account.as_ref().unwrap();
                        let cost = |cost: Cost| tallied.costs[cost as usize].mapped(0.0, 1.0).powers[1];
                        let left = match hit {
                            Some(hit) => hit.recovered - hit.bad_debt,
                            None => 1.0 + cell.survivors.mapped(0.0, 1.0).powers[1],
                        };
                        let paid: f64 = Cost::ALL.into_iter().map(cost).sum();
                        let what = format!("{contract} {side} {account:?} {}x, path {path}", level.leverage);
                        let near = |a: f64, b: f64, of: &str| {
                            assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{of}: {a} is not {b}: {what}");
                        };
                        near(left + paid, 1.0 + exposure * (x - 1.0), "everything");
                        near(cost(Cost::Funding), twin.funding, "funding");
                        near(cost(Cost::Interest), twin.interest + twin.owed * x, "interest");
                        match hit {
                            None => open += 1,
                            Some(hit) if hit.bad_debt > 0.0 => past += 1,
                            Some(_) => inside += 1,
                        }
                    }
                }
            }
        }
    }
    assert!(open > 300 && inside > 300 && past > 20, "{open} {inside} {past}");
}
