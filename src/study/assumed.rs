//! What a result assumes, in one line: position, venue and its date, model and its main numbers, time, drift,
//! fees, funding.

use super::figures;
use crate::account::miner::Miner;
use crate::model::{Jumps, Model};
use crate::scenario::{Account, MarginMode, Monitoring, Position, Scenario, catalogue_venue};
use crate::venue::{Borrow, Contract, Flows, Funding, Liquidation, Side, Venue, catalogue_text};

/// One line, parts joined by ` · `.
pub fn assumptions(scenario: &Scenario) -> String {
    let account = &scenario.account;
    let mut parts = match &scenario.miner {
        Some(miner) => mined(scenario, miner),
        None => held(scenario),
    };
    for asset in &scenario.assets {
        let name = if scenario.assets.len() > 1 { format!("{}: ", asset.name) } else { String::new() };
        parts.push(name + &model(&asset.model));
    }
    let watched = match scenario.simulation.monitoring {
        Monitoring::Continuous => "watched at every instant".to_owned(),
        Monitoring::Every(interval) => format!("watched every {}", interval.in_words()),
    };
    parts.push(format!("{}, {watched}", scenario.simulation.horizon.in_words()));
    let venues: Vec<&Venue> = account.positions.iter().map(|position| account.venue_of(position)).collect();
    if let Some(venue) = venues.first() {
        parts.push(match venue.taker_fee {
            0.0 => "no fees".to_owned(),
            fee => format!("fees {} in and out", figures::rate(fee)),
        });
    }
    let mut charges: Vec<String> = account
        .positions
        .iter()
        .zip(&venues)
        .flat_map(|(position, venue)| charged(&account.flows_of(position), venue))
        .collect();
    charges.dedup();
    parts.extend(charges);
    parts.join(" · ")
}

/// The positions, what stands behind them, and the venues.
fn held(scenario: &Scenario) -> Vec<String> {
    let account = &scenario.account;
    let mut parts = Vec::new();
    for position in &account.positions {
        let Some(asset) = scenario.assets.get(position.asset) else { continue };
        let side = if position.side == Side::Long { "long" } else { "short" };
        parts.push(format!("{side} {} at {}", asset.name, figures::amount(asset.price)));
    }
    let margin = match account.margin {
        MarginMode::Isolated => "isolated margin",
        MarginMode::Cross => "cross margin",
    };
    let coins = account.coins.map_or_else(String::new, |coins| {
        let name = scenario.assets.get(coins.asset).map_or("", |asset| asset.name.as_str());
        format!(" in {} {name} less {}", coins.quantity, figures::rate(coins.haircut))
    });
    parts.push(format!("equity {}{coins}, {margin}", figures::amount(account.equity)));
    let mut venues: Vec<&Venue> =
        account.positions.iter().map(|position| account.venue_of(position)).collect();
    venues.dedup_by(|a, b| a.name == b.name);
    parts.extend(venues.iter().map(|venue| venue_of(venue)));
    parts.extend(borrowed(account));
    parts
}

/// Loan to value and health factor at the start, of the lowest and the highest level.
fn borrowed(account: &Account) -> Option<String> {
    let known = |leverage: &f64| Some((loan_to_value(*leverage), health_factor(account, *leverage)?));
    let words = |(ltv, health): (f64, f64)| {
        format!("loan to value {} (health factor {health:.2})", figures::rate(ltv))
    };
    let borrowing: Vec<(f64, f64)> = account.leverage.iter().filter_map(known).collect();
    match &borrowing[..] {
        [] => None,
        [only] => Some(words(*only)),
        [first, .., last] => {
            Some(format!("{} to {}", words(*first), words(*last).trim_start_matches("loan to value ")))
        }
    }
}

/// Debt over the worth of the coins at the start, to four digits.
pub fn loan_to_value(leverage: f64) -> f64 {
    ((1.0 - 1.0 / leverage) * 1e4).round() / 1e4
}

/// The health factor at the start: worth times threshold of all coins, over the debt. None without a debt to
/// a lender. Source: Aave v3 documents.
pub fn health_factor(account: &Account, leverage: f64) -> Option<f64> {
    let is_loan = |position: &Position| {
        let venue = account.venue_of(position);
        position.side == Side::Long && matches!(venue.liquidation, Liquidation::Repay { .. })
    };
    if leverage <= 1.0 || account.positions.is_empty() || !account.positions.iter().all(is_loan) {
        return None;
    }
    // A lender's one tier has its margin level less 1 as rate; the threshold is the loan to value at that
    // level.
    let threshold = |position: &Position| {
        account.venue_of(position).tiers.first().map_or(0.0, |tier| position.share / (1.0 + tier.rate))
    };
    let weighted: f64 = account.positions.iter().map(threshold).sum();
    Some(weighted * leverage / (leverage - 1.0))
}

