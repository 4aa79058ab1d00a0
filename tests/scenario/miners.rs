//! Scenarios of miners: a sound one, and what is said of broken ones.

use liqsim::scenario::{Source, parse, schema};

const SOUND: &str = include_str!("../../scenarios/miner-fleet-on-credit-540d.toml");
const COINS: &str = include_str!("../../scenarios/miner-coin-loan-180d.toml");
const HEDGED: &str = include_str!("../../scenarios/miner-hedged-forward.toml");

/// All messages about a text; empty if it is sound.
fn problems(text: &str) -> String {
    match parse(Source::new("file.toml".to_owned(), text), &[]) {
        Ok(_) => String::new(),
        Err(problems) => problems.to_string(),
    }
}

/// The first place where a line stands is replaced.
fn edited(text: &str, line: &str, by: &str) -> String {
    assert!(text.contains(line), "{line}");
    text.replacen(line, by, 1)
}

#[test]
fn shipped_miners_are_sound() {
    for text in [SOUND, COINS, HEDGED, include_str!("../../scenarios/miner-2021-vintage.toml")] {
        assert_eq!(problems(text), "");
        let scenario = parse(Source::new("file.toml".to_owned(), text), &[]).unwrap();
        let miner = scenario.miner.as_ref().unwrap();
        assert!(scenario.assets[miner.asset].network.is_some() && scenario.account.positions.is_empty());
        let other = parse(Source::new("x.toml".to_owned(), text), &["miner.cash=0.2".to_owned()]);
        assert_ne!(scenario.identity(), other.unwrap().identity());
    }
}

#[test]
fn what_is_out_of_range_is_named_with_its_place() {
    for (line, by, message) in [
        ("difficulty = 135e12", "difficulty = 0", "`difficulty` must be greater than 0"),
        ("subsidy = 3.125", "subsidy = -1", "`subsidy` must be greater than 0"),
        ("fees = 0.03", "fees = -0.1", "`fees` must be at least 0"),
        (
            "fees = 0.03",
            "fees = { median = 0, volatility = 1, reversion = 1 }",
            "`median` must be greater than 0",
        ),
        ("halvings = [\"490d\"]", "halvings = [\"490d\", \"100d\"]", "`halvings` must be in rising order"),
        ("halvings = [\"490d\"]", "halvings = [\"12h\"]", "must be a whole number of days"),
        ("halvings = [\"490d\"]", "halvings = [\"0d\"]", "at least a day from the start"),
        ("growth = 0.3", "growth = 6", "`growth` must be at least -5 and at most 5"),
        ("response = 0.025", "response = 1.1", "`response` must be at least 0 and at most 1"),
        ("pass_through = 0.1", "pass_through = -0.1", "`pass_through` must be"),
        ("volatility = 0.15", "volatility = 5.5", "`volatility` must be"),
        ("floor = 22.0", "floor = 0", "`floor` must be greater than 0"),
        ("floor = 22.0", "floor_response = 0.3", "`floor_response` has no meaning without `floor`"),
        ("floor = 22.0", "retarget_every = \"0d\"", "`retarget_every` must be at least 1"),
        ("horizon = \"540d\"", "horizon = \"36h\"", "the horizon must be a whole number of days"),
        ("leverage = [1, 1.5, 2, 3]", "leverage = [0.5]", "a miner's leverage is at least 1, but is 0.5"),
        ("cash = \"10%\"", "cash = \"100%\"", "`cash` and `coins` must add up to less than 1"),
        ("sale_fee = \"10bp\"", "sale_fee = 0.6", "`sale_fee` must be"),
        ("pool_fee = \"1%\"", "pool_fee = -0.1", "`pool_fee` must be"),
        ("other_costs = 1.5", "other_costs = -1", "`other_costs` must be at least 0"),
        ("other_costs = 1.5", "hold = 1.5", "`hold` must be"),
        ("price = 11.0", "price = 0", "`price` must be at least 0.001"),
        ("efficiency = 13.5", "efficiency = 0", "`efficiency` must be greater than 0"),
        ("uptime = \"95%\"", "uptime = 0", "`uptime` must be greater than 0 and at most 1"),
        ("degradation = \"2%\"", "degradation = 0.95", "`degradation` must be"),
        ("overhead = \"3%\"", "overhead = 2.5", "`overhead` must be"),
        ("depreciation = 0.2", "depreciation = -2", "`depreciation` must be"),
        ("depreciation = 0.2", "resale_elasticity = 4", "`resale_elasticity` must be"),
        ("depreciation = 0.2", "online_after = \"5h\"", "must be a whole number of days"),
        ("resale_cost = \"5%\"", "resale_cost = 1", "`resale_cost` must be"),
        ("price = 0.045", "price = -1", "`price` must be greater than 0"),
        ("price = 0.045", "price = 0.045\ntake_or_pay = 2", "`take_or_pay` must be"),
        ("price = 0.045", "price = 0.045\ncurtail = 1", "`curtail` must be true or false, but is 1"),
        ("rate = \"12%\"", "rate = 6", "`rate` must be at least 0 and at most 5"),
        (
            "term = \"720d\"",
            "term = \"700d\"",
            "`term` must be a multiple of `every`, but 700d is none of 30d",
        ),
        ("seizure_cost = \"20%\"", "seizure_cost = 1", "`seizure_cost` must be"),
        ("seizure_cost = \"20%\"", "share = 0.5", "the only loan is all of the debt, but `share` is 0.5"),
        ("asset = \"BTC\"", "asset = \"ETH\"", "there is no asset `ETH`"),
    ] {
        let found = problems(&edited(SOUND, line, by));
        assert!(found.contains(message), "{by}: {found}");
        assert!(found.contains("file.toml:"), "{by}: {found}");
    }
    for (line, by, message) in [
        ("share = \"50%\"", "share = 3", "`share` must be at least 0 and at most 2"),
        ("funding = \"1bp\"", "funding = 0.1", "`funding` must be"),
        ("strike = \"85%\"", "strike = 0", "`strike` must be"),
        ("expiry = \"240d\"", "expiry = \"0d\"", "`expiry` must be at least 1"),
        ("implied_volatility = 0.6", "implied_volatility = 0", "`implied_volatility` must be"),
        ("share = \"15%\"", "share = 5", "the put costs"),
    ] {
        let found = problems(&edited(HEDGED, line, by));
        assert!(found.contains(message), "{by}: {found}");
    }
}

