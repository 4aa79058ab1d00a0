//! What a liquidation leaves: of the whole position at once, or step by step until the margin holds.
//!
//! A close at mark price S fills at S·(1 − s·slippage), s = +1 for a long, and costs a fee on the notional at the fill. Equity
//! below zero after the fill is bad debt: on isolated margin the owner loses the collateral and no more, the rest falls to
//! the venue's insurance fund and then to the winning side (auto-deleveraging). A fee that the collateral no longer covers
//! is not bad debt: nobody has lost it.
//!
//! A lender sells collateral for the debt D: repaying the share c of it takes c·D·(1 + penalty) from the assets A, so the
//! loan to value v = D/A becomes (1 − c)·v/(1 − c·v·(1 + penalty)): lower, as long as v·(1 + penalty) < 1. Source: Aave v3,
//! LiquidationLogic.sol (close factor 50 %, all below a health factor of 0.95; health factor = A·threshold/D).
//!
//! Where steps are tiers, a liquidation lowers the position's *risk limit* to the next tier below, and closes what is above it. The
//! limit stays there: a position of a fixed quantity whose notional has grown beyond it since (a short, by the very move that
//! liquidates it again) is taken down to the tier below the limit, not to the same edge once more. So every liquidation but the first
//! closes a whole tier, and there are at most as many as tiers. Sources: BitMEX and Bybit (help centre 000001098): the
//! risk limit is lowered level by level, and what exceeds it is closed; at the lowest level everything is. OKX and Gate lower
//! tiers likewise. Where steps are fractions, or shares of a debt, a rest of less than a hundredth of what was opened is closed
//! with them: venues leave no dust (dYdX: 1000 USDC, Aave: 1000 base units).

use super::{Contract, Holding, Liquidation, PartialClose, Side, TierSize, Venue};

/// What is left after everything has been closed, in settlement units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fill {
    /// Returned to the owner.
    pub recovered: f64,
    /// Loss beyond the collateral.
    pub bad_debt: f64,
}

/// What a partial liquidation did, in settlement units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartialFill {
    /// What is still open, with the collateral that is left behind it; none where everything was closed.
    pub open: Option<Holding>,
    /// The tier that it was taken down to; none where steps are no tiers.
    pub limit: Option<usize>,
    /// Share of the quantity that was closed.
    pub closed: f64,
    /// Fees paid.
    pub fees: f64,
    /// What the fills lost against the mark price.
    pub slippage: f64,
    /// Where everything was closed: what is returned and what is missing; both 0 else.
    pub fill: Fill,
}

/// A position that is to be liquidated: what it was opened with, and what earlier liquidations have made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Quantity at entry.
    pub opened: f64,
    /// The tier that the last liquidation took it down to; none before the first.
    pub limit: Option<usize>,
}

impl Standing {
    /// A position that has never been liquidated.
    pub fn fresh(holding: &Holding) -> Self {
        Self { opened: holding.quantity, limit: None }
    }
}

/// Steps by fraction close a rest of less than this share of what was opened.
const LEAST_OPEN: f64 = 0.01;

impl Liquidation {
    /// Closes a position at a mark price, all of it at once.
    pub fn fill(&self, contract: Contract, holding: &Holding, price: f64) -> Fill {
        let slippage = match *self {
            Self::Close { slippage, .. } => slippage,
            Self::Forfeit | Self::Repay { .. } => 0.0,
        };
        let at = filled(holding.side, price, slippage);
        let equity = holding.equity_at(contract, at);
        let recovered = match *self {
            Self::Forfeit => 0.0,
            Self::Close { fee, .. } => (equity - fee * holding.notional(contract, at)).max(0.0),
            Self::Repay { penalty, .. } => (equity - penalty * debt_of(holding, price)).max(0.0),
        };
        Fill { recovered, bad_debt: (-equity).max(0.0) }
    }
}

/// What a margin loan owes at a mark price: money for a long, coins at their price for a short.
fn debt_of(holding: &Holding, price: f64) -> f64 {
    match holding.side {
        Side::Long => (holding.quantity * holding.entry - holding.collateral).max(0.0),
        Side::Short => holding.quantity * price,
    }
}

impl Venue {
    /// Closes a position at a mark price by the venue's terms, all of it at once.
    pub fn liquidate(&self, holding: &Holding, price: f64) -> Fill {
        self.liquidation.fill(self.contract, holding, price)
    }

