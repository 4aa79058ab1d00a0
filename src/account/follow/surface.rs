//! Pools of several assets: surfaces in the space of their log-prices.
//!
//! The log-prices at both ends of a piece are known, and between them they are a Brownian bridge with the covariance matrix
//! Σᵢⱼ = ρᵢⱼ·√(VᵢVⱼ), from each bar's variance and the correlation of the drivers. Let d₀ and d₁ be the distances of the two
//! ends from the nearest point of a surface in units of the piece's standard deviation, d² = (y − z)ᵀ·Σ⁻¹·(y − z). If the surface
//! were flat in log-prices, the probability of crossing would be exactly exp(−2·d₀·d₁), by the reflection principle along the
//! normal. That is taken once the piece is short; a longer one is halved, and so is one on which surfaces of opposite
//! directions are in reach. Where a surface is crossed, the prices there are drawn: the bridge at the time of the crossing,
//! moved on to the surface along its normal, which leaves the position along the surface as it is.
//!
//! *Bias.* Exact for any pool whose liquidation depends on a ratio of two prices (long and short legs that cancel). Elsewhere
//! the surface is curved, and over a piece with standard deviation s the nearest point misses what the bridge does along the
//! surface: it widens on average by a sixth of the variance there, which shifts the surface by about κs²/12, κ its curvature, of
//! the order of 1 in log-prices: at s = 0.03 less than 1e-4 of the price. Where a requirement jumps at a tier edge (rule
//! "whole"), the jump is seen at the ends of pieces only.
//!
//! Sources: Hasofer and Lind (1974), "Exact and invariant second-moment code format"; Rackwitz and Fiessler (1978),
//! "Structural reliability under combined random load sequences"; the reflection principle as in
//! [`numeric`](crate::numeric).

use super::act::{Event, Prices};
use super::line::{OUT_OF_REACH, SMALLEST};
use super::nearest::Spread;
use super::node::Node;
use super::slot::Place;
use super::state::General;
use crate::market::Bars;
use crate::numeric::{crossing_probability, exp, extreme_below, first_passage_fraction};

/// Distances by the slope at the ends can be too long by this much in their product before a crossing is overlooked.
const ROUGHNESS: f64 = 2.0;
/// Triggers in one bar; each moves the next one away.
const MOST_EVENTS: usize = 256;
/// A piece of a bar: log-prices by place at both ends, their times, and its share of the variance.
struct Piece {
    y: (Vec<f64>, Vec<f64>),
    time: (f64, f64),
    share: f64,
    node: Node,
}

/// An event in reach, with the distances of both ends of a piece from it and its direction.
struct Reached {
    event: Event,
    near: f64,
    far: f64,
    gradient: Vec<f64>,
}

fn ratios(y: &[f64]) -> Vec<f64> {
    y.iter().map(|y| exp(*y)).collect()
}

impl General {
    /// The bar of a path for one pool of several assets at all levels.
    pub(super) fn observe_surface(&mut self, unit: usize, bars: &[Bars], i: usize, key: u64) {
        let assets = self.units[unit].assets.clone();
        let Some(first) = assets.first().map(|asset| &bars[*asset]) else { return };
        let (lane, start) = (first.lanes[i] as usize, first.start[i]);
        let end = start + first.duration[i];
        if !self.watches[lane * self.units.len() + unit].is_open {
            return;
        }
        let spread = &mut self.units[unit].spread;
        spread.deviations.clear();
        spread.deviations.extend(assets.iter().map(|asset| bars[*asset].variance[i].sqrt()));
        let open: Vec<f64> = assets.iter().map(|asset| bars[*asset].open[i]).collect();
        let close: Vec<f64> = assets.iter().map(|asset| bars[*asset].close[i]).collect();
        let (x_open, x_close) = (ratios(&open), ratios(&close));
        let pool = self.units[unit].pools[0];
        let mut gradient = vec![0.0; assets.len()];
        let mut any = false;
        for level in 0..self.levels.len() {
            let place = Place { lane, level, pool };
            let slot = &self.slots[self.slot(place)];
            if !slot.is_open() {
                continue;
            }
            any = true;
            let is_quiet = slot.appointment() > end
                && !self.is_trailing
                && self.is_out_of_reach(place, (&open, &close), (&x_open, &x_close), &mut gradient);
            if !is_quiet {
                let node = Node::bar(key, lane as u32, start);
                let bar = Piece { y: (open.clone(), close.clone()), time: (start, end), share: 1.0, node };
                self.walk_surfaces(place, bar);
            }
        }
        self.watches[lane * self.units.len() + unit].is_open = any;
    }

