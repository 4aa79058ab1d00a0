//! A margin pool: collateral that some positions share, and what is asked of it.
//!
//! Positions on one side of one contract at one venue are a *group*: the venue's tiers are of their sum. With x the ratios of
//! prices to those at the start, a pool with cash w is liquidated as soon as its excess
//!
//! ```text
//! G(x) = w + Σ value(x) − Σ requirement(x)
//! ```
//!
//! is 0 or less. A contract exchanges profits; coins are bought and sold for money. So the *debt* of the pool is the part of
//! the coins bought and of payments that its money does not cover, and what it is *lent*, and pays interest on, counts the
//! losses of its contracts too:
//!
//! ```text
//! debt D = max(0, −(w + Σ what the contracts were entered at)),   lent max(0, −(w + Σ value of the contracts))
//! ```
//!
//! Longs on spot margin are security for that debt: with V their value and kᵢ the margin level of each (one over the
//! liquidation threshold of a lender), their requirement is D·(V/Σ(Vᵢ/kᵢ) − 1), which equity meets where Σ Vᵢ/kᵢ = D, at a
//! health factor of 1.
//!
//! Source: Aave v3 documents, health factor = Σ(collateral·threshold)/debt.

use super::coins::{CoinCollateral, PledgedCoins};
use super::group::Group;
use super::leg::{Leg, Unit};
use crate::venue::{MaintenanceBasis, Venue};

/// The positions of one pool at one leverage, in fractions of the account's equity.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// The positions, group by group.
    pub legs: Vec<Leg>,
    /// Positions that share tiers.
    pub groups: Vec<Group>,
    /// The assets of the positions, ascending.
    pub assets: Vec<usize>,
    /// Place of the asset whose coin the pool holds while the account is counted in the quote currency.
    pub coin: Option<usize>,
    /// Coins among its collateral, where the positions settle in the quote currency.
    pub pledged: Option<PledgedCoins>,
    /// Collateral before any fee.
    pub collateral: f64,
    /// Fees paid at the start.
    pub entry_fee: f64,
    /// Share of the debt that each position has to answer for.
    pub debt_shares: Vec<f64>,
}

/// What a leg has become on a path.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stake {
    /// Signed exposure, with coins of interest that are owed.
    pub exposure: f64,
    /// The part of it that is coins owed as interest (negative): a cost at the price at which they are bought back.
    pub owed: f64,
    /// What it was bought for: coins and contracts at the prices at which they were added.
    pub paid: f64,
}

/// Money and positions of a pool on one path.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// Money, less what the positions were bought for.
    pub cash: f64,
    /// By leg.
    pub legs: &'a [Stake],
}

/// What somebody waits for, of the pool as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Room {
    /// Equity less a multiple of what is needed; 1 for liquidation.
    Margin(f64),
    /// The margin level of a debt less that of a lender's call.
    Call,
    /// Equity less the notional over a leverage.
    Leverage(f64),
    /// Profit of the prices, of the positions as they were opened, above a fraction of the collateral.
    Above(f64),
    /// The same, below it.
    Below(f64),
}

