//! Collateral that some positions share, and what its positions ask of it.

use super::leg::Leg;
use crate::account::opening::Remains;

/// The positions of one purse at one leverage, in fractions of the account's equity.
#[derive(Debug, Clone, PartialEq)]
pub struct Purse {
    pub(super) legs: Vec<Leg>,
    /// The assets of the positions, ascending.
    pub(super) assets: Vec<usize>,
    /// Place in `assets` of each position's asset.
    pub(super) places: Vec<usize>,
    /// Place of the asset whose coin the purse holds while the account is counted in the quote currency.
    pub(super) coin: Option<usize>,
    /// Collateral before any fee.
    pub(super) collateral: f64,
    /// Fees paid at entry.
    pub(super) entry_fee: f64,
    /// Whether liquidation leaves nothing.
    pub(super) forfeits: bool,
    /// Exposures of the positions that are contracts: they only exchange profits.
    contracts: f64,
    /// Share of the debt that each position has to answer for.
    pub(super) debt_shares: Vec<f64>,
}

impl Purse {
    /// A purse of some collateral; its positions are put in the order of their assets.
    pub(super) fn new(mut legs: Vec<Leg>, collateral: f64, coin: Option<usize>, forfeits: bool) -> Self {
        // The order of a scenario's list must not show in the last digits.
        legs.sort_by(|a, b| {
            (a.asset, a.unit as u8).cmp(&(b.asset, b.unit as u8)).then(b.exposure.total_cmp(&a.exposure))
        });
        let mut assets: Vec<usize> = legs.iter().map(|leg| leg.asset).collect();
        assets.dedup();
        let bought = |leg: &Leg| if leg.is_funded { leg.entry_exposure.max(0.0) } else { 0.0 };
        let all: f64 = legs.iter().map(bought).sum();
        let debt_shares =
            legs.iter().map(|leg| if bought(leg) > 0.0 { bought(leg) / all } else { 0.0 }).collect();
        let place = |asset: usize| assets.iter().position(|known| *known == asset).unwrap_or(0);
        Self {
            places: legs.iter().map(|leg| place(leg.asset)).collect(),
            coin: coin.map(place),
            contracts: legs.iter().filter(|leg| !leg.is_funded).map(|leg| leg.entry_exposure).sum(),
            debt_shares,
            entry_fee: legs.iter().map(|leg| leg.taker_fee * leg.exposure.abs()).sum(),
            assets,
            legs,
            collateral,
            forfeits,
        }
    }

    /// Cash after the entry, the exposures of all positions paid for.
    pub(super) fn opening_cash(&self) -> f64 {
        self.collateral - self.entry_fee - self.legs.iter().map(|leg| leg.exposure).sum::<f64>()
    }

    /// What is owed in the currency of the purse: contracts borrow nothing.
    #[inline]
    pub(super) fn debt(&self, cash: f64) -> f64 {
        (-(cash + self.contracts)).max(0.0)
    }

    /// Equity less all requirements at price ratios (by place), and its derivatives in the log-prices.
    #[inline]
    pub(super) fn excess(&self, cash: f64, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let debt = self.debt(cash);
        let mut excess = cash;
        for ((leg, place), share) in self.legs.iter().zip(&self.places).zip(&self.debt_shares) {
            let worth = leg.at(x[*place], debt * share);
            excess += worth.value - worth.needed;
            gradient[*place] += worth.gain - worth.needed_gain;
        }
        excess
    }

    /// Equity at price ratios (by place).
    #[inline]
    pub(super) fn equity(&self, cash: f64, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        cash + legs.map(|(leg, place)| leg.exposure * leg.unit_value(x[*place])).sum::<f64>()
    }

    /// Interest in coins that its shorts owe beside what they borrowed, at price ratios (by place).
    pub(super) fn interest_in_coins(&self, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        legs.map(|(leg, place)| (leg.entry_exposure - leg.exposure) * leg.unit_value(x[*place])).sum()
    }

    /// Taker fees of closing every position at price ratios (by place).
    pub(super) fn closing_fee(&self, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        legs.map(|(leg, place)| leg.taker_fee * leg.notional(x[*place])).sum()
    }

    /// The worth of one unit of the purse in the account's currency.
    pub(super) fn worth(&self, x: &[f64]) -> f64 {
        self.coin.map_or(1.0, |place| x[place])
    }

    /// What a liquidation of all positions at price ratios (by place) leaves.
    pub(super) fn liquidate(&self, cash: f64, x: &[f64]) -> Remains {
        let equity = self.equity(cash, x);
        let (mut filled, mut fees) = (cash, 0.0);
        for (leg, place) in self.legs.iter().zip(&self.places) {
            let (at, fee) = leg.fill(x[*place]).unwrap_or((x[*place], 0.0));
            filled += leg.exposure * leg.unit_value(at);
            fees += fee * leg.notional(at);
        }
        let recovered = if self.forfeits { 0.0 } else { (filled - fees).max(0.0) };
        let bad_debt = (-filled).max(0.0);
        Remains { recovered, kept: equity + bad_debt - recovered, bad_debt }
    }
}