    /// Whether nothing that is waited for can happen in a bar between these prices.
    fn is_out_of_reach(
        &self,
        place: Place,
        y: (&[f64], &[f64]),
        x: (&[f64], &[f64]),
        gradient: &mut [f64],
    ) -> bool {
        let spread = &self.units[self.unit_of[place.pool]].spread;
        let pool = &self.levels[place.level].pools[place.pool];
        let mut led = Vec::new();
        let held = self.watched(place, &mut led);
        let quiet = |event: Event, gradient: &mut [f64]| match event.room() {
            Some(room) => {
                let before = pool.room(held, room, x.0, gradient);
                let deviation = spread.along(gradient);
                if before <= 0.0 {
                    return false;
                }
                let after = pool.room(held, room, x.1, gradient);
                let deviations = deviation * spread.along(gradient);
                after > 0.0 && 2.0 * before * after / ROUGHNESS >= OUT_OF_REACH * deviations
            }
            None => {
                let (near, far, deviation) = self.order_distances(place, event, y, spread);
                near > 0.0 && far > 0.0 && 2.0 * near * far >= OUT_OF_REACH * deviation * deviation
            }
        };
        match self.policy.is_empty() {
            true => quiet(Event::Liquidation, gradient) && !self.has_calls(place),
            false => self.events(place).all(|event| quiet(event, gradient)),
        }
    }

    fn has_calls(&self, place: Place) -> bool {
        self.levels[place.level].pools[place.pool].groups.iter().any(|group| group.lender.is_some())
    }

    /// Distances in log-price of both ends from the order of a position, and the deviation of its asset.
    fn order_distances(
        &self,
        place: Place,
        event: Event,
        y: (&[f64], &[f64]),
        spread: &Spread,
    ) -> (f64, f64, f64) {
        let leg = match event {
            Event::Stop(leg) | Event::Target(leg) => leg,
            _ => 0,
        };
        let asset = self.levels[place.level].pools[place.pool].legs[leg].place;
        let (low, high) = self.order_bounds(place, event);
        let distance = |y: f64| (y - low).min(high - y);
        (distance(y.0[asset]), distance(y.1[asset]), spread.deviations[asset])
    }

