//! Collateral that some positions share, and what its positions ask of it.

use super::leg::Leg;
use crate::account::opening::Remains;
use crate::venue::Side;

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
    /// Share of the debt that each position has to answer for.
    pub(super) debt_shares: Vec<f64>,
}

/// Money and positions of a purse on one path.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Holdings {
    /// Money, less what the positions were bought for.
    pub cash: f64,
    /// Size of the positions, of that at the start.
    pub scale: f64,
    /// What the contracts among them were entered at: they only exchange profits, and borrow nothing.
    pub entered: f64,
}

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Trigger {
    /// The venue: equity at what is needed.
    Liquidation,
    /// The owner: equity at a multiple of what is needed.
    Margin(f64),
    /// The owner: notional at a multiple of equity.
    Leverage(f64),
}

impl Purse {
    /// The assets of its positions, ascending.
    pub fn assets(&self) -> &[usize] {
        &self.assets
    }

    /// The directions of its positions.
    pub fn sides(&self) -> impl Iterator<Item = Side> + '_ {
        self.legs.iter().map(|leg| leg.side)
    }

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
            debt_shares,
            entry_fee: legs.iter().map(|leg| leg.taker_fee * leg.exposure.abs()).sum(),
            assets,
            legs,
            collateral,
            forfeits,
        }
    }

    /// What it holds after the entry, the exposures of all positions paid for.
    pub(super) fn opening(&self) -> Holdings {
        Holdings {
            cash: self.collateral - self.entry_fee - self.legs.iter().map(|leg| leg.exposure).sum::<f64>(),
            scale: 1.0,
            entered: self.legs.iter().filter(|leg| !leg.is_funded).map(|leg| leg.entry_exposure).sum(),
        }
    }

    /// What is owed in the currency of the purse: contracts borrow nothing.
    #[inline]
    pub(super) fn debt(&self, held: Holdings) -> f64 {
        (-(held.cash + held.entered)).max(0.0)
    }

    /// Equity less all requirements at price ratios (by place), and its derivatives in the log-prices.
    #[inline]
    pub(super) fn excess(&self, held: Holdings, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.margin(held, 1.0, x, gradient)
    }

    /// What is left before a trigger is met, 0 or less where it is, and its derivatives in the log-prices.
    #[inline]
    pub(super) fn room(&self, held: Holdings, trigger: Trigger, x: &[f64], gradient: &mut [f64]) -> f64 {
        match trigger {
            Trigger::Liquidation => self.margin(held, 1.0, x, gradient),
            Trigger::Margin(multiple) => self.margin(held, multiple, x, gradient),
            Trigger::Leverage(leverage) => {
                gradient.fill(0.0);
                let mut room = held.cash;
                for (leg, place) in self.legs.iter().zip(&self.places) {
                    let (notional, slope) = leg.notional_and_slope(x[*place]);
                    let worth = leg.at(x[*place], held.scale, 0.0);
                    room += worth.value - held.scale * notional / leverage;
                    gradient[*place] += worth.gain - held.scale * slope / leverage;
                }
                room
            }
        }
    }

    #[inline]
    fn margin(&self, held: Holdings, multiple: f64, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let debt = self.debt(held);
        let mut excess = held.cash;
        for ((leg, place), share) in self.legs.iter().zip(&self.places).zip(&self.debt_shares) {
            let worth = leg.at(x[*place], held.scale, debt * share);
            excess += worth.value - multiple * worth.needed;
            gradient[*place] += worth.gain - multiple * worth.needed_gain;
        }
        excess
    }

    /// All requirements at price ratios (by place).
    pub(super) fn needed(&self, held: Holdings, x: &[f64]) -> f64 {
        let debt = self.debt(held);
        let legs = self.legs.iter().zip(&self.places).zip(&self.debt_shares);
        legs.map(|((leg, place), share)| leg.at(x[*place], held.scale, debt * share).needed).sum()
    }

    /// Equity at price ratios (by place).
    #[inline]
    pub(super) fn equity(&self, held: Holdings, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        held.cash
            + legs.map(|(leg, place)| held.scale * leg.exposure * leg.unit_value(x[*place])).sum::<f64>()
    }

    /// Notional of all positions at price ratios (by place).
    pub(super) fn notional(&self, held: Holdings, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        held.scale * legs.map(|(leg, place)| leg.notional(x[*place])).sum::<f64>()
    }

    /// Interest in coins that its shorts owe beside what they borrowed, at price ratios (by place).
    pub(super) fn interest_in_coins(&self, held: Holdings, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        let owed = |(leg, place): (&Leg, &usize)| {
            held.scale * (leg.entry_exposure - leg.exposure) * leg.unit_value(x[*place])
        };
        legs.map(owed).sum()
    }

    /// Taker fees of closing every position at price ratios (by place).
    pub(super) fn closing_fee(&self, held: Holdings, x: &[f64]) -> f64 {
        let legs = self.legs.iter().zip(&self.places);
        legs.map(|(leg, place)| held.scale * leg.taker_fee * leg.notional(x[*place])).sum()
    }

    /// What it holds when all positions have become `times` as large at price ratios (by place), fees not counted.
    pub(super) fn resized(&self, held: Holdings, times: f64, x: &[f64]) -> Holdings {
        let value = |funded: bool| -> f64 {
            let legs = self.legs.iter().zip(&self.places).filter(|(leg, _)| leg.is_funded == funded);
            legs.map(|(leg, place)| held.scale * leg.exposure * leg.unit_value(x[*place])).sum()
        };
        let entered = match times > 1.0 {
            true => held.entered + (times - 1.0) * value(false),
            false => held.entered * times,
        };
        let cash = held.cash + (1.0 - times) * (value(false) + value(true));
        Holdings { cash, scale: held.scale * times, entered }
    }

    /// The worth of one unit of the purse in the account's currency.
    pub(super) fn worth(&self, x: &[f64]) -> f64 {
        self.coin.map_or(1.0, |place| x[place])
    }

    /// What a liquidation of all positions at price ratios (by place) leaves.
    pub(super) fn liquidate(&self, held: Holdings, x: &[f64]) -> Remains {
        let equity = self.equity(held, x);
        let (mut filled, mut fees) = (held.cash, 0.0);
        for (leg, place) in self.legs.iter().zip(&self.places) {
            let (at, fee) = leg.fill(x[*place]).unwrap_or((x[*place], 0.0));
            filled += held.scale * leg.exposure * leg.unit_value(at);
            fees += held.scale * fee * leg.notional(at);
        }
        let recovered = if self.forfeits { 0.0 } else { (filled - fees).max(0.0) };
        let bad_debt = (-filled).max(0.0);
        Remains { recovered, kept: equity + bad_debt - recovered, bad_debt }
    }
}
