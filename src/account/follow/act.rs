//! What is waited for in a pool, and what happens when it comes about.

use super::slot::{Place, Watch};
use super::state::General;
use crate::account::barrier::NOWHERE;
use crate::account::policy::{Deleverage, Occasion, Orders, Trigger};
use crate::account::pool::{Held, Room, Stake};
use crate::stats::Exit;

/// Events in a row at the same prices; each either closes something or moves its trigger away.
const MOST_ORDERS: usize = 16;

/// What something waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Event {
    /// The venue: equity at what is needed.
    Liquidation,
    /// The stop of a position, fixed or trailing.
    Stop(usize),
    /// The loss that the owner takes on a pool.
    Loss(f64),
    /// The target of a position.
    Target(usize),
    /// The gain at which the owner leaves a pool.
    Gain(f64),
    /// The owner's margin call.
    Call(f64),
    /// The lender's.
    LenderCall,
    /// The leverage that is too much.
    Leverage(f64),
}

impl Event {
    /// The surface that it waits for; none where that is the price of one position.
    pub fn room(self) -> Option<Room> {
        match self {
            Self::Liquidation => Some(Room::Margin(1.0)),
            Self::Loss(share) => Some(Room::Above(-share)),
            Self::Gain(share) => Some(Room::Below(share)),
            Self::Call(level) => Some(Room::Margin(level)),
            Self::LenderCall => Some(Room::Call),
            Self::Leverage(leverage) => Some(Room::Leverage(leverage)),
            Self::Stop(_) | Self::Target(_) => None,
        }
    }
}

/// Log-prices of the assets of a pool, and their ratios to the start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prices<'a> {
    pub y: &'a [f64],
    pub x: &'a [f64],
}