    /// Takes a position that is to be liquidated at a mark price and closes as little of it as lets the margin hold again,
    /// but at least one step. Where the terms know no steps, or where no step helps, everything is closed.
    pub fn liquidate_partially(&self, holding: &Holding, standing: Standing, price: f64) -> PartialFill {
        let Standing { opened, limit } = standing;
        let mut done = PartialFill {
            open: Some(*holding),
            limit,
            closed: 0.0,
            fees: 0.0,
            slippage: 0.0,
            fill: Fill { recovered: 0.0, bad_debt: 0.0 },
        };
        while let Some(open) = done.open.filter(|open| open.equity_at(self.contract, price) > 0.0) {
            let standing = Standing { opened, limit: done.limit };
            let Some((left, limit, fee, lost)) = self.step(&open, standing, price) else { break };
            done.limit = limit;
            done.fees += fee;
            done.slippage += lost;
            done.closed = 1.0 - left.quantity / holding.quantity;
            done.open = Some(left);
            if left.equity_at(self.contract, price) > self.maintenance(&left, price).amount {
                return done;
            }
        }
        if let Some(open) = done.open.take() {
            done.fill = self.liquidate(&open, price);
            let slippage = match self.liquidation {
                Liquidation::Close { slippage, .. } => slippage,
                Liquidation::Forfeit | Liquidation::Repay { .. } => 0.0,
            };
            let equity = open.equity_at(self.contract, filled(open.side, price, slippage));
            done.fees += equity.max(0.0) - done.fill.recovered;
            done.slippage += open.equity_at(self.contract, price) - equity;
        }
        done.closed = 1.0;
        done
    }

    /// What one step leaves open, the tier it goes down to, its fee and what its fill lost; none if it closes everything.
    fn step(
        &self,
        open: &Holding,
        standing: Standing,
        price: f64,
    ) -> Option<(Holding, Option<usize>, f64, f64)> {
        let is_dust = |left: f64| left < LEAST_OPEN * standing.opened;
        match self.liquidation {
            Liquidation::Close { fee, slippage, partial: Some(step) } => {
                let (left, limit) = match step {
                    PartialClose::Fraction(fraction) => (open.quantity * (1.0 - fraction), None),
                    PartialClose::Tier => {
                        let (left, limit) = self.tier_down(open, standing.limit, price)?;
                        (left, Some(limit))
                    }
                };
                if limit.is_none() && is_dust(left) {
                    return None;
                }
                let part = Holding { quantity: open.quantity - left, collateral: 0.0, ..*open };
                let at = filled(open.side, price, slippage);
                let paid = fee * part.notional(self.contract, at);
                let profit = part.profit_at(self.contract, at);
                let lost = part.profit_at(self.contract, price) - profit;
                Some((
                    Holding { quantity: left, collateral: open.collateral + profit - paid, ..*open },
                    limit,
                    paid,
                    lost,
                ))
            }
            Liquidation::Repay { penalty, close_factor, close_all_below } => {
                let debt = debt_of(open, price);
                let assets = debt + open.equity_at(self.contract, price);
                // A tier's rate is the margin level of liquidation less 1, one over the threshold less 1.
                let threshold = 1.0 / (1.0 + self.tiers[0].rate);
                let helps = debt * (1.0 + penalty) < assets;
                if close_factor >= 1.0 || !helps || assets * threshold < close_all_below * debt {
                    return None;
                }
                let repaid = close_factor * debt;
                let sold = repaid * (1.0 + penalty);
                let (quantity, cash) = match open.side {
                    Side::Long => (open.quantity - sold / price, repaid - debt),
                    Side::Short => {
                        (open.quantity - repaid / price, open.quantity * open.entry + open.collateral - sold)
                    }
                };
                let collateral = match open.side {
                    Side::Long => cash + quantity * open.entry,
                    Side::Short => cash - quantity * open.entry,
                };
                let left = Holding { quantity, collateral, ..*open };
                (!is_dust(quantity)).then_some((left, None, penalty * repaid, 0.0))
            }
            Liquidation::Forfeit | Liquidation::Close { partial: None, .. } => None,
        }
    }

    /// The quantity at the edge of the next tier below that of the position or its limit, and this tier; none below the lowest.
    fn tier_down(&self, open: &Holding, limit: Option<usize>, price: f64) -> Option<(f64, usize)> {
        let size = match self.tier_size {
            TierSize::Notional => open.notional(self.contract, price),
            TierSize::Quantity => open.quantity,
        };
        let tier = self.tier_index(size).min(limit.unwrap_or(usize::MAX));
        let below = tier.checked_sub(1)?;
        Some((open.quantity * (self.tiers[below].up_to / size).min(1.0 - f64::EPSILON), below))
    }
}

