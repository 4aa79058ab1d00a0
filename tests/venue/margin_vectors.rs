//! Liquidation prices against worked examples of exchanges' help pages and of other projects' tests.
//!
//! Exchange tables change; these are fixtures for arithmetic, not current terms. The tolerance is 1e-8 relative, or half
//! a unit of the last digit printed by the source where that is coarser.

use liqsim::account::Level;
use liqsim::venue::{
    Contract, Holding, MaintenanceBasis, MarginError, MarginTier, Others, Side, TierBand, TierRule, Venue,
};

use Contract::{Inverse, Linear};
use MaintenanceBasis::{Entry, Mark};
use Side::{Long, Short};

fn venue(contract: Contract, tiers: Vec<MarginTier>) -> Venue {
    Venue::new(contract, tiers)
}

fn flat(contract: Contract, rate: f64, deduction: f64) -> Venue {
    venue(contract, vec![MarginTier::flat(rate, deduction).unwrap()])
}

fn holding(side: Side, entry: f64, quantity: f64, collateral: f64) -> Holding {
    Holding { side, entry, quantity, collateral }
}

/// Bands of 150x leverage: (upper edge, rate).
fn table(bands: &[(f64, f64)], rule: TierRule) -> Vec<MarginTier> {
    let bands: Vec<_> =
        bands.iter().map(|&(up_to, rate)| TierBand { up_to, rate, max_leverage: 150.0 }).collect();
    MarginTier::table(&bands, rule).unwrap()
}

fn price(venue: &Venue, holding: &Holding) -> f64 {
    venue.liquidation_price(holding).unwrap().price.unwrap()
}

fn assert_near(what: &str, got: f64, wanted: f64, tolerance: f64) {
    assert!((got - wanted).abs() <= tolerance, "{what}: {got}, not {wanted}");
}

/// freqtrade, ADA/BUSD: (upper edge, rate, published deduction).
const BR1: [(f64, f64, f64); 5] = [
    (1e5, 0.025, 0.0),
    (5e5, 0.05, 2_500.0),
    (1e6, 0.1, 27_500.0),
    (2e6, 0.15, 77_500.0),
    (5e6, 0.25, 277_500.0),
];

/// An old BTC table, public exchange data.
const BR2: [(f64, f64, f64); 10] = [
    (5e4, 0.004, 0.0),
    (2.5e5, 0.005, 50.0),
    (1e6, 0.01, 1_300.0),
    (1e7, 0.025, 16_300.0),
    (2e7, 0.05, 266_300.0),
    (5e7, 0.1, 1_266_300.0),
    (1e8, 0.125, 2_516_300.0),
    (2e8, 0.15, 5_016_300.0),
    (3e8, 0.25, 25_016_300.0),
    (5e8, 0.5, 100_016_300.0),
];

fn published(set: &[(f64, f64, f64)], rule: TierRule) -> Vec<MarginTier> {
    table(&set.iter().map(|&(up_to, rate, _)| (up_to, rate)).collect::<Vec<_>>(), rule)
}

