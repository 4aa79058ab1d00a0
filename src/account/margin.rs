//! What a venue's margin rules ask of a position, and the price at which its equity no longer covers that: the only solver.
//!
//! In the currency that a contract settles in, every contract is linear in some price u: the price itself for a linear
//! contract and for coins, one over it for an inverse contract, both as a ratio to the price at the start. With cash w and
//! exposure e (negative where the holder gains as u falls), size z = |e| and notional N = z·u,
//!
//! ```text
//! equity       w + e·u
//! requirement  constant + (rate + growth·N)·N + owed_rate·owed,   owed = max(0, −sign(e)·w)
//! ```
//!
//! | terms | constant | rate | growth | owed_rate |
//! |---|---|---|---|---|
//! | tiers of notional, basis "mark" | −dₙ | mₙ + f | 0 | 0 |
//! | tiers of quantity z (OKX, Kraken) | 0 | mₙ − dₙ/z + f | 0 | 0 |
//! | rate growing by g per coin (Deribit), linear contract | −dₙ | mₙ + g·z + f | 0 | 0 |
//! | the same, inverse contract, where the coins are N | −dₙ | mₙ + f | g | 0 |
//! | basis "entry" | any of these at the entry price | 0 | 0 | 0 |
//! | spot margin at level k = (1 + m)(1 + f), long | 0 | 0 | 0 | k − 1 |
//! | spot margin, short owing the coins | 0 | k − 1 | 0 | 0 |
//! | closing fee f at the bankruptcy price (Bybit) | as above | without f | as above | f/(1 − sign(e)·f) |
//!
//! with m the maintenance rate, d the deduction and f the closing fee in the requirement. Spot margin: level = assets/debt
//! = (debt + equity)/debt falls to k where equity is (k − 1)·debt. A position is bankrupt, its closing fee paid, where
//! w + e·u = f·N, which is at N = owed/(1 − sign(e)·f).
//!
//! Equity meets the requirement of a tier where a straight line (with growth: a parabola) is 0. Under the marginal rule the
//! requirement is the largest over all tiers, hence the barrier is the one first met; under the whole rule each tier holds
//! between its edges, and where the requirement jumps past the equity at an edge, the barrier is that of the edge. In prices,
//! with tiers on the mark,
//!
//! ```text
//! linear:         S = (c − s·q·P + d)/(q·(m + f) − s·q)
//! inverse long:   S = Q(1 + m + f)/(c + d + Q/P)
//! inverse short:  S = Q(1 − m − f)/(Q/P − c − d),  none where c + d ≥ Q/P
//! ```
//!
//! Sources: Binance support FAQ b3c689c1f50a44cabb3a84e663b81d93 (USDⓈ-M, isolated and cross) and its COIN-M counterpart;
//! Bybit help centre for the entry basis and the closing fee; OKX and Gate for the close fee inside the requirement; Deribit
//! support 25944738177565 (rates grow with size); OKX help 6997123251341 (isolated spot margin, from which the product of
//! 1 + m and 1 + f); Binance support pages on the margin level.

use crate::venue::{
    Contract, FeePrice, Holding, MaintenanceBasis, MarginTier, Side, TierRule, TierSize, Venue,
};

/// The margin rules of a venue for positions on one side of one contract, in fractions of an equity.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    tiers: Vec<Tier>,
    whole: bool,
    /// Whether tiers are of the size of the position, wherever the price is.
    by_quantity: bool,
    /// u at the entry, where that decides.
    entry: Option<f64>,
    /// Added to the rate for each unit of size.
    per_size: f64,
    growth: f64,
    close_fee: f64,
    owed_rate: f64,
    /// A long on spot margin owes money: the rates are on that and nothing else.
    is_on_debt: bool,
    sign: f64,
}

/// One tier, in fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tier {
    rate: f64,
    deduction: f64,
    low: f64,
    high: f64,
}

/// The requirement of a position of some size within one tier, as a function of its notional.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Terms {
    constant: f64,
    rate: f64,
    growth: f64,
}

impl Terms {
    #[inline]
    fn at(&self, notional: f64) -> f64 {
        // The same bits with and without the branch; a fused multiply-add is a call where the processor may lack it.
        let rate = if self.growth == 0.0 { self.rate } else { self.growth.mul_add(notional, self.rate) };
        notional.mul_add(rate, self.constant)
    }
}

