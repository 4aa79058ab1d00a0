//! Liquidation in parts against a naive twin, which looks at the price in steps of 1e-5 and knows the venue's rule and nothing else.
//!
//! Prices move along straight lines with random ends, so both see the same path; the twin is late by at most one step. Nothing is left
//! to chance but the seed's choice of paths.

use liqsim::account::{Follower, Observer};
use liqsim::engine::Plan;
use liqsim::market::Bars;
use liqsim::numeric::{Purpose, Stream};
use liqsim::scenario::{Source, parse};
use liqsim::stats::{Exit, Tally};

const EQUITY: f64 = 1_000.0;
const ENTRY: f64 = 100.0;
const FEE: f64 = 0.001;
const SLIPPAGE: f64 = 0.0005;
/// Upper edges and rates of the tiers.
const TIERS: [(f64, f64); 4] = [(2_000.0, 0.01), (6_000.0, 0.02), (9_000.0, 0.05), (f64::INFINITY, 0.1)];
/// Log-price between two looks of the twin.
const STEP: f64 = 1e-5;

#[derive(Clone, Copy, PartialEq)]
enum Steps {
    Tier,
    Fraction(f64),
}

/// A position whose profit is in what its contract settles in.
struct Twin {
    inverse: bool,
    side: f64,
    steps: Steps,
    quantity: f64,
    opened: f64,
    wallet: f64,
    limit: Option<usize>,
    reductions: f64,
    gone: bool,
}

impl Twin {
    fn notional(&self, quantity: f64, price: f64) -> f64 {
        if self.inverse { quantity / price } else { quantity * price }
    }

    fn profit(&self, quantity: f64, price: f64) -> f64 {
        let gain = if self.inverse { 1.0 / ENTRY - 1.0 / price } else { price - ENTRY };
        self.side * quantity * gain
    }

    fn equity(&self, price: f64) -> f64 {
        self.wallet + self.profit(self.quantity, price)
    }

    /// Each slice of the notional at its own rate.
    fn maintenance(&self, price: f64) -> f64 {
        let notional = self.notional(self.quantity, price);
        let (mut sum, mut below) = (0.0, 0.0);
        for (edge, rate) in TIERS {
            sum += (notional.min(edge) - below).max(0.0) * rate;
            below = edge;
        }
        sum
    }

    fn close(&mut self, quantity: f64, price: f64) {
        let fill = price * (1.0 - self.side * SLIPPAGE);
        self.wallet += self.profit(quantity, fill) - FEE * self.notional(quantity, fill);
        self.quantity -= quantity;
    }

    fn look(&mut self, price: f64) {
        if self.gone || self.equity(price) > self.maintenance(price) {
            return;
        }
        while self.equity(price) <= self.maintenance(price) {
            let left = match self.steps {
                Steps::Fraction(fraction) => {
                    let left = self.quantity * (1.0 - fraction);
                    if left < 0.01 * self.opened { 0.0 } else { left }
                }
                Steps::Tier => {
                    let notional = self.notional(self.quantity, price);
                    let tier = TIERS.iter().position(|(edge, _)| notional <= *edge).unwrap();
                    match self.limit.map_or(tier, |limit| limit.min(tier)) {
                        0 => 0.0,
                        tier => {
                            self.limit = Some(tier - 1);
                            self.quantity * TIERS[tier - 1].0 / notional
                        }
                    }
                }
            };
            if left == 0.0 || self.equity(price) <= 0.0 {
                self.close(self.quantity, price);
                self.gone = true;
                return;
            }
            self.close(self.quantity - left, price);
        }
        self.reductions += 1.0;
    }
}

/// A bar along a straight line.
fn bar(start: f64, from: f64, to: f64) -> Bars {
    Bars {
        asset: 0,
        lanes: vec![0],
        start: vec![start],
        duration: vec![1e-4],
        open: vec![from],
        close: vec![to],
        variance: vec![0.0],
        extreme: vec![to],
    }
}

