//! What the hedges of liquidations take in at the end of a step: its innovation, and whether the way touched
//! barriers.

use super::stepwise::{Level, Stepwise};
use crate::market::{
    Bars, Chances, InnovationGrid, InnovationHedges, Innovations, NODES, STEP_CELLS, STEP_ROWS, Slab,
};
use crate::numeric::Kernel;

/// Ways that touch a barrier with a smaller chance than e to minus this are not hedged.
const NEAR: f64 = 10.0;

/// Paths that are worked out together.
const TOGETHER: usize = 64;

/// Numbers of double precision in the widest lane.
const LANES: usize = 8;

/// The end of a step of all paths.
pub(super) struct StepEnd<'a> {
    pub hedges: &'a InnovationHedges,
    pub stepwise: &'a mut Stepwise,
    pub bars: &'a Bars,
    pub innovations: Innovations<'a>,
    /// Number of levels that were open when the bars began, and the nearest barriers then.
    pub open_levels: &'a [u32],
    pub log_nearest: &'a [f64],
}

impl Kernel for StepEnd<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { hedges, stepwise, bars, innovations, open_levels, log_nearest } = self;
        let mut sums = std::mem::take(&mut stepwise.sums);
        let (from, open, nearest, extreme) = match stepwise.begun {
            true => (&stepwise.from[..], &stepwise.open[..], &stepwise.nearest[..], &stepwise.extreme[..]),
            false => (&bars.open[..], open_levels, log_nearest, &bars.extreme[..]),
        };
        let lanes = open.len();
        let date = hedges.grid.date(innovations.begin, innovations.length).min(hedges.changes.len() - 1);
        let table = At {
            changes: &hedges.changes[date],
            chances: &hedges.chances[date],
            grid: hedges.grid,
            dof: hedges.dof,
            near: InnovationHedges::product(hedges.dof, NEAR),
            sign: stepwise.sign,
            length: stepwise.length,
        };
        for first in (0..lanes).step_by(TOGETHER) {
            let count = (lanes - first).min(TOGETHER);
            let mut places = Places::new();
            for (place, levels) in places.open.iter_mut().zip(&open[first..][..count]) {
                *place = f64::from(*levels);
            }
            stepwise.charged(first, (open, nearest), &mut places.charged[..count]);
            let columns = [from, &bars.close[..], innovations.shock, innovations.variance];
            table.locate(&mut places, columns.map(|column| &column[first..][..count]));
            let most = open[first..][..count].iter().fold(0, |most, open| most.max(*open));
            for (number, level) in stepwise.levels[..most as usize].iter().enumerate() {
                let sums = &mut sums[number * lanes + first..][..count];
                table.hedge(&places, (number as f64, *level), &extreme[first..][..count], sums);
            }
        }
        stepwise.sums = sums;
        stepwise.begun = false;
    }
}

/// Where some paths were when the step began, and where its innovation has led them.
struct Places {
    /// Number of open levels.
    open: [f64; TOGETHER],
    /// What a unit of x was charged.
    charged: [f64; TOGETHER],
    /// Mirrored log-price at the start, and how far it went.
    from: [f64; TOGETHER],
    went: [f64; TOGETHER],
    /// Of the way that is left open.
    spread: [f64; TOGETHER],
    /// The distance that half of the cells reach.
    half: [f32; TOGETHER],
    /// The node before the innovation in the first cell, and how far it is from there to the next.
    entries: [u32; TOGETHER],
    rest: [f32; TOGETHER],
}

impl Places {
    #[inline(always)]
    fn new() -> Self {
        let (zeros, ones) = ([0.0; TOGETHER], [1.0; TOGETHER]);
        Self {
            open: zeros,
            charged: zeros,
            from: zeros,
            went: zeros,
            spread: ones,
            half: [1.0; TOGETHER],
            entries: [0; TOGETHER],
            rest: [0.0; TOGETHER],
        }
    }
}

/// The table of a date, and what is the same for all paths.
struct At<'a> {
    changes: &'a Slab,
    chances: &'a Chances,
    grid: InnovationGrid,
    dof: Option<f64>,
    /// The product of distances, over the spread, from which on a touch is not hedged.
    near: f64,
    sign: f64,
    /// The share of a whole step that this one was.
    length: f64,
}