    /// Follows one pool through a bar.
    fn walk_surfaces(&mut self, place: Place, bar: Piece) {
        let unit = self.unit_of[place.pool];
        let at = self.slot(place);
        self.react(place, Prices { y: &bar.y.0, x: &ratios(&bar.y.0) }, bar.time.0);
        let mut stack = vec![bar];
        let mut events = 0;
        while let Some(piece) = stack.pop() {
            if !self.slots[at].is_open() || events > MOST_EVENTS {
                return;
            }
            let (start, end) = piece.time;
            let due = self.slots[at].appointment();
            if due > start && due < end {
                let [first, rest] = self.split(unit, piece, (due - start) / (end - start));
                stack.extend([rest, Piece { time: (start, due), ..first }]);
                continue;
            }
            let spread = self.units[unit].spread.over(piece.share);
            let reached = if start < end { self.reached(place, &piece, &spread) } else { Vec::new() };
            let turns = self.is_trailing && start < end && self.turns(place, &piece, &spread);
            let is_long = spread.largest() > self.units[unit].longest.sqrt();
            let is_between = reached.iter().enumerate().any(|(i, one)| {
                reached[..i].iter().any(|other| spread.product(&one.gradient, &other.gradient) < 0.0)
            });
            if (turns || !reached.is_empty() && (is_long || is_between))
                && spread.largest() * spread.largest() > SMALLEST
            {
                let [first, rest] = self.split(unit, piece, 0.5);
                stack.extend([rest, first]);
                continue;
            }
            if self.is_trailing {
                self.see_inside(place, &piece, &spread);
            }
            // One draw for all: where one is met, so is every nearer one, and that comes first.
            let uniform = piece.node.uniform(0);
            let is_met = |one: &&Reached| {
                one.far <= 0.0 || uniform < crossing_probability(one.near.max(0.0), one.far, 1.0)
            };
            let met = reached.iter().filter(is_met).min_by(|a, b| a.near.total_cmp(&b.near));
            let Some(Reached { event, near, far, .. }) = met else {
                let y = &piece.y.1;
                let x = ratios(y);
                self.react(place, Prices { y, x: &x }, end);
                if self.keep_appointments(place, &x, end) {
                    self.react(place, Prices { y, x: &x }, end);
                }
                continue;
            };
            events += 1;
            let share = match near.is_finite() {
                true => {
                    let (normal, uniform) = (piece.node.normal(1), piece.node.uniform(2));
                    first_passage_fraction(near.max(1e-12), far.abs(), 1.0, normal, uniform)
                }
                // Nothing but its drift moved it.
                false => 1.0,
            };
            let event = *event;
            let node = piece.node.part(2);
            let [first, rest] = self.split(unit, piece, share);
            let point = self.on_surface(place, event, &first.y.1, &spread);
            self.pull(place, event, Prices { y: &point, x: &ratios(&point) }, first.time.1);
            stack.push(Piece { y: (point, rest.y.1), node, ..rest });
        }
    }

    /// The events that a piece may bring about.
    fn reached(&mut self, place: Place, piece: &Piece, spread: &Spread) -> Vec<Reached> {
        let mut nearest = std::mem::take(&mut self.nearest);
        let mut led = Vec::new();
        let held = self.watched(place, &mut led);
        let pool = &self.levels[place.level].pools[place.pool];
        let mut gradient = vec![0.0; pool.assets.len()];
        let (from, to) = (&piece.y.0, &piece.y.1);
        let (x_from, x_to) = (ratios(from), ratios(to));
        let mut reached = Vec::new();
        for event in self.events(place) {
            let Some(room) = event.room() else {
                let (near, far, deviation) = self.order_distances(place, event, (from, to), spread);
                if far <= 0.0 || 2.0 * near * far < OUT_OF_REACH * deviation * deviation {
                    let per = if deviation > 0.0 { deviation } else { 1e-300 };
                    reached.push(Reached {
                        event,
                        near: near / per,
                        far: far / per,
                        gradient: self.direction(place, event),
                    });
                }
                continue;
            };
            let before = pool.room(held, room, &x_from, &mut gradient);
            let deviation = spread.along(&gradient);
            let after = pool.room(held, room, &x_to, &mut gradient);
            let deviations = deviation * spread.along(&gradient);
            if before > 0.0 && after > 0.0 && 2.0 * before * after / ROUGHNESS >= OUT_OF_REACH * deviations {
                continue;
            }
            let near = nearest.distance((pool, held, room), from, spread);
            let far = nearest.distance((pool, held, room), to, spread);
            // A curved surface may have its nearest point on another side of a close that lies just beyond it.
            let far = if after <= 0.0 { -far.abs() } else { far };
            if far <= 0.0 || 2.0 * near * far <= OUT_OF_REACH {
                reached.push(Reached { event, near, far, gradient: nearest.gradient.clone() });
            }
        }
        self.nearest = nearest;
        reached
    }

    /// The direction in which there is more room before the order of a position.
    fn direction(&self, place: Place, event: Event) -> Vec<f64> {
        let pool = &self.levels[place.level].pools[place.pool];
        let mut direction = vec![0.0; pool.assets.len()];
        if let Event::Stop(leg) | Event::Target(leg) = event {
            let (low, _) = self.order_bounds(place, event);
            direction[pool.legs[leg].place] = if low.is_finite() { 1.0 } else { -1.0 };
        }
        direction
    }

