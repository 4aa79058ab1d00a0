//! Loans against coins and liquidation in part.
//!
//! Without jumps a continuous price touches every barrier at its own value, so what an account holds after n liquidations in
//! part follows step by step from the rules alone, path by path. Calls with a time to answer are compared with a naive loop of
//! small steps. False alarms for another seed: 16 comparisons at four standard errors, at most 0.1 %.

use std::sync::atomic::AtomicBool;

use liqsim::engine::{Plan, RunOptions, Worker};
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::{Cost, Exit};
use liqsim::study::run_levels as run;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

const PRICE: f64 = 250.0;

fn scenario(days: u64, volatility: f64, side: &str, leverage: &str, venue: &str, rest: &str) -> Scenario {
    let text = format!(
        r#"
        simulation = {{ horizon = "{days}d", paths = 20_000, seed = 8 }}
        assets.X = {{ price = {PRICE}, model = {{ kind = "gbm", drift = 0.0, volatility = {volatility} }} }}
        [account]
        equity = 1_000.0
        leverage = {leverage}
        venue = {venue}
        positions = [{{ asset = "X", side = "{side}" }}]
        {rest}
        "#
    );
    parse(Source::new("loan.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn result(scenario: &Scenario) -> RunResult {
    run(scenario, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} }).unwrap()
}

/// Money and coins, in units of the equity and of the entry price: equity is cash + exposure·x.
#[derive(Clone, Copy)]
struct State {
    cash: f64,
    exposure: f64,
    kept: f64,
    /// Exposure at the start, and the notional that the venue allows since the last liquidation.
    opened: f64,
    limit: f64,
}

impl State {
    /// Venues leave no dust: a rest of less than a hundredth of what was opened goes with the step.
    fn unless_dust(self) -> Option<Self> {
        (self.exposure.abs() >= 0.01 * self.opened.abs()).then_some(self)
    }
}

/// Follows the rules of liquidation in part: the price at which the next one comes, and what it leaves; none where the venue
/// closes everything.
type Rule = dyn Fn(State) -> (f64, Option<State>);

/// Debt D against q coins at threshold t: touched at x = D/(q·t), c·D is repaid for c·D·(1 + p) of coins.
fn lender(threshold: f64, close_factor: f64, penalty: f64) -> impl Fn(State) -> (f64, Option<State>) {
    move |state| {
        let State { cash, exposure, kept, .. } = state;
        let debt = -cash;
        let x = debt / (exposure * threshold);
        let repaid = close_factor * debt;
        let exposure = exposure - repaid * (1.0 + penalty) / x;
        (x, State { cash: cash + repaid, exposure, kept: kept + repaid * penalty, ..state }.unless_dust())
    }
}

/// A share of a linear position is closed for a fee on its notional, filled worse by the slippage.
fn sell(state: State, x: f64, share: f64, fee: f64, slippage: f64) -> State {
    let State { cash, exposure, kept, .. } = state;
    let closed = share * exposure;
    let fill = x * (1.0 - exposure.signum() * slippage);
    let paid = fee * closed.abs() * x;
    State {
        cash: cash + closed * fill - paid,
        exposure: exposure - closed,
        kept: kept + paid + closed * (x - fill),
        ..state
    }
}

/// Equity meets the rate m less the deduction d: cash + e·x = m·|e|·x − d.
fn touched(state: State, rate: f64, deduction: f64) -> f64 {
    -(state.cash + deduction) / (state.exposure - rate * state.exposure.abs())
}

