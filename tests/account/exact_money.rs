//! Sums that are known to the last digit: fees, slippage, what a liquidation leaves and what is missing, funding at its cap. Every
//! follower of an account sees the same prices: nothing moves, then a gap, then nothing again.
//!
//! Nothing is left to chance.

use liqsim::account::{Due, Follower};
use liqsim::engine::{Plan, Worker};
use liqsim::market::Bars;
use liqsim::numeric::{Purpose, Stream};
use liqsim::scenario::{Source, parse};
use liqsim::stats::{Cost, Costs, Tally};

const FEE: f64 = 5e-4;
const LIQUIDATION_FEE: f64 = 0.003;
const SLIPPAGE: f64 = 2e-3;
const MAINTENANCE: f64 = 0.01;
const LEVERAGE: f64 = 5.0;

fn plan(contract: &str, side: &str, share: f64, rest: &str) -> Plan {
    let venue = format!(
        "{{ contract = \"{contract}\", maintenance = {MAINTENANCE}, taker_fee = {FEE},\n\
         liquidation = {{ fee = {LIQUIDATION_FEE}, slippage = {SLIPPAGE} }} }}"
    );
    plan_at(&venue, side, (LEVERAGE, share), rest)
}

/// An account whose position is so many times its equity, the leverage being the larger the smaller the share.
fn plan_at(venue: &str, side: &str, (size, share): (f64, f64), rest: &str) -> Plan {
    let text = format!(
        "simulation = {{ horizon = \"30d\" }}\n\
         assets.X = {{ price = 100.0, model = {{ kind = \"gbm\", drift = 0.0, volatility = 1e-7 }} }}\n\
         [account]\nequity = 1_000.0\nleverage = {:?}\n\
         venue = {venue}\n\
         positions = [{{ asset = \"X\", side = \"{side}\", share = {share:?} }}]\n{rest}\n",
        size / share
    );
    Plan::new(&parse(Source::new("exact.toml", &text), &[]).unwrap_or_else(|e| panic!("{e}"))).unwrap()
}

/// What one path made of an account.
#[derive(Debug)]
struct Found {
    left: f64,
    bad_debt: f64,
    costs: Option<Costs>,
}

/// Price ratios one after the other, joined by gaps, or by a straight line to the last one; then this many moments at which nothing is
/// charged.
fn found(mut follower: Box<dyn Follower>, moments: usize, prices: &[f64], is_line: bool) -> Found {
    let mut noise = Stream::new(1, Purpose::Hit, 0);
    follower.begin(1);
    for (k, price) in prices.iter().enumerate() {
        let from = if is_line && k > 0 { prices[k - 1] } else { *price };
        let (open, close) = (from.ln(), price.ln());
        follower.observe(
            &[Bars {
                asset: 0,
                lanes: vec![0],
                start: vec![k as f64 * 1e-3],
                duration: vec![1e-3],
                open: vec![open],
                close: vec![close],
                variance: vec![0.0],
                extreme: vec![close],
            }],
            &mut noise,
        );
    }
    let mut tally = Tally::new(1);
    let end = [vec![prices[prices.len() - 1].ln()]];
    for moment in 0..moments {
        follower.settle(moment, &end, Due { funding: &[0.0], network: None });
    }
    follower.finish(&end, &[1.0], &mut tally);
    follower.flush(&mut tally);
    let cell = &tally.levels[0];
    let sum = |moments: &liqsim::stats::Moments| moments.mapped(0.0, 1.0).powers[1];
    Found {
        left: 1.0 + follower.survivor_returns(&tally, 0).powers[1] + sum(&cell.liquidated),
        bad_debt: sum(&cell.bad_debt),
        costs: cell.account.as_ref().map(|account| Cost::ALL.map(|cost| sum(&account.costs[cost as usize]))),
    }
}