#[test]
fn linear_examples_agree() {
    // Binance FAQ b3c689c1f50a44cabb3a84e663b81d93 (BN1); freqtrade tests/exchange/test_binance.py, test_exchange.py
    // (BN5 to OK4) and test_hyperliquid.py (HL: half the initial margin at *maximum* leverage, 50x or 20x);
    // freqtrade#7294 (GT1); dYdX documents, the worked number (DY1); TorchTrade (TT2); Bybit help centre (BY9).
    #[rustfmt::skip]
    let rows = [
        // id, side, entry, quantity, collateral, rate, deduction, close fee, basis, price, tolerance
        ("BN1", Long, 1456.84, 3683.979, 1_535_443.01, 0.10, 135_365.0, 0.0, Mark, 1114.78496, 5e-6),
        ("BN5", Short, 10.0, 1.0, 2.0, 0.01, 0.01, 0.0, Mark, 11.89108910891089, 1e-8),
        ("BN6", Short, 10.0, 1.0, 3.3333333333, 0.01, 0.01, 0.0, Mark, 13.211221122079207, 1e-8),
        ("BN9", Long, 10.0, 1.0, 2.0, 0.01, 0.01, 0.0, Mark, 8.070707070707071, 1e-8),
        ("BN10", Long, 8.0, 1.0, 1.6, 0.01, 0.01, 0.0, Mark, 6.454545454545454, 1e-8),
        ("OK1", Short, 10.0, 1.0, 2.0, 0.01, 0.0, 0.0006, Mark, 11.87413417771621, 1e-8),
        ("OK4", Long, 10.0, 1.0, 2.0, 0.01, 0.0, 0.0006, Mark, 8.085708510208207, 1e-8),
        ("GT1", Long, 1680.05, 0.5423, 182.81, 0.005, 0.0, 7.5e-6, Mark, 1349.7074, 5e-5),
        ("HL1", Long, 2458.5, 0.015, 36.864593, 0.01, 0.0, 0.0, Mark, 0.86915825, 1e-4),
        ("HL3", Long, 145.83, 0.33, 24.045107, 0.025, 0.0, 0.0, Mark, 74.83696193, 1e-4),
        ("HL12", Short, 67400.0, 0.00031, 20.887308, 0.01, 0.0, 0.0, Mark, 133_443.97317151, 1e-4),
        ("DY1", Short, 3000.0, 3.0, 1000.0, 0.05, 0.0, 0.0, Mark, 3174.60, 5e-3),
        ("TT2", Long, 40_000.0, 1.0, 4000.0, 0.004, 0.0, 0.0, Entry, 36_160.0, 1e-4),
        ("BY9", Long, 20_000.0, 1.0, 400.0, 0.005, 0.0, 0.0, Entry, 19_700.0, 1e-4),
    ];
    for (id, side, entry, quantity, collateral, rate, deduction, close_fee, basis, wanted, tolerance) in rows
    {
        let venue = Venue { close_fee, maintenance_basis: basis, ..flat(Linear, rate, deduction) };
        let found = venue.liquidation_price(&holding(side, entry, quantity, collateral)).unwrap();
        assert_near(id, found.price.unwrap(), wanted, tolerance);
        assert_eq!((found.rate, found.deduction), (rate, deduction), "{id}");
    }
}

#[test]
fn a_cross_position_pays_for_the_others() {
    // BN3 (Binance FAQ; freqtrade): BN1 beside a BTC long of 109.488 at 32,481.98, marked 31,967.27, m 0.025, d 16,300.
    let btc = venue(Linear, vec![MarginTier::flat(0.025, 16_300.0).unwrap()]);
    let beside = holding(Long, 32_481.98, 109.488, 0.0);
    let others = Others {
        maintenance: btc.maintenance(&beside, 31_967.27).amount,
        profit: beside.equity_at(Linear, 31_967.27),
    };
    let eth = flat(Linear, 0.10, 135_365.0);
    let position = holding(Long, 1456.84, 3683.979, 1_535_443.01);
    let price = eth.cross_liquidation_price(&position, others).unwrap().price.unwrap();
    assert_near("BN3", price, 1153.25646, 5e-5);
    // TorchTrade PR #344: leaving the others' maintenance out gives another number.
    let forgotten = Others { maintenance: 0.0, ..others };
    assert!(eth.cross_liquidation_price(&position, forgotten).unwrap().price.unwrap() < price - 1.0);
}

#[test]
fn inverse_examples_agree() {
    // IN1, IN3: a public decimal test suite for inverse contracts.
    let venue = flat(Inverse, 0.005, 0.0);
    assert_near("IN1", price(&venue, &holding(Long, 1e5, 1000.0, 0.003)), 1005.0 / 0.013, 1e-3);
    let unreachable = venue.liquidation_price(&holding(Short, 1e5, 1000.0, 0.02)).unwrap();
    assert_eq!(unreachable.price, None, "IN3");
    // CM1: Binance developer forum t/6292, formula of the COIN-M FAQ.
    let venue = flat(Inverse, 0.125, 11.81);
    assert_near("CM1", price(&venue, &holding(Long, 45_000.0, 1e7, 101.0)), 33_578.859744834, 1e-4);
}

#[test]
fn an_inverse_short_is_not_liquidated_at_the_price_of_the_long() {
    // get10101/10101#2419: 10 contracts at 110,000 and 2x; 78,571 is what was shown for the short. Its leverage form,
    // short P·L/(L − 1 + m·L) and long P·L/(L + 1 − m·L), is the one with the maintenance of the value at entry.
    let venue = Venue { maintenance_basis: Entry, ..flat(Inverse, 0.1, 0.0) };
    let collateral = 10.0 / 110_000.0 / 2.0;
    let short = price(&venue, &holding(Short, 110_000.0, 10.0, collateral));
    let long = price(&venue, &holding(Long, 110_000.0, 10.0, collateral));
    assert_near("IN5 short", short, 183_333.0, 0.5);
    assert_near("IN5 long", long, 78_571.0, 0.5);
    // With the maintenance of the value at the price: Q(1 − m)/(Q/P − c).
    let at_mark = price(&flat(Inverse, 0.1, 0.0), &holding(Short, 110_000.0, 10.0, collateral));
    assert_near("short at mark", at_mark, 0.9 * 2.0 * 110_000.0, 1e-3);
}

