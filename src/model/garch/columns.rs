//! What the recursion does to the columns of a block.

use super::parameters::{Garch, LARGEST_VARIANCE};
use crate::model::{Moves, Stride};
use crate::numeric::{Kernel, unpack, whole};

/// Paths of a stride that are moved in registers and nearby.
const TOGETHER: usize = 64;

/// Brownian motion at the variance of each path's step. A factor on volatility scales the price's move; the recursion goes on as
/// without it.
pub(super) struct Diffuse<'a> {
    pub model: Garch,
    pub variances: &'a [f64],
    pub mixing: &'a [f64],
    pub shock: &'a mut [f64],
    pub moves: Moves<'a>,
}

impl Kernel for Diffuse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, variances, mixing, shock, moves } = self;
        let Moves { lanes, duration, normals, open, close, variance, volatility_times, .. } = moves;
        let law = Continuous::new(&model, volatility_times);
        if lanes.len() == mixing.len() {
            return law.advance((variances, mixing), shock, (duration, normals, open), close, variance);
        }
        let columns = lanes.iter().zip(duration).zip(normals).zip(open).zip(close).zip(variance);
        for (((((lane, duration), normal), open), close), variance) in columns {
            let lane = *lane as usize;
            let mixed = variances[lane] * mixing[lane];
            (*close, *variance) = law.step(mixed, &mut shock[lane], (*duration, *normal, *open));
        }
    }
}

/// A step as it goes on in time.
#[derive(Debug, Clone, Copy)]
struct Continuous {
    steps_per_year: f64,
    log_drift: f64,
    /// On volatility.
    factor: f64,
}

impl Continuous {
    fn new(model: &Garch, factor: f64) -> Self {
        Self { steps_per_year: 1.0 / model.step.years(), log_drift: model.log_drift, factor }
    }

    /// The log-price at the end of a bar and the variance of the bridge to it, from the step's variance, a length, a normal and the log-price.
    #[inline(always)]
    fn step(self, mixed: f64, shock: &mut f64, (duration, normal, open): (f64, f64, f64)) -> (f64, f64) {
        let integrated = mixed * (duration * self.steps_per_year);
        // Single precision, as that of the normal: right to 6e-8 of a deviation, and its root costs a fifth.
        let moved = f64::from((integrated as f32).sqrt()) * normal;
        *shock += moved;
        (open + self.factor.mul_add(moved, self.log_drift * duration), self.factor * self.factor * integrated)
    }

    /// The same of columns; a function of its own tells the compiler that they are different ones.
    #[inline(always)]
    fn advance(
        self,
        (variances, mixing): (&[f64], &[f64]),
        shock: &mut [f64],
        (duration, normals, open): (&[f64], &[f64], &[f64]),
        close: &mut [f64],
        variance: &mut [f64],
    ) {
        let columns = variances.iter().zip(mixing).zip(shock).zip(duration).zip(normals).zip(open);
        for (((((((own, mixing), shock), duration), normal), open), close), variance) in
            columns.zip(close).zip(variance)
        {
            (*close, *variance) = self.step(own * mixing, shock, (*duration, *normal, *open));
        }
    }
}

/// Several intervals in a row, each of which ends with a step.
pub(super) struct Strides<'a> {
    pub model: Garch,
    pub durations: &'a [f64],
    /// Of all paths of the block.
    pub variances: &'a mut [f64],
    pub shock: &'a mut [f64],
    /// By interval and path of the block, in rows as long as those of the stride.
    pub mixing: &'a [f64],
    pub stride: Stride<'a>,
}

impl Kernel for Strides<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { model, durations, variances, shock, mixing, stride } = self;
        let Stride { intervals, first, open, normals, rows } = stride;
        let (pitch, paths) = (normals.len() / intervals, open.len());
        let (variances, shock) = (&mut variances[first..][..paths], &mut shock[first..][..paths]);
        let law = Continuous::new(&model, 1.0);
        let mut rooms = [[0.0; TOGETHER]; 5];
        let [own, so_far, price, a, b] = rooms.each_mut();
        let columns = variances.chunks_mut(TOGETHER).zip(shock.chunks_mut(TOGETHER));
        let columns = columns.zip(open.chunks(TOGETHER));
        for (start, ((variances, shock), open)) in (0..).step_by(TOGETHER).zip(columns) {
            let n = open.len();
            *own = *whole(variances, a);
            *so_far = *whole(shock, a);
            *price = *whole(open, a);
            let drawn = mixing.chunks_exact(pitch).zip(normals.chunks_exact(pitch));
            for ((duration, row), (mixing, normals)) in
                durations.iter().zip(rows.chunks_exact_mut(paths)).zip(drawn)
            {
                let (mixing, normals) = (&mixing[first + start..][..n], &normals[first + start..][..n]);
                let (mixing, normals) = (whole(mixing, a), whole(normals, b));
                for path in 0..TOGETHER {
                    let mixed = own[path] * mixing[path];
                    let from = (*duration, normals[path], price[path]);
                    (price[path], _) = law.step(mixed, &mut so_far[path], from);
                    own[path] = next_variance(&model, so_far[path], own[path]);
                    so_far[path] = 0.0;
                }
                unpack(price, &mut row[start..][..n]);
            }
            unpack(own, variances);
            shock.fill(0.0);
        }
    }
}

