//! Plain steps of the quadratic-exponential scheme, on columns of paths: those by the quadratic law that correct the price by little.
//!
//! The quadratic law's end a·(b + Z)² is, with q = a·b² = m − a, also m + 2·√(a·q)·Z + a·(Z² − 1), where q = √(m² − ½·s²) and
//! a = ½·s²/(m + q): two square roots and a division. With c = 2·a and Y = Z/√2 it is m + √(2·s² − c²)·Y + c·(Y² − ½).
//!
//! All that is added to m is made in single precision, as the normals are that it is made of, in vectors of twice as many numbers as
//! doubles would fill; so is the change of the log-price. Both are right to 6 to 8e-8 of their deviations in the mean square, and their means
//! to 1e-9 of these, near the end of the law's reach to some 4e-8: less than what the normals leave of them (`numeric::box_muller` says what such
//! an error does to a result). Drift and correction are rounded alike at every step, which comes to 2e-8 of the log-price a year at a drift
//! of 50 % and 1e-6 at the largest one. The mean m, on which the level of the variance hangs over many steps, is of double precision, and
//! changes are added to the log-price in it.

use std::f64::consts::FRAC_1_SQRT_2;

use super::quadratic_exponential::{Interval, SWITCH, positive};

/// Up to here four terms of the series of 1/(1 − ε) and ln(1 − ε) leave less than the rounding of single precision.
const SMALL: f64 = 1.0 / 64.0;

/// Variances whose squares are numbers of single precision.
const LEAST_SINGLE: f64 = 1e-9;
const MOST_SINGLE: f64 = 1e15;

/// Paths that are moved together.
pub(super) const TOGETHER: usize = 64;

/// Numbers of double and of single precision that fill the widest vector.
const PART: usize = 8;
const SINGLES: usize = 16;

/// A column of so many paths.
pub(super) type Column<T = f64> = [T; TOGETHER];

/// Variances, normals of the price, others that are independent of them, and log-prices.
pub(super) type Starts<'a> = [&'a Column; 4];

/// To be filled: variances and log-prices at the end, and the variances of the bridges to these.
pub(super) type Ends<'a> = [&'a mut Column; 3];

/// What one interval does to log-prices and variances where all of them are in the reach of the quadratic law with a small ε: sums of
/// products, three square roots and a division.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain {
    /// The least and the largest of the variances of which this holds.
    reach: (f32, f32),
    /// m = m_0 + m_v·v.
    m: (f64, f64),
    /// The same of 2·m, of 2·s² and of v + m.
    twice_m: (f32, f32),
    twice_square: (f32, f32),
    sum: (f32, f32),
    /// Of the normal handed in and of the other one, in Y and, times the root of what the sum of the variances before and at the end is
    /// multiplied with, in the price's own move.
    in_variance: (f32, f32),
    in_price: (f32, f32),
    /// Change of the log-price: constant, and from the sum of the variances.
    drift: f32,
    from_sum: f32,
    /// A = K2 + ½·K4, and that times the factor on volatility.
    a_sum: (f32, f32),
    /// From the sum of the variances to the variance of the whole move.
    pub whole: f64,
}

impl Plain {
    /// Of an interval, with a factor on the volatility of the price.
    #[inline(always)]
    pub fn new(interval: &Interval, drift: f64, factor: f64) -> Self {
        let Interval { duration, theta, decayed, spread, rho, root, uncorrelated, k3, a_sum, .. } = *interval;
        let m = (theta * decayed, 1.0 - decayed);
        let half = 0.5 * duration;
        let own = factor * (uncorrelated * half).sqrt();
        Self {
            reach: single((plain_from(interval), MOST_SINGLE)),
            m,
            twice_m: single((2.0 * m.0, 2.0 * m.1)),
            twice_square: single((spread * m.0, 2.0 * spread * m.1)),
            sum: single((m.0, 1.0 + m.1)),
            in_variance: single((FRAC_1_SQRT_2 * rho, FRAC_1_SQRT_2 * root)),
            in_price: single((own * root, -own * rho)),
            drift: (drift * duration) as f32,
            // The martingale part of the move has the factor, what makes up for its variance the square of it.
            from_sum: (0.5 * (half * (factor - factor * factor) - factor * k3)) as f32,
            a_sum: single((a_sum, factor * a_sum)),
            whole: factor * factor * half,
        }
    }

    /// Whether a step from this variance is a plain one.
    #[inline(always)]
    pub fn reaches(&self, v: f32) -> bool {
        (v >= self.reach.0) & (v <= self.reach.1)
    }

    /// ln E[exp(A·V')] beyond A·m, from c and 2·q: A·ε·(q·(1 + ε + …) + a·(½ + ε/3 + …)). This is what A is multiplied with.
    #[inline(always)]
    fn growth(&self, c: f32, twice_q: f32) -> f32 {
        let epsilon = self.a_sum.0 * c;
        let (mut of_q, mut of_a) = (0.5_f32, 0.5 / 5.0);
        for k in [4.0, 3.0, 2.0] {
            of_q = epsilon.mul_add(of_q, 0.5);
            of_a = epsilon.mul_add(of_a, 0.5 / k);
        }
        epsilon * twice_q.mul_add(of_q, c * of_a)
    }

