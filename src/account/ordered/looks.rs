//! Monitoring dates in a row: which paths have touched their nearest barrier at one, and what that liquidates.

use super::booking::Ordered;
use crate::numeric::Kernel;

/// Paths that are looked at together: their lowest prices stay in registers.
const TOGETHER: usize = 64;
/// Dates of a path that are compared with its barrier at once.
const DATES: usize = 8;

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
        let paths = rows.len() / times.len();
        for start in (0..paths).step_by(TOGETHER) {
            let n = TOGETHER.min(paths - start);
            let (mut lowest, mut flags) = ([f64::INFINITY; TOGETHER], [0; TOGETHER]);
            if follower.terms.sign < 0.0 {
                extremes::<true>(&rows[start..], paths, &mut lowest[..n]);
            } else {
                extremes::<false>(&rows[start..], paths, &mut lowest[..n]);
            }
            let own = first + start..first + start + n;
            flag(
                &lowest[..n],
                &follower.log_nearest[own.clone()],
                &mut follower.deepest[own.clone()],
                &mut flags,
            );
            let mut touched = bits(&flags);
            while touched != 0 {
                let place = start + touched.trailing_zeros() as usize;
                follower.look_at(first + place, times, &rows[place..], paths);
                touched &= touched - 1;
            }
        }
    }
}

/// The lowest log-prices of paths in a row, or the lowest mirrored ones; `rows` starts at the first of these paths.
#[inline(always)]
fn extremes<const MIRRORED: bool>(rows: &[f64], paths: usize, lowest: &mut [f64]) {
    let mirrored = |price: f64| if MIRRORED { -price } else { price };
    if let Some(lowest) = lowest.first_chunk_mut::<TOGETHER>() {
        let mut own = *lowest;
        for row in rows.chunks(paths) {
            for (lowest, price) in own.iter_mut().zip(&row[..TOGETHER]) {
                let price = mirrored(*price);
                *lowest = if price < *lowest { price } else { *lowest };
            }
        }
        *lowest = own;
    } else {
        for row in rows.chunks(paths) {
            for (lowest, price) in lowest.iter_mut().zip(row) {
                let price = mirrored(*price);
                *lowest = if price < *lowest { price } else { *lowest };
            }
        }
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
    /// Books the monitoring dates of one path, by their times: its prices are a row's first entries.
    #[inline(always)]
    fn look_at(&mut self, path: usize, times: &[f64], rows: &[f64], paths: usize) {
        let sign = self.terms.sign;
        for (times, rows) in times.chunks(DATES).zip(rows.chunks(DATES * paths)) {
            let mut prices = [f64::INFINITY; DATES];
            for (price, row) in prices.iter_mut().zip(rows.iter().step_by(paths)) {
                *price = sign * row;
            }
            // Flags of the dates that are still to come, a byte each: which is the first cannot be foreseen, so there is no branch on it.
            let mut to_come = u64::MAX;
            loop {
                let mut flags = [0; DATES];
                for (flag, price) in flags.iter_mut().zip(&prices) {
                    *flag = u8::from(*price <= self.log_nearest[path]);
                }
                let touched = u64::from_le_bytes(flags) & to_come;
                if touched == 0 {
                    break;
                }
                let date = (touched.trailing_zeros() / u8::BITS) as usize;
                let open = self.open_levels[path] as usize;
                let left = self.terms.left_open(path, open, sign * prices[date]);
                if left < open {
                    self.gap(path, left..open, sign * prices[date], times[date]);
                    self.leave_open(path, left);
                }
                to_come = (u64::MAX - 1) << touched.trailing_zeros();
            }
        }
    }
}