/// The variances of the steps that follow on those of all paths, whose shocks begin anew.
pub(super) struct NextVariance<'a> {
    pub model: Garch,
    pub shock: &'a mut [f64],
    pub variance: &'a mut [f64],
}

impl Kernel for NextVariance<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (shock, variance) in self.shock.iter_mut().zip(self.variance) {
            *variance = next_variance(&self.model, *shock, *variance);
            *shock = 0.0;
        }
    }
}

/// The variance of the step that follows on one of this variance and this shock.
#[inline(always)]
pub(super) fn next_variance(model: &Garch, shock: f64, variance: f64) -> f64 {
    let weight = if shock < 0.0 { model.alpha + model.gamma } else { model.alpha };
    let next = model.omega + weight * shock * shock + model.beta * variance;
    if next < LARGEST_VARIANCE { next } else { LARGEST_VARIANCE }
}

/// Turns the gamma variables of some steps into the factors that mixing makes of their variances.
pub(super) struct Mix<'a> {
    /// ν/2 − 1.
    pub scale: f64,
    pub gammas: &'a mut [f64],
}

impl Kernel for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let scale = self.scale as f32;
        for gamma in self.gammas {
            *gamma = f64::from(scale / *gamma as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Duration;
    use crate::model::Stepper;
    use crate::numeric::{Purpose, Stream, pitch};

    /// Over steps that end where intervals do, the first of which has begun before, and no further; in parts that are no whole vectors.
    #[test]
    fn strides_are_bars_in_a_row() {
        for dof in [None, Some(4.5)] {
            let step = Duration::from_seconds(3600);
            let model = Garch {
                log_drift: 0.3,
                step,
                omega: 1e-6,
                alpha: 0.1,
                gamma: 0.05,
                beta: 0.8,
                dof,
                initial_variance: 3e-5,
            };
            let (paths, hours) = (150, [0.5, 1.0, 2.0, 3.0, 4.5]);
            let ends = hours.map(|hours| Duration::from_seconds((hours * 3600.0) as u64).years());
            let streams = || (Stream::new(1, Purpose::Move(0), 0), Stream::new(1, Purpose::Event(0), 0));
            let everyone: Vec<u32> = (0..paths as u32).collect();
            let column = || vec![0.0; paths];
            // A bar to each end, and the events there.
            let bars = |stepper: &mut dyn Stepper,
                        prices: &mut Vec<f64>,
                        ends: &[f64],
                        (moves, events): (&mut Stream, &mut Stream)| {
                for interval in ends.windows(2) {
                    let (mut normals, mut close, mut variance, mut low, mut high) =
                        (column(), column(), column(), column(), column());
                    moves.normals(&mut normals);
                    let moves = Moves {
                        lanes: &everyone,
                        duration: &vec![interval[1] - interval[0]; paths],
                        normals: &normals,
                        open: prices,
                        close: &mut close,
                        variance: &mut variance,
                        low: &mut low,
                        high: &mut high,
                        volatility_times: 1.0,
                    };
                    stepper.advance(moves, events);
                    *prices = close;
                    if stepper.event_times()[0] <= interval[1] {
                        stepper.happen(&everyone, prices, events);
                    }
                }
            };
            let all: Vec<f64> = [0.0].into_iter().chain(ends).collect();
            let ((mut moves, mut events), mut barred) = (streams(), model.stepper(paths));
            let mut prices = column();
            barred.begin(paths, &mut events);
            bars(&mut barred, &mut prices, &all, (&mut moves, &mut events));

            let ((mut moves, mut events), mut strided) = (streams(), model.stepper(paths));
            let mut found = column();
            strided.begin(paths, &mut events);
            bars(&mut strided, &mut found, &all[..2], (&mut moves, &mut events));
            assert_eq!(strided.stride_over(&ends), 0, "no step ends after half an hour");
            assert_eq!(strided.stride_over(&ends[1..]), 3);
            let durations = [ends[1] - ends[0], ends[2] - ends[1], ends[3] - ends[2]];
            let pitch = pitch(paths);
            let mut normals = vec![0.0; durations.len() * pitch];
            normals.chunks_exact_mut(pitch).for_each(|row| moves.normals(&mut row[..paths]));
            strided.plan_stride(&durations, paths, &mut events);
            for first in [0, 80] {
                let last = if first == 0 { 80 } else { paths };
                let mut rows = vec![0.0; durations.len() * (last - first)];
                let (intervals, open) = (durations.len(), found[first..last].to_vec());
                strided.stride(Stride { intervals, first, open: &open, normals: &normals, rows: &mut rows });
                found[first..last].copy_from_slice(&rows[(intervals - 1) * (last - first)..]);
            }
            bars(&mut strided, &mut found, &all[4..], (&mut moves, &mut events));
            assert_eq!(prices, found);
        }
    }
}