/// The coin, the equity and the machines of a miner.
fn mined(scenario: &Scenario, miner: &Miner) -> Vec<String> {
    let coin = scenario.assets.get(miner.asset);
    let coin =
        coin.map_or_else(String::new, |asset| format!("{} at {}", asset.name, figures::amount(asset.price)));
    vec![
        format!("a miner of {coin}"),
        format!("equity {}", figures::amount(scenario.account.equity)),
        format!(
            "machines of {} J/TH at {} per TH/s",
            miner.fleet.efficiency,
            figures::amount(miner.fleet.price)
        ),
    ]
}

/// A venue by its title, with the date of its terms where it comes from the catalogue.
fn venue_of(venue: &Venue) -> String {
    let known = catalogue_text(&venue.name).and_then(|_| catalogue_venue(&venue.name).ok());
    match known.and_then(|known| known.title.zip(known.as_of)) {
        Some((title, date)) => format!("{title}, terms of {date}"),
        _ if venue.name == "inline" => "terms of the scenario".to_owned(),
        _ => format!("terms of {}", venue.name),
    }
}

/// A model with its main numbers and its drift.
fn model(model: &Model) -> String {
    let volatility = |volatility: f64| format!("volatility {}", short(volatility));
    let root = |variance: f64| volatility(variance.max(0.0).sqrt());
    let drift = |drift: f64| match drift {
        0.0 => "drift 0".to_owned(),
        drift => format!("drift {} a year", short(drift)),
    };
    let numbers = match model {
        Model::Gbm(gbm) => format!("{}, {}", volatility(gbm.volatility), drift(gbm.drift)),
        Model::Merton(merton) => {
            format!("{}, {}, {}", volatility(merton.volatility), jumps(&merton.jumps), drift(merton.drift))
        }
        Model::Kou(kou) => {
            format!(
                "{}, {:.1} jumps a year, {}",
                volatility(kou.volatility),
                kou.jumps.rate,
                drift(kou.drift)
            )
        }
        Model::Hawkes(hawkes) => format!(
            "{}, {}, {}",
            volatility(hawkes.volatility),
            jumps(&hawkes.jumps.base),
            drift(hawkes.drift)
        ),
        Model::Heston(heston) => {
            format!(
                "{} now, {} in the long run, {}",
                root(heston.variance),
                short(heston.long_run_variance.sqrt()),
                drift(heston.drift)
            )
        }
        Model::Bates(bates) => format!(
            "{} now, {}, {}",
            root(bates.heston.variance),
            jumps(&bates.jumps),
            drift(bates.heston.drift)
        ),
        Model::Garch(garch) => {
            let per_year = 31_536_000.0 / garch.step.seconds().max(1) as f64;
            format!(
                "{} now, log drift {} a year",
                root(garch.initial_variance * per_year),
                short(garch.log_drift)
            )
        }
        Model::Regime(regime) => {
            let states: Vec<String> = regime.states.iter().map(|state| short(state.volatility)).collect();
            format!("volatility {} by state", states.join(" or "))
        }
        _ => String::new(),
    };
    let kind = model.kind();
    if numbers.is_empty() { kind.to_owned() } else { format!("{kind}: {numbers}") }
}

fn jumps(jumps: &Jumps) -> String {
    format!("{:.1} jumps a year of {} ± {}", jumps.rate, short(jumps.mean), short(jumps.std_dev))
}

/// Funding and interest; what a venue of its kind does not charge is left out.
fn charged(flows: &Flows, venue: &Venue) -> Vec<String> {
    let mut parts = Vec::new();
    match &flows.funding {
        Some(funding) => parts.push(funded(funding)),
        None if venue.contract != Contract::Spot => parts.push("no funding".to_owned()),
        None => {}
    }
    match flows.borrow {
        Some(Borrow { rate, .. }) if rate != 0.0 => parts.push(format!("interest {} a year", short(rate))),
        _ if venue.contract == Contract::Spot => parts.push("no interest".to_owned()),
        _ => {}
    }
    parts
}

fn funded(funding: &Funding) -> String {
    let every = funding.every.in_words();
    match funding.constant_rate() {
        Some(0.0) => "no funding".to_owned(),
        Some(rate) => format!("funding {} every {every}", figures::rate(rate)),
        None => format!("funding that varies, every {every}"),
    }
}

/// A rate in per cent with three significant digits.
fn short(rate: f64) -> String {
    let percent = 100.0 * rate;
    let decimals = match percent.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{} %", figures::grouped(if text == "-0" { "0" } else { text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_factor_is_the_one_of_the_documents() {
        // Aave help: collateral 10,000 at a threshold of 80 % against a debt of 6,000.
        let mut account = Account::of_miner(4_000.0, vec![2.5]);
        account.venue = catalogue_venue("loan-aave-like").unwrap().venue;
        account.positions = vec![Position::whole(0, Side::Long)];
        assert!((health_factor(&account, 2.5).unwrap() - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!((health_factor(&account, 1.0), loan_to_value(2.5)), (None, 0.6));
        assert_eq!(borrowed(&account).unwrap(), "loan to value 60 % (health factor 1.33)");
    }

    #[test]
    fn rates_have_three_digits() {
        assert_eq!(
            (short(0.423), short(-0.0033), short(1.2345), short(0.0)),
            ("42.3 %".into(), "-0.33 %".into(), "123 %".into(), "0 %".into())
        );
    }
}
