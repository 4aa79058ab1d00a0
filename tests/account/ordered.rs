//! Levels in order, followed by one number a path: against the ledger that follows every level on its own, path by path.

use liqsim::account::{Due, Follower, Hit, Observer, Survivors};
use liqsim::engine::{Plan, Worker};
use liqsim::market::{Bars, Sides};
use liqsim::numeric::Stream;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::{AccountTally, Cost, Sums, Tally};

const GBM: &str = r#"{ kind = "gbm", drift = 0.1, volatility = 0.8 }"#;
const MERTON: &str = r#"{ kind = "merton", drift = 0.1, volatility = 0.5, jumps = { rate = 60.0, mean = -0.02, std_dev = 0.08 } }"#;
const FLAT: &str = r#"{ contract = "linear", maintenance = 0.005 }"#;
const INVERSE: &str = r#"{ contract = "inverse", maintenance = 0.01, taker_fee = "5bp" }"#;
/// The liquidation prices of 8x and 13x wander between tiers.
const TIERED: &str = r#"{ contract = "linear", tiers = [
    { up_to = 6_900, rate = "0.4%", max_leverage = 100 }, { up_to = 7_100, rate = "0.6%", max_leverage = 100 },
    { up_to = 11_900, rate = "1%", max_leverage = 50 }, { up_to = 12_300, rate = "1.5%", max_leverage = 50 },
    { rate = "2%", max_leverage = 40 } ], taker_fee = "5bp", liquidation = { fee = "0.5%" } }"#;
const SPOT: &str = r#"{ contract = "spot", margin_level = { liquidation = 1.02 }, taker_fee = "10bp", liquidation = { fee = "1%", slippage = "20bp" } }"#;
/// One rate for the whole position, in one tier: as straight as any.
const WHOLE: &str = r#"{ contract = "linear", rule = "whole", tiers = [{ rate = "1%", max_leverage = 60 }], taker_fee = "5bp" }"#;
const ENTRY: &str =
    r#"{ contract = "linear", maintenance = 0.01, maintenance_basis = "entry", taker_fee = "5bp" }"#;