/// Every way to follow the account, and the number of moments at which it is settled.
fn followers(contract: &str, side: &str) -> Vec<(&'static str, Box<dyn Follower>, usize)> {
    let (one, half) = (plan(contract, side, 1.0, ""), plan(contract, side, 0.5, ""));
    // What would be charged is the rate that it is given: none.
    let funded = plan(contract, side, 1.0, r#"funding = { rate = "1bp" }"#);
    vec![
        ("charged", Box::new(funded.account.ordered().unwrap()), funded.account.schedule.len()),
        ("plain", Box::new(one.account.ordered().unwrap()), 0),
        ("ledger", Box::new(one.account.ledger()), 0),
        ("book", Box::new(one.account.general(&[])), 0),
        (
            "several",
            Box::new(half.account.general(&half.law.dependence.correlation)),
            half.account.schedule.len(),
        ),
    ]
}

fn near(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{what}: {a} is not {b}");
}

/// With the price at p the notional is 5·p (5/p coins for an inverse contract), and the profit 5·(p − 1) or 5·(1 − 1/p), by side.
#[test]
fn a_gap_leaves_what_the_fill_and_its_fee_leave() {
    let (mut seen, mut partly) = ([0; 3], 0);
    for contract in ["linear", "inverse"] {
        for (side, sign) in [("long", 1.0), ("short", -1.0)] {
            for gap in [0.03, 0.165, 0.192, 0.194, 0.196, 0.21, 0.3] {
                let price = 1.0 - sign * gap;
                let equity_at = |price: f64| {
                    let gain = if contract == "linear" { price - 1.0 } else { 1.0 - 1.0 / price };
                    1.0 - FEE * LEVERAGE + sign * LEVERAGE * gain
                };
                let notional =
                    |price: f64| if contract == "linear" { LEVERAGE * price } else { LEVERAGE / price };
                let equity = equity_at(price);
                let is_liquidated = equity <= MAINTENANCE * notional(price);
                let fill = price * (1.0 - sign * SLIPPAGE);
                let (left, bad_debt, fees, kept) = match is_liquidated {
                    true => {
                        let left = (equity_at(fill) - LIQUIDATION_FEE * notional(price)).max(0.0);
                        let bad_debt = (-equity_at(fill)).max(0.0);
                        (left, bad_debt, FEE * LEVERAGE, equity + bad_debt - left)
                    }
                    false => {
                        let fee = FEE * notional(price);
                        (equity - fee, 0.0, FEE * LEVERAGE + fee, 0.0)
                    }
                };
                seen[usize::from(is_liquidated) + usize::from(bad_debt > 0.0)] += 1;
                partly += usize::from(is_liquidated && left > 0.0);
                for (name, follower, moments) in followers(contract, side) {
                    let what = format!("{name} {contract} {side} {price}");
                    let found = found(follower, moments, &[1.0, price], false);
                    near(found.left, left, &what);
                    near(found.bad_debt, bad_debt, &what);
                    let Some(costs) = found.costs else {
                        assert_eq!(name, "plain");
                        continue;
                    };
                    near(costs[Cost::Fees as usize], fees, &what);
                    near(costs[Cost::Liquidation as usize], kept, &what);
                }
            }
        }
    }
    // Some leave something after the fee, so that its size shows.
    assert!(seen.iter().all(|count| *count > 2) && partly > 2, "{seen:?} {partly}");
}

/// On the way down a stop at 8 % fills 20 bp worse, and the fee is on that fill.
#[test]
fn a_stop_pays_its_slippage_and_the_fee_on_its_fill() {
    for (side, sign) in [("long", 1.0), ("short", -1.0)] {
        for (policy, top) in [("stop_loss", 1.0), ("trailing_stop", 1.0 + sign * 0.05)] {
            let rest = format!("[policy]\n{policy} = {{ distance = \"8%\", slippage = {SLIPPAGE} }}");
            let plan = plan("linear", side, 1.0, &rest);
            let found = found(plan.follower(), 0, &[1.0, top, top * (1.0 - sign * 0.15)], true);
            let stop = top * (1.0 - sign * 0.08);
            let fill = stop * (1.0 - sign * SLIPPAGE);
            let fee = FEE * LEVERAGE * fill;
            let costs = found.costs.unwrap();
            let what = format!("{policy} {side}");
            near(costs[Cost::Slippage as usize], LEVERAGE * stop * SLIPPAGE, &what);
            near(costs[Cost::Fees as usize], FEE * LEVERAGE + fee, &what);
            near(found.left, 1.0 - FEE * LEVERAGE + sign * LEVERAGE * (fill - 1.0) - fee, &what);
        }
    }
}

/// A lender repays the debt of 1 from assets of 2·0.6 and keeps 5 % of it.
#[test]
fn a_lender_keeps_its_penalty() {
    let venue = r#"{ contract = "spot", loan = { liquidation = "80%", penalty = "5%" } }"#;
    for share in [1.0, 0.5] {
        let plan = plan_at(venue, "long", (2.0, share), "");
        let found = found(plan.follower(), plan.account.schedule.len(), &[1.0, 0.6], false);
        near(found.left, 1.2 - 1.0 - 0.05, "a loan");
        assert_eq!(found.bad_debt, 0.0);
    }
}

/// Half of the debt of 1 is repaid from assets of 2·0.62, with 5 % of it; the coins that are left come back with the price.
#[test]
fn a_close_factor_repays_its_share() {
    let venue =
        r#"{ contract = "spot", loan = { liquidation = "80%", penalty = "5%", close_factor = "50%" } }"#;
    for share in [1.0, 0.5] {
        let plan = plan_at(venue, "long", (2.0, share), "");
        let found = found(plan.follower(), plan.account.schedule.len(), &[1.0, 0.62, 1.0], false);
        near(found.left, 2.0 - 0.525 / 0.62 - 0.5, "half of a loan");
    }
}

/// A lender calls at 70 % of the value and sells at the end of 12 hours whatever has not come back by then: two coins on a debt of 1, or one
/// that is owed on money of 2. A bar has a thousandth of a year, and its logarithm moves on a straight line.
#[test]
fn a_lender_calls_at_its_level_and_waits_for_its_time() {
    let venue = r#"{ contract = "spot", loan = { liquidation = "90%", call = "70%", grace = "12h" } }"#;
    for share in [1.0, 0.5] {
        let long = plan_at(venue, "long", (2.0, share), "");
        let left = |plan: &Plan, prices: &[f64]| {
            found(plan.follower(), plan.account.schedule.len(), prices, true).left
        };
        let elapsed = (12.0 / 8_760.0 - 1e-3) / 1e-3;
        let sold = 0.7 * (0.65_f64 / 0.7).powf(elapsed);
        near(left(&long, &[0.7, 0.65, 0.9]), 2.0 * sold - 1.0, "12 hours");
        // Called at 1/1.4.
        near(left(&long, &[0.7155, 0.7155, 0.9]), 0.8, "not called");
        near(left(&long, &[0.713, 0.713, 0.9]), 2.0 * 0.713 - 1.0, "called");
        let short = plan_at(venue, "short", (1.0, share), "");
        near(left(&short, &[1.398, 1.398, 1.1]), 0.9, "not called");
        near(left(&short, &[1.402, 1.402, 1.1]), 2.0 - 1.402, "called");
    }
}

/// Without a reserve a call makes the position smaller: at three times the requirement to six times it, which is half of it here, in money and in
/// coins, where the equity at 1/u of the price is 6 − 5·u and the requirement 0.05·u.
#[test]
fn a_call_without_a_reserve_halves_the_position() {
    let venue = r#"{ contract = "linear", maintenance = 0.01 }"#;
    let policy = "[policy]\nmargin_call = { level = 3, target = 6 }";
    for share in [1.0, 0.5] {
        let plan = plan_at(venue, "long", (5.0, share), policy);
        let called = 4.0 / 4.85;
        let found = found(plan.follower(), plan.account.schedule.len(), &[1.0, 0.8], true);
        assert!((found.left - (5.0 * called - 4.0 + 2.5 * (0.8 - called))).abs() < 1e-9, "{found:?}");
    }
    let venue = r#"{ contract = "inverse", maintenance = 0.01 }"#;
    for share in [1.0, 0.5] {
        let plan = plan_at(venue, "long", (5.0, share), policy);
        let called = 6.0 / 5.15;
        let found = found(plan.follower(), plan.account.schedule.len(), &[1.0, 1.0 / 1.18], true);
        assert!((found.left - (6.0 - 5.0 * called - 2.5 * (1.18 - called))).abs() < 1e-9, "{found:?}");
    }
}

/// Six times the equity are reached at 0.96, where 4.8 become three times 0.8.
#[test]
fn deleveraging_comes_at_its_leverage_and_goes_down_to_its_target() {
    let venue = r#"{ contract = "linear", maintenance = 0.01 }"#;
    let policy = "[policy]\ndeleverage = { target = 3, above = 6 }";
    for share in [1.0, 0.5] {
        let plan = plan_at(venue, "long", (5.0, share), policy);
        let found = found(plan.follower(), plan.account.schedule.len(), &[1.0, 0.9], true);
        near(found.left, 0.8 - 2.5 * 0.06, "deleverage");
    }
}

/// A fifth is closed first; what is left has its margin again and comes back with the price.
#[test]
fn a_first_step_closes_its_fraction() {
    // Equity 5·x − 4 between 0.8 and 1 times the requirement of 0.05·x.
    let low = 4.0 / 4.955;
    for (fee, share) in [(0.0, 1.0), (0.0, 0.5), (0.002, 1.0), (0.002, 0.5)] {
        let venue = format!(
            "{{ contract = \"linear\", maintenance = 0.01, liquidation = {{ fee = {fee}, partial = {{ first = \"20%\", above = 1000 }} }} }}"
        );
        let plan = plan_at(&venue, "long", (5.0, share), "");
        let found = found(plan.follower(), plan.account.schedule.len(), &[1.0, low, 1.0], false);
        near(found.left, 5.0 * low - 4.0 + 4.0 * (1.0 - low) - fee * low, "a fifth");
    }
}

/// Interest of 30 days at a still price, of the debt of 4 and the entry fee: by hours with and without interest on it, and at every instant;
/// whoever follows the account.
#[test]
fn interest_is_that_of_the_rule_whoever_follows() {
    let debt = LEVERAGE - 1.0 + FEE * LEVERAGE;
    let hour: f64 = 0.12 / 8_760.0;
    for (rule, grown) in [
        ("hourly", (1.0 + hour).powi(720) - 1.0),
        ("simple", 720.0 * hour),
        ("continuous", (0.12_f64 * 30.0 / 365.0).exp() - 1.0),
    ] {
        let borrow = format!("borrow = {{ rate = 0.12, compounding = \"{rule}\" }}");
        let plan = plan("linear", "long", 1.0, &borrow);
        let account = &plan.account;
        let followers: [(&str, Box<dyn Follower>); 3] = [
            ("ordered", Box::new(account.ordered().expect("levels in order"))),
            ("ledger", Box::new(account.ledger())),
            ("general", Box::new(account.general(&[]))),
        ];
        for (name, follower) in followers {
            let found = found(follower, account.schedule.len(), &[1.0], false);
            let interest = found.costs.expect("costs are followed")[Cost::Interest as usize];
            assert!(
                (interest - debt * grown).abs() < 1e-12,
                "{name} {rule}: {interest} is not {}",
                debt * grown
            );
        }
    }
}

/// A rate that stands at 5 bp above a cap of 3 bp is paid at 3 bp; one below its floor at −3 bp.
#[test]
fn funding_is_paid_at_its_cap() {
    for (mean, paid) in [("5bp", 3e-4), ("-5bp", -3e-4), ("2bp", 2e-4)] {
        let law = format!(
            "funding = {{ model = \"ou\", mean = \"{mean}\", reversion = 100, volatility = 0, cap = \"3bp\", basis = \"entry\" }}"
        );
        for share in [1.0, 0.5] {
            let plan = plan("linear", "long", share, &law);
            let mut worker = Worker::new(&plan);
            worker.run_block(0, 1);
            let account = worker.tally().levels[0].account.as_ref().unwrap();
            let found = account.costs[Cost::Funding as usize].mapped(0.0, 1.0).powers[1];
            near(found, LEVERAGE * 90.0 * paid, mean);
        }
    }
}

/// A put at 90 % costs the price of Black and Scholes and pays 5 % of the notional when the price ends at 85 %: both are known from
/// elsewhere (the premium of 0.0701287990184970 for v·√t = 0.3).
#[test]
fn a_put_costs_its_premium_and_pays_its_payoff() {
    let put = r#"[policy]
        protective_put = { strike = "90%", expiry = "30d", implied_volatility = 1.0464224768228174 }"#;
    let plan = plan("linear", "long", 1.0, put);
    let mut follower = plan.follower();
    let (mut tally, mut noise) = (Tally::new(1), Stream::new(1, Purpose::Hit, 0));
    follower.begin(1);
    let end = [vec![0.85_f64.ln()]];
    let gap = Bars {
        asset: 0,
        lanes: vec![0],
        start: vec![1e-3],
        duration: vec![1e-3],
        open: end[0].clone(),
        close: end[0].clone(),
        variance: vec![0.0],
        extreme: end[0].clone(),
    };
    follower.observe(&[gap], &mut noise);
    for moment in 0..plan.account.schedule.len() {
        follower.settle(moment, &end, Due::default());
    }
    follower.finish(&end, &[1.0], &mut tally);
    let cell = &tally.levels[0];
    let sum = |moments: &liqsim::stats::Moments| moments.mapped(0.0, 1.0).powers[1];
    let premium = LEVERAGE * 0.070_128_799_018_497_06;
    let paid = sum(&cell.account.as_ref().unwrap().costs[Cost::Options as usize]);
    assert!((paid - (premium - LEVERAGE * 0.05)).abs() < 1e-11, "{paid}");
    let equity = 1.0 - FEE * LEVERAGE + LEVERAGE * (0.85 - 1.0) - FEE * LEVERAGE * 0.85;
    let returned = sum(&cell.survivors) + sum(&cell.liquidated);
    let known = (equity + LEVERAGE * 0.05) / (1.0 + premium) - 1.0;
    assert!((returned - known).abs() < 1e-11, "{returned} {known}");
}
