//! One bar for one purse of all levels: the gap at its open, then the bridge to its close.

use super::evaluation::Portfolio;
use super::nearest::Spread;
use super::purse::{Purse, Trigger};
use super::state::Place;
use crate::account::walk::OUT_OF_REACH;
use crate::market::Bars;
use crate::numeric::{Stream, crossing_probability, exp, exponentials, first_passage_fraction, ln};

/// Distances by the slope at the ends can be too long by this much in their product before a crossing is overlooked.
pub(super) const ROUGHNESS: f64 = 2.0;

/// What decides whether and when the bridge of a bar is liquidated.
pub(super) type BarDraws = (f64, f64, f64);

/// The correlations of the assets of a purse, those of all assets being `correlation`, independent where it is empty.
pub(super) fn spread_of(purse: &Purse, correlation: &[Vec<f64>]) -> Spread {
    let of = |i: usize, j: usize| match correlation.get(i) {
        Some(row) => row[j],
        None => f64::from(u8::from(i == j)),
    };
    let pairs = purse.assets.iter().flat_map(|i| purse.assets.iter().map(move |j| (*i, *j)));
    Spread { correlations: pairs.map(|(i, j)| of(i, j)).collect(), deviations: Vec::new() }
}

impl Portfolio {
    /// The bar of one path for one purse of all levels.
    pub(super) fn watch(&mut self, purse: usize, bars: &[Bars], i: usize, noise: &mut Stream) {
        let Some(sample) = self.opened.first().map(|level| &level[purse]) else { return };
        let Some(first) = sample.assets.first().map(|asset| &bars[*asset]) else { return };
        let lane = first.lanes[i] as usize;
        let (start, duration) = (first.start[i], first.duration[i]);
        let mut columns = std::mem::take(&mut self.columns);
        columns.gather(&sample.assets, &self.open_ratios, i);
        if duration > 0.0 {
            columns.x_close.clear();
            columns.x_close.extend(sample.assets.iter().map(|asset| self.close_ratios[*asset][i]));
            self.spreads[purse].deviations.clear();
            self.spreads[purse]
                .deviations
                .extend(sample.assets.iter().map(|asset| bars[*asset].variance[i].sqrt()));
        }
        // Positions alone on the same side of the same asset follow the same path.
        let key = match &sample.legs[..] {
            [leg] => Some((leg.asset, leg.side)),
            _ => None,
        };
        let known = self.shared_draws.iter().find(|(known, _)| key.is_some() && *known == key);
        let mut draws = known.map(|(_, draws)| *draws);
        for level in 0..self.levels.len() {
            let place = Place { lane, level, purse };
            let slot = self.slots[self.slot(place)];
            if !slot.is_open() {
                continue;
            }
            let of = &self.levels[level][purse];
            let excess = of.excess(slot.held, &columns.x_open, &mut columns.gradient);
            if excess <= 0.0 {
                self.liquidate(place, &columns.x_open, start);
                continue;
            }
            if duration == 0.0 {
                continue;
            }
            let deviation = self.spreads[purse].along(&columns.gradient);
            let after = of.excess(slot.held, &columns.x_close, &mut columns.gradient);
            let deviations = deviation * self.spreads[purse].along(&columns.gradient);
            let reach = 2.0 * excess * after / ROUGHNESS;
            if after > 0.0 && reach >= OUT_OF_REACH * deviations {
                continue;
            }
            // All levels share the draws, so that what is nearer is liquidated first.
            let (uniform, normal, other) = *draws.get_or_insert_with(|| {
                let (uniform, normal) = (self.draws.uniform(noise), self.draws.normal(noise));
                let drawn = (uniform, normal, self.draws.uniform(noise));
                self.shared_draws.push((key, drawn));
                drawn
            });
            if after > 0.0 && reach >= -ln(uniform) * deviations {
                continue;
            }
            for (y, ends) in [(&mut columns.y_open, true), (&mut columns.y_close, false)] {
                y.clear();
                let ends = |asset: &usize| if ends { bars[*asset].open[i] } else { bars[*asset].close[i] };
                y.extend(of.assets.iter().map(ends));
            }
            let watched = (of, slot.held, Trigger::Liquidation);
            let near = self.nearest.distance(watched, &columns.y_open, &self.spreads[purse]);
            let far = self.nearest.distance(watched, &columns.y_close, &self.spreads[purse]);
            // A curved surface may have its nearest point on another side of a close that lies just beyond it.
            if !(after <= 0.0 || far <= 0.0 || uniform < crossing_probability(near, far, 1.0)) {
                continue;
            }
            if !near.is_finite() {
                // Nothing but its drift moved it.
                self.liquidate(place, &columns.x_close, start + duration);
                continue;
            }
            let share = first_passage_fraction(near.max(0.0), far.abs(), 1.0, normal, other);
            // Along the surface the path is taken to be at its mean.
            let between = columns.y_open.iter().zip(&columns.y_close).map(|(a, b)| a + share * (b - a));
            let between: Vec<f64> = between.collect();
            self.nearest.distance(watched, &between, &self.spreads[purse]);
            let x: Vec<f64> = self.nearest.point.iter().map(|y| exp(*y)).collect();
            self.liquidate(place, &x, share.mul_add(duration, start));
        }
        self.columns = columns;
    }
}

/// Price ratios from log-prices, asset by asset.
pub(super) fn fill_ratios<'a>(ratios: &mut Vec<Vec<f64>>, log_prices: impl Iterator<Item = &'a Vec<f64>>) {
    for (asset, log_prices) in log_prices.enumerate() {
        if ratios.len() <= asset {
            ratios.push(Vec::new());
        }
        exponentials(log_prices, &mut ratios[asset]);
    }
}
