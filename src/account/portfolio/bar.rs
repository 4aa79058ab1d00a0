//! One bar for one purse of all levels: the gap at its open, then the bridge to its close.

use super::evaluation::Portfolio;
use crate::account::walk::OUT_OF_REACH;
use crate::market::Bars;
use crate::numeric::{Kernel, Stream, crossing_probability, dispatch, exp, first_passage_fraction, ln};

/// Distances by the slope at the ends can be too long by this much in their product before a crossing is overlooked.
const ROUGHNESS: f64 = 2.0;

impl Portfolio {
    /// Sets the correlations of the assets of a purse.
    pub(super) fn set_correlations(&mut self, purse: usize) {
        let Some(purse) = self.levels.first().map(|level| &level[purse]) else { return };
        let of = |i: usize, j: usize| match self.correlation.get(i) {
            Some(row) => row[j],
            None => f64::from(u8::from(i == j)),
        };
        let pairs = purse.assets.iter().flat_map(|i| purse.assets.iter().map(move |j| (*i, *j)));
        self.spread.correlations.clear();
        self.spread.correlations.extend(pairs.map(|(i, j)| of(i, j)));
    }

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
            self.spread.deviations.clear();
            self.spread.deviations.extend(sample.assets.iter().map(|asset| bars[*asset].variance[i].sqrt()));
        }
        let mut draws = None;
        for level in 0..self.levels.len() {
            let slot = self.slots[self.slot(lane, level, purse)];
            if !slot.is_open() {
                continue;
            }
            let of = &self.levels[level][purse];
            let excess = of.excess(slot.cash, &columns.x_open, &mut columns.gradient);
            if excess <= 0.0 {
                self.liquidate((lane, level, purse), &columns.x_open, start);
                continue;
            }
            if duration == 0.0 {
                continue;
            }
            let deviation = self.spread.along(&columns.gradient);
            let after = of.excess(slot.cash, &columns.x_close, &mut columns.gradient);
            let deviations = deviation * self.spread.along(&columns.gradient);
            let reach = 2.0 * excess * after / ROUGHNESS;
            if after > 0.0 && reach >= OUT_OF_REACH * deviations {
                continue;
            }
            // All levels share the draws, so that what is nearer is liquidated first.
            let (uniform, normal, other) = *draws.get_or_insert_with(|| {
                (self.draws.uniform(noise), self.draws.normal(noise), self.draws.uniform(noise))
            });
            if after > 0.0 && reach >= -ln(uniform) * deviations {
                continue;
            }
            for (y, ends) in [(&mut columns.y_open, true), (&mut columns.y_close, false)] {
                y.clear();
                let ends = |asset: &usize| if ends { bars[*asset].open[i] } else { bars[*asset].close[i] };
                y.extend(of.assets.iter().map(ends));
            }
            let near = self.nearest.distance(of, slot.cash, &columns.y_open, &self.spread);
            let far = self.nearest.distance(of, slot.cash, &columns.y_close, &self.spread);
            // A curved surface may have its nearest point on another side of a close that lies just beyond it.
            if !(after <= 0.0 || far <= 0.0 || uniform < crossing_probability(near, far, 1.0)) {
                continue;
            }
            if !near.is_finite() {
                // Nothing but its drift moved it.
                self.liquidate((lane, level, purse), &columns.x_close, start + duration);
                continue;
            }
            let share = first_passage_fraction(near.max(0.0), far.abs(), 1.0, normal, other);
            // Along the surface the path is taken to be at its mean.
            let between = columns.y_open.iter().zip(&columns.y_close).map(|(a, b)| a + share * (b - a));
            let between: Vec<f64> = between.collect();
            self.nearest.distance(of, slot.cash, &between, &self.spread);
            let x: Vec<f64> = self.nearest.point.iter().map(|y| exp(*y)).collect();
            self.liquidate((lane, level, purse), &x, share.mul_add(duration, start));
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
        ratios[asset].resize(log_prices.len(), 0.0);
        dispatch(Ratios { log_prices, ratios: &mut ratios[asset] });
    }
}

struct Ratios<'a> {
    log_prices: &'a [f64],
    ratios: &'a mut [f64],
}

impl Kernel for Ratios<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (ratio, log_price) in self.ratios.iter_mut().zip(self.log_prices) {
            *ratio = exp(*log_price);
        }
    }
}