/// The price of a fill that closes a position at a mark price.
fn filled(side: Side, price: f64, slippage: f64) -> f64 {
    match side {
        Side::Long => price * (1.0 - slippage),
        Side::Short => price * (1.0 + slippage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{MarginTier, TierBand, TierRule};

    fn near(got: f64, wanted: f64) {
        assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{got} is not {wanted}");
    }

    fn venue(contract: Contract, fee: f64, slippage: f64, partial: Option<PartialClose>) -> Venue {
        let band = |up_to, rate| TierBand { up_to, rate, max_leverage: 50.0 };
        let bands = [band(1000.0, 0.01), band(5000.0, 0.02), band(f64::INFINITY, 0.1)];
        Venue {
            liquidation: Liquidation::Close { fee, slippage, partial },
            ..Venue::new(contract, MarginTier::table(&bands, TierRule::Marginal).unwrap())
        }
    }

    /// 100 long at 100 with 1000: at 92.7 the equity is 270, the margin 10 + 80 + 427.
    const LONG: Holding = Holding { side: Side::Long, entry: 100.0, quantity: 100.0, collateral: 1000.0 };

    #[test]
    fn slippage_is_paid_from_the_collateral_and_then_by_the_venue() {
        let venue = venue(Contract::Linear, 0.01, 0.001, None);
        // Long at 95: filled at 94.905, equity 490.5, fee 94.905.
        near(venue.liquidate(&LONG, 95.0).recovered, 490.5 - 94.905);
        // At 90.05 there is equity of 5 at the mark but −4.005 − ... at the fill of 89.95995.
        let fill = venue.liquidate(&LONG, 90.05);
        assert_eq!(fill.recovered, 0.0);
        near(fill.bad_debt, 100.0 * (90.0 - 89.95995));
        // A short is filled above the mark.
        let short = Holding { side: Side::Short, ..LONG };
        near(venue.liquidate(&short, 105.0).recovered, 1000.0 - 510.5 - 105.105);
    }

    #[test]
    fn one_tier_less_can_be_enough() {
        let terms = venue(Contract::Linear, 0.0, 0.0, Some(PartialClose::Tier));
        let done = terms.liquidate_partially(&LONG, Standing::fresh(&LONG), 92.7);
        let open = done.open.unwrap();
        // 5000 of notional need 10 + 80 = 90, and the equity is what it was: 270.
        near(open.quantity * 92.7, 5000.0);
        near(open.equity_at(Contract::Linear, 92.7), 270.0);
        near(done.closed, 1.0 - 5000.0 / 9270.0);
        assert_eq!((done.fees, done.slippage, done.fill.bad_debt), (0.0, 0.0, 0.0));
        // With 50 of equity it takes two tiers (1000 need 10), with 5 nothing helps.
        let poorer = Holding { collateral: 780.0, ..LONG };
        near(
            terms.liquidate_partially(&poorer, Standing::fresh(&poorer), 92.7).open.unwrap().quantity * 92.7,
            1000.0,
        );
        let poorest = Holding { collateral: 735.0, ..LONG };
        let done = terms.liquidate_partially(&poorest, Standing::fresh(&poorest), 92.7);
        assert_eq!((done.open, done.closed), (None, 1.0));
        near(done.fill.recovered, 5.0);
    }

    #[test]
    fn what_is_closed_in_part_adds_up() {
        // Every unit of equity at the mark is still behind the position, returned, paid or lost to slippage.
        let sides = [Side::Long, Side::Short];
        let steps = [None, Some(PartialClose::Tier), Some(PartialClose::Fraction(0.2))];
        for (contract, quantity) in [(Contract::Linear, 100.0), (Contract::Inverse, 1e6)] {
            for side in sides {
                for partial in steps {
                    for (collateral, fee) in [(1000.0, 0.002), (780.0, 0.0), (740.0, 0.01), (700.0, 0.01)] {
                        let terms = venue(contract, fee, 0.0005, partial);
                        let price = if side == Side::Long { 92.7 } else { 107.87 };
                        let holding = Holding { side, entry: 100.0, quantity, collateral };
                        let done = terms.liquidate_partially(&holding, Standing::fresh(&holding), price);
                        let behind = done.open.map_or(0.0, |open| open.equity_at(contract, price));
                        let left = behind + done.fill.recovered - done.fill.bad_debt;
                        near(left + done.fees + done.slippage, holding.equity_at(contract, price));
                        if let Some(open) = done.open {
                            assert!(behind > terms.maintenance(&open, price).amount);
                        }
                    }
                }
            }
        }
    }

    /// A loan of 800 on 10 coins at 100, threshold 80 %, close factor 50 %, penalty 5 %: 400 repaid cost 420 of the 1000.
    #[test]
    fn a_lender_repays_a_share_of_the_debt_from_the_collateral() {
        let terms = |close_factor, close_all_below| Venue {
            liquidation: Liquidation::Repay { penalty: 0.05, close_factor, close_all_below },
            ..Venue::new(Contract::Spot, vec![MarginTier::flat(0.25, 0.0).unwrap()])
        };
        let loan = Holding { side: Side::Long, entry: 100.0, quantity: 10.0, collateral: 200.0 };
        let done = terms(0.5, 0.95).liquidate_partially(&loan, Standing::fresh(&loan), 100.0);
        let open = done.open.unwrap();
        near(open.quantity, 5.8);
        near(open.quantity * 100.0 - open.equity_at(Contract::Spot, 100.0), 400.0);
        near(done.fees, 20.0);
        // A gap to 95: the health factor is 0.95, which is not below. To 94: all of the debt is repaid with 40 more.
        assert!(terms(0.5, 0.95).liquidate_partially(&loan, Standing::fresh(&loan), 95.001).open.is_some());
        let all = terms(0.5, 0.95).liquidate_partially(&loan, Standing::fresh(&loan), 94.0);
        assert_eq!(all.open, None);
        near(all.fill.recovered, 940.0 - 800.0 - 40.0);
        near(all.fees, 40.0);
        // Without that rule a half at 94 (loan to value 85.1 %) leaves 400 on 520, 76.9 %.
        let half = terms(0.5, 0.0).liquidate_partially(&loan, Standing::fresh(&loan), 94.0).open.unwrap();
        near(half.quantity * 94.0, 940.0 - 420.0);
        // A tenth at a time: 80.99 % after one, as 0.9·v/(1 − 0.1·v·1.05) says; a second one is needed at 99.
        let tenth = terms(0.1, 0.0).liquidate_partially(&loan, Standing::fresh(&loan), 99.0);
        let open = tenth.open.unwrap();
        let v: f64 = 800.0 / 990.0;
        let after = |v: f64| 0.9 * v / (1.0 - 0.105 * v);
        assert!(after(v) < 0.8);
        near(1.0 - open.equity_at(Contract::Spot, 99.0) / (open.quantity * 99.0), after(v));
        // Past the point where the penalty eats what is left, nothing helps.
        let late = terms(0.5, 0.0).liquidate_partially(&loan, Standing::fresh(&loan), 83.0);
        assert_eq!((late.open, late.fill.recovered, late.fill.bad_debt), (None, 0.0, 0.0));
        near(late.fees, 30.0);
        near(terms(0.5, 0.0).liquidate_partially(&loan, Standing::fresh(&loan), 70.0).fill.bad_debt, 100.0);
        // A short owes coins: 8 borrowed on 1000 of money.
        let short = Holding { side: Side::Short, entry: 100.0, quantity: 8.0, collateral: 200.0 };
        let open = terms(0.5, 0.0).liquidate_partially(&short, Standing::fresh(&short), 100.0).open.unwrap();
        near(open.quantity, 4.0);
        near(open.equity_at(Contract::Spot, 100.0), 1000.0 - 420.0 - 400.0);
    }

    /// A short that was taken down to 5000 has grown to 5050 when it is liquidated again: it goes down to 1000, not to 5000.
    #[test]
    fn a_tier_that_was_left_is_not_left_again() {
        let terms = venue(Contract::Linear, 0.0, 0.0, Some(PartialClose::Tier));
        let grown = Holding { side: Side::Short, entry: 100.0, quantity: 50.0, collateral: 100.0 };
        let again = |limit| terms.liquidate_partially(&grown, Standing { opened: 100.0, limit }, 101.0);
        // Equity of 50 is enough for 5000, which need 10 + 80 = 90, only after the second tier.
        near(again(None).open.unwrap().quantity * 101.0, 1000.0);
        let richer = Holding { collateral: 144.0, ..grown };
        let again = |limit| terms.liquidate_partially(&richer, Standing { opened: 100.0, limit }, 101.0);
        let (first, second) = (again(None), again(Some(1)));
        near(first.open.unwrap().quantity * 101.0, 5000.0);
        near(second.open.unwrap().quantity * 101.0, 1000.0);
        assert_eq!((first.limit, second.limit, again(Some(0)).open), (Some(1), Some(0), None));
    }

    /// Steps by fraction end with what is a hundredth of the position that was opened.
    #[test]
    fn dust_is_closed_with_the_step() {
        let terms = venue(Contract::Linear, 0.0, 0.0, Some(PartialClose::Fraction(0.2)));
        let rest = Holding { quantity: 1.26, collateral: 1.26 * 8.2, ..LONG };
        let left = |opened| terms.liquidate_partially(&rest, Standing { opened, limit: None }, 92.7).open;
        near(left(100.0).unwrap().quantity, 1.008);
        assert_eq!(left(101.0), None);
    }

    #[test]
    fn a_gap_past_bankruptcy_closes_everything() {
        let terms = venue(Contract::Linear, 0.01, 0.0, Some(PartialClose::Fraction(0.5)));
        let done = terms.liquidate_partially(&LONG, Standing::fresh(&LONG), 80.0);
        assert_eq!((done.open, done.fees), (None, 0.0));
        near(done.fill.bad_debt, 1000.0);
    }
}
