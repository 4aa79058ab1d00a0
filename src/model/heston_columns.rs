//! The quadratic-exponential scheme on columns of paths.
//!
//! The quadratic law's end a·(b + Z)² is, with q = a·b² = m − a, also q + 2·√(a·q)·Z + a·Z², where q = √(m² − ½·s²) and
//! a = ½·s²/(m + q): two square roots and a division. They are taken in single precision, as the normals are that they multiply. The mean
//! stays exact since q is m − a in double precision; s² is right to 3e-7 of itself, about what the normals leave of it
//! (`numeric::box_muller` says what such an error does to a result). Such steps are *plain*; all others are made in double precision.

use super::quadratic_exponential::{Interval, SWITCH, SquareRoot, Step, positive};

/// Up to here four terms of the series of 1/(1 − ε) and ln(1 − ε) leave less than the rounding of single precision.
const SMALL: f64 = 1.0 / 64.0;

/// Variances whose squares are numbers of single precision.
const LEAST_SINGLE: f64 = 1e-9;
const MOST_SINGLE: f64 = 1e15;

/// Paths that are moved together.
pub(super) const TOGETHER: usize = 64;

/// A column of so many paths.
pub(super) type Column<T = f64> = [T; TOGETHER];

/// Variances, normals of the price, others that are independent of them, and log-prices.
pub(super) type Starts<'a> = [&'a Column; 4];

/// To be filled: variances and log-prices at the end, and the variances of the bridges to these.
pub(super) type Ends<'a> = [&'a mut Column; 3];

/// What one interval does to log-prices and variances where all of them are in the reach of the quadratic law with a small ε: sums of
/// products, three square roots and a division.
#[derive(Debug, Clone, Copy)]
struct Plain {
    /// The variances of which this holds.
    least: f64,
    /// m = m_0 + m_v·v, in both precisions, and ½·s² = h_0 + h_v·v.
    m: (f64, f64),
    m_single: (f32, f32),
    h: (f32, f32),
    /// Of the normal handed in and of the other one, in those of the variance and of the price.
    in_variance: (f64, f64),
    in_price: (f64, f64),
    /// Change of the log-price: constant, from the variance before and from that at the end.
    drift: f64,
    from_before: f64,
    from_end: f64,
    /// 2·(K2 + ½·K4), and half of that times the factor on volatility.
    a_sum: (f32, f32),
    /// From the sum of the variances before and at the end to the variance of the price's own move, and of the whole.
    own: f64,
    whole: f64,
}

impl Plain {
    /// Of an interval, with a factor on the volatility of the price.
    #[inline(always)]
    fn new(interval: &Interval, drift: f64, factor: f64) -> Self {
        let Interval { duration, theta, decayed, spread, rho, root, uncorrelated, k2, k3, a_sum } = *interval;
        let m = (theta * decayed, 1.0 - decayed);
        let half = 0.5 * duration;
        // The martingale part of the move has the factor, what makes up for its variance the square of it.
        let integrated = 0.5 * half * (factor - factor * factor);
        Self {
            least: plain_from(interval),
            m,
            m_single: (m.0 as f32, m.1 as f32),
            h: ((0.25 * spread * m.0) as f32, (0.5 * spread * m.1) as f32),
            in_variance: (rho, root),
            in_price: (factor * root, -factor * rho),
            drift: drift * duration - factor * a_sum * m.0,
            from_before: factor * (-0.5 * k3 - a_sum * m.1) + integrated,
            from_end: factor.mul_add(k2, integrated),
            a_sum: ((2.0 * a_sum) as f32, (factor * a_sum) as f32),
            own: uncorrelated * half,
            whole: factor * factor * half,
        }
    }

    /// Whether a step from this variance is a plain one.
    #[inline(always)]
    fn reaches(&self, v: f64) -> bool {
        (v >= self.least) & (v <= MOST_SINGLE)
    }

    /// a and q.
    #[inline(always)]
    fn law(&self, v: f32) -> (f32, f32) {
        let (m, h) = (self.m_single.1.mul_add(v, self.m_single.0), self.h.1.mul_add(v, self.h.0));
        let q = m.mul_add(m, -h).sqrt();
        (h / (m + q), q)
    }

    /// ln E[exp(A·V')] beyond A·m, for A = K2 + ½·K4: A·ε·(q·(1 + ε + …) + a·(½ + ε/3 + …)), times the factor on volatility.
    #[inline(always)]
    fn growth(&self, (a, q): (f32, f32)) -> f32 {
        let epsilon = self.a_sum.0 * a;
        let (mut of_q, mut of_a) = (1.0_f32, 1.0 / 5.0);
        for k in [4.0, 3.0, 2.0] {
            of_q = epsilon.mul_add(of_q, 1.0);
            of_a = epsilon.mul_add(of_a, 1.0 / k);
        }
        self.a_sum.1 * epsilon * q.mul_add(of_q, a * of_a)
    }

