//! Monitoring dates in a row: which paths have touched their nearest barrier at one, and what that liquidates.
//!
//! Paths come a few at a time, while their prices are in the first-level cache. What they do on touching cannot be foreseen, and a
//! branch on it costs a processor more than all else that is done for a path: those that have touched are set aside, their first dates
//! are found for all of them together, and all are booked after the last path has been seen.

use super::booking::Ordered;
use crate::numeric::Kernel;

/// Paths that are compared with their barriers together: their lowest prices stay in registers.
const TOGETHER: usize = 64;

/// The paths of a block that have touched their nearest barrier at one of the dates at hand, in ascending order.
#[derive(Debug, Default)]
pub(super) struct Touches {
    lanes: Vec<u32>,
    /// What their barrier was.
    nearest: Vec<f64>,
    /// Mirrored log-prices, by date.
    prices: Vec<Vec<f64>>,
    /// The first date at or below the barrier, by its time, and the mirrored log-price there.
    times: Vec<f64>,
    at: Vec<f64>,
    /// The lowest price after it.
    later: Vec<f64>,
    lowest: Vec<f64>,
}

impl Touches {
    /// Sets a path aside: its log-prices are the first entries of rows of some length.
    #[inline(always)]
    fn push(&mut self, lane: usize, nearest: f64, sign: f64, (rows, paths): (&[f64], usize)) {
        self.lanes.push(lane as u32);
        self.nearest.push(nearest);
        for (prices, row) in self.prices.iter_mut().zip(rows.chunks(paths)) {
            prices.push(sign * row[0]);
        }
    }

    /// Gets room for so many dates.
    #[inline(always)]
    fn see(&mut self, dates: usize) {
        if self.prices.len() < dates {
            self.prices.resize_with(dates, Vec::new);
        }
    }

    /// Finds the first date of each path at or below its barrier.
    #[inline(always)]
    fn find(&mut self, dates: &[f64]) {
        let Self { lanes, nearest, prices, times, at, later, lowest } = self;
        for (column, value) in
            [(&mut *times, 0.0), (&mut *at, 0.0), (&mut *later, 0.0), (&mut *lowest, f64::INFINITY)]
        {
            column.clear();
            column.resize(lanes.len(), value);
        }
        for (date, prices) in dates.iter().zip(prices).rev() {
            first_below(*date, prices, nearest, times, at, later, lowest);
        }
    }

    /// Nobody is set aside any more.
    #[inline(always)]
    fn clear(&mut self) {
        self.lanes.clear();
        self.nearest.clear();
        self.prices.iter_mut().for_each(Vec::clear);
    }
}

/// Some monitoring dates in a row of some paths in a row; a kernel for the sake of its multiply-adds, too.
pub(super) struct Look<'a> {
    pub follower: &'a mut Ordered,
    pub times: &'a [f64],
    /// The first of the paths.
    pub first: usize,
    /// Log-prices by date and path.
    pub rows: &'a [f64],
}

impl Kernel for Look<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { follower, times, first, rows } = self;
        let (sign, paths) = (follower.terms.sign, rows.len() / times.len());
        let Ordered { touches, log_nearest, deepest, .. } = &mut *follower;
        touches.see(times.len());
        for start in (0..paths).step_by(TOGETHER) {
            let n = TOGETHER.min(paths - start);
            let (mut lowest, mut flags) = ([f64::INFINITY; TOGETHER], [0; TOGETHER]);
            if sign < 0.0 {
                extremes::<true>(&rows[start..], paths, &mut lowest[..n]);
            } else {
                extremes::<false>(&rows[start..], paths, &mut lowest[..n]);
            }
            let (nearest, deepest) = (&log_nearest[first + start..][..n], &mut deepest[first + start..][..n]);
            flag(&lowest[..n], nearest, deepest, &mut flags);
            let mut touched = bits(&flags);
            while touched != 0 {
                let place = touched.trailing_zeros() as usize;
                touches.push(first + start + place, nearest[place], sign, (&rows[start + place..], paths));
                touched &= touched - 1;
            }
        }
        if first + paths == log_nearest.len() {
            follower.book_looks(times);
        }
    }
}