#[test]
fn a_loan_on_coins_above_its_call_names_level_value_and_limit() {
    let found = problems(&edited(COINS, "leverage = [1.1, 1.2, 1.28]", "leverage = [1.1, 1.5]"));
    assert!(found.contains("at leverage 1.5 the loan on coins has a loan to value of 0.952381"), "{found}");
    assert!(found.contains("`call` of 0.7"), "{found}");
    let found = problems(&edited(COINS, "coins = \"35%\"", "coins = 0"));
    assert!(found.contains("a loan to value of inf"), "{found}");
    let found = problems(&edited(COINS, "penalty = \"2%\"", "target = 0.75"));
    assert!(
        found.contains("`target`, `call` and `liquidation` must rise, but are 0.75, 0.7 and 0.8"),
        "{found}"
    );
}

#[test]
fn tables_without_their_partners_are_reported() {
    let loans = format!("{COINS}\n[miner.equipment_loan]\nrate = 0.1\nterm = \"360d\"\n");
    assert_eq!(problems(&loans).matches("two loans need a `share` each").count(), 2);
    let shares =
        edited(&format!("{loans}share = 0.6\n"), "penalty = \"2%\"", "penalty = \"2%\"\nshare = 0.5");
    assert!(problems(&shares).contains("must add up to 1, but to 1.1"), "{}", problems(&shares));
    let (front, _) = SOUND.split_once("[miner.equipment_loan]").unwrap();
    assert!(problems(front).contains("leverage 1.5 needs a loan, and the miner has none"));
    let (front, _) = SOUND.split_once("[miner]").unwrap();
    let found = problems(front);
    assert!(found.contains("`network` of BTC has no meaning without a miner"), "{found}");
    assert!(found.contains("`account` has no key `venue`"), "{found}");
    assert!(found.contains("`account` has no key `positions`"), "{found}");
    let (start, rest) = SOUND.split_once("[assets.BTC.network]").unwrap();
    let (_, end) = rest.split_once("[account]").unwrap();
    let found = problems(&format!("{start}[account]{end}"));
    assert!(found.contains("BTC is mined, but has no `network`"), "{found}");
}

#[test]
fn keys_of_positions_are_refused_beside_a_miner_all_at_once() {
    let text = edited(
        SOUND,
        "[account]\n",
        "[policy]\nexit_after = \"7d\"\n[account]\nvenue = \"flat\"\nmargin = \"cross\"\nborrow = { rate = 0.1 }\nfunding = { rate = \"1bp\" }\npositions = [{ asset = \"BTC\", side = \"long\" }]\n",
    );
    let text = edited(&text, "paths = 20_000", "paths = 20_000\nstep = \"1h\"");
    let found = problems(&text);
    for key in [
        "account.venue",
        "account.margin",
        "account.borrow",
        "account.funding",
        "account.positions",
        "policy",
        "simulation.step",
    ] {
        assert!(found.contains(&format!("`{key}` has no meaning with a miner")), "{key}: {found}");
    }
}

#[test]
fn the_schema_wants_venue_and_positions_without_a_miner_only() {
    let schema = schema();
    assert_eq!(
        schema["else"]["properties"]["account"]["required"],
        serde_json::json!(["venue", "positions"])
    );
    assert_eq!(schema["if"]["required"], serde_json::json!(["miner"]));
    assert!(schema["properties"]["miner"]["properties"]["fleet"]["properties"]["price"].is_object());
}