    /// Moves paths over the interval, in two loops: in one the chain of operations would be longer than a processor looks ahead.
    #[inline(always)]
    fn advance(&self, [variances, normals, others, open]: Starts<'_>, [ends, close, bridges]: Ends<'_>) {
        let mut laws: (Column<f32>, Column<f32>) = ([0.0; TOGETHER], [0.0; TOGETHER]);
        for ((v, a), q) in variances.iter().zip(&mut laws.0).zip(&mut laws.1) {
            (*a, *q) = self.law(*v as f32);
        }
        for i in 0..TOGETHER {
            let (v, law) = (variances[i], (laws.0[i], laws.1[i]));
            let root = f64::from((4.0 * law.0 * law.1).sqrt());
            let growth = f64::from(self.growth(law));
            let a = f64::from(law.0);
            let q = self.m.1.mul_add(v, self.m.0) - a;
            let z = self.in_variance.0.mul_add(normals[i], self.in_variance.1 * others[i]);
            let z_price = self.in_price.0.mul_add(normals[i], self.in_price.1 * others[i]);
            let end = positive(z.mul_add(a.mul_add(z, root), q), 0.0);
            let sum = v + end;
            let deviation = f64::from(((self.own * sum) as f32).sqrt());
            let expected = self.from_end.mul_add(end, self.from_before.mul_add(v, self.drift)) - growth;
            close[i] = open[i] + deviation.mul_add(z_price, expected);
            bridges[i] = self.whole * sum;
            ends[i] = end;
        }
    }
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

/// The scheme on one interval after the other, of paths in columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scheme {
    process: SquareRoot,
    /// On the volatility of the price.
    factor: f64,
    interval: Interval,
    plain: Plain,
}

impl Scheme {
    /// Of a process and a factor on the volatility of the price; the first interval is this long.
    #[inline(always)]
    pub fn new(process: SquareRoot, factor: f64, duration: f64) -> Self {
        let interval = Interval::new(&process, duration);
        Self { process, factor, interval, plain: Plain::new(&interval, process.drift, factor) }
    }

    /// Moves paths over one interval each.
    #[inline(always)]
    pub fn advance(&mut self, durations: &Column, starts: Starts<'_>, ends: Ends<'_>) {
        // On a common grid all paths move for the same time.
        if durations[0] != self.interval.duration {
            *self = Self::new(self.process, self.factor, durations[0]);
        }
        if durations.iter().fold(true, |shared, duration| shared & (*duration == self.interval.duration)) {
            self.advance_together(starts, ends);
        } else {
            self.apart(durations, starts, ends);
        }
    }

    /// Moves paths over one interval that they share.
    #[inline(always)]
    pub fn advance_together(&self, starts: Starts<'_>, [ends, close, bridges]: Ends<'_>) {
        let mut is_plain = true;
        for v in starts[0] {
            is_plain &= self.plain.reaches(*v);
        }
        self.plain.advance(starts, [&mut *ends, &mut *close, &mut *bridges]);
        if !is_plain {
            self.mend(starts, [ends, close, bridges]);
        }
    }

    /// Moves paths whose intervals differ.
    #[inline(always)]
    fn apart(&self, durations: &Column, starts: Starts<'_>, [ends, close, bridges]: Ends<'_>) {
        let [variances, normals, others, open] = starts;
        for i in 0..TOGETHER {
            let interval = Interval::new(&self.process, durations[i]);
            let step = interval.step::<true>(variances[i], normals[i], others[i]);
            (close[i], bridges[i]) = self.close(open[i], interval.duration, &step);
            ends[i] = step.variance;
        }
    }

    /// Moves those paths again whose step is not a plain one.
    #[inline(always)]
    fn mend(&self, starts: Starts<'_>, [ends, close, bridges]: Ends<'_>) {
        let (mut paths, mut count, mut any_quadratic) = ([0; TOGETHER], 0, false);
        for v in starts[0] {
            any_quadratic |= !self.plain.reaches(*v) & self.interval.is_quadratic(*v);
        }
        for (path, v) in starts[0].iter().enumerate() {
            paths[count % TOGETHER] = path;
            count += usize::from(!self.plain.reaches(*v));
        }
        let paths = &paths[..count];
        let mut gathered = [[0.0; TOGETHER]; 4];
        for (column, from) in gathered.iter_mut().zip(starts) {
            for (entry, path) in column.iter_mut().zip(paths) {
                *entry = from[*path];
            }
        }
        let mut variances = [0.0; TOGETHER];
        if any_quadratic {
            self.singly::<true>(count, &mut gathered, &mut variances);
        } else {
            self.singly::<false>(count, &mut gathered, &mut variances);
        }
        for (i, path) in paths.iter().enumerate() {
            (ends[*path], close[*path], bridges[*path]) = (gathered[0][i], gathered[3][i], variances[i]);
        }
    }