/// The lowest log-prices of paths in a row, or the lowest mirrored ones; `rows` starts at the first of these paths.
#[inline(always)]
fn extremes<const MIRRORED: bool>(rows: &[f64], paths: usize, lowest: &mut [f64]) {
    let Some(whole) = lowest.first_chunk_mut::<TOGETHER>() else {
        rows.chunks(paths).for_each(|row| deepen::<MIRRORED>(row, lowest));
        return;
    };
    let mut own = *whole;
    for row in rows.chunks(paths) {
        deepen::<MIRRORED>(&row[..TOGETHER], &mut own);
    }
    *whole = own;
}

/// The lower of some log-prices, or mirrored ones, and the lowest so far.
#[inline(always)]
fn deepen<const MIRRORED: bool>(prices: &[f64], lowest: &mut [f64]) {
    for (lowest, price) in lowest.iter_mut().zip(prices) {
        let price = if MIRRORED { -*price } else { *price };
        *lowest = if price < *lowest { price } else { *lowest };
    }
}

/// Takes in a date before those that have been seen: paths at or below their barrier touch it there. A function of slices: of as many
/// columns the compiler would not find out that they lie apart.
#[inline(always)]
fn first_below(
    date: f64,
    prices: &[f64],
    nearest: &[f64],
    times: &mut [f64],
    at: &mut [f64],
    later: &mut [f64],
    lowest: &mut [f64],
) {
    let own = times.iter_mut().zip(at).zip(later).zip(lowest).zip(prices.iter().zip(nearest));
    for ((((time, at), later), lowest), (price, nearest)) in own {
        let is_below = *price <= *nearest;
        *time = if is_below { date } else { *time };
        *at = if is_below { *price } else { *at };
        *later = if is_below { *lowest } else { *later };
        *lowest = if *price < *lowest { *price } else { *lowest };
    }
}

/// Flags the paths that have touched, and deepens their running extremes.
#[inline(always)]
fn flag(lowest: &[f64], nearest: &[f64], deepest: &mut [f64], flags: &mut [u8]) {
    for (((lowest, nearest), deepest), flag) in lowest.iter().zip(nearest).zip(deepest).zip(flags) {
        *flag = u8::from(*lowest <= *nearest);
        *deepest = if *lowest < *deepest { *lowest } else { *deepest };
    }
}

/// Flags, a byte each, as the bits of a word.
#[inline(always)]
fn bits(flags: &[u8; TOGETHER]) -> u64 {
    // The factor moves the lowest bit of each byte to its place in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bits = 0;
    for (shift, flags) in (0..).step_by(8).zip(flags.as_chunks().0) {
        bits |= (u64::from_le_bytes(*flags).wrapping_mul(GATHER) >> 56) << shift;
    }
    bits
}

impl Ordered {
    /// Books the paths that have touched at some dates in a row.
    #[inline(always)]
    fn book_looks(&mut self, dates: &[f64]) {
        self.touches.find(dates);
        for k in 0..self.touches.lanes.len() {
            let Touches { lanes, times, at, later, .. } = &self.touches;
            let (path, time, at, later) = (lanes[k] as usize, times[k], at[k], later[k]);
            self.look_at(path, time, at);
            if later <= self.log_nearest[path] {
                for (date, next) in dates.iter().enumerate().filter(|(_, next)| **next > time) {
                    let price = self.touches.prices[date][k];
                    if price <= self.log_nearest[path] {
                        self.look_at(path, *next, price);
                    }
                }
            }
        }
        self.touches.clear();
    }

    /// Books a path at a date and a mirrored log-price at or below its nearest barrier.
    #[inline(always)]
    fn look_at(&mut self, path: usize, time: f64, price: f64) {
        let (open, log_price) = (self.open_levels[path] as usize, self.terms.sign * price);
        let left = self.terms.left_open(path, open, log_price);
        if left < open {
            self.gap(path, left..open, log_price, time);
            self.leave_open(path, left);
        }
    }
}
