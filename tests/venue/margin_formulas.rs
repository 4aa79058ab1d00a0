//! The formulas that venues publish, as they are written there, against the one solver, on random positions.
//!
//! Each formula is for one margin rate or the tier it names; sources stand beside it. Relative tolerance 1e-9.

use liqsim::venue::{
    Contract, Holding, MaintenanceBasis, MarginTier, Others, Side, TierBand, TierRule, Venue,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use Contract::{Inverse, Linear};
use MaintenanceBasis::{Entry, Mark};
use Side::{Long, Short};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(21),
        failure_persistence: None,
        ..Default::default()
    }
}

/// The numbers a formula is fed with.
#[derive(Debug, Clone, Copy)]
struct Inputs {
    side: Side,
    /// +1 long, −1 short.
    s: f64,
    entry: f64,
    /// Base units of a linear position.
    q: f64,
    /// Quote size of an inverse position.
    big_q: f64,
    leverage: f64,
    m: f64,
    fee: f64,
    /// A deduction and an extra margin, as fractions of the notional.
    deduction: f64,
    extra: f64,
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let numbers = (0.01..1e5_f64, 0.001..1e4_f64, 1.2..40.0_f64, 0.001..0.02_f64, 0.0..0.002_f64);
    (any::<bool>(), numbers, 0.0..0.001_f64, 0.0..0.2_f64).prop_map(
        |(long, (entry, q, leverage, m, fee), deduction, extra)| Inputs {
            side: if long { Long } else { Short },
            s: if long { 1.0 } else { -1.0 },
            entry,
            q,
            big_q: q * entry,
            leverage,
            m,
            fee,
            deduction,
            extra,
        },
    )
}

fn flat(contract: Contract, basis: MaintenanceBasis, rate: f64, deduction: f64, close_fee: f64) -> Venue {
    Venue {
        maintenance_basis: basis,
        close_fee,
        ..Venue::new(contract, vec![MarginTier::flat(rate, deduction).unwrap()])
    }
}

impl Inputs {
    fn linear(&self, collateral: f64) -> Holding {
        Holding { side: self.side, entry: self.entry, quantity: self.q, collateral }
    }

    fn inverse(&self, collateral: f64) -> Holding {
        Holding { side: self.side, entry: self.entry, quantity: self.big_q, collateral }
    }
}