#[test]
fn liquidations_in_part_are_those_of_a_naive_twin() {
    let mut seen = [0.0; 3];
    let (mut most, mut compared) = (0.0_f64, 0);
    for (contract, side) in
        [("linear", "long"), ("linear", "short"), ("inverse", "long"), ("inverse", "short")]
    {
        for (number, steps) in
            [Steps::Tier, Steps::Fraction(0.2), Steps::Fraction(0.5)].into_iter().enumerate()
        {
            let partial = match steps {
                Steps::Tier => "\"tier\"".to_owned(),
                Steps::Fraction(fraction) => fraction.to_string(),
            };
            let tiers: Vec<String> = TIERS
                .iter()
                .map(|(edge, rate)| match edge.is_finite() {
                    true => format!("{{ up_to = {edge:.1}, rate = {rate} }}"),
                    false => format!("{{ rate = {rate} }}"),
                })
                .collect();
            let text = format!(
                "simulation = {{ horizon = \"30d\" }}\n\
                 assets.X = {{ price = {ENTRY:?}, model = {{ kind = \"gbm\", drift = 0.0, volatility = 0.5 }} }}\n\
                 [account]\nequity = {EQUITY}\nleverage = [3, 7, 9.5]\nvenue = {{ contract = \"{contract}\",\n\
                 tiers = [{}],\nliquidation = {{ fee = {FEE}, slippage = {SLIPPAGE}, partial = {partial} }} }}\n\
                 positions = [{{ asset = \"X\", side = \"{side}\" }}]\n",
                tiers.join(", ")
            );
            let scenario = parse(Source::new("partial.toml", &text), &[]).unwrap_or_else(|e| panic!("{e}"));
            let plan = Plan::new(&scenario).unwrap();
            for path in 0..40 {
                let mut normals = [0.0; 40];
                Stream::new(17, Purpose::Hit, path).normals(&mut normals);
                let ends = normals.iter().scan(0.0, |price, z| {
                    *price += 0.03 * z;
                    Some(*price)
                });
                let ends: Vec<f64> = ends.collect();
                let mut book = plan.account.book();
                let mut noise = Stream::new(1, Purpose::Hit, path);
                book.begin(1);
                for (k, to) in ends.iter().enumerate() {
                    let from = if k == 0 { 0.0 } else { ends[k - 1] };
                    book.observe(&[bar(k as f64 * 1e-4, from, *to)], &mut noise);
                }
                let mut tally = Tally::new(plan.terms.len());
                book.finish(&[vec![ends[39]]], &[1.0], &mut tally);
                for (cell, level) in tally.levels.iter().zip(&plan.account.levels) {
                    let mut twin = Twin {
                        inverse: contract == "inverse",
                        side: if side == "long" { 1.0 } else { -1.0 },
                        steps,
                        quantity: level.holding.quantity,
                        opened: level.holding.quantity,
                        wallet: EQUITY,
                        limit: None,
                        reductions: 0.0,
                        gone: false,
                    };
                    let mut from = 0.0;
                    for to in &ends {
                        let looks = ((to - from) / STEP).abs().ceil().max(1.0);
                        for k in 1..=looks as usize {
                            twin.look(ENTRY * (from + (to - from) * k as f64 / looks).exp());
                        }
                        from = *to;
                    }
                    let left = if twin.gone { twin.wallet } else { twin.equity(ENTRY * from.exp()) } / EQUITY;
                    let account = cell.account.as_ref().unwrap();
                    let sum = |moments: &liqsim::stats::Moments, k: usize| moments.mapped(0.0, 1.0).powers[k];
                    let reductions = sum(&account.reductions, 1);
                    let liquidated = sum(&account.exits[Exit::Liquidated as usize], 0) > 0.0;
                    let returned = sum(&cell.survivors, 1) + sum(&cell.liquidated, 1);
                    let owned = 1.0 + returned - sum(&cell.bad_debt, 1);
                    let what = format!("{contract} {side} {partial} {}x, path {path}", level.leverage);
                    assert_eq!(reductions, twin.reductions, "{what}");
                    assert_eq!(liquidated, twin.gone || twin.reductions > 0.0, "{what}");
                    // The twin's prices are up to a step late at every liquidation, on up to 9.5 times the equity.
                    let slack = 2.0 * STEP * level.leverage * (1.0 + twin.reductions);
                    assert!((owned - left).abs() < slack, "{what}: {owned} is not {left}");
                    seen[number] += reductions;
                    most = if steps == Steps::Tier { most.max(reductions) } else { most };
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 4 * 3 * 40 * 3);
    // Four tiers are left at most three times.
    assert!(seen.iter().all(|count| *count > 50.0) && most == 3.0, "{seen:?} {most}");
}