fn scenario(model: &str, venue: &str, side: &str, monitoring: &str, account: &str) -> Scenario {
    let text = format!(
        r#"
        name = "ordered"
        simulation = {{ horizon = "14d", paths = 20_000, seed = 5, monitoring = "{monitoring}" }}
        assets.X = {{ price = 250.0, model = {model} }}
        [account]
        equity = 1_000.0
        leverage = [1, 2, 3, 5, 8, 13, 21, 34]
        venue = {venue}
        positions = [{{ asset = "X", side = "{side}" }}]
        {account}
        "#
    );
    parse(Source::new("ordered.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn cases() -> Vec<Scenario> {
    const OU: &str = r#"model = "ou", mean = "2bp", reversion = 200, volatility = 0.03, correlation = 0.3"#;
    let funding = |terms: &str| format!("funding = {{ {terms}, every = \"8h\" }}");
    let borrow = |terms: &str| format!("borrow = {{ rate = \"200%\", compounding = \"{terms}\" }}");
    let mut cases = Vec::new();
    for model in [GBM, MERTON] {
        for side in ["long", "short"] {
            let mut add =
                |venue, account: &str| cases.push(scenario(model, venue, side, "continuous", account));
            for venue in [FLAT, INVERSE, TIERED, WHOLE, ENTRY] {
                // 42 payments of 20 bp move the barriers by 8 %.
                for terms in [r#"rate = "20bp""#, r#"rate = "-20bp", basis = "entry""#, OU] {
                    add(venue, &funding(terms));
                }
                // A short whose margin is on entry and that owes coins is left out: whether what it owes counts is not settled.
                if (venue, side) != (ENTRY, "short") {
                    add(venue, &borrow("hourly"));
                }
            }
            for compounding in ["hourly", "simple", "continuous"] {
                add(SPOT, &borrow(compounding));
            }
        }
    }
    cases
}

fn ordered(hits: &[Hit]) -> Vec<Hit> {
    let mut hits = hits.to_vec();
    hits.sort_by_key(|hit| (hit.lane, hit.level));
    hits
}

fn liquidated(worker: &Worker<'_>) -> Vec<(u32, usize)> {
    let mut named = Vec::new();
    worker.follower().for_each_liquidated(&mut |lane, level| named.push((lane, level)));
    named.sort_unstable();
    named
}

fn near(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() < 1e-9 * a.abs().max(1.0), "{what}: {a} {b}");
}

/// Liquidations, their times and what they leave hit by hit; returns as sums.
#[test]
fn one_number_a_path_and_the_ledger_agree_path_by_path() {
    for (case, scenario) in cases().iter().enumerate() {
        let plan = Plan::new(scenario).unwrap();
        let levels = plan.account.levels.len() as u32;
        let mut count = 0;
        let mut fast =
            Worker::with_follower(&plan, Box::new(plan.account.ordered().expect("levels in order")));
        let mut ledger = Worker::with_follower(&plan, Box::new(plan.account.ledger()));
        for block in 0..12 {
            fast.run_block(block, 40);
            ledger.run_block(block, 40);
            assert_eq!(liquidated(&fast), liquidated(&ledger), "case {case}, block {block}");
            let (a, mut b) = (ordered(fast.follower().hits()), ordered(ledger.follower().hits()));
            b.retain(|hit| hit.level == hit.lane % levels);
            assert_eq!(a.len(), b.len(), "case {case}, block {block}");
            for (a, b) in a.iter().zip(&b) {
                near(a.time, b.time, "time");
                near(a.recovered, b.recovered, "recovered");
                near(a.bad_debt, b.bad_debt, "bad debt");
            }
            count += liquidated(&fast).len();
        }
        let tallies = [fast.tally().clone(), ledger.tally().clone()];
        for level in 0..plan.account.levels.len() {
            let a = fast.follower().survivors(&tallies[0]).swap_remove(level);
            let b = ledger.follower().survivors(&tallies[1]).swap_remove(level);
            assert_eq!(a.returns.powers[0], b.returns.powers[0], "case {case}: survival of level {level}");
            near(a.returns.powers[1], b.returns.powers[1], "return");
            let [a, b] = tallies.each_ref().map(|tally| &tally.levels[level]);
            near(a.liquidated.mapped(0.0, 1.0).powers[1], b.liquidated.mapped(0.0, 1.0).powers[1], "loss");
            near(a.bad_debt.mapped(0.0, 1.0).powers[1], b.bad_debt.mapped(0.0, 1.0).powers[1], "bad debt");
        }
        assert!(count > 200, "case {case} is too tame to show anything: {count} liquidations");
    }
}

/// With one level it is every path's turn: costs, drawdown and equity over time are the ledger's.
#[test]
fn what_is_followed_in_a_round_robin_is_what_the_ledger_follows() {
    for (case, mut scenario) in cases().into_iter().enumerate() {
        scenario.account.leverage = vec![[3.0, 5.0, 13.0][case % 3]];
        let plan = Plan::new(&scenario).unwrap();
        let mut fast =
            Worker::with_follower(&plan, Box::new(plan.account.ordered().expect("levels in order")));
        let mut ledger = Worker::with_follower(&plan, Box::new(plan.account.ledger()));
        (0..4).for_each(|block| {
            fast.run_block(block, 256);
            ledger.run_block(block, 256);
        });
        let account = |worker: &mut Worker<'_>| -> AccountTally {
            worker.tally().levels[0].account.as_deref().unwrap().clone()
        };
        let (a, b) = (account(&mut fast), account(&mut ledger));
        for cost in Cost::ALL {
            let sums = |account: &AccountTally| account.costs[cost as usize].mapped(0.0, 1.0).powers;
            let what = format!("case {case}, {cost:?}");
            // A cost of nothing but rounding is counted by one and not by the other.
            sums(&a)[1..].iter().zip(&sums(&b)[1..]).for_each(|(a, b)| near(*a, *b, &what));
        }
        let quantiles = |account: &AccountTally| {
            let bins: Vec<_> = account.equity.iter().chain([&account.drawdowns]).collect();
            let shares = [0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
            let at = |share| bins.iter().map(move |bins| bins.quantile(share * bins.weight()).unwrap());
            shares.into_iter().flat_map(at).collect::<Vec<_>>()
        };
        assert_eq!(a.followed(), b.followed());
        // One bin is 0.1 % wide.
        for (a, b) in quantiles(&a).iter().zip(&quantiles(&b)) {
            assert!((a - b).abs() < 2e-3 * a.abs().max(1.0), "case {case}: {a} {b}");
        }
    }
}

/// Does not tell which bars may come near, and may want every look as a bar.
struct Silent(Box<dyn Follower>, bool);

impl Observer for Silent {
    fn begin(&mut self, lanes: usize) {
        self.0.begin(lanes);
    }
    fn watched_side(&self) -> Option<Sides> {
        self.0.watched_side()
    }
    fn observe(&mut self, bars: &[Bars], noise: &mut Stream) {
        self.0.observe(bars, noise);
    }
    fn looks_at_once(&self) -> bool {
        self.1 && self.0.looks_at_once()
    }
    fn look(&mut self, times: &[f64], first: usize, log_prices: &[&[f64]]) {
        self.0.look(times, first, log_prices);
    }
    fn settle(&mut self, date: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        self.0.settle(date, log_prices, due);
    }
}

impl Follower for Silent {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        self.0.finish(log_prices, weights, tally);
    }
    fn broken(&self) -> Option<usize> {
        self.0.broken()
    }
    fn flush(&mut self, tally: &mut Tally) {
        self.0.flush(tally);
    }
    fn survivors(&self, tally: &Tally) -> Vec<Survivors> {
        self.0.survivors(tally)
    }

    fn survivor_returns(&self, tally: &Tally, level: usize) -> Sums {
        self.0.survivor_returns(tally, level)
    }
    fn hits(&self) -> &[Hit] {
        self.0.hits()
    }
}