impl Pool {
    /// A pool of some collateral. Each leg comes with its venue, with the equity that its size is a fraction of (in what the
    /// contract settles in) and with the price of its asset.
    pub(super) fn new(
        legs: Vec<(Leg, &Venue, f64, f64)>,
        collateral: f64,
        coin: Option<usize>,
        pledged: Option<CoinCollateral>,
    ) -> Self {
        let mut legs = legs;
        // The order of a scenario's list must not show in the last digits.
        let key = |leg: &Leg| (leg.asset, leg.unit as u8, leg.side as u8);
        legs.sort_by(|(a, ..), (b, ..)| key(a).cmp(&key(b)).then(b.exposure.total_cmp(&a.exposure)));
        let of_coins = pledged.map(|coins| coins.asset);
        let mut assets: Vec<usize> = legs.iter().map(|(leg, ..)| leg.asset).chain(of_coins).collect();
        assets.sort_unstable();
        assets.dedup();
        let place = |asset: usize| assets.partition_point(|known| *known < asset);
        let mut ordered: Vec<Leg> = Vec::with_capacity(legs.len());
        let mut groups: Vec<Group> = Vec::new();
        while !legs.is_empty() {
            let (mut first, venue, equity, price) = legs.remove(0);
            first.place = place(first.asset);
            let is_on_entry = venue.maintenance_basis == MaintenanceBasis::Entry;
            let (same, rest): (Vec<_>, Vec<_>) = legs.into_iter().partition(|(leg, other, ..)| {
                key(leg) == key(&first) && *other == venue && (!is_on_entry || leg.entry == first.entry)
            });
            legs = rest;
            let sizes = same.iter().map(|(leg, ..)| leg.exposure.abs()).sum::<f64>();
            let mut group =
                Group::new(ordered.len(), &first, venue, (price, equity), first.exposure.abs() + sizes);
            group.end += same.len();
            ordered.extend(same.into_iter().map(|(leg, ..)| Leg { place: first.place, ..leg }));
            ordered.insert(group.first, first);
            groups.push(group);
        }
        let legs = ordered;
        let bought = |leg: &Leg| if leg.is_funded { leg.exposure.max(0.0) } else { 0.0 };
        let all: f64 = legs.iter().map(bought).sum();
        let share = |leg: &Leg| if bought(leg) > 0.0 { bought(leg) / all } else { 0.0 };
        Self {
            debt_shares: legs.iter().map(share).collect(),
            entry_fee: legs.iter().map(|leg| leg.entry_fee * leg.exposure.abs()).sum(),
            coin: coin.map(place),
            pledged: pledged.map(|CoinCollateral { asset, worth, haircut }| PledgedCoins {
                place: place(asset),
                worth: worth * collateral,
                haircut,
            }),
            assets,
            groups,
            legs,
            collateral,
        }
    }

    /// Money that it holds after the entry, the exposures of all positions paid for.
    pub fn opening_cash(&self) -> f64 {
        let coins = self.pledged.map_or(0.0, |coins| coins.worth);
        self.collateral - self.entry_fee - coins - self.legs.iter().map(|leg| leg.exposure).sum::<f64>()
    }

    /// The positions as they are opened.
    pub fn opening(&self) -> Vec<Stake> {
        self.legs.iter().map(|leg| Stake { exposure: leg.exposure, owed: 0.0, paid: leg.exposure }).collect()
    }

    /// Value of a leg at price ratios (by place).
    #[inline]
    pub fn value(&self, leg: usize, held: Held<'_>, x: &[f64]) -> f64 {
        held.legs[leg].exposure * self.legs[leg].unit.value(x[self.legs[leg].place])
    }

    /// Equity at price ratios (by place).
    #[inline]
    pub fn equity(&self, held: Held<'_>, x: &[f64]) -> f64 {
        (0..self.legs.len()).map(|leg| self.value(leg, held, x)).sum::<f64>() + held.cash + self.coins(x)
    }

    /// What the coins among its collateral are worth at price ratios (by place).
    #[inline]
    pub fn coins(&self, x: &[f64]) -> f64 {
        self.pledged.map_or(0.0, |coins| coins.worth_at(x))
    }

    /// Equity as the venue compares it with what is needed, at price ratios (by place).
    pub fn margin_balance(&self, held: Held<'_>, x: &[f64]) -> f64 {
        self.equity(held, x) - self.pledged.map_or(0.0, |coins| coins.taken_off(x))
    }

    /// Collateral as the venue counts it at the start.
    pub fn counted_collateral(&self) -> f64 {
        self.collateral - self.pledged.map_or(0.0, |coins| coins.haircut * coins.worth)
    }

    /// What was borrowed to buy coins, in the currency of the pool: losses of contracts, which are not realised, aside.
    #[inline]
    pub fn debt(&self, held: Held<'_>) -> f64 {
        let contracts = self.legs.iter().zip(held.legs).filter(|(leg, _)| !leg.is_funded);
        (-(held.cash + contracts.map(|(_, stake)| stake.paid).sum::<f64>())).max(0.0)
    }