#[test]
fn deductions_follow_from_the_edges() {
    for set in [&BR1[..], &BR2[..]] {
        for (tier, &(up_to, _, deduction)) in published(set, TierRule::Marginal).iter().zip(set) {
            assert_near(&format!("tier up to {up_to}"), tier.deduction, deduction, 1e-6);
        }
    }
}

#[test]
fn twelve_million_needs_333_700_and_not_600_000() {
    let of = |rule| venue(Linear, published(&BR2, rule)).maintenance(&holding(Long, 12e6, 1.0, 1e6), 12e6);
    let marginal = of(TierRule::Marginal);
    assert_near("marginal", marginal.amount, 333_700.0, 1e-6);
    assert_eq!(marginal.rate, 0.05);
    // The rate alone is right only where a venue applies it to the whole position.
    assert_near("whole", of(TierRule::Whole).amount, 6e5, 1e-6);
}

#[test]
fn the_tier_is_that_of_the_notional_at_the_liquidation_price() {
    // A long of 300 k on BR2. At 10x the price leaves it in the 1 % tier, (300,000 − 30,000 − 1300)/0.99 = 271,414; the
    // collateral of 30 k lies in the 0.4 % tier. At 5x it has moved down a tier, (300,000 − 60,000 − 50)/0.995 = 241,156.
    let venue = venue(Linear, published(&BR2, TierRule::Marginal));
    let at_10x = venue.liquidation_price(&holding(Long, 30_000.0, 10.0, 30_000.0)).unwrap();
    assert_near("10x", at_10x.price.unwrap(), 268_700.0 / 0.99 / 10.0, 1e-4);
    assert_eq!((at_10x.rate, at_10x.deduction), (0.01, 1300.0));
    let at_5x = venue.liquidation_price(&holding(Long, 30_000.0, 10.0, 60_000.0)).unwrap();
    assert_near("5x", at_5x.price.unwrap(), 239_950.0 / 0.995 / 10.0, 1e-4);
    assert_near("5x deduction", at_5x.deduction, 50.0, 1e-9);
    // The rate of the collateral's tier (freqtrade#10422), and no deduction (freqtrade#7294), give other numbers.
    assert!((at_10x.price.unwrap() - 270_000.0 / 0.996 / 10.0).abs() > 10.0);
    assert!((at_10x.price.unwrap() - 270_000.0 / 0.99 / 10.0).abs() > 10.0);
}

#[test]
fn a_short_moves_up_the_tiers() {
    // 240 k short with 60 k: in the entry's tier (0.5 %) 300,050/1.005 = 298,557 is beyond its edge of 250 k, so the
    // 1 % tier decides: (60,000 + 240,000 + 1300)/1.01.
    let venue = venue(Linear, published(&BR2, TierRule::Marginal));
    let found = venue.liquidation_price(&holding(Short, 24_000.0, 10.0, 60_000.0)).unwrap();
    assert_near("short", found.price.unwrap(), 301_300.0 / 1.01 / 10.0, 1e-4);
    assert_eq!(found.rate, 0.01);
    // A short that outgrows the table keeps the top tier's terms: (4e8 + 4e8 + 100,016,300)/1.5 > 5e8.
    let found = venue.liquidation_price(&holding(Short, 40_000.0, 1e4, 4e8)).unwrap();
    assert_near("beyond the table", found.price.unwrap(), 900_016_300.0 / 1.5 / 1e4, 1e-3);
}

#[test]
fn under_the_whole_rule_a_jump_of_the_requirement_liquidates_at_the_edge() {
    // 90 short 1 at 90 with 12: equity 102 − N. At the edge of 100 equity is 2, above 1 % of 100 (1) and below 5 % (5).
    let venue = Venue {
        rule: TierRule::Whole,
        ..venue(Linear, table(&[(100.0, 0.01), (f64::INFINITY, 0.05)], TierRule::Whole))
    };
    let found = venue.liquidation_price(&holding(Short, 90.0, 1.0, 12.0)).unwrap();
    assert_eq!((found.price, found.rate), (Some(100.0), 0.05));
    // With 8 the lower tier decides before the edge, with 30 the upper one after it.
    assert_near("before", price(&venue, &holding(Short, 90.0, 1.0, 8.0)), 98.0 / 1.01, 1e-9);
    assert_near("after", price(&venue, &holding(Short, 90.0, 1.0, 30.0)), 120.0 / 1.05, 1e-9);
    // A long leaves the dearer tier on the way down, but the first crossing counts: (110 − 6)/0.95 = 109.47, although
    // in the lower tier it would have lasted until 104/0.99 = 105.05.
    assert_near("long", price(&venue, &holding(Long, 110.0, 1.0, 6.0)), 104.0 / 0.95, 1e-9);
    // On the edge itself the first tick against the short liquidates.
    assert_eq!(
        venue.liquidation_price(&holding(Short, 100.0, 1.0, 4.0)),
        Err(MarginError::LiquidatedAtEntry { collateral: 4.0, requirement: 5.0 })
    );
}

