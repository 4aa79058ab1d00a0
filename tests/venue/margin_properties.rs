//! Properties that hold for every table of tiers, side and contract, against requirements computed without deductions.

use liqsim::venue::{Contract, Holding, MarginTier, Side, TierBand, TierRule, Venue};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Cases are a fixed sequence, so a run is reproducible and there is no false-alarm rate.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 2000,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..Default::default()
    }
}

fn venue(rule: TierRule, contract: Contract) -> impl Strategy<Value = Venue> {
    let bands = prop::collection::vec((0.05..1.5_f64, 0.0..0.06_f64), 1..6);
    let per_coin = prop_oneof![Just(0.0), 0.0..0.001_f64];
    (bands, 0.001..0.02_f64, prop_oneof![Just(0.0), 0.0..0.002_f64], per_coin).prop_map(
        move |(steps, first, close_fee, per_coin)| {
            let (mut edge, mut rate) = (1.0, first);
            let mut bands = Vec::new();
            for (log_width, step) in steps {
                edge *= f64::exp(log_width);
                bands.push(TierBand { up_to: edge, rate, max_leverage: 100.0 });
                rate += step;
            }
            Venue {
                rule,
                close_fee,
                // The coins of an inverse contract are its notional: the requirement is quadratic.
                maintenance_per_unit: if contract == Contract::Inverse { per_coin } else { 0.0 },
                ..Venue::new(contract, MarginTier::table(&bands, rule).unwrap())
            }
        },
    )
}

fn contract() -> impl Strategy<Value = Contract> {
    prop_oneof![Just(Contract::Linear), Just(Contract::Inverse)]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Long), Just(Side::Short)]
}

/// A venue and a position whose collateral exceeds the margin at entry; notionals spread over the table.
fn case(rule: TierRule) -> impl Strategy<Value = (Venue, Holding)> {
    (
        contract().prop_flat_map(move |contract| venue(rule, contract)),
        side(),
        0.01..1e5_f64,
        0.3..30.0_f64,
        0.002..1.2_f64,
    )
        .prop_map(|(venue, side, entry, notional, margin)| {
            let quantity = match venue.contract {
                Contract::Linear | Contract::Spot => notional / entry,
                Contract::Inverse => notional * entry,
            };
            // Below the requirement just above an edge the position would be refused: clear it by a margin.
            let collateral = required(&venue, notional * (1.0 + 1e-9)) + margin * notional;
            (venue, Holding { side, entry, quantity, collateral })
        })
}

/// What the venue asks for at a notional, slice by slice (marginal) or by one rate (whole): no deductions, no solver.
fn required(venue: &Venue, notional: f64) -> f64 {
    let mut maintenance = 0.0;
    let mut floor = 0.0;
    for (index, tier) in venue.tiers.iter().enumerate() {
        let top = if index + 1 == venue.tiers.len() { f64::INFINITY } else { tier.up_to };
        if notional > floor {
            match venue.rule {
                TierRule::Marginal => maintenance += (notional.min(top) - floor) * tier.rate,
                TierRule::Whole => maintenance = notional * tier.rate,
            }
        }
        floor = top;
    }
    maintenance + (venue.close_fee + venue.maintenance_per_unit * notional) * notional
}

/// Collateral plus profit, from the contract's definition.
fn equity(venue: &Venue, holding: &Holding, price: f64) -> f64 {
    let sign = if holding.side == Side::Long { 1.0 } else { -1.0 };
    let profit = match venue.contract {
        Contract::Linear | Contract::Spot => sign * holding.quantity * (price - holding.entry),
        Contract::Inverse => sign * holding.quantity * (1.0 / holding.entry - 1.0 / price),
    };
    holding.collateral + profit
}

fn surplus(venue: &Venue, holding: &Holding, price: f64) -> f64 {
    let notional = match venue.contract {
        Contract::Linear | Contract::Spot => holding.quantity * price,
        Contract::Inverse => holding.quantity / price,
    };
    equity(venue, holding, price) - required(venue, notional)
}

/// How far the price must move, as a log return; infinite if it never liquidates.
fn distance(venue: &Venue, holding: &Holding) -> f64 {
    let price = venue.liquidation_price(holding).unwrap().price;
    price.map_or(f64::INFINITY, |price| (price / holding.entry).ln().abs())
}