    /// Variances at the end and of the bridges to it, from those before and what is added to their means.
    #[inline(always)]
    fn end(&self, v: [f64; PART], moved: &[f32; PART]) -> ([f64; PART], [f64; PART]) {
        let (mut ends, mut bridges) = ([0.0; PART], [0.0; PART]);
        for i in 0..PART {
            ends[i] = positive(self.m.1.mul_add(v[i], self.m.0) + f64::from(moved[i]), 0.0);
            bridges[i] = self.whole * (v[i] + ends[i]);
        }
        (ends, bridges)
    }

    /// Moves paths over the interval and says whether all steps were plain ones. It goes in four loops: in one the chain of operations would be
    /// longer than a processor looks ahead.
    #[inline(always)]
    pub fn advance(
        &self,
        [variances, normals, others, open]: Starts<'_>,
        [ends, close, bridges]: Ends<'_>,
    ) -> bool {
        let mut is_plain = true;
        let v = narrow(variances);
        for v in &v {
            is_plain &= self.reaches(*v);
        }
        let [mut twice_m, mut square, mut twice_q] = [[0.0_f32; TOGETHER]; 3];
        for i in 0..TOGETHER {
            twice_m[i] = self.twice_m.1.mul_add(v[i], self.twice_m.0);
            square[i] = self.twice_square.1.mul_add(v[i], self.twice_square.0);
            twice_q[i] = twice_m[i].mul_add(twice_m[i], -square[i]).sqrt();
        }
        let [mut c, mut root, mut growth] = [[0.0_f32; TOGETHER]; 3];
        for i in 0..TOGETHER {
            c[i] = square[i] / (twice_m[i] + twice_q[i]);
            root[i] = (-c[i]).mul_add(c[i], square[i]).sqrt();
            growth[i] = self.growth(c[i], twice_q[i]);
        }
        let (normals, others) = (narrow(normals), narrow(others));
        let [mut y_price, mut moved, mut change] = [[0.0_f32; TOGETHER]; 3];
        for i in 0..TOGETHER {
            let y = self.in_variance.0.mul_add(normals[i], self.in_variance.1 * others[i]);
            y_price[i] = self.in_price.0.mul_add(normals[i], self.in_price.1 * others[i]);
            moved[i] = c[i].mul_add(y.mul_add(y, -0.5), root[i] * y);
        }
        for i in 0..TOGETHER {
            let sum = self.sum.1.mul_add(v[i], self.sum.0) + moved[i];
            let sum = if sum > 0.0 { sum } else { 0.0 };
            let expected = self.a_sum.1.mul_add(moved[i] - growth[i], self.from_sum.mul_add(sum, self.drift));
            change[i] = sum.sqrt().mul_add(y_price[i], expected);
        }
        // By value and a few at a time, since a compiler does not see that columns are not the same.
        let columns = variances.as_chunks::<PART>().0.iter().zip(moved.as_chunks::<PART>().0);
        let columns = columns.zip(ends.as_chunks_mut().0).zip(bridges.as_chunks_mut().0);
        for (((v, moved), ends), bridges) in columns {
            (*ends, *bridges) = self.end(*v, moved);
        }
        let columns = open.as_chunks::<PART>().0.iter().zip(change.as_chunks::<PART>().0);
        for ((open, change), close) in columns.zip(close.as_chunks_mut().0) {
            *close = plus(*open, change);
        }
        is_plain
    }
}

/// Adds numbers of single precision.
#[inline(always)]
fn plus(mut numbers: [f64; PART], changes: &[f32; PART]) -> [f64; PART] {
    for (number, change) in numbers.iter_mut().zip(changes) {
        *number += f64::from(*change);
    }
    numbers
}

/// A column in single precision.
#[inline(always)]
fn narrow(column: &Column) -> Column<f32> {
    let mut singles = [0.0; TOGETHER];
    for (singles, numbers) in
        singles.as_chunks_mut::<SINGLES>().0.iter_mut().zip(column.as_chunks::<SINGLES>().0)
    {
        for (single, number) in singles.iter_mut().zip(numbers) {
            *single = *number as f32;
        }
    }
    singles
}

/// A pair in single precision.
#[inline(always)]
fn single((x, y): (f64, f64)) -> (f32, f32) {
    (x as f32, y as f32)
}

/// The least variance from which on a step is a plain one; no variance is if none.
fn plain_from(interval: &Interval) -> f64 {
    // No a is larger than ⅓·ξ²·(1 − e^(−κΔ))/κ.
    if 2.0 / 3.0 * interval.a_sum.abs() * interval.spread > SMALL {
        return f64::INFINITY;
    }
    // s²/m² falls while the variance rises: s² = spread·(m − ½·m_0), with m_0 the mean from a variance of 0.
    let at_zero = interval.theta * interval.decayed;
    let square = interval.spread * (interval.spread - 2.0 * SWITCH * at_zero);
    let least = (interval.spread + positive(square, 0.0).sqrt()) / (2.0 * SWITCH);
    let least = if square < 0.0 { LEAST_SINGLE } else { positive(least, LEAST_SINGLE) };
    if at_zero >= least { 0.0 } else { (least - at_zero) / (1.0 - interval.decayed) }
}
