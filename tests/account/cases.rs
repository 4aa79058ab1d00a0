//! Cases from practice: small accounts whose outcome is known without a simulation, or by one that is independent of it.
//!
//! Prices stand still but for shocks and drifts, so one path decides; where they do not, the reference and its error are named.

use liqsim::account::{Level, PositionPrices, prices};
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::venue::{Contract, FeePrice, Holding, MaintenanceBasis, MarginTier, Side, Venue};

use crate::common::run_scenario;

fn read(text: &str) -> Scenario {
    parse(Source::new("case.toml", text), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

/// One asset A at 100 whose price stands still but for what `asset` says.
fn still(horizon: &str, asset: &str, rest: &str) -> RunResult {
    run_scenario(&read(&format!(
        r#"
        simulation = {{ horizon = "{horizon}", paths = 64 }}
        [assets.A]
        price = 100.0
        {asset}
        {rest}
        "#
    )))
}

const STILL: &str = r#"model = { kind = "gbm", drift = 0.0, volatility = 1e-6 }"#;

fn near(found: f64, known: f64, error: f64) {
    assert!((found - known).abs() <= error, "{found} is not {known}");
}

fn has_note(result: &RunResult, code: &str) -> bool {
    result.notes.iter().any(|note| note.code == code)
}

/// D1: both positions name a venue that returns the rest; the account's venue, which forfeits, is used by none. Liquidated at
/// 115.3846, which leaves 0.04·5·1.153846 of the equity.
#[test]
fn on_shared_collateral_each_position_follows_its_own_venue() {
    let level = |own: &str| {
        let short = format!(r#"{{ asset = "A", side = "short", share = 0.5, venue = {own} }}"#);
        let result = still(
            "30d",
            r#"model = { kind = "gbm", drift = 4.93, volatility = 1e-6 }"#,
            &format!(
                r#"
                [account]
                equity = 1_000.0
                margin = "cross"
                leverage = [5]
                venue = {{ contract = "linear", maintenance = 0.04 }}
                positions = [{short}, {short}]
                "#
            ),
        );
        result.levels[0].clone()
    };
    let returning = level(r#"{ contract = "linear", maintenance = 0.04, liquidation = { fee = 0.0 } }"#);
    near(returning.liquidation_price.unwrap(), 115.384_615, 1e-5);
    near(returning.mean_return.value, -0.769_231, 1e-5);
    near(level(r#"{ contract = "linear", maintenance = 0.04 }"#).mean_return.value, -1.0, 1e-12);
}

/// J1: a fee is a fraction of the notional at the liquidation price, 0.9/0.95 of the entry; the slippage comes on top.
#[test]
fn the_liquidation_fee_is_on_the_notional_at_the_liquidation_price() {
    for margin in ["isolated", "cross"] {
        let positions = match margin {
            "isolated" => r#"[{ asset = "A", side = "long" }]"#,
            _ => r#"[{ asset = "A", side = "long" }, { asset = "A", side = "long" }]"#,
        };
        let result = still(
            "30d",
            r#"model = { kind = "gbm", drift = -1.28, volatility = 1e-6 }"#,
            &format!(
                r#"
                [account]
                equity = 1_000.0
                margin = "{margin}"
                leverage = [10]
                venue = {{ contract = "linear", maintenance = 0.05, liquidation = {{ fee = "2%", slippage = "1%" }} }}
                positions = {positions}
                "#
            ),
        );
        near(
            result.levels[0].mean_return.value,
            1.0 - 10.0 * (1.0 - 0.9 / 0.95) - 0.03 * 9.0 / 0.95 - 1.0,
            1e-6,
        );
        near(result.levels[0].mean_return.value, -0.8105, 5e-5);
    }
}

/// L1: 4 coins at 76 against a debt of 300 with a bonus of 10 %: 304/1.1 = 276.36 can be repaid, 23.64 stay.
#[test]
fn a_bonus_that_the_collateral_does_not_pay_for_is_bad_debt() {
    let level = |key: &str| {
        let shocked = r#"
            model = { kind = "gbm", drift = 0.0, volatility = 1e-6 }
            stress = [{ at = "3d", shock = "-24%" }]"#;
        let rest = format!(
            r#"
            [account]
            equity = 100.0
            leverage = [4]
            venue = {{ contract = "spot", loan = {{ liquidation = 0.95, close_factor = 0.5, {key} = "10%" }} }}
            positions = [{{ asset = "A", side = "long" }}]
            "#
        );
        still("30d", shocked, &rest).levels[0].clone()
    };
    near(level("bonus").bad_debt.value, (300.0 - 304.0 / 1.1) / 100.0, 1e-5);
    near(level("penalty").bad_debt.value, 0.0, 1e-12);
    near(level("bonus").mean_return.value, -1.0, 1e-12);
}

/// A2: one date at which the venue looks, 60 d; −20 % at 70 d and a horizon of 90 d cost 1.6 times the collateral of 8x.
#[test]
fn a_close_between_two_monitoring_dates_costs_no_more_than_the_collateral() {
    for (positions, policy) in [
        (
            r#"[{ asset = "A", side = "long" }]"#,
            r#"[policy]
            take_profit = { distance = "90%" }"#,
        ),
        (
            r#"[{ asset = "A", side = "long" }]"#,
            r#"[policy]
            exit_after = "80d""#,
        ),
        (r#"[{ asset = "A", side = "long" }, { asset = "A", side = "long" }]"#, ""),
    ] {
        let level = &run_scenario(&read(&format!(
            r#"
            simulation = {{ horizon = "90d", paths = 64, monitoring = "60d" }}
            [assets.A]
            price = 100.0
            {STILL}
            stress = [{{ at = "70d", shock = "-20%" }}]
            [account]
            equity = 1_000.0
            margin = "cross"
            leverage = [8]
            venue = {{ contract = "linear", maintenance = 0.005 }}
            positions = {positions}
            {policy}
            "#
        )))
        .levels[0];
        near(level.mean_return.value, -1.0, 1e-9);
        near(level.bad_debt.value, 0.6, 1e-4);
        near(level.liquidation_probability.value, 0.0, 0.0);
    }
}

fn looked_at(paths: u32, horizon: &str, monitoring: &str, rest: &str) -> LevelResult {
    run_scenario(&read(&format!(
        r#"
        simulation = {{ horizon = "{horizon}", paths = {paths}, seed = 3, monitoring = "{monitoring}" }}
        assets.A = {{ price = 100.0, model = {{ kind = "gbm", drift = 0.0, volatility = 1.0 }} }}
        [account]
        equity = 1_000.0
        leverage = [8]
        venue = {{ contract = "linear", maintenance = 0.005 }}
        {rest}
        "#
    )))
    .levels[0]
        .clone()
}

/// B: with one monitoring date at the horizon the probability is N((ln(0.875/0.995) + T/2)/√T) = 0.37239 over 28 days, whatever is
/// paid, recorded or ordered before; daily dates over 30 days give 0.62702(34) in a naive simulation. 60,000 paths: 4.5 standard
/// errors are 0.009; interest of every hour has 6,000 and 0.028, when looks at each of its dates would make it more than 0.6.
#[test]
fn monitoring_dates_are_those_of_the_venue_and_no_others() {
    const ONE: &str = r#"positions = [{ asset = "A", side = "long" }]"#;
    const TWO: &str = r#"
        margin = "cross"
        positions = [{ asset = "A", side = "long" }, { asset = "A", side = "long" }]"#;
    // Back at 8x after 20 days, where there is equity to do it with: else the position stays as it is. Quadrature over the price
    // at 20 days, each with its closed form over the rest: 0.14415 + 0.26361.
    const DELEVERAGED: f64 = 0.407_76;
    for rest in [
        TWO.to_owned(),
        format!("{ONE}\n[policy]\nadd_margin = {{ amount = 0.001, every = \"1d\" }}"),
        format!(
            "{ONE}\n[policy]\ndeleverage = {{ target = 8, every = \"20d\" }}\ntake_profit = {{ distance = \"98%\" }}"
        ),
        format!(
            "funding = {{ rate = 1e-9, every = \"8h\" }}\n{ONE}\n[policy]\ntake_profit = {{ distance = \"98%\" }}"
        ),
    ] {
        let known = if rest.contains("deleverage") { DELEVERAGED } else { 0.372_39 };
        near(looked_at(60_000, "28d", "28d", &rest).liquidation_probability.value, known, 0.009);
    }
    let hourly = format!("borrow = {{ rate = 1e-9 }}\n{TWO}");
    near(looked_at(6_000, "28d", "28d", &hourly).liquidation_probability.value, 0.372_39, 0.028);
    near(looked_at(60_000, "30d", "1d", TWO).liquidation_probability.value, 0.627_02, 0.009);
}

/// E1: long and short of the same size keep an equity of 1, and 0.05·10·S/100 is needed: the account goes at 200, upwards.
#[test]
fn a_level_of_several_positions_states_the_nearest_price_of_all() {
    let result = still(
        "30d",
        STILL,
        r#"
        [account]
        equity = 1_000.0
        margin = "cross"
        leverage = [5]
        venue = { contract = "linear", maintenance = 0.05 }
        positions = [{ asset = "A", side = "long" }]
        [policy]
        hedge = { share = "100%" }
        "#,
    );
    near(result.levels[0].liquidation_price.unwrap(), 200.0, 1e-9);
    let sides: Vec<_> =
        result.levels[0].positions.iter().map(|one| (one.liquidation_below, one.liquidation_above)).collect();
    assert!(
        sides.iter().all(|(below, above)| below.is_none() && (above.unwrap() - 200.0).abs() < 1e-9),
        "{sides:?}"
    );
}

/// I1: isolated long and short, +35 %: the short goes, whichever is listed first.
#[test]
fn liquidation_of_isolated_positions_is_that_of_whichever_comes_first() {
    let level = |first: &str, second: &str| {
        let rest = format!(
            r#"
            [account]
            equity = 1_000.0
            leverage = [3]
            venue = {{ contract = "linear", maintenance = 0.04, liquidation = {{ fee = 0.0 }} }}
            positions = [{{ asset = "A", side = "{first}" }}, {{ asset = "A", side = "{second}" }}]
            "#
        );
        still("30d", r#"model = { kind = "gbm", drift = 3.65, volatility = 1e-6 }"#, &rest).levels[0].clone()
    };
    for level in [level("long", "short"), level("short", "long")] {
        near(level.liquidation_probability.value, 1.0, 1e-12);
        // (1 + 1/3)/1.04 for the short is nearer than (1 − 1/3)/0.96 for the long.
        near(level.liquidation_price.unwrap(), 100.0 * (4.0 / 3.0) / 1.04, 1e-6);
    }
}

/// F1: a stop at 12 % with liquidation at 9.5 % (10x) and 4.5 % (20x).
#[test]
fn a_stop_beyond_liquidation_is_noted() {
    let result = |stop: &str| {
        let rest = format!(
            r#"
            [account]
            equity = 1_000.0
            leverage = [5, 10, 20]
            venue = {{ contract = "linear", maintenance = 0.005 }}
            positions = [{{ asset = "A", side = "long" }}]
            [policy]
            stop_loss = {{ distance = "{stop}" }}
            "#
        );
        still("30d", STILL, &rest)
    };
    let noted = result("12%");
    let note = noted.notes.iter().find(|note| note.code == "stop_beyond_liquidation").unwrap();
    assert!(note.message.contains("10x, 20x") && !note.message.contains("5x,"), "{}", note.message);
    assert!(!has_note(&result("4%"), "stop_beyond_liquidation"));
}

/// S13: a volatility of 3673 % (a file read wrong) over 30 days, without drift: the mean return at 1x is 0 and no path of such a run comes near
/// it. Of 80 % nothing is said.
#[test]
fn a_mean_that_hardly_any_path_carries_is_noted() {
    let result = |volatility: f64| {
        let asset = format!(r#"model = {{ kind = "gbm", drift = 0.0, volatility = {volatility} }}"#);
        let rest = r#"
            [account]
            equity = 1_000.0
            leverage = [1, 3]
            venue = { contract = "linear", maintenance = 0.005 }
            positions = [{ asset = "A", side = "long" }]
            "#;
        still("30d", &asset, rest)
    };
    let wide = result(36.73);
    assert!(wide.levels[0].mean_return.value < -0.99, "{:?}", wide.levels[0].mean_return);
    let note = wide.notes.iter().find(|note| note.code == "mean_beyond_paths").unwrap();
    assert!(note.message.contains("at 1x ("), "{}", note.message);
    assert!(!has_note(&result(0.8), "mean_beyond_paths"));
}

/// Student-t days of 10 % and 2.5 degrees of freedom, whose price has no mean: one of 20,000 paths gains 2·10¹¹ times the equity, and the square of
/// that is beyond what sums hold. The mean is that path's, and its error was a 55th of it.
#[test]
fn a_mean_that_one_path_carries_has_an_error_as_large() {
    let text = r#"
        simulation = { horizon = "30d", paths = 20_000, seed = 3, sampling = "pseudo" }
        [assets.A]
        price = 100.0
        model = { kind = "garch", log_drift = 0.0, step = "1d", omega = 0.01, alpha = 0.0, beta = 0.0, dof = 2.5 }
        [account]
        equity = 1_000.0
        leverage = [1, 3]
        venue = { contract = "linear", maintenance = 0.005 }
        positions = [{ asset = "A", side = "long" }]
        "#;
    let result = run_scenario(&read(text));
    let mean = result.levels[0].mean_return;
    assert!(mean.value > 1e6 && mean.std_error > 0.99 * mean.value, "{mean:?}");
    let note = result.notes.iter().find(|note| note.code == "mean_beyond_paths").unwrap();
    assert!(note.message.contains("at 1x ("), "{}", note.message);
}

/// K1: two coins behind one loan: Aave's health factor is Σ(value·threshold)/debt. 1,000 of each coin against a debt of 1,000,
/// thresholds 80 % and 60 %: 800·a + 600 = 1,000 where A has halved.
#[test]
fn several_collaterals_of_one_loan_have_their_own_thresholds() {
    let level = |shock: &str| {
        run_scenario(&read(&format!(
            r#"
            simulation = {{ horizon = "30d", paths = 64 }}
            [assets.A]
            price = 100.0
            {STILL}
            stress = [{{ at = "3d", shock = "{shock}" }}]
            [assets.B]
            price = 50.0
            {STILL}
            [account]
            equity = 1_000.0
            margin = "cross"
            leverage = [2]
            venue = {{ contract = "spot", loan = {{ liquidation = 0.8, close_factor = "50%", bonus = "5%" }} }}
            [[account.positions]]
            asset = "A"
            side = "long"
            [[account.positions]]
            asset = "B"
            side = "long"
            venue = {{ contract = "spot", loan = {{ liquidation = 0.6, close_factor = "50%", bonus = "5%" }} }}
            "#
        )))
        .levels[0]
            .clone()
    };
    near(level("-49.9%").liquidation_probability.value, 0.0, 0.0);
    let lost = level("-50.1%");
    near(lost.liquidation_probability.value, 1.0, 0.0);
    near(lost.positions[0].liquidation_price.unwrap(), 50.0, 1e-6);
    // Half of the debt of 1,000 is repaid, for a bonus of 25; the rest goes on.
    near(lost.mean_return.value, -0.501 - 0.025, 1e-5);
    near(lost.partial_liquidations.unwrap().number.value, 1.0, 1e-12);
}

/// K2: −20 % of the margin is 4 %, 2 % and 1 % of the price at 5x, 10x and 20x.
#[test]
fn a_stop_by_loss_is_nearer_the_higher_the_leverage() {
    for positions in [
        r#"[{ asset = "A", side = "long" }]"#,
        r#"[{ asset = "A", side = "long" }, { asset = "A", side = "long" }]"#,
    ] {
        for (drift, policy, wanted, exit) in [
            (-1.28, r#"stop_loss = { loss = "20%" }"#, -0.2, "stopped"),
            (1.28, r#"take_profit = { gain = "30%" }"#, 0.3, "target"),
        ] {
            let rest = format!(
                r#"
                [account]
                equity = 1_000.0
                margin = "cross"
                leverage = [5, 10, 20]
                venue = {{ contract = "linear", maintenance = 0.005 }}
                positions = {positions}
                [policy]
                {policy}
                "#
            );
            let model = format!(r#"model = {{ kind = "gbm", drift = {drift}, volatility = 1e-6 }}"#);
            for level in still("30d", &model, &rest).levels {
                near(level.mean_return.value, wanted, 1e-6);
                near(level.exits[exit].value, 1.0, 1e-12);
            }
        }
    }
}

/// Stops at a price, and orders that would be filled at once.
#[test]
fn a_stop_can_be_given_as_a_price() {
    let text = |order: &str, side: &str| {
        format!(
            r#"
            simulation = {{ horizon = "30d", paths = 64 }}
            assets.A = {{ price = 100.0, model = {{ kind = "gbm", drift = -1.28, volatility = 1e-6 }} }}
            [account]
            equity = 1_000.0
            leverage = [5]
            venue = {{ contract = "linear", maintenance = 0.005 }}
            positions = [{{ asset = "A", side = "{side}" }}]
            [policy]
            {order}
            "#
        )
    };
    let level = &run_scenario(&read(&text("stop_loss = { price = 97.0 }", "long"))).levels[0];
    near(level.mean_return.value, -0.15, 1e-6);
    let level = &run_scenario(&read(&text("take_profit = { price = 97.0 }", "short"))).levels[0];
    near(level.mean_return.value, 0.15, 1e-6);
    for (order, side) in [
        ("stop_loss = { price = 103.0 }", "long"),
        ("take_profit = { price = 97.0 }", "long"),
        ("stop_loss = { distance = \"5%\", loss = \"20%\" }", "long"),
        ("stop_loss = { slippage = \"1%\" }", "long"),
    ] {
        assert!(parse(Source::new("order.toml", text(order, side)), &[]).is_err(), "{order}");
    }
}

/// K5: coins bought beside a short contract of the same size; the price trebles on the first day, and the loss of the contract is
/// twice the equity, lent by the venue at 36.5 % a year for 29 days: 2·(e^0.029 − 1).
#[test]
fn interest_is_on_cash_that_became_negative() {
    let result = still(
        "30d",
        r#"
        model = { kind = "gbm", drift = 0.0, volatility = 1e-6 }
        stress = [{ at = "1d", shock = "200%" }]"#,
        r#"
        [account]
        equity = 1_000.0
        margin = "cross"
        leverage = [2]
        venue = { contract = "spot", margin_level = { liquidation = 1.1 }, borrow = { rate = "36.5%" } }
        positions = [
            { asset = "A", side = "long" },
            { asset = "A", side = "short", venue = { contract = "linear", maintenance = 0.005 } }]
        "#,
    );
    let interest = 2.0 * (f64::exp(0.029) - 1.0);
    near(result.levels[0].mean_return.value, -interest, 1e-4);
    near(result.levels[0].costs.as_ref().unwrap()["interest"].mean.value, interest, 1e-4);
}

/// K3: Bybit's help centre, inverse: 10,000 at 8,000 on 0.5 coin, 0.5 % of the entry value and a fee of 0.075 % at the bankruptcy
/// price of 5,718.57.
#[test]
fn a_closing_fee_can_be_counted_at_the_bankruptcy_price() {
    let venue = Venue {
        close_fee: 0.00075,
        close_fee_price: FeePrice::Bankruptcy,
        maintenance_basis: MaintenanceBasis::Entry,
        ..Venue::new(Contract::Inverse, vec![MarginTier::flat(0.005, 0.0).unwrap()])
    };
    let holding = Holding { side: Side::Long, entry: 8_000.0, quantity: 10_000.0, collateral: 0.5 };
    let known = 1.0 / (1.0 / 8_000.0 + (0.5 - 0.00625 - 7.5 / (10_000.0 * 1.00075 / 1.75)) / 10_000.0);
    near(venue.liquidation_price(&holding).unwrap().price.unwrap(), known, 1e-6);
    near(known, 5_739.08, 0.01);
    // A linear long of 10 at 100 on 100: bankrupt at 900/(10·(1 − f)), and liquidated where 50 more than that fee is left.
    let linear = Venue { contract: Contract::Linear, close_fee: 0.01, ..venue };
    let holding = Holding { side: Side::Long, entry: 100.0, quantity: 10.0, collateral: 100.0 };
    let wanted = (900.0 + 0.005 * 1_000.0 + 0.01 * 900.0 / 0.99) / 10.0;
    near(linear.liquidation_price(&holding).unwrap().price.unwrap(), wanted, 1e-9);
}

/// K4: two tiers at a time, and a fifth first, then all.
#[test]
fn venues_take_positions_down_in_their_own_steps() {
    let level = |partial: &str, shock: &str| {
        let shocked = format!("{STILL}\nstress = [{{ at = \"3d\", shock = \"{shock}\" }}]");
        let rest = format!(
            r#"
            [account]
            equity = 1_000.0
            leverage = [10]
            venue = {{ contract = "linear", liquidation = {{ fee = "1%", partial = {partial} }}, tiers = [
                {{ up_to = 2_000, rate = 0.01 }}, {{ up_to = 4_000, rate = 0.02 }}, {{ up_to = 6_000, rate = 0.03 }},
                {{ rate = 0.05 }}] }}
            positions = [{{ asset = "A", side = "long" }}]
            "#
        );
        still("30d", &shocked, &rest).levels[0].clone()
    };
    // At 92.9 the equity is 290, the margin 20 + 40 + 60 + 0.05·3,290 = 284.5; at 92.8 it is 280 and 284: what is above the edge
    // of 4,000, two tiers down, is closed for 1 %.
    near(level(r#"{ tiers = 2 }"#, "-7.1%").liquidation_probability.value, 0.0, 0.0);
    near(level(r#"{ tiers = 2 }"#, "-7.2%").mean_return.value, -0.72 - 0.01 * (9.28 - 4.0), 1e-5);
    near(level(r#""tier""#, "-7.2%").mean_return.value, -0.72 - 0.01 * (9.28 - 6.0), 1e-5);
    // A fifth first: 0.8·9,280 need 191.2 and have 280 − 18.56. Below the threshold everything is closed.
    near(level(r#"{ first = "20%", above = 9_000 }"#, "-7.2%").mean_return.value, -0.72 - 0.01 * 1.856, 1e-5);
    near(level(r#"{ first = "20%", above = 9_500 }"#, "-7.2%").mean_return.value, -0.72 - 0.01 * 9.28, 1e-5);
    // Deeper, where a fifth is not enough.
    near(level(r#"{ first = "20%", above = 9_000 }"#, "-8.5%").mean_return.value, -0.85 - 0.01 * 9.15, 1e-5);
}

/// C: what a venue's own page returns is returned. Kraken (360022835671): 1,000 contracts at 8,000 on 0.01 coin are liquidated at
/// 7,481.48; 10/7,481.48 coin are left of 0.01: −86.6 % before fees. Hyperliquid: closed in the market without a clearance fee.
#[test]
fn venues_return_what_their_own_pages_say() {
    let text = r#"
        simulation = { horizon = "30d", paths = 64 }
        assets.BTC = { price = 8_000.0, model = { kind = "gbm", drift = -1.28, volatility = 1e-6 } }
        [account]
        equity = 0.01
        leverage = [12.5]
        venue = "kraken-pi-xbtusd"
        positions = [{ asset = "BTC", side = "long" }]
    "#;
    let level = &run_scenario(&read(text)).levels[0];
    // The entry fee of 0.05 % of 12.5 times the equity brings the price a little nearer.
    near(level.liquidation_price.unwrap(), 7_481.48, 5.0);
    near(level.mean_return.value, -0.866, 2e-3);
    let text = r#"
        simulation = { horizon = "30d", paths = 20_000, seed = 1 }
        assets.BTC = { price = 60_000.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }
        [account]
        equity = 1_000.0
        leverage = [10, 20, 40]
        venue = "hyperliquid-btc"
        positions = [{ asset = "BTC", side = "long" }]
    "#;
    let result = run_scenario(&read(text));
    for (level, (mean, shortfall)) in
        result.levels.iter().zip([(-0.001, 0.89), (-0.016, 0.77), (-0.025, 0.52)])
    {
        // A reference of 100,000 paths with an error of 0.008, and 20,000 paths here; 4.5 standard errors together.
        near(level.mean_return.value, mean, 4.5 * 0.008_f64.hypot(level.mean_return.std_error));
        near(level.expected_shortfall["0.95"].value, shortfall, 0.02);
    }
}

const OPEN: &str = r#"
    simulation = { horizon = "7d", paths = 2_000, sampling = "pseudo" }
    assets.BTC = { price = 64_000.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }
"#;

/// A position that is open already: its price is that of the venue's rules on its own entry, whatever the price is now, its leverage
/// the notional now over the equity now.
#[test]
fn a_position_that_is_open_keeps_its_liquidation_price() {
    for basis in ["mark", "entry"] {
        for (contract, side, entry, quantity, margin) in [
            ("linear", Side::Long, 60_000.0, 0.1, 1_000.0),
            ("linear", Side::Short, 66_000.0, 0.1, 1_500.0),
            ("inverse", Side::Long, 61_000.0, 20_000.0, 0.04),
            ("inverse", Side::Short, 66_000.0, 20_000.0, 0.04),
        ] {
            let word = if side == Side::Long { "long" } else { "short" };
            let text = format!(
                r#"{OPEN}
                [account]
                venue = {{ contract = "{contract}", maintenance = 0.01, maintenance_basis = "{basis}", taker_fee = "5bp" }}
                positions = [{{ asset = "BTC", side = "{word}", entry = {entry:?}, quantity = {quantity:?}, margin = {margin:?} }}]
                "#
            );
            let scenario = read(&text);
            let contract = if contract == "linear" { Contract::Linear } else { Contract::Inverse };
            let basis = if basis == "mark" { MaintenanceBasis::Mark } else { MaintenanceBasis::Entry };
            let venue = Venue {
                maintenance_basis: basis,
                ..Venue::new(contract, vec![MarginTier::flat(0.01, 0.0).unwrap()])
            };
            let holding = Holding { side, entry, quantity, collateral: margin };
            let known = venue.liquidation_price(&holding).unwrap().price.unwrap();
            let result = run_scenario(&scenario);
            let [level] = &result.levels[..] else { panic!("one level") };
            near(level.liquidation_price.unwrap() / known, 1.0, 1e-9);
            let equity = holding.equity_at(contract, 64_000.0);
            near(level.leverage, holding.notional(contract, 64_000.0) / equity, 1e-9);
            near(scenario.account.equity, equity, 1e-9);
            // No fee is paid at the start; the mean return is the fee at the end, or what is forfeited.
            assert!(level.mean_return.value.abs() < 0.2, "{:?}", level.mean_return);
        }
    }
}

#[test]
fn positions_that_are_open_share_a_wallet_on_cross_margin() {
    let text = format!(
        r#"{OPEN}
        assets.ETH = {{ price = 2_000.0, model = {{ kind = "gbm", drift = 0.0, volatility = 0.8 }} }}
        [account]
        margin = "cross"
        equity = 3_000.0
        venue = {{ contract = "linear", maintenance = 0.01 }}
        positions = [
            {{ asset = "BTC", side = "long", entry = 60_000.0, quantity = 0.1 }},
            {{ asset = "ETH", side = "short", entry = 1_900.0, quantity = 2.0 }}]
        "#
    );
    let scenario = read(&text);
    near(scenario.account.equity, 3_000.0 + 400.0 - 200.0, 1e-9);
    let level = &run_scenario(&scenario).levels[0];
    near(level.leverage, (6_400.0 + 4_000.0) / 3_200.0, 1e-9);
    // BTC alone falls: 3,200 − 0.1·(64,000 − S) = 0.01·(0.1·S + 4,000).
    near(level.positions[0].liquidation_price.unwrap(), (3_200.0 - 6_400.0 - 40.0) / (0.001 - 0.1), 1e-5);
}

#[test]
fn what_is_missing_of_an_open_position_is_named() {
    for (position, word) in [
        (r#"{ asset = "BTC", side = "long", entry = 60_000.0, margin = 1_000.0 }"#, "quantity"),
        (r#"{ asset = "BTC", side = "long", entry = 60_000.0, quantity = 0.1 }"#, "margin"),
        (
            r#"{ asset = "BTC", side = "long", entry = 90_000.0, quantity = 0.1, margin = 1_000.0 }"#,
            "nothing is left",
        ),
        (r#"{ asset = "BTC", side = "long", margin = 1_000.0 }"#, "margin"),
        (
            r#"{ asset = "BTC", side = "long", entry = 60_000.0, quantity = 0.1, margin = 1_000.0, share = 1 }"#,
            "share",
        ),
    ] {
        let text = format!(
            "{OPEN}\n[account]\nvenue = {{ contract = \"linear\", maintenance = 0.01 }}\npositions = [{position}]\n"
        );
        let problems = parse(Source::new("open.toml", &text), &[]).unwrap_err().to_string();
        assert!(problems.contains(word), "{problems}");
    }
}

/// Positions on one side of one contract share one tier of their sum: two halves are liquidated where the whole is.
#[test]
fn two_halves_of_a_contract_share_its_tiers() {
    let text = |positions: &str| {
        format!(
            r#"{OPEN}
            [account]
            equity = 100_000.0
            margin = "cross"
            leverage = [8]
            venue = "binance-usdm-btcusdt"
            positions = [{positions}]
            "#
        )
    };
    let half = r#"{ asset = "BTC", side = "long" }"#;
    let price = |scenario: &Scenario| {
        let pools = scenario.account.open(8.0, &[64_000.0]).unwrap();
        PositionPrices::nearest(prices(&pools)[0].liquidation).unwrap() * 64_000.0
    };
    let whole = read(&text(half));
    let account = &whole.account;
    let known =
        Level::open(&account.venue, Side::Long, 64_000.0, 100_000.0, 8.0).unwrap().liquidation.price.unwrap();
    near(price(&whole) / known, 1.0, 1e-9);
    near(price(&read(&text(&format!("{half}, {half}")))) / known, 1.0, 1e-9);
}