    /// What bears interest: all that the money of the pool, with the profits and losses of its contracts, does not pay for.
    #[inline]
    pub fn lent(&self, held: Held<'_>, x: &[f64]) -> f64 {
        let contracts = (0..self.legs.len()).filter(|leg| !self.legs[*leg].is_funded);
        (-(held.cash + contracts.map(|leg| self.value(leg, held, x)).sum::<f64>())).max(0.0)
    }

    /// Notional of a leg at price ratios (by place).
    #[inline]
    pub fn notional_of(&self, leg: usize, held: Held<'_>, x: &[f64]) -> f64 {
        let terms = &self.legs[leg];
        terms.unit.notional(held.legs[leg].exposure.abs(), x[terms.place]).0
    }

    /// Notional of all positions at price ratios (by place).
    pub fn notional(&self, held: Held<'_>, x: &[f64]) -> f64 {
        (0..self.legs.len()).map(|leg| self.notional_of(leg, held, x)).sum()
    }

    /// Interest in coins that its shorts owe beside what they borrowed, at price ratios (by place).
    pub fn interest_in_coins(&self, held: Held<'_>, x: &[f64]) -> f64 {
        let owed = |(leg, stake): (&Leg, &Stake)| -stake.owed * leg.unit.value(x[leg.place]);
        self.legs.iter().zip(held.legs).map(owed).sum()
    }

    /// Taker fees of closing every position at price ratios (by place).
    pub fn closing_fee(&self, held: Held<'_>, x: &[f64]) -> f64 {
        (0..self.legs.len()).map(|leg| self.legs[leg].taker_fee * self.notional_of(leg, held, x)).sum()
    }

    /// The worth of one unit of the pool in the account's currency.
    #[inline]
    pub fn worth(&self, x: &[f64]) -> f64 {
        self.coin.map_or(1.0, |place| x[place])
    }

    /// All requirements at price ratios (by place).
    pub fn needed(&self, held: Held<'_>, x: &[f64]) -> f64 {
        let mut gradient = [0.0; 8];
        let mut long = Vec::new();
        let gradient = if self.assets.len() <= 8 {
            &mut gradient[..self.assets.len()]
        } else {
            long.resize(self.assets.len(), 0.0);
            &mut long[..]
        };
        self.requirement(held, x, false, gradient)
    }

    /// The size of a group.
    #[inline]
    pub fn size_of(&self, group: &Group, held: Held<'_>) -> f64 {
        held.legs[group.first..group.end].iter().map(|leg| leg.exposure.abs()).sum()
    }

    /// All requirements (with those of a lender's call in place of liquidation where `call`), and adds their derivatives in the
    /// log-prices to the gradient.
    #[inline]
    fn requirement(&self, held: Held<'_>, x: &[f64], call: bool, gradient: &mut [f64]) -> f64 {
        let mut needed = 0.0;
        let mut security = (0.0, 0.0);
        for group in &self.groups {
            let size = self.size_of(group, held);
            if size == 0.0 {
                continue;
            }
            let price = x[group.place];
            if let Some(level) = group.level_of(call) {
                security.0 += size * price;
                security.1 += size * price / level;
                continue;
            }
            let owed = if self.groups.len() == 1 && self.pledged.is_none() {
                group.requirement.owed(held.cash)
            } else {
                size
            };
            let times = if call { group.call_multiple } else { 1.0 };
            let (amount, slope) = match group.unit {
                Unit::Quote => {
                    let (amount, slope) = group.requirement.needed(size, price, owed);
                    (amount, slope * price)
                }
                Unit::Coin => {
                    let (amount, slope) = group.requirement.needed(size, 1.0 / price, owed);
                    (amount, -slope / price)
                }
                Unit::CoinInQuote => {
                    let (coins, slope) = group.requirement.needed(size, 1.0 / price, owed);
                    (coins * price, coins.mul_add(price, -slope))
                }
            };
            needed += times * amount;
            gradient[group.place] += times * slope;
        }
        if security.0 > 0.0 {
            needed += self.on_debt(held, x, security, call, gradient);
        }
        needed
    }

