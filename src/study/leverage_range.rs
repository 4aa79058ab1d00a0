//! The leverages that a venue lets somebody open, and how far away they are liquidated.

use super::last::Last;
use crate::account::{Level, Pool};
use crate::numeric::elementary;
use crate::scenario::Scenario;

/// The leverage levels that a venue lets somebody open, as a continuum.
#[derive(Debug, Clone, Copy)]
pub struct LeverageRange<'a> {
    scenario: &'a Scenario,
    smallest: f64,
    largest: f64,
}

/// Leverages below this are no position worth the name.
const SMALLEST: f64 = 1e-3;
/// Beyond any venue's cap.
pub(super) const LARGEST: f64 = 1e4;
/// Steps towards the leverage of a distance before it is looked for by halving: two lead there, unless other
/// tiers lie between.
const STEPS: usize = 6;
/// Both sides of where they lead are asked for, this far away.
const NEAR: f64 = 1e-12;

impl<'a> LeverageRange<'a> {
    /// The continuum of a scenario's account; none if it has no position or nothing can be opened.
    pub fn of(scenario: &'a Scenario) -> Option<Self> {
        // A miner without debt has a leverage of 1.
        let smallest = if scenario.miner.is_some() { 1.0 } else { SMALLEST };
        let range = Self { scenario, smallest, largest: LARGEST };
        if !range.allows(smallest) {
            return None;
        }
        let largest = if range.allows(LARGEST) {
            LARGEST
        } else {
            let last = range.last_allowed();
            // A cap is a round number that halving only comes near to.
            let round = (last * 1e6).round() / 1e6;
            if range.allows(round) { round } else { last }
        };
        Some(Self { largest, ..range })
    }

    /// The scenario.
    pub(super) fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// The smallest leverage worth looking at.
    pub fn smallest(&self) -> f64 {
        self.smallest
    }

    /// The largest leverage that the venue allows at this equity.
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// Whether there is nothing below the smallest: a miner without debt has a leverage of 1.
    pub fn is_bounded_below(&self) -> bool {
        self.scenario.miner.is_some()
    }

    /// Whether the venues let the account be opened at a leverage.
    fn allows(&self, leverage: f64) -> bool {
        let Scenario { account, assets, miner, .. } = self.scenario;
        if let Some(miner) = miner {
            return assets.get(miner.asset).is_some_and(|asset| miner.open(leverage, asset.price).is_ok());
        }
        if account.is_portfolio() {
            let prices: Vec<f64> = assets.iter().map(|asset| asset.price).collect();
            let pools = account.open(leverage, &prices);
            return pools.is_ok_and(|pools| !pools.iter().any(Pool::exceeds_cap));
        }
        self.open(leverage).is_some()
    }

    /// The level of an account of one position.
    fn open(&self, leverage: f64) -> Option<Level> {
        let account = &self.scenario.account;
        let position = account.positions.first()?;
        let price = self.scenario.assets.get(position.asset)?.price;
        let level = account.level(position, price, leverage).ok()?;
        level.exceeded_cap.is_none().then_some(level)
    }

    /// Distance to liquidation as a log-price; infinite where there is none.
    pub(super) fn distance(&self, leverage: f64) -> f64 {
        self.open(leverage).map_or(0.0, |level| level.log_barrier().map_or(f64::INFINITY, f64::abs))
    }

    /// The last leverage that is allowed, where not all are.
    fn last_allowed(&self) -> f64 {
        let account = &self.scenario.account;
        let venue = account.positions.first().map(|position| account.venue_of(position));
        let allows = |leverage: f64| self.allows(leverage);
        let mut last = Last::between(self.smallest, LARGEST);
        // It is most often a cap, or where a tier of a smaller cap begins.
        for tier in venue.iter().flat_map(|venue| &venue.tiers) {
            last.ask(tier.max_leverage, allows);
            last.ask(tier.up_to / account.equity, allows);
        }
        last.ask(last.known() * (1.0 + NEAR), allows);
        last.halved(allows)
    }

    /// The largest leverage whose liquidation lies at least this far away.
    pub(super) fn at_distance(&self, distance: f64) -> f64 {
        let is_far = |leverage: f64| self.distance(leverage) >= distance;
        if is_far(self.largest) {
            self.largest
        } else if is_far(SMALLEST) {
            self.last_at(distance)
        } else {
            0.0
        }
    }

    /// The last leverage whose liquidation lies at least this far away, where some do and some do not.
    fn last_at(&self, distance: f64) -> f64 {
        let mut last = Last::between(SMALLEST, self.largest);
        // What the contract is linear in, over that at the entry, is on the edge of liquidation a straight line
        // in one over leverage, as long as the tier is the same.
        let sign = self.gain_sign();
        let ratio = |distance: f64| elementary::exp(-sign * distance);
        let wanted = ratio(distance);
        let mut at = |inverse: f64| {
            let own = self.distance(1.0 / inverse);
            last.learn(1.0 / inverse, own >= distance);
            ratio(own)
        };
        // Without margin and fees.
        let mut inverse = (1.0 - wanted).abs();
        let mut other = 1.1 * inverse;
        let (mut own, mut of_other) = (at(inverse), at(other));
        for _ in 0..STEPS {
            let next = inverse + (wanted - own) * (other - inverse) / (of_other - own);
            if !(next > 0.0 && next < f64::INFINITY) {
                break;
            }
            (other, of_other) = (inverse, own);
            inverse = next;
            if (inverse / other - 1.0).abs() < NEAR {
                break;
            }
            own = at(inverse);
        }
        at(inverse * (1.0 - NEAR));
        at(inverse * (1.0 + NEAR));
        last.halved(|leverage| self.distance(leverage) >= distance)
    }

    /// +1 where the position gains as what its contract is linear in rises, else −1.
    fn gain_sign(&self) -> f64 {
        let account = &self.scenario.account;
        let position = account.positions.first();
        position.map_or(1.0, |position| account.venue_of(position).contract.gain_sign(position.side))
    }
}