/// The log return against the holder at which the surplus changes sign, by bisection; none within e^±40.
fn bisected(venue: &Venue, holding: &Holding) -> Option<f64> {
    let sign = if holding.side == Side::Long { -1.0 } else { 1.0 };
    let at = |move_: f64| surplus(venue, holding, holding.entry * f64::exp(sign * move_));
    let (mut low, mut high) = (0.0, 40.0);
    if at(high) > 0.0 {
        return None;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if at(middle) > 0.0 { low = middle } else { high = middle }
    }
    Some(holding.entry * f64::exp(sign * high))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn equity_equals_the_requirement_at_the_liquidation_price((venue, holding) in case(TierRule::Marginal)) {
        if let Some(price) = venue.liquidation_price(&holding).unwrap().price {
            let scale = holding.collateral + venue.tiers[0].rate * holding.notional(venue.contract, price);
            prop_assert!(surplus(&venue, &holding, price).abs() <= 1e-9 * scale);
            prop_assert!((price < holding.entry) == (holding.side == Side::Long));
        }
    }

    #[test]
    fn the_solver_agrees_with_bisection((venue, holding) in case(TierRule::Marginal)) {
        let solved = venue.liquidation_price(&holding).unwrap().price;
        match (solved, bisected(&venue, &holding)) {
            (Some(solved), Some(bisected)) => prop_assert!((solved / bisected - 1.0).abs() <= 1e-9),
            // Beyond the range of the bisection.
            (Some(solved), None) => prop_assert!((solved / holding.entry).ln().abs() > 20.0),
            (None, None) => {}
            (None, Some(bisected)) => prop_assert!(false, "no price, bisection says {bisected}"),
        }
    }

    #[test]
    fn the_tier_reported_is_that_of_the_price((venue, holding) in case(TierRule::Marginal)) {
        let found = venue.liquidation_price(&holding).unwrap();
        if let Some(price) = found.price {
            let notional = holding.notional(venue.contract, price);
            let amount = notional * (found.rate + venue.close_fee) - found.deduction;
            prop_assert!((amount - venue.maintenance(&holding, price).amount).abs() <= 1e-9 * notional);
        }
    }

    #[test]
    fn more_collateral_never_brings_liquidation_nearer(
        (venue, holding) in prop_oneof![case(TierRule::Marginal), case(TierRule::Whole)],
        extra in 0.0..1.0_f64,
    ) {
        let richer = Holding { collateral: holding.collateral * (1.0 + extra), ..holding };
        prop_assert!(distance(&venue, &richer) >= distance(&venue, &holding) * (1.0 - 1e-12));
    }

    #[test]
    fn maintenance_is_continuous_at_the_edges_and_equals_the_sum_of_slices(
        venue in venue(TierRule::Marginal, Contract::Linear),
        notional in 0.3..60.0_f64,
    ) {
        let of_notional = |notional: f64| {
            let holding = Holding { side: Side::Long, entry: 1.0, quantity: notional, collateral: notional };
            venue.maintenance(&holding, 1.0).amount
        };
        prop_assert!((of_notional(notional) - required(&venue, notional)).abs() <= 1e-12 * notional);
        for tier in &venue.tiers {
            let (below, above) = (of_notional(tier.up_to), of_notional(tier.up_to.next_up()));
            prop_assert!((above - below).abs() <= 1e-12 * tier.up_to);
        }
    }

    #[test]
    fn liquidation_is_continuous_in_size_across_a_tier_edge(
        (venue, holding) in case(TierRule::Marginal),
        pick in any::<prop::sample::Index>(),
        leverage in 1.5..8.0_f64,
    ) {
        // freqtrade#7294: a position just above an edge was liquidated at once.
        let edge = pick.get(&venue.tiers).up_to;
        let sized = |notional: f64| {
            let quantity = match venue.contract {
                Contract::Linear | Contract::Spot => notional / holding.entry,
                Contract::Inverse => notional * holding.entry,
            };
            Holding { quantity, collateral: notional / leverage, ..holding }
        };
        prop_assume!(required(&venue, edge) < 0.9 * edge / leverage);
        let (below, above) = (sized(edge * (1.0 - 1e-9)), sized(edge * (1.0 + 1e-9)));
        let (below, above) = (distance(&venue, &below), distance(&venue, &above));
        prop_assert!(below == above || (below - above).abs() <= 1e-6, "{below} {above}");
    }

    #[test]
    fn under_the_whole_rule_the_first_price_short_of_margin_counts((venue, holding) in case(TierRule::Whole)) {
        // A fine walk from the entry: enough equity before the price, not enough just beyond it.
        let distance = distance(&venue, &holding);
        let sign = if holding.side == Side::Long { -1.0 } else { 1.0 };
        let at = |move_: f64| surplus(&venue, &holding, holding.entry * f64::exp(sign * move_));
        for step in 0..500 {
            prop_assert!(at(distance.min(5.0) * f64::from(step) / 500.0) > 0.0);
        }
        if distance < 20.0 {
            prop_assert!(at(distance + 1e-9 * (1.0 + distance)) <= 0.0);
        }
    }
}