/// A barrier of one tier for a given exposure: mirrored so that liquidation always lies below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    sign: f64,
    /// Factor of cash that is owed, and what is added to cash.
    owed: f64,
    deduction: f64,
    /// Slope and curvature of the requirement less the exposure, in u.
    slope: f64,
    bend: f64,
    inverse_slope: f64,
    /// Mirrored prices between which the line holds.
    low: f64,
    high: f64,
}

impl Line {
    /// The mirrored barrier of an account with this cash.
    #[inline(always)]
    pub fn barrier(&self, cash: f64) -> f64 {
        let cash = if self.sign * cash < 0.0 { cash * self.owed } else { cash } + self.deduction;
        let crossing = if self.bend > 0.0 {
            let root = self.slope * self.slope + 4.0 * self.bend * cash;
            let root = if root > 0.0 { root.sqrt() } else { 0.0 };
            self.sign * 2.0 * cash / (self.slope - self.sign * root)
        } else {
            -cash * self.inverse_slope
        };
        let crossing = if crossing > self.low { crossing } else { f64::NEG_INFINITY };
        if crossing < self.high { crossing } else { self.high }
    }

    /// A line that has this mirrored barrier at this cash.
    pub fn through(cash: f64, barrier: f64) -> Self {
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        let deduction = -barrier - cash;
        Self { sign: 1.0, owed: 1.0, deduction, slope: -1.0, bend: 0.0, inverse_slope: 1.0, low, high }
    }

    /// The mirrored barrier of a straight line as a constant and a multiple of the cash.
    pub fn straight(&self) -> (f64, f64) {
        (-self.deduction * self.inverse_slope, -self.inverse_slope)
    }
}

/// A position as cash and exposure, in fractions of the equity put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    /// Collateral less the notional at entry (plus it for a negative exposure).
    pub cash: f64,
    /// Signed notional at entry.
    pub exposure: f64,
}

impl Exposure {
    /// Of a holding in an account of this equity, in settlement units.
    pub fn of(holding: &Holding, contract: Contract, equity: f64) -> Self {
        let exposure = holding.gain_sign(contract) * holding.notional(contract, holding.entry) / equity;
        Self { cash: holding.collateral / equity - exposure, exposure }
    }
}

impl Requirement {
    /// The rules of a venue for positions on a side, where u is 1 at a price of `price`, for an account of this equity in
    /// settlement units; `entry` is the price at which they were opened.
    pub fn new(venue: &Venue, side: Side, (price, entry): (f64, f64), equity: f64) -> Self {
        let units = venue.units(price, equity);
        let by_quantity = venue.tier_size == TierSize::Quantity && venue.contract != Contract::Spot;
        let is_spot = venue.contract == Contract::Spot;
        let excess = |rate: f64| (1.0 + rate) * (1.0 + venue.close_fee) - 1.0;
        let last = venue.tiers.len() - 1;
        let mut low = 0.0;
        let tier = |(index, tier): (usize, &MarginTier)| {
            let tier = units.tier(tier);
            // A position that outgrew the table is still held.
            let high = if index == last { f64::INFINITY } else { tier.up_to };
            let built = match is_spot {
                true => Tier { rate: excess(tier.rate), deduction: 0.0, low, high },
                false => Tier { rate: tier.rate, deduction: tier.deduction, low, high },
            };
            low = high;
            built
        };
        let is_inverse = venue.contract == Contract::Inverse;
        let sign = venue.contract.gain_sign(side);
        let at_bankruptcy = venue.close_fee_price == FeePrice::Bankruptcy && !is_spot;
        let is_on_entry = !is_spot && venue.maintenance_basis == MaintenanceBasis::Entry;
        let per_unit = venue.maintenance_per_unit / units.coins;
        Self {
            tiers: venue.tiers.iter().enumerate().map(tier).collect(),
            whole: venue.rule == TierRule::Whole || is_spot,
            by_quantity,
            entry: is_on_entry.then(|| venue.contract.x(entry / price)),
            per_size: if is_inverse || is_spot { 0.0 } else { per_unit },
            growth: if is_inverse { per_unit } else { 0.0 },
            close_fee: if is_spot || at_bankruptcy { 0.0 } else { venue.close_fee },
            owed_rate: if at_bankruptcy { venue.close_fee / (1.0 - sign * venue.close_fee) } else { 0.0 },
            is_on_debt: is_spot && side == Side::Long,
            sign,
        }
    }