impl General {
    /// Everything that is waited for in a pool, in the order in which it is seen to at one price.
    pub(super) fn events(&self, place: Place) -> impl Iterator<Item = Event> + '_ {
        let slot = &self.slots[self.slot(place)];
        let pool = &self.levels[place.level].pools[place.pool];
        let orders = &self.levels[place.level].orders[place.pool];
        let stakes = &self.stakes[self.stakes_of(place)];
        let several = pool.legs.len() > 1;
        let open = move || (0..pool.legs.len()).filter(move |leg| stakes[*leg].exposure != 0.0);
        let share = |at: Option<Trigger>| match at {
            Some(Trigger::Share(share)) if several => Some(share),
            _ => None,
        };
        let has_stop = |leg: &usize| orders[*leg].stop.is_finite() || orders[*leg].trail < f64::INFINITY;
        let loss = share(self.policy.stop_loss.map(|stop| stop.at)).map(Event::Loss);
        let gain = share(self.policy.take_profit.map(|target| target.at)).map(Event::Gain);
        let reserve = self.courses[place.lane * self.levels.len() + place.level].reserve;
        let call =
            self.policy.margin_call.filter(|call| slot.due == f64::INFINITY && call.can_answer(reserve));
        let lender = (slot.deadline == f64::INFINITY && pool.has_lender()).then_some(Event::LenderCall);
        let too_much = match self.policy.deleverage {
            Some(Deleverage { on: Occasion::Above(leverage), .. }) => Some(Event::Leverage(leverage)),
            _ => None,
        };
        std::iter::once(Event::Liquidation)
            .chain(open().filter(has_stop).map(Event::Stop))
            .chain(loss)
            .chain(open().filter(|leg| orders[*leg].target.is_finite()).map(Event::Target))
            .chain(gain)
            .chain(call.map(|call| Event::Call(call.level)))
            .chain(lender)
            .chain(too_much)
    }

    /// What a pool holds as its triggers see it: with the interest that grows until the middle of the coming interval.
    pub(super) fn watched<'a>(&'a self, place: Place, led: &'a mut Vec<Stake>) -> Held<'a> {
        let slot = &self.slots[self.slot(place)];
        let (pool, held) = self.held(place);
        if !self.has_lead {
            return held;
        }
        let growth = &self.levels[place.level].growth[place.pool];
        pool.with_pending_coins(held, growth, led);
        Held { cash: held.cash - slot.pending, legs: led }
    }

    /// The log-prices between which an event of a pool on one asset does not come about.
    pub(super) fn bounds(&self, place: Place, event: Event, held: Held<'_>, near: (f64, f64)) -> (f64, f64) {
        match event.room() {
            Some(room) => self.levels[place.level].pools[place.pool].bounds(held, room, near),
            None => self.order_bounds(place, event),
        }
    }

    /// The log-prices of the asset of a position between which its order waits.
    pub(super) fn order_bounds(&self, place: Place, event: Event) -> (f64, f64) {
        let orders = &self.levels[place.level].orders[place.pool];
        let (at, is_below) = match event {
            Event::Stop(leg) => (orders[leg].nearer(self.extremes_of(place, leg)).0, orders[leg].sign > 0.0),
            Event::Target(leg) => (orders[leg].target, orders[leg].sign < 0.0),
            _ => return NOWHERE,
        };
        if is_below { (at, f64::INFINITY) } else { (f64::NEG_INFINITY, at) }
    }

    /// The highest and the lowest log-price that a leg has seen.
    pub(super) fn extremes_of(&self, place: Place, leg: usize) -> (f64, f64) {
        if self.is_trailing { self.extremes[self.stakes_of(place).start + leg] } else { (0.0, 0.0) }
    }

    /// Lets the trailing stops of a pool see prices.
    pub(super) fn see(&mut self, place: Place, y: &[f64]) {
        if !self.is_trailing {
            return;
        }
        let legs = self.stakes_of(place);
        let pool = &self.levels[place.level].pools[place.pool];
        for ((top, bottom), leg) in self.extremes[legs].iter_mut().zip(&pool.legs) {
            *top = top.max(y[leg.place]);
            *bottom = bottom.min(y[leg.place]);
        }
    }

    /// Finds again where the nearest events of a pool on one asset are; trailing stops are looked up as they move.
    pub(super) fn renew(&mut self, place: Place) {
        let at = self.slot(place);
        let mut bounds = NOWHERE;
        let mut near = self.asides[at].near;
        let mut trails = (f64::INFINITY, f64::INFINITY);
        if self.slots[at].is_open() {
            let orders = &self.levels[place.level].orders[place.pool];
            if self.is_trailing {
                for (orders, stake) in orders.iter().zip(&self.stakes[self.stakes_of(place)]) {
                    if stake.exposure != 0.0 {
                        let side = if orders.sign > 0.0 { &mut trails.0 } else { &mut trails.1 };
                        *side = side.min(orders.trail);
                    }
                }
            }
            if self.units[self.unit_of[place.pool]].is_line() {
                let mut led = std::mem::take(&mut self.led);
                let held = self.watched(place, &mut led);
                near = self.bounds(place, Event::Liquidation, held, near);
                bounds = near;
                if self.policy.waits_for_a_price() || self.has_lender(place) {
                    let orders = &self.levels[place.level].orders[place.pool];
                    for event in self.events(place) {
                        let one = match event {
                            Event::Liquidation => continue,
                            Event::Stop(leg) => fixed_stop(&orders[leg]),
                            _ => self.bounds(place, event, held, NOWHERE),
                        };
                        bounds = (bounds.0.max(one.0), bounds.1.min(one.1));
                    }
                }
                self.led = led;
            }
        }
        let (slot, aside) = (&mut self.slots[at], &mut self.asides[at]);
        (slot.low, slot.high) = bounds;
        (aside.near, aside.trails) = (near, trails);
    }

    /// The same where nothing but the money of a pool may have changed.
    #[inline(always)]
    pub(super) fn renew_liquidation(&mut self, place: Place) {
        let (at, legs) = (self.slot(place), self.stakes_of(place));
        let exposure: f64 = self.stakes[legs].iter().map(|stake| stake.exposure).sum();
        match &self.levels[place.level].closed[place.pool] {
            Some(closed) if closed.exposure == exposure && !self.has_lead => {
                let slot = &mut self.slots[at];
                (slot.low, slot.high) = closed.bounds(slot.cash);
            }
            _ => self.renew(place),
        }
    }

    /// What the open pools of a unit wait for at one level.
    pub(super) fn watch(&self, lane: usize, level: usize, unit: usize) -> Watch {
        let pools = self.units[unit].pools.iter();
        pools.fold(Watch::NOTHING, |watch, pool| {
            let place = Place { lane, level, pool: *pool };
            let slot = &self.slots[self.slot(place)];
            if !slot.is_open() {
                return watch;
            }
            watch.and(self.watch_one(place))
        })
    }

    /// The same for all levels together.
    pub(super) fn watch_all(&self, lane: usize, unit: usize) -> Watch {
        let levels = (0..self.levels.len()).map(|level| self.watch(lane, level, unit));
        let mut all = levels.fold(Watch::NOTHING, Watch::and);
        if self.is_trailing {
            // A new best price moves a stop.
            let seen = (0..self.levels.len()).flat_map(|level| {
                self.units[unit].pools.iter().map(move |pool| Place { lane, level, pool: *pool })
            });
            for place in seen {
                let trails = self.asides[self.slot(place)].trails;
                let (top, bottom) = self.extremes_of(place, 0);
                if trails.0 < f64::INFINITY {
                    all.high = all.high.min(top);
                }
                if trails.1 < f64::INFINITY {
                    all.low = all.low.max(bottom);
                }
            }
        }
        all
    }

    /// Lets everything happen in a pool that is triggered at these prices; a new best price moves trailing stops first.
    pub(super) fn react(&mut self, place: Place, prices: Prices<'_>, time: f64) {
        self.see(place, prices.y);
        let at = self.slot(place);
        let is_line = self.units[self.unit_of[place.pool]].is_line();
        for _ in 0..MOST_ORDERS {
            if !self.slots[at].is_open() {
                return;
            }
            if is_line {
                let Watch { low, high, .. } = self.watch_one(place);
                if prices.y[0] > low && prices.y[0] < high {
                    return;
                }
            }
            let mut led = std::mem::take(&mut self.led);
            let event = self.met(place, prices, &mut led);
            self.led = led;
            let Some(event) = event else { return };
            self.pull(place, event, prices, time);
        }
    }

    #[inline]
    fn watch_one(&self, place: Place) -> Watch {
        let at = self.slot(place);
        let slot = &self.slots[at];
        let (mut low, mut high) = (slot.low, slot.high);
        if self.is_trailing {
            let ((top, bottom), trails) = (self.extremes_of(place, 0), self.asides[at].trails);
            low = low.max(top - trails.0);
            high = high.min(bottom + trails.1);
        }
        Watch { low, high, due: slot.appointment(), is_open: true }
    }

    /// The first event that has come about at these prices.
    fn met(&self, place: Place, prices: Prices<'_>, led: &mut Vec<Stake>) -> Option<Event> {
        let pool = &self.levels[place.level].pools[place.pool];
        let is_line = self.units[self.unit_of[place.pool]].is_line();
        let at = self.slot(place);
        let near = match self.levels[place.level].closed[place.pool] {
            Some(_) => (self.slots[at].low, self.slots[at].high),
            None => self.asides[at].near,
        };
        let held = self.watched(place, led);
        let mut gradient = Vec::new();
        let is_out = |y: f64, (low, high): (f64, f64)| y <= low || y >= high;
        self.events(place).find(|event| match event.room() {
            None => {
                let leg = match event {
                    Event::Stop(leg) | Event::Target(leg) => *leg,
                    _ => 0,
                };
                is_out(prices.y[pool.legs[leg].place], self.order_bounds(place, *event))
            }
            Some(_) if is_line => {
                let near = if *event == Event::Liquidation { near } else { NOWHERE };
                let bounds =
                    if *event == Event::Liquidation { near } else { self.bounds(place, *event, held, near) };
                is_out(prices.y[0], bounds)
            }
            Some(room) => {
                gradient.resize(prices.x.len(), 0.0);
                pool.room(held, room, prices.x, &mut gradient) <= 0.0
            }
        })
    }

    /// Does what an event is for.
    pub(super) fn pull(&mut self, place: Place, event: Event, prices: Prices<'_>, time: f64) {
        match event {
            Event::Liquidation => self.liquidate(place, prices.x, time),
            Event::Stop(leg) => {
                let extremes = self.extremes_of(place, leg);
                let (_, slippage) = self.levels[place.level].orders[place.pool][leg].nearer(extremes);
                self.sell(place, leg, prices.x, slippage, Exit::Stopped);
            }
            Event::Target(leg) => self.sell(place, leg, prices.x, 0.0, Exit::Target),
            Event::Loss(_) => {
                let slippage = self.policy.stop_loss.map_or(0.0, |stop| stop.slippage);
                self.leave(place, prices.x, slippage, Exit::Stopped);
            }
            Event::Gain(_) => self.leave(place, prices.x, 0.0, Exit::Target),
            Event::Call(_) => self.call(place, prices.x, time),
            Event::LenderCall => self.lender_calls(place, time),
            Event::Leverage(_) => self.rebalance(place, prices.x),
        }
        self.renew(place);
    }
}

/// The bounds of the fixed stop of a position.
fn fixed_stop(orders: &Orders) -> (f64, f64) {
    if orders.sign > 0.0 { (orders.stop, f64::INFINITY) } else { (f64::NEG_INFINITY, orders.stop) }
}