/// Extremes that stay off every barrier are left out; with all of them every bit is the same.
#[test]
fn extremes_that_are_left_out_change_nothing() {
    let mut cases = cases();
    for (side, funding) in [("long", "5bp"), ("short", "-5bp")] {
        let account =
            format!("funding = {{ rate = \"{funding}\", every = \"1h\" }}\nborrow = {{ rate = \"90%\" }}");
        let mut both = scenario(GBM, FLAT, side, "continuous", &account);
        both.account.leverage.remove(0);
        cases.push(both);
    }
    for (case, scenario) in cases.iter().enumerate() {
        let plan = Plan::new(scenario).unwrap();
        let (mut told, mut all) =
            (Worker::new(&plan), Worker::with_follower(&plan, Box::new(Silent(plan.follower(), true))));
        for block in 0..2 {
            assert!(told.run_block(block, 300) && all.run_block(block, 300));
            assert_eq!(told.follower().hits(), all.follower().hits(), "case {case}");
        }
        assert_eq!(told.tally(), all.tally(), "case {case}");
    }
}

/// Looks that are booked together, of paths that come in turn, are those that are booked date by date: the same hits at the same times, and
/// the same number of paths in every bin. 300 paths leave a part of those that come together.
#[test]
fn looks_at_once_are_looks_as_bars() {
    const HESTON: &str = r#"{ kind = "heston", drift = 0.1, variance = 0.6, long_run_variance = 0.5, mean_reversion = 4.0, vol_of_vol = 2.0, correlation = -0.4 }"#;
    const GARCH: &str = r#"{ kind = "garch", log_drift = 0.0, step = "1h", omega = 1e-6, alpha = 0.1, beta = 0.87, dof = 4.5 }"#;
    let mut liquidations = 0;
    for model in [GBM, MERTON, HESTON, GARCH] {
        for (side, venue, account) in [
            ("long", FLAT, ""),
            ("short", TIERED, ""),
            ("long", INVERSE, r#"funding = { rate = "20bp", every = "8h" }"#),
            ("short", FLAT, r#"borrow = { rate = "200%", compounding = "hourly" }"#),
        ] {
            let plan = Plan::new(&scenario(model, venue, side, "1h", account)).unwrap();
            let follower = || plan.account.ordered().expect("levels in order");
            let mut together = Worker::with_follower(&plan, Box::new(follower()));
            let mut apart = Worker::with_follower(&plan, Box::new(Silent(Box::new(follower()), false)));
            for block in 0..3 {
                assert!(together.run_block(block, 300) && apart.run_block(block, 300));
                let hits = |worker: &Worker<'_>| {
                    let mut hits = worker.follower().hits().to_vec();
                    hits.sort_by_key(|hit| (hit.lane, hit.level));
                    hits
                };
                assert_eq!(hits(&together), hits(&apart), "{model} {side} {account}");
                liquidations += hits(&together).len();
            }
            for (a, b) in together.tally().levels.iter().zip(&apart.tally().levels) {
                assert_eq!(a.recovered, b.recovered, "{model} {side} {account}");
                assert_eq!(a.closing_equity, b.closing_equity, "{model} {side} {account}");
                assert_eq!(a.times, b.times, "{model} {side} {account}");
            }
        }
    }
    assert!(liquidations > 3_000, "too few to show anything: {liquidations}");
}

/// What is not in order, or not of one number a path, is left to the ledger: a margin that is not straight, or money of which only some levels
/// owe any, or which a payment may pay back.
#[test]
fn other_accounts_are_followed_level_by_level() {
    let both = "funding = { rate = \"1bp\", every = \"8h\" }\nborrow = { rate = \"10%\" }";
    let received = "funding = { rate = \"-1bp\", every = \"8h\" }\nborrow = { rate = \"10%\" }";
    let table = r#"{ contract = "linear", rule = "whole", tiers = [{ up_to = 5000, rate = 0.005, max_leverage = 50 }, { rate = 0.01, max_leverage = 40 }] }"#;
    let cases = [
        (table, "long", r#"funding = { rate = "1bp", every = "8h" }"#, false),
        (FLAT, "long", both, false),
        (FLAT, "short", both, true),
        (FLAT, "long", received, false),
    ];
    for (venue, side, account, is_ordered) in cases {
        let scenario = scenario(GBM, venue, side, "continuous", account);
        assert_eq!(
            Plan::new(&scenario).unwrap().account.ordered().is_some(),
            is_ordered,
            "{venue} {side} {account}"
        );
    }
    // At 1x nothing is owed.
    let mut owing = scenario(GBM, FLAT, "long", "continuous", both);
    owing.account.leverage.remove(0);
    assert!(Plan::new(&owing).unwrap().account.ordered().is_some());
}

/// A level alone is liquidated on the same paths as in any list, and closes with the same money.
#[test]
fn a_level_in_a_list_is_the_level_alone() {
    let mut cases = cases();
    for model in [GBM, MERTON] {
        for monitoring in ["continuous", "2d"] {
            cases.push(scenario(model, TIERED, "short", monitoring, ""));
        }
    }
    for (case, scenario) in cases.iter().enumerate() {
        let plan = Plan::new(scenario).unwrap();
        let mut all = Worker::new(&plan);
        (0..3).for_each(|block| assert!(all.run_block(block, 256)));
        let all_tally = all.tally().clone();
        for (index, leverage) in scenario.account.leverage.iter().enumerate().step_by(3) {
            let mut alone = scenario.clone();
            alone.account.leverage = vec![*leverage];
            let plan = Plan::new(&alone).unwrap();
            let mut one = Worker::new(&plan);
            (0..3).for_each(|block| assert!(one.run_block(block, 256)));
            let one_tally = one.tally().clone();
            let what = format!("case {case}, {leverage}x");
            let sums = |worker: &Worker<'_>, tally: &liqsim::stats::Tally, level: usize| {
                let survivors = worker.follower().survivor_returns(tally, level);
                let lost = tally.levels[level].liquidated.mapped(0.0, 1.0);
                let debt = tally.levels[level].bad_debt.mapped(0.0, 1.0);
                [survivors, lost, debt].map(|sums| [sums.powers[0], sums.powers[1], sums.powers[2]])
            };
            let (a, b) = (sums(&all, &all_tally, index), sums(&one, &one_tally, 0));
            for (a, b) in a.into_iter().flatten().zip(b.into_iter().flatten()) {
                near(a, b, &what);
            }
        }
    }
}