    /// What a tier asks of a size.
    #[inline]
    fn terms(&self, tier: &Tier, size: f64) -> Terms {
        let rate = tier.rate + self.close_fee;
        let rate = if self.per_size == 0.0 { rate } else { self.per_size.mul_add(size, rate) };
        match self.by_quantity {
            true => Terms { constant: 0.0, rate: rate - tier.deduction / size, growth: self.growth },
            false => Terms { constant: -tier.deduction, rate, growth: self.growth },
        }
    }

    /// The tier that a size is in.
    #[inline]
    fn tier_of(&self, size: f64) -> &Tier {
        let found = self.tiers.iter().position(|tier| size <= tier.high * (1.0 + 1e-12));
        &self.tiers[found.unwrap_or(self.tiers.len() - 1)]
    }

    /// The requirement on a size at u, and its derivative in u; across the edge of a tier under the whole rule it jumps besides.
    /// `owed` is what the position owes, or would at the price at which nothing is left.
    #[inline]
    pub fn needed(&self, size: f64, u: f64, owed: f64) -> (f64, f64) {
        if self.is_on_debt {
            return (self.tier_of(size).rate * owed, 0.0);
        }
        let (amount, slope) = match self.entry {
            None => self.on_mark(size, u),
            Some(entry) => (self.on_mark(size, entry).0, 0.0),
        };
        (if self.owed_rate == 0.0 { amount } else { self.owed_rate.mul_add(owed, amount) }, slope)
    }

    #[inline]
    fn on_mark(&self, size: f64, u: f64) -> (f64, f64) {
        if size == 0.0 {
            return (0.0, 0.0);
        }
        let notional = size * u;
        let of = |tier: &Tier| {
            let terms = self.terms(tier, size);
            let rate = match terms.growth {
                0.0 => terms.rate,
                growth => (2.0 * growth).mul_add(notional, terms.rate),
            };
            (terms.at(notional), size * rate)
        };
        if self.by_quantity {
            return of(self.tier_of(size));
        }
        let found = of(self.tier_of(notional));
        // Under the marginal rule the line of the tier is the highest of all: rates rise, and the lines meet at the edges.
        if self.whole || found.0 > 0.0 { found } else { (0.0, 0.0) }
    }

    /// What of the cash of an account with this position alone is owed.
    #[inline]
    pub fn owed(&self, cash: f64) -> f64 {
        (-self.sign * cash).max(0.0)
    }

    /// Rate on a debt, where the rules are on what a long on spot margin owes.
    pub fn rate_on_debt(&self, size: f64) -> Option<f64> {
        self.is_on_debt.then(|| self.tier_of(size).rate)
    }

    /// Whether the requirement is a convex function of the notional alone, made of straight lines.
    pub fn is_straight(&self) -> bool {
        !self.jumps() && self.growth == 0.0 && self.owed_rate == 0.0 && !self.is_on_debt
    }

    /// Whether two exposures are in the same tier, where tiers are of the size.
    pub fn is_same_tier(&self, one: f64, other: f64) -> bool {
        !self.by_quantity || std::ptr::eq(self.tier_of(one.abs()), self.tier_of(other.abs()))
    }

    /// Whether the requirement jumps at the edges of tiers as the price moves.
    pub fn jumps(&self) -> bool {
        self.whole && self.tiers.len() > 1 && !self.by_quantity && self.entry.is_none() && !self.is_on_debt
    }

    /// The barriers of an exposure; empty where it cannot be liquidated by the price.
    ///
    /// Under the whole-position rule the barriers lie in the tiers that the price can lose from: a gain into a higher
    /// tier does not liquidate.
    pub fn lines(&self, exposure: f64) -> Vec<Line> {
        self.each_line(exposure, 1.0).collect()
    }

