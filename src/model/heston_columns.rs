//! The quadratic-exponential scheme on columns of paths: the steps that are *plain* at once (`heston_plain`), all others in double
//! precision.

use super::heston_plain::Plain;
pub(super) use super::heston_plain::{Column, Ends, Starts, TOGETHER};
use super::quadratic_exponential::{Interval, SquareRoot, Step};

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
        if !self.plain.advance(starts, [&mut *ends, &mut *close, &mut *bridges]) {
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
            any_quadratic |= !self.plain.reaches(*v as f32) & self.interval.is_quadratic(*v);
        }
        for (path, v) in starts[0].iter().enumerate() {
            paths[count % TOGETHER] = path;
            count += usize::from(!self.plain.reaches(*v as f32));
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

    /// To 1e-5 of the deviations of the variance and the price: c and √(2·s² − c²) are right to a few 1e-7, normals go up to 5.
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
                        plain += u32::from(scheme.plain.reaches(v as f32));
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

    /// How far 10^6 paths of 96 steps over 30 days stray by single precision: the largest distances of the closing log-price and
    /// variance to those of the same words in double precision, in deviations of these at the horizon.
    #[test]
    #[ignore = "slow: a million paths, half a minute"]
    fn paths_stay_with_those_of_double_precision() {
        const STEPS: usize = 96;
        let duration = 30.0 / 365.0 / STEPS as f64;
        let process = SquareRoot { drift: 0.1, mean: 0.36, speed: 3.0, volatility: 1.0, correlation: -0.3 };
        let mut stream = Stream::new(6, Purpose::Hit, 0);
        let (mut off, mut moments) = ([0.0_f64; 2], [[0.0; 2]; 2]);
        let paths = 15_625 * TOGETHER;
        let mut scheme = Scheme::new(process, 1.0, duration);
        for _ in 0..paths / TOGETHER {
            let (mut variances, mut prices) = ([0.36; TOGETHER], [0.0; TOGETHER]);
            let (mut exact_variances, mut exact_prices) = (variances, prices);
            for _ in 0..STEPS {
                let [mut normals, mut others, mut ends, mut close, mut bridges] = [[0.0; TOGETHER]; 5];
                stream.normals(&mut normals);
                stream.normals(&mut others);
                scheme.advance(
                    &[duration; TOGETHER],
                    [&variances, &normals, &others, &prices],
                    [&mut ends, &mut close, &mut bridges],
                );
                (variances, prices) = (ends, close);
                for i in 0..TOGETHER {
                    let step = scheme.interval.step::<true>(exact_variances[i], normals[i], others[i]);
                    (exact_prices[i], _) = scheme.close(exact_prices[i], duration, &step);
                    exact_variances[i] = step.variance;
                }
            }
            for i in 0..TOGETHER {
                for (place, (found, known)) in
                    [(prices[i], exact_prices[i]), (variances[i], exact_variances[i])].into_iter().enumerate()
                {
                    off[place] = off[place].max((found - known).abs());
                    moments[place][0] += known / paths as f64;
                    moments[place][1] += known * known / paths as f64;
                }
            }
        }
        let deviations = moments.map(|[mean, square]| (square - mean * mean).sqrt());
        let [price, variance] = [off[0] / deviations[0], off[1] / deviations[1]];
        assert!(price < 2e-6 && variance < 1e-5, "{price:e} {variance:e}");
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