    /// Moves the first paths of some columns to the ends of their variances and log-prices, and fills the variances of the bridges.
    #[inline(always)]
    fn singly<const EITHER: bool>(
        &self,
        count: usize,
        [v, normals, others, prices]: &mut [Column; 4],
        bridges: &mut Column,
    ) {
        /// Paths are taken in whole vectors; the rest of the last one is nobody's.
        const VECTOR: usize = 8;
        let own = ..count.next_multiple_of(VECTOR).min(TOGETHER);
        let columns = v[own].iter_mut().zip(&normals[own]).zip(&others[own]);
        for ((((v, normal), other), price), bridge) in columns.zip(&mut prices[own]).zip(&mut bridges[own]) {
            let step = self.interval.step::<EITHER>(*v, *normal, *other);
            (*price, *bridge) = self.close(*price, self.interval.duration, &step);
            *v = step.variance;
        }
    }

    /// From a step to the log-price at the end, and the variance of the bridge to it.
    #[inline(always)]
    fn close(&self, open: f64, duration: f64, step: &Step) -> (f64, f64) {
        let factor = self.factor;
        // The martingale part of the move, scaled by the factor on volatility.
        let martingale = factor * 0.5f64.mul_add(step.integrated, step.log_return);
        let scaled = factor * factor * step.integrated;
        (open + (self.process.drift.mul_add(duration, martingale) - 0.5 * scaled), scaled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};

    fn processes() -> impl Iterator<Item = SquareRoot> {
        let numbers =
            [(0.36, 3.0, 1.0, -0.3), (0.5, 2.0, 3.0, 0.9), (0.1, 8.0, 0.3, -1.0), (1.0, 0.0, 1e-7, 0.5)];
        numbers.into_iter().map(|(mean, speed, volatility, correlation)| SquareRoot {
            drift: 0.1,
            mean,
            speed,
            volatility,
            correlation,
        })
    }

    /// Columns of variances from nothing to four times the mean, two of normals, and one of log-prices.
    fn starts(process: &SquareRoot, stream: &mut Stream) -> [Column; 4] {
        let mut columns = [[0.0; TOGETHER]; 4];
        let [variances, normals, others, prices] = &mut columns;
        stream.uniforms(variances);
        variances.iter_mut().for_each(|v| *v = 4.0 * process.mean * v.powi(4));
        stream.normals(normals);
        stream.normals(others);
        stream.uniforms(prices);
        columns
    }

    fn moved(process: SquareRoot, hours: f64, starts: &[Column; 4]) -> [Column; 3] {
        let duration = hours / 8760.0;
        let mut ends = [[0.0; TOGETHER]; 3];
        Scheme::new(process, 1.5, duration).advance(
            &[duration; TOGETHER],
            starts.each_ref(),
            ends.each_mut(),
        );
        ends
    }

    /// To 1e-5 of the deviations of the variance and the price: a and √(a·q) are right to a few 1e-7, normals go up to 5.
    #[test]
    fn steps_are_those_of_double_precision() {
        let mut stream = Stream::new(3, Purpose::Hit, 0);
        for process in processes() {
            for hours in [0.01, 1.0, 8.0, 72.0] {
                let scheme = Scheme::new(process, 1.5, hours / 8760.0);
                let interval = scheme.interval;
                let mut plain = 0;
                for _ in 0..200 {
                    let starts = starts(&process, &mut stream);
                    let [ends, close, bridges] = moved(process, hours, &starts);
                    for i in 0..TOGETHER {
                        let v = starts[0][i];
                        plain += u32::from(scheme.plain.reaches(v));
                        let step = interval.step::<true>(v, starts[1][i], starts[2][i]);
                        let (price, bridge) = scheme.close(starts[3][i], interval.duration, &step);
                        let near = |found: f64, known: f64, deviation: f64| {
                            let allowed = 1e-5 * deviation + 1e-12;
                            assert!((found - known).abs() <= allowed, "{hours} h, {v}: {found} {known}");
                        };
                        let deviation = (interval.spread * (v + interval.theta * interval.decayed)).sqrt();
                        near(ends[i], step.variance, deviation);
                        near(bridges[i], bridge, bridge + scheme.plain.whole * deviation);
                        near(close[i], price, bridge.sqrt() + deviation / process.volatility);
                    }
                }
                assert!(plain > 2000, "{plain} plain steps of {hours} h");
            }
        }
    }

    #[test]
    fn a_path_does_not_depend_on_its_neighbours() {
        let mut stream = Stream::new(4, Purpose::Hit, 0);
        for process in processes() {
            for hours in [1.0, 24.0] {
                let first = starts(&process, &mut stream);
                let mut second = starts(&process, &mut stream);
                for i in (0..TOGETHER).step_by(3) {
                    for (column, from) in second.iter_mut().zip(&first) {
                        column[i] = from[i];
                    }
                }
                let (first, second) = (moved(process, hours, &first), moved(process, hours, &second));
                for (first, second) in first.iter().zip(&second) {
                    assert!((0..TOGETHER).step_by(3).all(|i| first[i].to_bits() == second[i].to_bits()));
                }
            }
        }
    }
}
