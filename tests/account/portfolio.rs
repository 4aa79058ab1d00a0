//! Accounts of several positions: what is shared and what is not, and where every unit of money goes.

use std::f64::consts::SQRT_2;

use crate::common::run_scenario;
use liqsim::account::{Due, Follower, General, Observer, PositionPrices, PositionTerms, open, prices};
use liqsim::engine::{BLOCK_LANES, Plan, Worker};
use liqsim::market::Bars;
use liqsim::numeric::{Purpose, Stream};
use liqsim::result::RunResult;
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::stats::{Cost, Exit, Tally};
use liqsim::venue::{Contract, Flows, MarginTier, Side, Venue};
use statrs::function::erf::erfc;

const LINEAR: &str = r#"{ contract = "linear", maintenance = "0.5%" }"#;
const SPOT: &str = r#"{ contract = "spot", margin_level = { liquidation = 1.1 } }"#;
const INVERSE: &str = r#"{ contract = "inverse", maintenance = "0.5%" }"#;

/// Two assets and an account; `rest` are keys of the account and positions.
fn scenario(horizon: &str, volatility: f64, rest: &str) -> Scenario {
    let text = format!(
        r#"
        name = "portfolio"
        simulation = {{ horizon = "{horizon}", paths = 100_000, seed = 5, sampling = "pseudo" }}
        correlation = {{ "A/B" = 0.6 }}
        assets.A = {{ price = 250.0, model = {{ kind = "merton", drift = 0.1, volatility = {volatility},
            jumps = {{ rate = 40.0, mean = -0.02, std_dev = 0.08 }} }} }}
        assets.B = {{ price = 3.0, model = {{ kind = "gbm", drift = -0.1, volatility = {volatility} }} }}
        [account]
        equity = 1_000.0
        {rest}
        "#
    );
    parse(Source::new("portfolio.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What one path did to a level: return, bad debt, sum of costs, and whether it was liquidated.
struct Outcome {
    returned: f64,
    bad_debt: f64,
    costs: f64,
    liquidated: bool,
}

fn outcomes(tally: &Tally) -> Vec<Outcome> {
    let sum = |moments: &liqsim::stats::Moments, power: usize| moments.mapped(0.0, 1.0).powers[power];
    tally
        .levels
        .iter()
        .map(|cell| {
            let account = cell.account.as_ref().unwrap();
            Outcome {
                returned: sum(&cell.survivors, 1) + sum(&cell.liquidated, 1),
                bad_debt: sum(&cell.bad_debt, 1),
                costs: Cost::ALL.iter().map(|cost| sum(&account.costs[*cost as usize], 1)).sum(),
                liquidated: sum(&account.exits[Exit::Liquidated as usize], 0) > 0.0,
            }
        })
        .collect()
}

/// Everything of a result that the paths decide.
fn numbers(result: &RunResult) -> String {
    let levels = result.levels.iter().map(|level| {
        let mut level = level.clone();
        level.positions.clear();
        (level.liquidation_price, level.bankruptcy_price) = (None, None);
        level
    });
    serde_json::to_string(&levels.collect::<Vec<_>>()).unwrap()
}

#[test]
fn one_position_on_cross_margin_is_one_on_isolated_margin() {
    let account = |margin: &str, policy: &str| {
        let rest = format!(
            "margin = \"{margin}\"\nleverage = [3, 10]\nvenue = {LINEAR}\n\
             positions = [{{ asset = \"A\", side = \"long\" }}]\n{policy}"
        );
        numbers(&run_scenario(&scenario("10d", 0.8, &rest)))
    };
    for policy in ["", "funding = { rate = \"1bp\" }", "[policy]\nstop_loss = { distance = \"5%\" }"] {
        assert_eq!(account("cross", policy), account("isolated", policy), "{policy}");
    }
}

/// The example of Binance (support FAQ b3c689c1f50a44cabb3a84e663b81d93; BN3 of the project's margin vectors): 3683.979 ETH long
/// beside 109.488 BTC long, whose loss since their entry is taken from the wallet here.
#[test]
fn the_maintenance_and_the_loss_of_other_positions_move_the_price() {
    let venue = |rate: f64, deduction: f64| {
        let tier = MarginTier { up_to: f64::INFINITY, rate, deduction, max_leverage: f64::INFINITY };
        Venue::new(Contract::Linear, vec![tier])
    };
    let (eth, btc) = (venue(0.10, 135_365.0), venue(0.025, 16_300.0));
    let equity = 1_535_443.01 + 109.488 * (31_967.27 - 32_481.98);
    let position = |asset, price: f64, quantity: f64, venue| PositionTerms {
        asset,
        side: Side::Long,
        price,
        share: quantity * price / equity,
        entry: None,
        collateral: None,
        venue,
        flows: Flows::default(),
        law: None,
    };
    let both = [position(1, 1_456.84, 3_683.979, &eth), position(0, 31_967.27, 109.488, &btc)];
    let found = prices(&open(equity, 1.0, &both, None).unwrap());
    let price = PositionPrices::nearest(found[0].liquidation).unwrap() * 1_456.84;
    assert!((price - 1_153.256_46).abs() < 1e-5, "{price}");
    // Alone, with the whole wallet behind it: BN1.
    let wallet = 1_535_443.01;
    let alone = PositionTerms { share: 3_683.979 * 1_456.84 / wallet, ..both[0].clone() };
    let found = prices(&open(wallet, 1.0, &[alone], None).unwrap());
    let price = PositionPrices::nearest(found[0].liquidation).unwrap() * 1_456.84;
    assert!((price - 1_114.784_96).abs() < 1e-5, "{price}");
}

#[test]
fn the_order_of_the_positions_does_not_matter() {
    let long = format!(r#"{{ asset = "A", side = "long", share = 0.5, venue = {SPOT} }}"#);
    let short = r#"{ asset = "B", side = "short", share = 0.3 }"#;
    let other = r#"{ asset = "A", side = "short", share = 0.2, funding = { rate = "1bp" } }"#;
    let run = |margin: &str, positions: &[&str]| {
        let rest = format!(
            "margin = \"{margin}\"\nleverage = [2, 4]\nvenue = {LINEAR}\npositions = [{}]",
            positions.join(", ")
        );
        let mut scenario = scenario("10d", 0.8, &rest);
        scenario.simulation.paths = liqsim::scenario::PathBudget::Fixed(5_000);
        numbers(&run_scenario(&scenario))
    };
    for margin in ["cross", "isolated"] {
        let first = run(margin, &[&long, short, other]);
        assert_eq!(first, run(margin, &[other, short, &long]), "{margin}");
        assert_eq!(first, run(margin, &[short, &long, other]), "{margin}");
    }
}

/// The bought coins gain what the short loses: equity stands still, and only the requirement grows, 0.5 % of the short's notional
/// at the mark. It is as large as the equity at 200 times the price where the short is once the equity.
#[test]
fn equal_legs_of_cash_and_carry_are_not_liquidated_by_the_price() {
    let rest = format!(
        "margin = \"cross\"\nleverage = [1, 2]\nvenue = {LINEAR}\npositions = [\
         {{ asset = \"A\", side = \"long\", venue = {SPOT} }}, {{ asset = \"A\", side = \"short\" }}]"
    );
    let mut scenario = scenario("180d", 1.5, &rest);
    scenario.simulation.paths = liqsim::scenario::PathBudget::Fixed(20_000);
    let plan = Plan::new(&scenario).unwrap();
    for (level, leverage) in plan.terms.iter().zip([1.0, 2.0]) {
        let [long, short] = &level.positions[..] else { panic!("two positions") };
        // Both go when the pool does, at the price of their common asset.
        assert_eq!(long.liquidation_price, short.liquidation_price);
        let price = short.liquidation_price.unwrap();
        assert!((price / (250.0 / (0.005 * 0.5 * leverage)) - 1.0).abs() < 1e-9, "{price}");
    }
    for level in run_scenario(&scenario).levels {
        assert_eq!(level.liquidation_probability.value, 0.0);
        // Nothing is charged, so nothing is gained or lost.
        assert!(level.mean_return.value.abs() < 1e-12 && level.returns.std_dev < 1e-7);
    }
}

/// Coins bought with all of the equity, and sold forward in a contract that settles in them.
#[test]
fn a_fully_hedged_inverse_short_keeps_its_dollar_value() {
    let rest = format!(
        "margin = \"cross\"\nleverage = 2\nvenue = {INVERSE}\npositions = [\
         {{ asset = \"A\", side = \"long\", venue = {SPOT} }}, {{ asset = \"A\", side = \"short\" }}]"
    );
    let plan = Plan::new(&scenario("90d", 1.2, &rest)).unwrap();
    for path in 0..100 {
        let mut worker = Worker::new(&plan);
        worker.run_block(path, 1);
        let outcome = &outcomes(worker.tally())[0];
        assert!(!outcome.liquidated && outcome.returned.abs() < 1e-12, "{}", outcome.returned);
    }
    // The same on its own margin: the coins are the collateral, and nothing else is in the account.
    let rest = format!(
        "margin = \"isolated\"\nleverage = 1\nvenue = {INVERSE}\npositions = [\
         {{ asset = \"A\", side = \"short\", share = 0.5 }}, {{ asset = \"B\", side = \"short\", share = 0.5 }}]"
    );
    let plan = Plan::new(&scenario("90d", 1.2, &rest)).unwrap();
    for path in 0..100 {
        let mut worker = Worker::new(&plan);
        worker.run_block(path, 1);
        let outcome = &outcomes(worker.tally())[0];
        assert!(!outcome.liquidated && outcome.returned.abs() < 1e-12, "{}", outcome.returned);
    }
}

/// Asset, sign and share of a position.
type Held = (usize, f64, f64);

/// Accounts with every kind of contract, fee and flow: their text, and the positions in it.
const BOOKS: &[(&str, &[Held])] = &[
    (
        r#"positions = [
            { asset = "A", side = "long", share = 0.4 },
            { asset = "B", side = "short", share = 0.6, funding = { rate = "-3bp", every = "4h" } }]
        venue = { contract = "linear", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%", slippage = "0.5%" } }
        funding = { rate = "3bp", every = "8h" }"#,
        &[(0, 1.0, 0.4), (1, -1.0, 0.6)],
    ),
    (
        r#"positions = [
            { asset = "A", side = "long", share = 0.5, borrow = { rate = "40%", compounding = "simple" }, venue =
                { contract = "spot", margin_level = { liquidation = 1.05 }, taker_fee = "10bp" } },
            { asset = "B", side = "short", share = 0.3, borrow = { rate = "70%" }, venue =
                { contract = "spot", margin_level = { liquidation = 1.02 }, taker_fee = "10bp" } },
            { asset = "A", side = "short", share = 0.2 }]
        venue = { contract = "inverse", maintenance = 0.01, taker_fee = "5bp", liquidation = { fee = "1%" } }
        funding = { rate = "3bp", every = "8h", basis = "entry" }"#,
        &[(0, 1.0, 0.5), (1, -1.0, 0.3), (0, -1.0, 0.2)],
    ),
    (
        r#"positions = [
            { asset = "A", side = "long", share = 0.7, borrow = { rate = "30%", compounding = "continuous" } },
            { asset = "B", side = "long", share = 0.3 }]
        venue = { contract = "linear", maintenance = 0.01, taker_fee = "5bp" }"#,
        &[(0, 1.0, 0.7), (1, 1.0, 0.3)],
    ),
];

/// Returned + bad debt made good = profit of the prices − costs, for every path that is open at the horizon.
#[test]
fn every_unit_of_money_of_an_open_account_is_accounted_for() {
    let mut open = 0;
    for (book, positions) in BOOKS {
        for margin in ["cross", "isolated"] {
            // A coin-margined position that stands alone is counted in coins bought at the start.
            if margin == "isolated" && book.contains("inverse") {
                continue;
            }
            let rest = format!("margin = \"{margin}\"\nleverage = [1.5, 3, 6]\n{book}");
            let plan = Plan::new(&scenario("10d", 0.7, &rest)).unwrap();
            for path in 0..60 {
                let mut worker = Worker::new(&plan);
                worker.run_block(path, 1);
                for (outcome, level) in outcomes(worker.tally()).iter().zip(&plan.terms) {
                    if outcome.liquidated {
                        continue;
                    }
                    open += 1;
                    let profit: f64 = positions
                        .iter()
                        .map(|(asset, sign, share)| {
                            sign * share * level.leverage * (worker.closing_log_prices(*asset)[0].exp() - 1.0)
                        })
                        .sum();
                    let Outcome { returned, bad_debt, costs, .. } = outcome;
                    assert!(
                        (returned - bad_debt - (profit - costs)).abs() < 1e-9,
                        "{book} {margin} {}x, path {path}: {returned} is not {profit} − {costs}",
                        level.leverage
                    );
                }
            }
        }
    }
    assert!(open > 400, "{open}");
}

/// Prices jump, and nothing happens in between: whoever is liquidated is so at the price after the gap, which the test knows.
#[test]
fn every_unit_of_money_of_a_liquidated_account_is_accounted_for() {
    let (mut liquidated, mut indebted) = (0, 0);
    for (book, positions) in BOOKS {
        let rest = format!("margin = \"cross\"\nleverage = [2, 4, 8]\n{book}");
        let plan = Plan::new(&scenario("10d", 0.7, &rest)).unwrap();
        let mut noise = Stream::new(9, Purpose::Hit, 0);
        for path in 0..200 {
            let mut normals = [0.0; 24];
            Stream::new(8, Purpose::Hit, path).normals(&mut normals);
            let mut account: General = plan.account.general(&plan.law.dependence.correlation);
            account.begin(1);
            let mut now = [0.0_f64; 2];
            let mut fills = vec![None; plan.terms.len()];
            for (step, moment) in plan.account.schedule.iter().enumerate().take(200) {
                if step % 20 == 19 {
                    let k = step / 20;
                    now = [now[0] + 0.12 * normals[2 * k], now[1] + 0.12 * normals[2 * k + 1]];
                    let bars: Vec<Bars> = (0..2)
                        .map(|asset| Bars {
                            asset,
                            lanes: vec![0],
                            start: vec![moment.seconds as f64 / 31_536_000.0],
                            duration: vec![1e-6],
                            open: vec![now[asset]],
                            close: vec![now[asset]],
                            variance: vec![0.0],
                            extreme: vec![now[asset]],
                        })
                        .collect();
                    account.observe(&bars, &mut noise);
                }
                account.settle(step, &[vec![now[0]], vec![now[1]]], Due::default());
                account.for_each_liquidated(&mut |_, level| {
                    fills[level].get_or_insert(now);
                });
            }
            let mut tally = Tally::new(plan.terms.len());
            // Where the prices end does not matter to those that are gone.
            account.finish(&[vec![now[0] + 0.3], vec![now[1] - 0.3]], &[1.0], &mut tally);
            for ((outcome, fill), level) in outcomes(&tally).iter().zip(&fills).zip(&plan.terms) {
                let Some(fill) = fill else { continue };
                assert!(outcome.liquidated);
                liquidated += 1;
                indebted += usize::from(outcome.bad_debt > 0.0);
                let profit: f64 = positions
                    .iter()
                    .map(|(asset, sign, share)| sign * share * level.leverage * (fill[*asset].exp() - 1.0))
                    .sum();
                let Outcome { returned, bad_debt, costs, .. } = outcome;
                assert!(
                    (returned - bad_debt - (profit - costs)).abs() < 1e-9,
                    "{book} {}x, path {path}: {returned} − {bad_debt} is not {profit} − {costs}",
                    level.leverage
                );
            }
        }
    }
    assert!(liquidated > 200 && indebted > 50, "{liquidated} {indebted}");
}

/// On isolated margin a position loses its own collateral and no more, whatever the jumps.
#[test]
fn isolated_positions_never_cost_more_than_their_collateral() {
    for (book, _) in BOOKS {
        let rest = format!("margin = \"isolated\"\nleverage = [3, 8]\n{book}");
        let plan = Plan::new(&scenario("10d", 2.0, &rest)).unwrap();
        for path in 0..200 {
            let mut worker = Worker::new(&plan);
            worker.run_block(path, 1);
            for outcome in outcomes(worker.tally()) {
                assert!(outcome.returned >= -1.0 && outcome.bad_debt >= 0.0, "{}", outcome.returned);
            }
        }
    }
}

/// Two independent isolated positions: the account is safe if both are, each by the reflection principle. 200,000 paths at
/// four standard errors: false alarms for another seed 6.3e-5 a level.
#[test]
fn independent_isolated_positions_are_liquidated_independently() {
    let rest = format!(
        "margin = \"isolated\"\nleverage = [3, 8]\nvenue = {LINEAR}\npositions = [\
         {{ asset = \"A\", side = \"long\", share = 0.5 }}, {{ asset = \"B\", side = \"short\", share = 0.5 }}]"
    );
    let mut scenario = scenario("10d", 0.8, &rest);
    scenario.assets[0].model = scenario.assets[1].model.clone();
    scenario.dependence = Default::default();
    scenario.simulation.paths = liqsim::scenario::PathBudget::Fixed(200_000);
    let (drift, volatility, years) = (-0.1_f64, 0.8_f64, 10.0 / 365.0_f64);
    let normal = |x: f64| 0.5 * erfc(-x / SQRT_2);
    // Chance to touch a barrier at a log distance b against the position, with drift ν towards it negative.
    let touched = |sign: f64, leverage: f64| {
        let barrier = sign * ((1.0 - sign / leverage) / (1.0 - sign * 0.005)).ln();
        let nu = sign * (drift - 0.5 * volatility * volatility);
        let deviation = volatility * years.sqrt();
        normal((barrier - nu * years) / deviation)
            + (2.0 * nu * barrier / (volatility * volatility)).exp()
                * normal((barrier + nu * years) / deviation)
    };
    for level in run_scenario(&scenario).levels {
        let (long, short) = (touched(1.0, level.leverage), touched(-1.0, level.leverage));
        let exact = 1.0 - (1.0 - long) * (1.0 - short);
        let error = (exact * (1.0 - exact) / 200_000.0).sqrt();
        let z = (level.liquidation_probability.value - exact) / error;
        assert!(
            z.abs() < 4.0,
            "{}x: {} against {exact}, z {z:.2}",
            level.leverage,
            level.liquidation_probability.value
        );
    }
}

/// A hedge of the same size takes the price risk away; what is left is funding, which the short receives.
#[test]
fn a_full_hedge_leaves_the_funding() {
    let rest = format!(
        "margin = \"cross\"\nleverage = 3\nvenue = {LINEAR}\npositions = [{{ asset = \"A\", side = \"long\" }}]\n\
         [policy]\nhedge = {{ share = 1, funding = {{ rate = \"1bp\", every = \"8h\", basis = \"entry\" }} }}"
    );
    let scenario = scenario("10d", 0.8, &rest);
    assert_eq!(scenario.account.positions.len(), 2);
    assert_eq!(scenario.account.positions[1].side, Side::Short);
    let plan = Plan::new(&scenario).unwrap();
    let mut worker = Worker::new(&plan);
    worker.run_block(0, BLOCK_LANES);
    let cell = &worker.tally().levels[0];
    let mean = cell.survivors.mapped(0.0, 1.0).powers[1] / BLOCK_LANES as f64;
    assert!((mean - 3.0 * 30.0 * 1e-4).abs() < 1e-12, "{mean}");
}

/// The price of B stands all but still, so equity falls by what volatility of 1e-6 makes of it, at every level alike.
#[test]
fn a_still_price_draws_no_equity_down() {
    let rest = format!(
        r#"
        leverage = [2, 4, 8]
        margin = "cross"
        venue = {LINEAR}
        positions = [{{ asset = "B", side = "long", share = 1.0 }}, {{ asset = "B", side = "short", share = 0.5 }}]
        "#
    );
    let result = run_scenario(&scenario("1d", 1e-6, &rest));
    for level in &result.levels {
        let drawdown = level.max_drawdown.as_ref().unwrap()["0.99"].value;
        // The drift of B takes 0.03 % of its price a day.
        assert!(drawdown < 0.01, "{}x: {drawdown}", level.leverage);
    }
}

/// A scenario whose prices stand still, so that charges come to known sums.
fn costs_of_a_still_price(positions: &str, cost: Cost) -> f64 {
    let rest = format!("margin = \"cross\"\nleverage = 1\nvenue = {LINEAR}\npositions = [{positions}]");
    let mut scenario = scenario("10d", 1e-7, &rest);
    scenario.assets[0].model = scenario.assets[1].model.clone();
    for asset in &mut scenario.assets {
        let liqsim::model::Model::Gbm(gbm) = &mut asset.model else { panic!("a Brownian price") };
        gbm.drift = 0.0;
    }
    let plan = Plan::new(&scenario).unwrap();
    let mut worker = Worker::new(&plan);
    worker.run_block(0, 1);
    let account = worker.tally().levels[0].account.as_ref().unwrap();
    account.costs[cost as usize].mapped(0.0, 1.0).powers[1]
}

/// Ten days of interest on twice the equity, borrowed or sold: the closed form of each way to add it.
#[test]
fn interest_is_the_closed_form_of_each_compounding() {
    let (rate, hours) = (0.12_f64, 240.0_f64);
    let known = [
        ("hourly", (1.0 + rate / 8_760.0).powf(hours) - 1.0),
        ("simple", rate / 8_760.0 * hours),
        ("continuous", (rate * 10.0 / 365.0).exp() - 1.0),
    ];
    let venue = r#"{ contract = "spot", margin_level = { liquidation = 1.01 } }"#;
    for (compounding, growth) in known {
        let borrow = format!("borrow = {{ rate = {rate}, compounding = \"{compounding}\" }}");
        // The equity pays for a third of what is bought; all that is sold short is borrowed. A small second position makes an account
        // of several.
        for (side, share) in [("long", 2.999), ("short", 2.0)] {
            let other = r#"{ asset = "B", side = "long", share = 0.001 }"#;
            let positions = format!(
                "{{ asset = \"A\", side = \"{side}\", share = {share}, venue = {venue}, {borrow} }}, {other}"
            );
            let paid = costs_of_a_still_price(&positions, Cost::Interest);
            let owed = if side == "long" { share - 1.0 } else { share };
            assert!((paid / (owed * growth) - 1.0).abs() < 1e-6, "{side} {compounding}: {paid}");
        }
        // Two longs owe the same debt, each its part at its own rate.
        if compounding == "simple" {
            let other = "borrow = { rate = 0.3, compounding = \"simple\" }";
            let positions = format!(
                "{{ asset = \"A\", side = \"long\", share = 2, venue = {venue}, {borrow} }},\
                 {{ asset = \"B\", side = \"long\", share = 1, venue = {venue}, {other} }}"
            );
            let paid = costs_of_a_still_price(&positions, Cost::Interest);
            let known = 2.0 * (2.0 / 3.0 * rate + 1.0 / 3.0 * 0.3) * hours / 8_760.0;
            assert!((paid / known - 1.0).abs() < 1e-6, "{paid}");
        }
    }
}

/// Thirty payments of 1 bp on the notional, in every unit that a position can be counted in.
#[test]
fn funding_is_the_rate_times_the_notional_of_every_payment() {
    for basis in ["mark", "entry"] {
        for (side, sign) in [("long", 1.0), ("short", -1.0)] {
            let funding = format!("funding = {{ rate = \"1bp\", every = \"8h\", basis = \"{basis}\" }}");
            for (venue, other) in [
                (LINEAR, "B"),
                // Beside another asset the account is in the quote currency, beside the same in coins.
                (INVERSE, "B"),
                (INVERSE, "A"),
            ] {
                let positions = format!(
                    "{{ asset = \"A\", side = \"{side}\", share = 2, venue = {venue}, {funding} }},\
                     {{ asset = \"{other}\", side = \"long\", share = 0.5, venue = {INVERSE} }}"
                );
                let paid = costs_of_a_still_price(&positions, Cost::Funding);
                let owed = sign * 2.0 * 30.0 * 1e-4;
                assert!((paid / owed - 1.0).abs() < 1e-5, "{venue} beside {other} {side} {basis}: {paid}");
            }
        }
    }
}

/// In the quote currency an inverse contract needs m·Q whatever the price: E + 2·(x − 1)·E meets 0.005·(2 + 1)·E at x = 0.5075.
#[test]
fn a_coin_margined_position_beside_another_is_valued_at_the_mark() {
    let rest = |margin: &str, leverage: f64| {
        format!(
            "margin = \"{margin}\"\nleverage = {leverage}\nvenue = {LINEAR}\npositions = [\
             {{ asset = \"A\", side = \"long\", share = 2, venue = {INVERSE} }}, {{ asset = \"B\", side = \"long\", share = 1 }}]"
        )
    };
    let plan = Plan::new(&scenario("10d", 0.8, &rest("cross", 1.0))).unwrap();
    let price = plan.terms[0].positions[0].liquidation_price.unwrap();
    assert!((price / 250.0 - 0.5075).abs() < 1e-12, "{price}");
    // Alone it holds two thirds of the equity in coins: worth 2/3·x, and 2·(x − 1) of profit at a leverage of 1.
    let plan = Plan::new(&scenario("10d", 0.8, &rest("isolated", 0.5))).unwrap();
    let mut open = 0;
    for path in 0..50 {
        let mut worker = Worker::new(&plan);
        worker.run_block(path, 1);
        let outcome = &outcomes(worker.tally())[0];
        let [a, b] = [0, 1].map(|asset| worker.closing_log_prices(asset)[0].exp());
        if !outcome.liquidated {
            open += 1;
            let known = 2.0 / 3.0 * a + (a - 1.0) + 1.0 / 3.0 + 0.5 * (b - 1.0) - 1.0;
            assert!((outcome.returned - known).abs() < 1e-12, "path {path}: {} {known}", outcome.returned);
        }
    }
    assert!(open > 40, "{open}");
}