impl At<'_> {
    /// Finds the rows and nodes of paths, by the log-prices at the start and the end of a step, the shock and
    /// the variance.
    #[inline(always)]
    fn locate(&self, places: &mut Places, [from, close, shock, variance]: [&[f64]; 4]) {
        // As values of this function they stay in registers.
        let (grid, dof, sign, length) = (self.grid, self.dof, self.sign, self.length);
        let count = from.len().min(TOGETHER);
        for place in 0..count {
            places.from[place] = sign * from[place];
            places.went[place] = sign * (close[place] - from[place]);
        }
        for place in 0..count {
            let whole = variance[place];
            let variance = whole * length;
            let innovation = sign * shock[place] / variance.sqrt();
            let (node, rest) = grid.node(innovation);
            places.rest[place] = rest;
            places.entries[place] =
                grid.nearest_row(whole).wrapping_mul((STEP_CELLS * NODES) as u32).wrapping_add(node);
            places.half[place] = grid.half(whole.sqrt()) as f32;
            places.spread[place] = InnovationHedges::spread(dof, variance, innovation);
        }
    }

    /// What an innovation changes at an entry of the node before it.
    #[inline(always)]
    fn change(&self, entry: u32, rest: f32) -> f32 {
        const MASK: usize = STEP_ROWS * NODES * STEP_CELLS - 1;
        let entry = entry as usize;
        let (before, after) = (self.changes[entry & MASK], self.changes[entry.wrapping_add(1) & MASK]);
        before + rest * (after - before)
    }

    /// The chance before the innovation of an entry.
    #[inline(always)]
    fn chance(&self, entry: u32) -> f32 {
        self.chances[(entry as usize / NODES) & (STEP_ROWS * STEP_CELLS - 1)]
    }

    /// Adds the terms of a level.
    #[inline(always)]
    fn hedge(&self, places: &Places, (number, level): (f64, Level), extreme: &[f64], sums: &mut [f64]) {
        let near = self.near;
        let mut barriers = [0.0; TOGETHER];
        let mut products = [0.0; TOGETHER];
        let mut entries = [0; TOGETHER];
        let mut flags = [0_u8; TOGETHER];
        for place in 0..TOGETHER {
            let barrier = level.per_charge.mul_add(places.charged[place], level.barrier);
            let distance = places.from[place] - barrier;
            let left = distance + places.went[place];
            barriers[place] = barrier;
            products[place] = distance * left;
            let reaches = distance * left < near * places.spread[place];
            let is_ahead = (distance > 0.0) & (left > 0.0) & (places.open[place] > number);
            flags[place] = u8::from(reaches & is_ahead);
            let distance = if distance > 0.0 { distance as f32 } else { 0.0 };
            let cell = InnovationGrid::nearest_cell(distance, places.half[place]);
            entries[place] = places.entries[place].wrapping_add(cell.wrapping_mul(NODES as u32));
        }
        let mut changes = [0.0; TOGETHER];
        for place in 0..TOGETHER {
            changes[place] = self.change(entries[place], places.rest[place]);
        }
        for (place, sum) in sums.iter_mut().enumerate() {
            *sum += if places.open[place] > number { f64::from(changes[place]) } else { 0.0 };
        }
        let (mut list, mut count) = ([0_u8; TOGETHER], 0_usize);
        for (place, flag) in flags.iter().enumerate() {
            list[count & (TOGETHER - 1)] = place as u8;
            count = count.wrapping_add(usize::from(*flag));
        }
        let list = &list[..count.min(TOGETHER)];
        let mut touching = [0.0; TOGETHER];
        for (product, place) in touching.iter_mut().zip(list) {
            let place = usize::from(*place) & (TOGETHER - 1);
            *product = products[place] / places.spread[place];
        }
        // By whole lanes: there are few of them.
        for chances in touching.as_chunks_mut::<LANES>().0.iter_mut().take(list.len().div_ceil(LANES)) {
            for chance in chances {
                *chance = InnovationHedges::touching(self.dof, *chance);
            }
        }
        for (chance, place) in touching.iter().zip(list) {
            let place = usize::from(*place) & (TOGETHER - 1);
            let after = f64::from(self.chance(entries[place]) + changes[place]);
            // Of those whom the innovation leads to liquidation some are not touched on the way and
            // liquidated later.
            let later = ((1.0 - after) / (1.0 - chance)).clamp(0.0, 1.0);
            let is_touched = self.sign * extreme[place] <= barriers[place];
            let touched = if is_touched { 1.0 } else { 0.0 };
            sums[place] += (touched - chance) * later;
        }
    }
}
