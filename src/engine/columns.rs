//! What the block loop does to whole columns of bars.

use crate::market::{Bars, Sides};
use crate::numeric::{Kernel, Purpose, Stream, dispatch, extreme_below, list_flagged, reset, stays_above};

/// The random words of one asset on one block.
pub(super) struct AssetStreams {
    pub moves: Stream,
    pub events: Stream,
    pub extremes: Stream,
}

impl AssetStreams {
    /// Those of an asset whose events are decided by the words of a leader, most often itself.
    pub fn new(seed: u64, (asset, leader): (usize, usize), block: u64) -> Self {
        let asset = asset as u16;
        Self {
            moves: Stream::new(seed, Purpose::Move(asset), block),
            events: Stream::new(seed, Purpose::Event(leader as u16), block),
            extremes: Stream::new(seed, Purpose::Extreme(asset), block),
        }
    }
}

/// The extremes of bars that the observers watch: of neither side, of one, or of both from the same words.
pub(super) struct Watched {
    /// Without repetition; a bar carries the extreme of the first.
    sides: Vec<Sides>,
    /// Extremes of the second side, by asset.
    others: Vec<Vec<f64>>,
    uniforms: Vec<f64>,
    /// The bars that may have come near, where only those have extremes.
    near: Vec<u32>,
}

impl Watched {
    /// No side yet.
    pub fn new(assets: usize) -> Self {
        Self { sides: Vec::new(), others: vec![Vec::new(); assets], uniforms: Vec::new(), near: Vec::new() }
    }

    /// From now on the sides that some observers watch.
    pub fn watch(&mut self, sides: impl Iterator<Item = Sides>) {
        self.sides.clear();
        for side in sides {
            if !self.sides.contains(&side) {
                self.sides.push(side);
            }
        }
    }

    /// Number of sides that are watched.
    pub fn sides(&self) -> usize {
        self.sides.len()
    }

    /// The uniforms that drew the last extremes; where no side is watched, those that would have drawn them for so many bars.
    pub fn uniforms(&mut self, bars: usize, noise: &mut Stream) -> &[f64] {
        if self.sides.is_empty() {
            self.uniforms.resize(bars, 0.0);
            noise.uniforms(&mut self.uniforms);
        }
        &self.uniforms
    }

    /// The place of an observer's side; who watches none may look together with the first.
    pub fn place(&self, side: Option<Sides>) -> usize {
        self.sides.iter().position(|known| Some(*known) == side).unwrap_or(0)
    }

    /// Fills the extremes of the bars of an asset: those that the model knows (lows and highs), or a draw, by uniforms that are
    /// given or from the noise.
    pub fn draw(
        &mut self,
        bars: &mut Bars,
        known: Option<(&Vec<f64>, &Vec<f64>)>,
        given: Option<&[f64]>,
        noise: &mut Stream,
    ) {
        if !self.sides.is_empty() && known.is_none() {
            self.draw_uniforms(bars.close.len(), given, noise);
        }
        // The first side last, so that its extremes stay.
        for (place, side) in self.sides.iter().enumerate().rev() {
            if let Some((lows, highs)) = known {
                bars.extreme.clone_from(if *side == Sides::Low { lows } else { highs });
            } else {
                bars.extreme.resize(bars.close.len(), 0.0);
                let sign = if *side == Sides::Low { 1.0 } else { -1.0 };
                dispatch(Extremes { bars, uniforms: &self.uniforms, sign });
            }
            if place > 0 {
                std::mem::swap(&mut bars.extreme, &mut self.others[bars.asset]);
            }
        }
    }

    /// The same for one side, of those bars only that may come as near as a mirrored log-price, by path;
    /// there is a bar for every path. They and the first one get their start, too, which is the same for all.
    pub fn draw_near(
        &mut self,
        bars: &mut Bars,
        (nearest, start): (&[f64], f64),
        given: Option<&[f64]>,
        noise: &mut Stream,
    ) {
        self.near.clear();
        self.draw_uniforms(bars.close.len(), given, noise);
        bars.extreme.resize(bars.close.len(), 0.0);
        let sign = if self.sides.first() == Some(&Sides::High) { -1.0 } else { 1.0 };
        dispatch(NearExtremes { bars, uniforms: &self.uniforms, nearest, sign, near: &mut self.near });
        bars.start.resize(bars.close.len(), start);
        self.near.iter().for_each(|i| bars.start[*i as usize] = start);
        bars.start[0] = start;
    }

    /// The bars that the last extremes belong to, by index, where not all have one.
    pub fn near(&self) -> &[u32] {
        &self.near
    }

