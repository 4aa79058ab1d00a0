//! Moves that all paths make together: one bar for each, over the same interval.

use super::{BlockLoop, Observers};
use crate::model::Moves;
use crate::numeric::reset;

impl BlockLoop<'_> {
    /// Moves every path of a single asset to a common time at once: nothing happens on the way.
    pub(super) fn move_together(&mut self, time: f64, observers: &mut Observers<'_>) {
        let n = self.everyone.len();
        let duration = time - self.reached;
        if self.common_duration.first() != Some(&duration) {
            reset(&mut self.common_duration, n, duration);
        }
        // Who is alone may say how near an extreme has to come, and the others are not worked out.
        let nearest = match &observers[..] {
            [observer] if self.steppers.len() == 1 && !self.steppers[0].knows_extremes() => {
                observer.nearest()
            }
            _ => None,
        };
        for (asset, stepper) in self.steppers.iter_mut().enumerate() {
            let normals = &mut self.normals[asset];
            normals.resize(n, 0.0);
            let (bars, streams) = (&mut self.bars[asset], &mut self.streams[asset]);
            bars.close.resize(n, 0.0);
            bars.variance.resize(n, 0.0);
            if stepper.takes_normals() || self.seats.iter().any(|seat| seat.funding.follows_the_price()) {
                streams.moves.normals(normals);
                self.lead.guides[asset].all(duration, normals);
            }
            self.lows.resize(n, 0.0);
            self.highs.resize(n, 0.0);
            let moves = Moves {
                lanes: &self.everyone,
                duration: &self.common_duration,
                normals,
                open: &self.prices[asset],
                close: &mut bars.close,
                variance: &mut bars.variance,
                low: &mut self.lows,
                high: &mut self.highs,
                volatility_times: self.volatility_times[asset],
            };
            stepper.advance(moves, &mut streams.events);
            for seat in &mut self.seats {
                seat.funding.drive(asset, &self.everyone, &self.common_duration, normals);
            }
            let prices = &mut self.prices[asset];
            if self.law.continuous {
                if !self.in_step || bars.lanes.len() != n || bars.duration.first() != Some(&duration) {
                    bars.lanes.clone_from(&self.everyone);
                    bars.duration.clone_from(&self.common_duration);
                }
                std::mem::swap(&mut bars.open, prices);
                let only = self.lead.only_extremes(n);
                if let Some(nearest) = nearest {
                    self.watched.draw_near(bars, (nearest, self.reached), only, &mut streams.extremes);
                } else {
                    reset(&mut bars.start, n, self.reached);
                    let known = stepper.knows_extremes().then_some((&self.lows, &self.highs));
                    self.watched.draw(bars, known, only, &mut streams.extremes);
                }
                if let Some(driver) = self.drivers.iter_mut().find(|driver| driver.asset() == asset) {
                    driver.follow(bars, normals, self.watched.uniforms(n, &mut streams.extremes));
                }
                prices.clone_from(&bars.close);
            } else {
                // Nobody looks at the bar: its close becomes the price without a copy.
                std::mem::swap(prices, &mut bars.close);
            }
        }
        self.in_step = self.law.continuous;
        if nearest.is_some() {
            observers[0].observe_near(&self.bars, self.watched.near(), &mut self.seats[0].noise);
        } else if self.law.continuous {
            self.show_bars(observers);
        }
    }
}