/// A published price: without one where it is not positive and finite.
fn agrees(venue: &Venue, holding: &Holding, published: f64) -> Result<(), TestCaseError> {
    let Ok(found) = venue.liquidation_price(holding) else {
        return Err(TestCaseError::reject("liquidated at entry"));
    };
    match found.price {
        Some(price) => prop_assert!(
            (price / published - 1.0).abs() <= 1e-9,
            "{price} is not {published} for {holding:?} at {venue:?}"
        ),
        None => prop_assert!(!(published > 0.0 && published.is_finite()), "no price, but {published}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn binance_usdm(i in inputs(), others in (0.0..0.01_f64, -0.01..0.01_f64)) {
        // FAQ b3c689c1…: LP = (WB − TMM₁ + UPNL₁ + cum − s·q·EP)/(q·m − s·q).
        let (notional, wallet) = (i.q * i.entry, i.q * i.entry * (1.0 / i.leverage + i.extra));
        let (cum, others) = (i.deduction * notional, Others {
            maintenance: others.0 * notional,
            profit: others.1 * notional,
        });
        let published = (wallet - others.maintenance + others.profit + cum - i.s * i.q * i.entry)
            / (i.q * i.m - i.s * i.q);
        let venue = flat(Linear, Mark, i.m, cum, 0.0);
        let Ok(found) = venue.cross_liquidation_price(&i.linear(wallet), others) else { return Ok(()) };
        if let Some(price) = found.price {
            prop_assert!((price / published - 1.0).abs() <= 1e-9);
        }
    }

    #[test]
    fn binance_coinm(i in inputs()) {
        // FAQ ceccfcfb…: LP = (s·Q + m·Q)/(s·Q/EP + WB + cum), in coin.
        let notional = i.big_q / i.entry;
        let (wallet, cum) = (notional / i.leverage, i.deduction * notional);
        let published = (i.s * i.big_q + i.m * i.big_q) / (i.s * i.big_q / i.entry + wallet + cum);
        agrees(&flat(Inverse, Mark, i.m, cum, 0.0), &i.inverse(wallet), published)?;
    }

    #[test]
    fn bybit_linear(i in inputs()) {
        // Help centre: LP = EP − s·[(IM − MM)/q + extra/q], IM = EP·q/L, MM = EP·q·m − deduction.
        let notional = i.q * i.entry;
        let (initial, maintenance) = (notional / i.leverage, notional * (i.m - i.deduction));
        let extra = i.extra * notional;
        let published = i.entry - i.s * ((initial - maintenance) / i.q + extra / i.q);
        let venue = flat(Linear, Entry, i.m, i.deduction * notional, 0.0);
        agrees(&venue, &i.linear(initial + extra), published)?;
    }

    #[test]
    fn bybit_inverse(i in inputs()) {
        // Help centre: long Q/(PV + (IM − MM)), short Q/(PV − (IM − MM)), PV = Q/EP.
        let value = i.big_q / i.entry;
        let (initial, maintenance) = (value / i.leverage, value * i.m);
        let published = i.big_q / (value + i.s * (initial - maintenance));
        agrees(&flat(Inverse, Entry, i.m, 0.0, 0.0), &i.inverse(initial), published)?;
        // The page of 2026 has the maintenance at the price: Q(1 ± m)/(PV ± (PV/L + extra/(1 ± fee) + deduction)).
        let (extra, deduction) = (i.extra * value / (1.0 + i.s * i.fee), i.deduction * value);
        let published = i.big_q * (1.0 + i.s * i.m) / (value + i.s * (initial + extra + deduction));
        agrees(&flat(Inverse, Mark, i.m, deduction, 0.0), &i.inverse(initial + extra), published)?;
    }

    #[test]
    fn okx_and_gate(i in inputs()) {
        // freqtrade exchange.py: LP = (EP − s·M/q)/(1 − s·(m + fee)).
        let margin = i.q * i.entry / i.leverage;
        let published = (i.entry - i.s * margin / i.q) / (1.0 - i.s * (i.m + i.fee));
        agrees(&flat(Linear, Mark, i.m, 0.0, i.fee), &i.linear(margin), published)?;
        // Coin-margined: long n·fv·(1 + m + fee)/(M + n·fv/EP), short n·fv·(1 − m − fee)/(n·fv/EP − M).
        let margin = i.big_q / i.entry / i.leverage;
        let published = match i.side {
            Long => i.big_q * (1.0 + i.m + i.fee) / (margin + i.big_q / i.entry),
            Short => i.big_q * (1.0 - i.m - i.fee) / (i.big_q / i.entry - margin),
        };
        agrees(&flat(Inverse, Mark, i.m, 0.0, i.fee), &i.inverse(margin), published)?;
    }

    #[test]
    fn okx_spot_margin(i in inputs()) {
        // Help 6997123251341: long (debt + interest)(1 + m)(1 + fee)/assets, short assets/((debt + interest)(1 + m)(1 + fee)).
        let equity = i.q * i.entry / i.leverage;
        let holding = i.linear(equity);
        let published = match i.side {
            Long => (i.q * i.entry - equity) * (1.0 + i.m) * (1.0 + i.fee) / i.q,
            Short => (i.q * i.entry + equity) / (i.q * (1.0 + i.m) * (1.0 + i.fee)),
        };
        agrees(&flat(Contract::Spot, Mark, i.m, 0.0, i.fee), &holding, published)?;
    }

    #[test]
    fn loans(i in inputs(), threshold in 0.5..0.95_f64, borrowed in 0.1..0.98_f64) {
        // Aave and lenders by loan to value: one collateral is liquidated at debt/(amount·threshold).
        let debt = borrowed * threshold * i.q * i.entry;
        let loan = Holding { side: Long, ..i.linear(i.q * i.entry - debt) };
        let venue = flat(Contract::Spot, Mark, 0.5, 0.0, 0.0);
        let tiers = vec![MarginTier { rate: 1.0 / threshold - 1.0, ..venue.tiers[0] }];
        agrees(&Venue { tiers, ..venue }, &loan, debt / (i.q * threshold))?;
    }

    #[test]
    fn hyperliquid(i in inputs(), max_leverage in prop::sample::select(vec![3.0, 5.0, 10.0, 20.0, 25.0, 40.0])) {
        // Documents: LP = P − s·A/q/(1 − l·s), l = 1/(2·max leverage), A = isolated margin − maintenance at P.
        let l: f64 = 0.5 / max_leverage;
        let margin = i.q * i.entry / i.leverage;
        let available = margin - l * i.q * i.entry;
        let published = i.entry - i.s * available / i.q / (1.0 - l * i.s);
        agrees(&flat(Linear, Mark, l, 0.0, 0.0), &i.linear(margin), published)?;
    }

    #[test]
    fn dydx_v4(i in inputs(), other in 0.0..0.005_f64) {
        // Documents: (e − S·p)/(|S|·MMF − S), S signed; cross: less the maintenance of the other markets.
        let (equity, size) = (i.q * i.entry / i.leverage, i.s * i.q);
        let other = other * i.q * i.entry;
        let published = (equity - other - size * i.entry) / (i.q * i.m - size);
        let venue = flat(Linear, Mark, i.m, 0.0, 0.0);
        let others = Others { maintenance: other, profit: 0.0 };
        let Ok(found) = venue.cross_liquidation_price(&i.linear(equity), others) else { return Ok(()) };
        if let Some(price) = found.price {
            prop_assert!((price / published - 1.0).abs() <= 1e-9);
        }
    }

    #[test]
    fn bitmex(i in inputs(), funding in 0.0..0.002_f64) {
        // ccxt's account record: init = cost/L, posMargin = init + comm, maint = cost·(m + adverse funding) + comm, linear
        // long LP = (cost − (posMargin − maint))/q, inverse the same in values; bankruptcy (cost − init)/q.
        let rate = i.m + funding;
        let cost = i.q * i.entry;
        let (init, comm) = (cost / i.leverage, (cost + cost / i.leverage) * i.fee);
        let published = (cost - i.s * ((init + comm) - (cost * rate + comm))) / i.q;
        let venue = flat(Linear, Entry, rate, 0.0, 0.0);
        agrees(&venue, &i.linear(init), published)?;
        let bankruptcy = venue.bankruptcy_price(&i.linear(init)).unwrap();
        prop_assert!((bankruptcy / ((cost - i.s * init) / i.q) - 1.0).abs() <= 1e-9);
        let value = i.big_q / i.entry;
        let published = i.big_q / (value + i.s * (value / i.leverage - value * rate));
        agrees(&flat(Inverse, Entry, rate, 0.0, 0.0), &i.inverse(value / i.leverage), published)?;
    }

    #[test]
    fn kraken_inverse(i in inputs()) {
        // Bankruptcy Q/(Q/EP + M), long LP = Q(1 + m)/(Q/EP + M); the short by the general inverse form.
        let margin = i.big_q / i.entry / i.leverage;
        let venue = flat(Inverse, Mark, i.m, 0.0, 0.0);
        let long = Holding { side: Long, ..i.inverse(margin) };
        agrees(&venue, &long, i.big_q * (1.0 + i.m) / (i.big_q / i.entry + margin))?;
        let bankruptcy = venue.bankruptcy_price(&long).unwrap();
        prop_assert!((bankruptcy / (i.big_q / (i.big_q / i.entry + margin)) - 1.0).abs() <= 1e-9);
        let short = Holding { side: Short, ..long };
        agrees(&venue, &short, i.big_q * (1.0 - i.m) / (i.big_q / i.entry - margin))?;
    }

    #[test]
    fn leverage_form_of_10101(i in inputs()) {
        // long P·L/(L + 1 − m·L), short P·L/(L − 1 + m·L): what must be held is fixed at entry.
        let l = i.leverage;
        let published = i.entry * l / (l + i.s * (1.0 - i.m * l));
        agrees(&flat(Inverse, Entry, i.m, 0.0, 0.0), &i.inverse(i.big_q / i.entry / l), published)?;
    }

    #[test]
    fn phemex(i in inputs()) {
        // long (OV − assigned − amt)/(0.9994 − m)/size, short (OV + assigned + amt)/(1.0006 + m)/size.
        let value = i.q * i.entry;
        let (assigned, amount) = (value / i.leverage + 0.0006 * value, i.deduction * value);
        let published = (value - i.s * (assigned + amount)) / (1.0 - i.s * (0.0006 + i.m)) / i.q;
        agrees(&flat(Linear, Mark, i.m, amount, 0.0006), &i.linear(assigned), published)?;
        // Inverse long: Q/(OV − MM + IM).
        let value = i.big_q / i.entry;
        let long = Holding { side: Long, ..i.inverse(value / i.leverage) };
        agrees(&flat(Inverse, Entry, i.m, 0.0, 0.0), &long, i.big_q / (value - i.m * value + value / i.leverage))?;
    }

    #[test]
    fn coinex(i in inputs()) {
        // LP = EP(1 − IMR)/(1 − m) for a long.
        let published = i.entry * (1.0 - 1.0 / i.leverage) / (1.0 - i.m);
        let long = Holding { side: Long, ..i.linear(i.q * i.entry / i.leverage) };
        agrees(&flat(Linear, Mark, i.m, 0.0, 0.0), &long, published)?;
    }

    #[test]
    fn deribit(i in inputs(), grown in 1e-6..0.01_f64) {
        // Rates grow with size: linear, the rate of q coins; inverse, the root of a quadratic, by 200 halvings here.
        let per_coin = grown / i.q;
        let rate = i.m + per_coin * i.q;
        let margin = i.q * i.entry / i.leverage;
        let published = (margin - i.s * i.q * i.entry) / (i.q * rate - i.s * i.q);
        let growing = |contract| Venue { maintenance_per_unit: per_coin, ..flat(contract, Mark, i.m, 0.0, 0.0) };
        agrees(&growing(Linear), &i.linear(margin), published)?;

        let equity = |price: f64| i.big_q / i.entry / i.leverage + i.s * (i.big_q / i.entry - i.big_q / price);
        let short_of_margin = |price: f64| {
            let coins = i.big_q / price;
            equity(price) <= coins * (i.m + per_coin * coins)
        };
        prop_assume!(!short_of_margin(i.entry));
        let (mut near, mut far) = (i.entry, i.entry * if i.side == Long { 1e-3 } else { 1e4 });
        if short_of_margin(far) {
            for _ in 0..200 {
                let middle = 0.5 * (near + far);
                if short_of_margin(middle) { far = middle } else { near = middle }
            }
            agrees(&growing(Inverse), &i.inverse(i.big_q / i.entry / i.leverage), far)?;
        }
    }
}

#[test]
fn tiers_of_half_the_initial_margin_have_hyperliquids_deductions() {
    // Documents, margin tiers: BTC 40x to 150 M, 20x above, so 1.25 % and 2.5 % and a deduction of 1,875,000.
    let bands = [
        TierBand { up_to: 150e6, rate: 0.5 / 40.0, max_leverage: 40.0 },
        TierBand { up_to: f64::INFINITY, rate: 0.5 / 20.0, max_leverage: 20.0 },
    ];
    let tiers = MarginTier::table(&bands, TierRule::Marginal).unwrap();
    assert_eq!(tiers[1].deduction, 1_875_000.0);
}