#[test]
fn bankruptcy_is_where_equity_is_zero() {
    // JS1 (jesse): long 80 at 2x and m 0.004, short 10 at 2x, maintenance of the entry notional.
    let venue = Venue { maintenance_basis: Entry, ..flat(Linear, 0.004, 0.0) };
    let (long, short) = (holding(Long, 80.0, 1.0, 40.0), holding(Short, 10.0, 1.0, 5.0));
    assert_near("long", price(&venue, &long), 40.32, 1e-8);
    assert_near("short", price(&venue, &short), 14.96, 1e-8);
    assert_eq!(venue.bankruptcy_price(&long), Some(40.0));
    assert_eq!(venue.bankruptcy_price(&short), Some(15.0));
    // Inverse: Q/(Q/P ± c). A 1x short of an inverse contract is fully hedged by its own collateral.
    let venue = flat(Inverse, 0.005, 0.0);
    let long = venue.bankruptcy_price(&holding(Long, 100.0, 1000.0, 10.0)).unwrap();
    assert_near("inverse long", long, 50.0, 1e-9);
    assert_eq!(venue.bankruptcy_price(&holding(Short, 100.0, 1000.0, 10.0)), None);
    // A long without debt loses nothing but its stake.
    let linear = flat(Linear, 0.005, 0.0);
    let unlevered = holding(Long, 100.0, 1.0, 100.0);
    assert_eq!(linear.bankruptcy_price(&unlevered), None);
    assert_eq!(linear.liquidation_price(&unlevered).unwrap().price, None);
}

#[test]
fn a_gap_through_the_liquidation_price_leaves_bad_debt() {
    // LF1: long 40 at 101, gap to 70, a loss of 1240. Collateral at 5x is 808, so 432 are missing.
    let venue = flat(Linear, 0.005, 0.0);
    let level = Level::open(&venue, Long, 101.0, 808.0, 5.0).unwrap();
    assert_near("5x", level.liquidate_at(70.0).bad_debt * 808.0, 432.0, 1e-9);
    // The number in lfest-rs is 244.104: that engine's account is its whole balance of 1000, with taker fees of 6 bp at
    // entry (2.424, which the wallet has paid) and at the close (1.68, which bad debt as defined here leaves out).
    let venue = Venue { taker_fee: 0.0006, ..venue };
    let level = Level::open(&venue, Long, 101.0, 1000.0, 4.04).unwrap();
    let bad_debt = level.liquidate_at(70.0).bad_debt * 1000.0;
    assert_near("whole balance", bad_debt + 0.0006 * 40.0 * 70.0, 244.104, 1e-9);
}

#[test]
fn a_position_under_water_at_entry_is_refused() {
    let venue = flat(Linear, 0.005, 0.0);
    for (side, contract) in [(Long, Linear), (Short, Linear), (Long, Inverse), (Short, Inverse)] {
        let venue = Venue { contract, ..venue.clone() };
        let holding = holding(side, 1.0, 1000.0, 4.9);
        assert_eq!(
            venue.liquidation_price(&holding),
            Err(MarginError::LiquidatedAtEntry { collateral: 4.9, requirement: 5.0 })
        );
    }
    assert_eq!(venue.liquidation_price(&holding(Long, -1.0, 1.0, 1.0)), Err(MarginError::Entry(-1.0)));
    assert_eq!(venue.liquidation_price(&holding(Long, 1.0, 0.0, 1.0)), Err(MarginError::Quantity(0.0)));
    assert_eq!(
        venue.liquidation_price(&holding(Long, 1e300, 1e300, 1.0)),
        Err(MarginError::Notional(f64::INFINITY))
    );
    assert!(matches!(
        venue.liquidation_price(&holding(Long, 1.0, 1.0, f64::NAN)),
        Err(MarginError::Collateral(_))
    ));
}