    /// Log-prices moved on to the surface of an event along its normal.
    fn on_surface(&mut self, place: Place, event: Event, from: &[f64], spread: &Spread) -> Vec<f64> {
        let mut nearest = std::mem::take(&mut self.nearest);
        let pool = &self.levels[place.level].pools[place.pool];
        let point = match event.room() {
            Some(room) => {
                let mut led = Vec::new();
                let held = self.watched(place, &mut led);
                nearest.distance((pool, held, room), from, spread);
                nearest.point.clone()
            }
            None => {
                let direction = self.direction(place, event);
                let (low, high) = self.order_bounds(place, event);
                let at = if low.is_finite() { low } else { high };
                let mut moved = vec![0.0; from.len()];
                spread.times(&direction, &mut moved);
                let asset = direction.iter().position(|slope| *slope != 0.0).unwrap_or(0);
                let by = if moved[asset] == 0.0 { 0.0 } else { (at - from[asset]) / moved[asset] };
                let mut point: Vec<f64> =
                    from.iter().zip(&moved).map(|(y, moved)| by.mul_add(*moved, *y)).collect();
                point[asset] = at;
                point
            }
        };
        self.nearest = nearest;
        point
    }

    /// The first part of a piece up to a share of its time, and the rest; the point between them is drawn.
    fn split(&self, unit: usize, piece: Piece, share: f64) -> [Piece; 2] {
        let Piece { y: (from, to), time: (start, end), share: whole, node } = piece;
        let spread = &self.units[unit].spread;
        let deviation = (share * (1.0 - share) * whole).max(0.0).sqrt();
        let assets = self.units[unit].assets.iter();
        let middle =
            assets.zip(from.iter().zip(&to)).zip(&spread.deviations).map(|((asset, (from, to)), own)| {
                from + share * (to - from) + deviation * own * node.joined(&self.factor, *asset)
            });
        let middle: Vec<f64> = middle.collect();
        let time = start + share * (end - start);
        [
            Piece {
                y: (from, middle.clone()),
                time: (start, time),
                share: whole * share,
                node: node.part(0),
            },
            Piece { y: (middle, to), time: (time, end), share: whole * (1.0 - share), node: node.part(1) },
        ]
    }

    /// Whether an asset can come back by the distance of a trailing stop from an extreme inside a piece.
    fn turns(&self, place: Place, piece: &Piece, spread: &Spread) -> bool {
        let orders = &self.levels[place.level].orders[place.pool];
        let legs = self.levels[place.level].pools[place.pool].legs.iter().zip(orders);
        legs.filter(|(_, orders)| orders.trail < f64::INFINITY).any(|(leg, orders)| {
            let (from, to) = (piece.y.0[leg.place], piece.y.1[leg.place]);
            let variance = spread.deviations[leg.place].powi(2);
            let room = orders.trail - (to - from).abs();
            room <= 0.0 || 2.0 * room * room < (OUT_OF_REACH + 10.0) * variance
        })
    }

    /// Lets trailing stops see the extremes inside a piece.
    fn see_inside(&mut self, place: Place, piece: &Piece, spread: &Spread) {
        let legs = self.stakes_of(place);
        let level = &self.levels[place.level];
        let of_pool = level.pools[place.pool].legs.iter().zip(&level.orders[place.pool]);
        for ((leg, orders), (top, bottom)) in of_pool.zip(&mut self.extremes[legs]) {
            let (from, to) = (piece.y.0[leg.place], piece.y.1[leg.place]);
            let variance = spread.deviations[leg.place].powi(2);
            let uniform = piece.node.uniform(8 + leg.place as u64);
            if orders.sign > 0.0 {
                *top = top.max(-extreme_below(-from, -to, variance, uniform));
            } else {
                *bottom = bottom.min(extreme_below(from, to, variance, uniform));
            }
        }
    }
}
