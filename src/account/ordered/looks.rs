//! Monitoring dates in a row: which paths have touched their nearest barrier at one, and what that liquidates.
//!
//! Paths come a few at a time, while their prices are in the first-level cache. What they do on touching cannot be foreseen, and a
//! branch on it costs a processor more than all else that is done for a path: those that have touched are set aside, their first dates
//! are found for all of them together, and all are booked after the last path has been seen.

use super::booking::Ordered;
use crate::numeric::{Kernel, flag_bits};

/// Paths that are compared with their barriers together: their lowest prices stay in registers.
const TOGETHER: usize = 64;

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
            let mut touched = flag_bits(&flags);
            while touched != 0 {
                let place = touched.trailing_zeros() as usize;
                let own = (nearest[place], lowest[place]);
                touches.push(first + start + place, own, sign, (&rows[start + place..], paths));
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

/// Flags the paths that have touched, and deepens their running extremes.
#[inline(always)]
fn flag(lowest: &[f64], nearest: &[f64], deepest: &mut [f64], flags: &mut [u8]) {
    for (((lowest, nearest), deepest), flag) in lowest.iter().zip(nearest).zip(deepest).zip(flags) {
        *flag = u8::from(*lowest <= *nearest);
        *deepest = if *lowest < *deepest { *lowest } else { *deepest };
    }
}

impl Ordered {
    /// Books the paths that have touched at some dates in a row.
    #[inline(always)]
    fn book_looks(&mut self, dates: &[f64]) {
        self.touches.find();
        for k in 0..self.touches.lanes.len() {
            let (path, flags) = (self.touches.lanes[k] as usize, self.touches.flags[k]);
            let mut date = u64::from_le_bytes(flags).trailing_zeros() as usize / 8;
            // Prices that are no numbers touch nothing, not even a barrier beyond all prices.
            let Some(time) = dates.get(date) else { continue };
            self.look_at(path, *time, self.touches.prices[k][date]);
            // Most paths touch one barrier at a time.
            if self.touches.lowest[k] <= self.log_nearest[path] {
                date += 1;
                while let Some(time) = dates.get(date) {
                    let price = self.touches.prices[k][date];
                    if price <= self.log_nearest[path] {
                        self.look_at(path, *time, price);
                    }
                    date += 1;
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