    /// The mirrored barrier at which equity is a multiple of the requirement, −∞ if there is none.
    pub fn barrier(&self, exposure: f64, cash: f64, multiple: f64) -> f64 {
        let barriers = self.each_line(exposure, multiple).map(|line| line.barrier(cash));
        barriers.fold(f64::NEG_INFINITY, f64::max)
    }

    fn each_line(&self, exposure: f64, multiple: f64) -> impl Iterator<Item = Line> {
        let (sign, size) = (exposure.signum(), exposure.abs());
        let fixed = self.is_on_debt || self.by_quantity || self.entry.is_some();
        let of_size = if fixed { std::slice::from_ref(self.tier_of(size)) } else { &self.tiers[..] };
        let is_whole = self.whole && !fixed;
        let reachable =
            move |tier: &&Tier| !is_whole || if sign > 0.0 { tier.low < size } else { tier.high > size };
        let line = move |tier: &Tier| {
            let (terms, owed_rate) = match (self.is_on_debt, self.entry) {
                (true, _) => (Terms { constant: 0.0, rate: 0.0, growth: 0.0 }, tier.rate),
                (false, None) => (self.terms(tier, size), self.owed_rate),
                (false, Some(entry)) => {
                    let constant = self.on_mark(size, entry).0;
                    (Terms { constant, rate: 0.0, growth: 0.0 }, self.owed_rate)
                }
            };
            let slope = multiple * terms.rate * size - exposure;
            let bend = multiple * terms.growth * size * size;
            let (low, high) = match (is_whole, sign > 0.0) {
                (false, _) => (f64::NEG_INFINITY, f64::INFINITY),
                (true, true) => (tier.low / size, tier.high / size),
                (true, false) => (-tier.high / size, -tier.low / size),
            };
            (sign * slope < 0.0 && size > 0.0).then(|| Line {
                sign,
                owed: 1.0 + sign * multiple * owed_rate,
                deduction: -multiple * terms.constant,
                slope,
                bend,
                inverse_slope: 1.0 / slope.abs(),
                low,
                high,
            })
        };
        of_size.iter().filter(reachable).filter_map(line)
    }

    /// Rate and deduction as people know them, of a size at u.
    pub(super) fn quoted(&self, size: f64, u: f64) -> (f64, f64) {
        let notional = size * self.entry.unwrap_or(u);
        let growth = self.growth * notional;
        match (self.by_quantity, self.is_on_debt) {
            (true, _) => {
                let tier = self.tier_of(size);
                (self.per_size.mul_add(size, tier.rate) - tier.deduction / size + growth, 0.0)
            }
            (false, true) => (self.tier_of(size).rate, 0.0),
            (false, false) => {
                let tier = self.tier_of(notional);
                (self.per_size.mul_add(size, tier.rate) + growth, tier.deduction)
            }
        }
    }
}

/// The lines that can be the highest for cash between two sums: of straight lines one that is below another at both ends
/// never is.
pub fn highest(lines: &[Line], least: f64, most: f64, kept: &mut Vec<Line>) {
    kept.clear();
    let is_straight = |line: &Line| {
        line.bend == 0.0
            && (line.low, line.high) == (f64::NEG_INFINITY, f64::INFINITY)
            && (line.owed == 1.0 || line.sign * least < 0.0 && line.sign * most < 0.0)
    };
    if lines.len() < 3 || !lines.iter().all(is_straight) {
        kept.extend_from_slice(lines);
        return;
    }
    let ends = |line: &Line| (line.barrier(least), line.barrier(most));
    for (number, line) in lines.iter().enumerate() {
        let (low, high) = ends(line);
        let is_below = lines.iter().enumerate().any(|(other, above)| {
            let (above_low, above_high) = ends(above);
            // Of equal lines the first one stays.
            above_low >= low && above_high >= high && (above_low > low || above_high > high || other < number)
        });
        if !is_below {
            kept.push(*line);
        }
    }
}

/// The mirrored barrier of an account with this cash: the highest of its lines, −∞ if there is none.
#[inline(always)]
pub fn barrier(lines: &[Line], cash: f64) -> f64 {
    lines.iter().map(|line| line.barrier(cash)).fold(f64::NEG_INFINITY, f64::max)
}
