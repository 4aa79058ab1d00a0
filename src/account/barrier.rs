//! Where the price of a single asset brings about what somebody waits for in a pool: the ends of an interval of log-prices.
//!
//! In the unit u that makes the positions linear (the price, or one over it), what is left is a concave function under the
//! marginal rule: it is positive between two roots, either of which may lie at 0 or at infinity. A pool of one group has the
//! closed form of [`margin`](super::margin). For several groups Newton's iteration from outside the interval comes nearer from
//! the same side with every step (a tangent lies above the function) and is exact in as many steps as pieces are passed. Under
//! the whole rule the function jumps at the edges of tiers, and the first place where it is not positive is looked for.

use super::leg::Unit;
use super::margin::{Line, barrier};
use super::pool::{Held, Pool, Room};
use crate::numeric::{Kernel, dispatch, exp, ln};

/// Nothing below, nothing above.
pub const NOWHERE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

const MOST_ROUNDS: usize = 60;
/// Farthest log-price from the start that is looked at.
const FARTHEST: f64 = 25.0;
/// Looks on the way there, where the requirement jumps, and halvings between two of them.
const LOOKS: usize = 500;
const HALVINGS: usize = 60;

/// The search on the instructions of the processor: its exponentials and logarithms then need no calls.
struct Bounds<'a> {
    pool: &'a Pool,
    held: Held<'a>,
    room: Room,
    near: (f64, f64),
}

impl Kernel for Bounds<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run(self) -> (f64, f64) {
        self.pool.found(self.held, self.room, self.near)
    }
}

/// The margin of a pool of one group at a fixed exposure.
#[derive(Debug, Clone)]
pub struct ClosedForm {
    /// Sum of its exposures.
    pub exposure: f64,
    lines: Vec<Line>,
    power: f64,
}

impl ClosedForm {
    /// The log-prices between which there is room with this much cash: the same as [`Pool::bounds`].
    #[inline(always)]
    pub fn bounds(&self, cash: f64) -> (f64, f64) {
        let sign = self.exposure.signum();
        one_sided(sign, sign * barrier(&self.lines, cash), self.power)
    }

    /// The barriers of its tiers.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }
}

impl Pool {
    /// The log-prices between which there is room, for a pool of one asset; `near` is what was found last, or
    /// infinities.
    pub fn bounds(&self, held: Held<'_>, room: Room, near: (f64, f64)) -> (f64, f64) {
        dispatch(Bounds { pool: self, held, room, near })
    }

    /// Where the margin alone ends as the positions were opened; none where that has no closed form.
    pub fn closed_form(&self) -> Option<ClosedForm> {
        let [group] = &self.groups[..] else { return None };
        let has = self.pledged.is_none() && group.unit != Unit::CoinInQuote;
        let exposure: f64 = self.legs.iter().map(|leg| leg.exposure).sum();
        let (lines, power) = (group.requirement.lines(exposure), group.unit.power());
        has.then_some(ClosedForm { exposure, lines, power })
    }

    #[inline(always)]
    fn found(&self, held: Held<'_>, room: Room, near: (f64, f64)) -> (f64, f64) {
        let Some(first) = self.groups.first() else { return NOWHERE };
        let power = first.unit.power();
        let multiple = match room {
            Room::Margin(multiple) => Some(multiple),
            Room::Call => Some(first.call_multiple()),
            _ => None,
        };
        if let (Some(multiple), 1) = (multiple, self.groups.len())
            && self.pledged.is_none()
            && first.unit != Unit::CoinInQuote
        {
            let exposure: f64 = held.legs.iter().map(|leg| leg.exposure).sum();
            let barrier = first.requirement.barrier(exposure, held.cash, multiple);
            return one_sided(exposure.signum(), exposure.signum() * barrier, power);
        }
        if multiple.is_none() {
            let (room, slope) = self.along(held, room, 1.0, power);
            let u = 1.0 - room / slope;
            return if slope == 0.0 { NOWHERE } else { one_sided(slope.signum(), u, power) };
        }
        if self.groups.iter().any(|group| group.requirement.jumps()) {
            return self.looked_for(held, room);
        }
        let f = |u: f64| self.along(held, room, u, power);
        let (low, high) = if power > 0.0 { near } else { (-near.1, -near.0) };
        let low = root(&f, exp(low), 1e-9, 1.0).map_or(f64::NEG_INFINITY, ln);
        let high = root(&f, if high < 700.0 { exp(high) } else { f64::INFINITY }, 1e9, -1.0)
            .map_or(f64::INFINITY, ln);
        if power > 0.0 { (low, high) } else { (-high, -low) }
    }

    /// What is left at u, and its derivative in u.
    #[inline]
    fn along(&self, held: Held<'_>, room: Room, u: f64, power: f64) -> (f64, f64) {
        let mut gradient = [0.0];
        let left = self.room(held, room, &[if power > 0.0 { u } else { 1.0 / u }], &mut gradient);
        (left, power * gradient[0] / u)
    }

    /// The first log-prices on either side of the start without room.
    fn looked_for(&self, held: Held<'_>, room: Room) -> (f64, f64) {
        let has_room = |y: f64| self.room(held, room, &[exp(y)], &mut [0.0]) > 0.0;
        let first = |direction: f64| {
            let mut near = 0.0;
            for look in 1..=LOOKS {
                // Ever wider, from a thousandth of the price on.
                let share = look as f64 / LOOKS as f64;
                let mut far = direction * FARTHEST * share * share;
                if has_room(far) {
                    near = far;
                    continue;
                }
                for _ in 0..HALVINGS {
                    let middle = 0.5 * (near + far);
                    if has_room(middle) { near = middle } else { far = middle }
                }
                return far;
            }
            direction * f64::INFINITY
        };
        if has_room(0.0) { (first(-1.0), first(1.0)) } else { (0.0, 0.0) }
    }
}

/// The bounds where a function of u that rises (sign +1) or falls is 0 at u.
#[inline(always)]
fn one_sided(sign: f64, u: f64, power: f64) -> (f64, f64) {
    if !(u > 1e-300) {
        // Of a falling function without a root there is nothing left anywhere.
        return if sign > 0.0 { NOWHERE } else { (f64::INFINITY, f64::NEG_INFINITY) };
    }
    if u >= 1e300 {
        return if sign > 0.0 { (f64::INFINITY, f64::NEG_INFINITY) } else { NOWHERE };
    }
    let y = power * ln(u);
    if sign * power > 0.0 { (y, f64::INFINITY) } else { (f64::NEG_INFINITY, y) }
}

/// The root of a concave function on the side where its slope has this sign, from a point near it or a far one beyond it; none
/// if the function is positive there.
fn root(f: &impl Fn(f64) -> (f64, f64), near: f64, far: f64, sign: f64) -> Option<f64> {
    let mut u = near;
    let is_near = u > 1e-9 && u < 1e9;
    let mut at = if is_near { f(u) } else { (0.0, 0.0) };
    if !is_near || sign * at.1 <= 0.0 {
        u = far;
        at = f(u);
        if at.0 >= 0.0 {
            return None;
        }
    }
    for _ in 0..MOST_ROUNDS {
        if sign * at.1 <= 0.0 {
            break;
        }
        let next = u - at.0 / at.1;
        if !(next > 0.0) {
            // From inside, beyond all prices: there is none unless the far point says so.
            return (f(far).0 < 0.0).then_some(far);
        }
        if (next - u).abs() <= 1e-15 * u {
            return Some(next);
        }
        u = next;
        at = f(u);
    }
    Some(u)
}