#[test]
fn what_is_left_after_liquidations_in_part_follows_from_the_rules() {
    let aave = r#"{ contract = "spot", loan = { liquidation = "80%", close_factor = "50%", close_all_below = 0.95, penalty = "5%" } }"#;
    let fraction = r#"{ contract = "linear", maintenance = "2%", liquidation = { fee = "0.5%", slippage = "0.2%", partial = "25%" } }"#;
    let by_fraction = |state: State| {
        let x = touched(state, 0.02, 0.0);
        (x, sell(state, x, 0.25, 0.005, 0.002).unless_dust())
    };
    // In units of 1000: tiers to 2 at 2 %, to 4 at 4 %, above at 8 %; deductions 0.04 and 0.2.
    let tiers = r#"{ contract = "linear", liquidation = { fee = "0.5%", partial = "tier" }, tiers = [
        { up_to = 2_000, rate = 0.02 }, { up_to = 4_000, rate = 0.04 }, { up_to = 1e9, rate = 0.08 }] }"#;
    let tiers = &tiers.replace('\n', " ");
    let by_tier = |state: State| {
        let bands = [(0.0, 0.02, 0.0), (2.0, 0.04, 0.04), (4.0, 0.08, 0.2)];
        let x = bands.map(|(_, rate, deduction)| touched(state, rate, deduction) * state.exposure.signum());
        let x = x.into_iter().fold(f64::NEG_INFINITY, f64::max) * state.exposure.signum();
        // Tier by tier at the same price, below the limit of the last time, until equity exceeds what is asked for at the edge.
        let most = state.limit.min(state.exposure.abs() * x);
        let (mut left, mut now) = (None, state);
        for edge in [4.0, 2.0].into_iter().filter(|edge| *edge < most) {
            now.limit = edge;
            now = sell(now, x, 1.0 - edge / (now.exposure.abs() * x), 0.005, 0.0);
            let asked = bands.iter().map(|(_, rate, deduction)| rate * edge - deduction).fold(0.0, f64::max);
            if now.cash + now.exposure * x > asked {
                left = Some(now);
                break;
            }
        }
        (x, left)
    };
    let lend = lender(0.8, 0.5, 0.05);
    let cases: [(&str, &str, &str, f64, &Rule); 5] = [
        (aave, "long", "[2, 3, 4]", 1.0, &lend),
        (fraction, "long", "[3, 10]", 0.8, &by_fraction),
        (fraction, "short", "[3, 10]", 0.8, &by_fraction),
        (tiers, "long", "[3, 6, 9]", 1.0, &by_tier),
        (tiers, "short", "[3, 6, 9]", 1.0, &by_tier),
    ];
    let mut often = 0;
    for (venue, side, leverage, volatility, rule) in cases {
        let plan = Plan::new(&scenario(30, volatility, side, leverage, venue, "")).unwrap();
        let (mut partly, mut wholly) = (0, 0);
        for path in 0..150 {
            let mut worker = Worker::new(&plan);
            worker.run_block(path, 1);
            let closing = worker.closing_log_prices(0)[0].exp();
            let hits = worker.follower().hits().to_vec();
            let tally = worker.tally();
            for (number, level) in plan.account.levels.iter().enumerate() {
                let cell = &tally.levels[number];
                let account = cell.account.as_ref().unwrap();
                let sign = if side == "long" { 1.0 } else { -1.0 };
                let exposure = sign * level.leverage;
                let cash = 1.0 - exposure;
                let mut state = State { cash, exposure, kept: 0.0, opened: exposure, limit: f64::INFINITY };
                let number = account.reductions.mapped(0.0, 1.0).powers[1] as usize;
                let what = format!("{venue} {side} {}x path {path}: {number} in part", level.leverage);
                let (mut x, mut left) = rule(state);
                for _ in 0..number {
                    let Some(next) = left else { break };
                    state = next;
                    (x, left) = rule(state);
                }
                let hit = hits.iter().find(|hit| hit.level == number_of(&plan, level.leverage));
                let is_liquidated = account.exits[Exit::Liquidated as usize].mapped(0.0, 1.0).powers[0] > 0.0;
                assert_eq!(is_liquidated, hit.is_some(), "{what}");
                assert!(is_liquidated || number == 0, "{what}");
                let kept = account.costs[Cost::Liquidation as usize].mapped(0.0, 1.0).powers[1];
                let found = match hit {
                    Some(hit) => hit.recovered,
                    None => 1.0 + cell.survivors.mapped(0.0, 1.0).powers[1],
                };
                let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
                let is_of = |state: &State| {
                    near(found, state.exposure * closing + state.cash) && near(kept, state.kept)
                };
                assert!(number <= 2 || !venue.contains("tier"), "{what}");
                if is_of(&state) {
                    partly += usize::from(number > 0);
                    often += usize::from(number > 1);
                } else {
                    // Closed entirely, at the next barrier, from the lowest tier or because too little was left.
                    let what = format!("{what}: {found} and {kept} kept, by the rules {}", state.kept);
                    assert!(left.is_none() && is_liquidated, "{what}");
                    let equity = state.exposure * x + state.cash;
                    assert!(near(found + kept, equity + state.kept), "{what}: {equity}");
                    wholly += 1;
                }
            }
        }
        assert!(partly > 10 && (left_open(venue) || wholly > 10), "{venue} {side}: {partly} {wholly}");
    }
    assert!(often > 20, "{often}");
}

fn number_of(plan: &Plan, leverage: f64) -> u32 {
    plan.account.levels.iter().position(|level| level.leverage == leverage).unwrap() as u32
}

/// Whether the rules of a venue leave something open at every barrier.
fn left_open(venue: &str) -> bool {
    !venue.contains("tier")
}