    /// What is needed behind a debt, with securities of this value and of this value over their margin levels.
    fn on_debt(
        &self,
        held: Held<'_>,
        x: &[f64],
        (value, covered): (f64, f64),
        call: bool,
        gradient: &mut [f64],
    ) -> f64 {
        let debt = self.debt(held);
        if debt == 0.0 {
            return 0.0;
        }
        let excess = value / covered - 1.0;
        for group in &self.groups {
            if let Some(level) = group.level_of(call) {
                let own = self.size_of(group, held) * x[group.place];
                gradient[group.place] += debt * (own / covered - value * own / level / (covered * covered));
            }
        }
        debt * excess
    }

    /// Value of the coins that are security for the debt, and the largest debt that they cover.
    pub fn securities(&self, held: Held<'_>, x: &[f64]) -> (f64, f64) {
        let mut securities = (0.0, 0.0);
        for group in &self.groups {
            if let Some(level) = group.level {
                let value = self.size_of(group, held) * x[group.place];
                securities = (securities.0 + value, securities.1 + value / level);
            }
        }
        securities
    }

    /// What is left before something comes about, 0 or less where it has, and its derivatives in the log-prices.
    #[inline]
    pub fn room(&self, held: Held<'_>, room: Room, x: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        match room {
            Room::Margin(multiple) => self.over_requirement(held, multiple, false, x, gradient),
            Room::Call => self.over_requirement(held, 1.0, true, x, gradient),
            Room::Leverage(leverage) => {
                let mut room = held.cash;
                for (leg, position) in self.legs.iter().zip(held.legs) {
                    let (notional, slope) = leg.unit.notional(position.exposure.abs(), x[leg.place]);
                    let value = position.exposure * leg.unit.value(x[leg.place]);
                    room += value - notional / leverage;
                    gradient[leg.place] += leg.unit.power() * value - slope / leverage;
                }
                if let Some(coins) = self.pledged {
                    room += coins.worth_at(x);
                    gradient[coins.place] += coins.worth_at(x);
                }
                room
            }
            Room::Above(share) => self.profit(held, x, gradient) - share * self.collateral,
            Room::Below(share) => {
                let room = share * self.collateral - self.profit(held, x, gradient);
                gradient.iter_mut().for_each(|slope| *slope = -*slope);
                room
            }
        }
    }

    #[inline]
    fn over_requirement(
        &self,
        held: Held<'_>,
        multiple: f64,
        call: bool,
        x: &[f64],
        gradient: &mut [f64],
    ) -> f64 {
        let needed = self.requirement(held, x, call, gradient);
        let mut equity = held.cash;
        gradient.iter_mut().for_each(|slope| *slope *= -multiple);
        for (leg, position) in self.legs.iter().zip(held.legs) {
            let value = position.exposure * leg.unit.value(x[leg.place]);
            equity += value;
            gradient[leg.place] += leg.unit.power() * value;
        }
        if let Some(coins) = self.pledged {
            let counted = coins.worth_at(x) - coins.taken_off(x);
            equity += counted;
            gradient[coins.place] += counted;
        }
        equity - multiple * needed
    }

    /// What the prices have brought since the start to the positions that are open, as they were opened.
    fn profit(&self, held: Held<'_>, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut profit = 0.0;
        for (leg, _) in self.legs.iter().zip(held.legs).filter(|(_, position)| position.exposure != 0.0) {
            let value = leg.exposure * leg.unit.value(x[leg.place]);
            profit += value - leg.exposure;
            gradient[leg.place] += leg.unit.power() * value;
        }
        profit
    }

    /// Whether a venue would refuse the positions at their sizes, though it allows the leverage for smaller ones.
    pub fn exceeds_cap(&self) -> bool {
        let initial = self.legs.iter().map(|leg| leg.exposure.abs() / leg.cap);
        initial.sum::<f64>() > self.counted_collateral() * (1.0 + 1e-12)
    }
}