    fn draw_uniforms(&mut self, bars: usize, given: Option<&[f64]>, noise: &mut Stream) {
        if self.uniforms.len() != bars {
            reset(&mut self.uniforms, bars, 0.0);
        }
        match given {
            Some(given) => self.uniforms.copy_from_slice(given),
            None => noise.uniforms(&mut self.uniforms),
        }
    }

    /// Puts the extremes of the second side into the bars of all assets.
    pub fn turn(&mut self, bars: &mut [Bars]) {
        for (bars, others) in bars.iter_mut().zip(&mut self.others) {
            std::mem::swap(&mut bars.extreme, others);
        }
    }
}

/// Whether no event is due up to a time.
pub(super) fn all_after(events: &[f64], time: f64) -> bool {
    // By whole chunks without a branch inside, so that the comparison runs in lanes.
    events.chunks(64).all(|events| events.iter().fold(true, |after, event| after & (*event > time)))
}

/// Lists the active paths whose event is due at the end of their interval.
pub(super) fn list_due(events: &[f64], ends: &[f64], active: &[u32], due: &mut Vec<u32>) {
    due.clear();
    let all = active.len() == events.len();
    // Most often nothing is due, which lanes find out sooner than a loop with a branch.
    if all && ends.iter().zip(events).fold(true, |none, (end, event)| none & (*event > *end)) {
        return;
    }
    due.extend(
        ends.iter().zip(active).filter(|(end, lane)| events[**lane as usize] <= **end).map(|(_, lane)| *lane),
    );
}

/// Lists the paths whose event is due by a time.
pub(super) fn list_due_by(events: &[f64], time: f64, due: &mut Vec<u32>) {
    due.clear();
    dispatch(DueBy { events, time, due });
}

struct DueBy<'a> {
    events: &'a [f64],
    time: f64,
    due: &'a mut Vec<u32>,
}

impl Kernel for DueBy<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const TOGETHER: usize = 256;
        let Self { events, time, due } = self;
        let mut flags = [0; TOGETHER];
        for (first, events) in (0..).step_by(TOGETHER).zip(events.chunks(TOGETHER)) {
            for (flag, event) in flags.iter_mut().zip(events) {
                *flag = u8::from(*event <= time);
            }
            list_flagged(&flags[..events.len()], first, due);
        }
    }
}

/// Correlates the normals of the assets by the rows of a lower triangular factor; no rows leave them as they are.
pub(super) fn correlate(normals: &mut [Vec<f64>], mixing: &[Vec<f64>]) {
    // From the last asset up, so that each is made from normals that are still independent.
    for (asset, weights) in mixing.iter().enumerate().rev() {
        let (others, rest) = normals.split_at_mut(asset);
        let Some(own) = rest.first_mut() else { continue };
        for (i, normal) in own.iter_mut().enumerate() {
            let mut sum = weights[asset] * *normal;
            for (weight, other) in weights.iter().zip(others.iter()) {
                sum = weight.mul_add(other[i], sum);
            }
            *normal = sum;
        }
    }
}

struct Extremes<'a> {
    bars: &'a mut Bars,
    uniforms: &'a [f64],
    sign: f64,
}

impl Kernel for Extremes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bars, uniforms, sign } = self;
        let n = bars.extreme.len();
        let (open, close) = (&bars.open[..n], &bars.close[..n]);
        let (variance, uniforms) = (&bars.variance[..n], &uniforms[..n]);
        for (i, extreme) in bars.extreme.iter_mut().enumerate() {
            *extreme = sign * extreme_below(sign * open[i], sign * close[i], variance[i], uniforms[i]);
        }
    }
}

struct NearExtremes<'a> {
    bars: &'a mut Bars,
    uniforms: &'a [f64],
    nearest: &'a [f64],
    sign: f64,
    near: &'a mut Vec<u32>,
}

impl Kernel for NearExtremes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const TOGETHER: usize = 64;
        let Self { bars, uniforms, nearest, sign, near } = self;
        let n = bars.extreme.len();
        let (open, close, variance) = (&bars.open[..n], &bars.close[..n], &bars.variance[..n]);
        let mut flags = [0; TOGETHER];
        for first in (0..n).step_by(TOGETHER) {
            let n = TOGETHER.min(n - first);
            let (flags, nearest) = (&mut flags[..n], &nearest[first..][..n]);
            let (open, close) = (&open[first..][..n], &close[first..][..n]);
            let (variance, uniforms) = (&variance[first..][..n], &uniforms[first..][..n]);
            for i in 0..n {
                let stays = stays_above(sign, open[i], close[i], variance[i], uniforms[i], nearest[i]);
                flags[i] = u8::from(!stays);
            }
            list_flagged(flags, first as u32, near);
        }
        for i in near.iter().map(|i| *i as usize) {
            let extreme = extreme_below(sign * open[i], sign * close[i], variance[i], uniforms[i]);
            bars.extreme[i] = sign * extreme;
        }
    }
}