/// Health factor 1.3333 (Aave help): 6,000 owed on 10,000 at a threshold of 80 % may lose a quarter of the price.
#[test]
fn a_health_factor_says_how_far_the_price_may_fall() {
    let scenario = scenario(1, 0.5, "long", "2.5", r#""loan-aave-like""#, "");
    let level = &Plan::new(&scenario).unwrap().account.levels[0];
    assert!((PRICE / level.liquidation.price.unwrap() - 4.0 / 3.0).abs() < 1e-12);
}

/// However little is closed at first, the venue comes as often as the price touches the barrier: the reflection principle's
/// 2·Φ-law for a driftless GBM, here through the account that is closed at once.
#[test]
fn a_liquidation_in_part_counts_as_one_from_its_first_time() {
    let terms = |partial: &str| {
        format!(r#"{{ contract = "linear", maintenance = "2%", liquidation = {{ fee = "0.5%"{partial} }} }}"#)
    };
    let once = result(&scenario(30, 0.8, "long", "[3, 6]", &terms(""), ""));
    let parts = result(&scenario(30, 0.8, "long", "[3, 6]", &terms(r#", partial = "10%""#), ""));
    for (once, parts) in once.levels.iter().zip(&parts.levels) {
        let (p, q) = (once.liquidation_probability, parts.liquidation_probability);
        assert!((p.value - q.value).abs() < 4.0 * p.std_error.hypot(q.std_error), "{p:?} {q:?}");
        let (s, t) = (once.time_to_liquidation_days.unwrap(), parts.time_to_liquidation_days.unwrap());
        assert!((s.mean - t.mean).abs() < 4.0 * s.std_error.hypot(t.std_error), "{s:?} {t:?}");
        let partial = parts.partial_liquidations.unwrap();
        // One is counted, the other estimated by strata: among the same paths the first is the smaller one but for the difference.
        let slack = 4.0 * partial.probability.std_error.hypot(q.std_error);
        assert!(partial.probability.value <= q.value + slack, "{partial:?} {q:?}");
        assert!(partial.number.value > partial.probability.value);
        assert!(once.partial_liquidations.is_none());
        assert_eq!(parts.exits["liquidated"].value, q.value);
    }
}

struct Naive {
    liquidated: f64,
    calls: f64,
    met: f64,
    money: f64,
}

/// The same loan in small steps. Within a step a barrier is touched with the bridge's probability, at its end.
fn naive(leverage: f64, days: f64, volatility: f64, grace: f64, owner: Option<(f64, f64, f64)>) -> Naive {
    const PATHS: usize = 8_000;
    let (call, liquidation) = (0.7, 0.8);
    let per_day = 96.0;
    let step: f64 = 1.0 / (365.0 * per_day);
    let spread = volatility * step.sqrt();
    let mut rng = SmallRng::seed_from_u64(5);
    let mut sum = Naive { liquidated: 0.0, calls: 0.0, met: 0.0, money: 0.0 };
    for _ in 0..PATHS {
        let (mut y, mut debt, mut reserve) = (0.0_f64, leverage - 1.0, owner.map_or(0.0, |owner| owner.2));
        let (mut deadline, mut answer) = (f64::INFINITY, f64::INFINITY);
        for number in 1..=(days * per_day) as usize {
            let z: f64 = StandardNormal.sample(&mut rng);
            let before = y;
            y += spread * z - 0.5 * spread * spread;
            let u: f64 = rng.random();
            let lowest = 0.5 * (before + y - ((before - y).powi(2) - 2.0 * spread * spread * u.ln()).sqrt());
            let day = number as f64 / per_day;
            let ltv = |y: f64, debt: f64| debt / (leverage * y.exp());
            if ltv(lowest, debt) >= liquidation {
                sum.liquidated += 1.0;
                break;
            }
            if day >= answer - 1e-9 {
                let owner = owner.unwrap();
                let needed = (debt - owner.1 * leverage * y.exp()).max(0.0);
                let paid = needed.min(reserve);
                (debt, reserve) = (debt - paid, reserve - paid);
                sum.money += paid;
                answer = f64::INFINITY;
            }
            if day >= deadline - 1e-9 {
                deadline = f64::INFINITY;
                if ltv(y, debt) >= call {
                    sum.liquidated += 1.0;
                    break;
                }
                sum.met += 1.0;
            }
            if ltv(lowest, debt) >= call && deadline == f64::INFINITY {
                sum.calls += 1.0;
                deadline = day + grace;
            }
            if let Some((delay, ..)) = owner
                && reserve > 0.0
                && ltv(lowest, debt) >= call
                && answer == f64::INFINITY
            {
                answer = day + delay;
            }
        }
    }
    let n = PATHS as f64;
    Naive {
        liquidated: sum.liquidated / n,
        calls: sum.calls / n,
        met: sum.met / sum.calls,
        money: sum.money / n,
    }
}

#[test]
fn a_call_with_a_time_to_answer_is_what_a_loop_of_small_steps_says() {
    let venue = r#"{ contract = "spot", loan = { call = "70%", grace = "72h", liquidation = "80%" } }"#;
    let owner = r#"[policy]
        margin_call = { loan_to_value = "70%", target_loan_to_value = "60%", delay = "24h", reserve = 400 }"#;
    for (policy, answers) in [("", None), (owner, Some((1.0, 0.6, 0.4)))] {
        let found = result(&scenario(60, 0.6, "long", "2.5", venue, policy));
        let level = &found.levels[0];
        let calls = level.margin_calls.unwrap();
        let expected = naive(2.5, 60.0, 0.6, 3.0, answers);
        let close = |what: &str, found: f64, wanted: f64, error: f64| {
            // The loop has 8,000 paths against 20,000, and sees a touch up to a quarter of an hour late.
            let error = error * (1.0_f64 + 2.5).sqrt();
            assert!(
                (found - wanted).abs() <= 4.0 * error + 0.004 * wanted,
                "{what}: {found} {wanted} {error}"
            );
        };
        let p = level.liquidation_probability;
        close("liquidation", p.value, expected.liquidated, p.std_error);
        close("calls", calls.number.value, expected.calls, calls.number.std_error);
        close("money", calls.money.value, expected.money, calls.money.std_error);
        let met = calls.share_met.unwrap();
        close("met", met, expected.met, (met * (1.0 - met) / (20_000.0 * calls.number.value)).sqrt());
    }
}

/// A driftless price gives nothing: what is lost on average is what was paid, less what others bear. Interest is of every hour: six days
/// of twice the volatility and five times the rate are as much of both in fewer of them.
#[test]
fn what_is_lost_on_average_is_what_was_paid() {
    let lender = r#"{ contract = "spot", loan = { call = "65%", grace = "24h", liquidation = "80%", close_factor = "40%", penalty = "4%" } }"#;
    let tiers = r#"{ contract = "linear", taker_fee = "5bp", liquidation = { fee = "0.5%", slippage = "0.3%", partial = "tier" }, tier_size = "quantity", rule = "whole", tiers = [{ up_to = 4, rate = 0.01 }, { up_to = 12, rate = 0.02 }, { up_to = 1e9, rate = 0.04 }] }"#;
    let flows = r#"borrow = { rate = "150%" }"#;
    for (days, volatility, venue, side, rest) in [
        (30, 0.9, lender, "long", ""),
        (6, 2.0, lender, "long", flows),
        (30, 0.9, tiers, "long", ""),
        (30, 0.9, tiers, "short", ""),
        (30, 0.9, tiers, "short", r#"funding = { rate = "5bp" }"#),
    ] {
        let found = result(&scenario(days, volatility, side, "[1.8, 2.4, 2.9]", venue, rest));
        for level in &found.levels {
            let paid: f64 = level.costs.iter().flatten().map(|(_, cost)| cost.mean.value).sum();
            let gained = level.mean_return.value - level.bad_debt.value;
            let error = level.mean_return.std_error;
            assert!(
                (gained + paid).abs() < 4.0 * error,
                "{side} {}x: {gained} {paid} {error}",
                level.leverage
            );
        }
    }
}

#[test]
fn terms_that_contradict_each_other_are_reported() {
    let message = |venue: &str, policy: &str| {
        let text = format!(
            r#"
            simulation = {{ horizon = "30d", paths = 1_000 }}
            assets.X = {{ price = 1.0, model = {{ kind = "gbm", drift = 0.0, volatility = 0.5 }} }}
            account = {{ equity = 1.0, leverage = 2, venue = {venue}, positions = [{{ asset = "X", side = "long" }}] }}
            {policy}
            "#
        );
        parse(Source::new("loan.toml", &text), &[]).unwrap_err().to_string()
    };
    let loan = r#"{ contract = "spot", loan = { call = "70%", grace = "1d", liquidation = "80%" } }"#;
    let perp = r#"{ contract = "linear", maintenance = 0.01 }"#;
    for (venue, policy, wanted) in [
        (
            r#"{ contract = "spot", loan = { grace = "1d", liquidation = "80%" } }"#,
            "",
            "`grace` has no meaning without `call`",
        ),
        (
            r#"{ contract = "spot", loan = { liquidation = "80%" }, liquidation = "forfeit" }"#,
            "",
            "`loan` and `liquidation` exclude",
        ),
        (
            loan,
            r#"policy.margin_call = { loan_to_value = "85%", target_loan_to_value = "60%" }"#,
            "the call comes after",
        ),
        (
            loan,
            r#"policy.margin_call = { loan_to_value = "60%", target_loan_to_value = "65%" }"#,
            "must be below",
        ),
        (loan, r#"policy.margin_call = { loan_to_value = "60%", target = 2 }"#, "`margin_call` needs"),
        (
            perp,
            r#"policy.margin_call = { loan_to_value = "60%", target_loan_to_value = "50%" }"#,
            "is for loans",
        ),
    ] {
        let message = message(venue, policy);
        assert!(message.contains(wanted), "{venue} {policy}: {message}");
    }
}
