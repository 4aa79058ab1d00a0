//! What the hedges of liquidations take in at the end of a day that was drawn: its class, and whether it
//! reached barriers.

use super::stepwise::{Level, Stepwise};
use crate::market::{
    Bars, CLASSES, DRAW_CELLS, DRAW_ROWS, DrawChances, DrawGrid, DrawHedges, DrawSlab, DrawnDay, Draws,
    REACHES,
};
use crate::numeric::{Kernel, exp};

/// Paths that are worked out together.
const TOGETHER: usize = 64;

/// The end of a day of all paths.
pub(super) struct DayEnd<'a> {
    pub hedges: &'a DrawHedges,
    pub stepwise: &'a mut Stepwise,
    pub bars: &'a Bars,
    pub draws: Draws<'a>,
    /// Number of levels that were open when the bars began, and the nearest barriers then.
    pub open_levels: &'a [u32],
    pub log_nearest: &'a [f64],
}

impl Kernel for DayEnd<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { hedges, stepwise, bars, draws, open_levels, log_nearest } = self;
        let mut sums = std::mem::take(&mut stepwise.sums);
        let (from, open, nearest) = match stepwise.begun {
            true => (&stepwise.from[..], &stepwise.open[..], &stepwise.nearest[..]),
            false => (&bars.open[..], open_levels, log_nearest),
        };
        let lanes = open.len();
        let date = draws.date().min(hedges.changes.len() - 1);
        let table = At {
            hedges,
            changes: &hedges.changes[date],
            chances: &hedges.chances[date],
            grid: hedges.grid,
            sign: stepwise.sign,
            season: draws.season,
        };
        for first in (0..lanes).step_by(TOGETHER) {
            let count = (lanes - first).min(TOGETHER);
            let mut places = Places::new();
            for (place, levels) in places.open.iter_mut().zip(&open[first..][..count]) {
                *place = f64::from(*levels);
            }
            stepwise.charged(first, (open, nearest), &mut places.charged[..count]);
            let columns = [from, draws.expected, draws.turn].map(|column| &column[first..][..count]);
            table.locate(&mut places, columns, &draws.day[first..][..count]);
            let most = open[first..][..count].iter().fold(0, |most, open| most.max(*open));
            for (number, level) in stepwise.levels[..most as usize].iter().enumerate() {
                let sums = &mut sums[number * lanes + first..][..count];
                table.hedge(&places, (number as f64, *level), sums);
            }
        }
        stepwise.sums = sums;
        stepwise.begun = false;
    }
}

/// Where some paths were when the day began, and what they have drawn.
struct Places {
    /// Number of open levels.
    open: [f64; TOGETHER],
    /// What a unit of x was charged.
    charged: [f64; TOGETHER],
    /// Mirrored log-price at the start.
    from: [f64; TOGETHER],
    /// The distance that half of the cells reach.
    half: [f32; TOGETHER],
    /// The first cell of the row and of the class.
    rows: [u32; TOGETHER],
    entries: [u32; TOGETHER],
    class: [u8; TOGETHER],
    /// The farthest of the finer distances that the day reaches.
    reach: [u16; TOGETHER],
    /// Those that some days of the class reach, and some do not.
    nearest: [u32; TOGETHER],
    farthest: [u32; TOGETHER],
}

impl Places {
    #[inline(always)]
    fn new() -> Self {
        let zeros = [0.0; TOGETHER];
        Self {
            open: zeros,
            charged: zeros,
            from: zeros,
            half: [1.0; TOGETHER],
            rows: [0; TOGETHER],
            entries: [0; TOGETHER],
            class: [0; TOGETHER],
            reach: [0; TOGETHER],
            nearest: [0; TOGETHER],
            farthest: [0; TOGETHER],
        }
    }
}

/// The table of a date, and what is the same for all paths.
struct At<'a> {
    hedges: &'a DrawHedges,
    changes: &'a DrawSlab,
    chances: &'a DrawChances,
    grid: DrawGrid,
    sign: f64,
    season: f64,
}

impl At<'_> {
    /// Finds the rows and classes of paths, by the log-prices at the start of a day, what was expected of it,
    /// and the draw.
    #[inline(always)]
    fn locate(&self, places: &mut Places, [from, expected, turn]: [&[f64]; 3], day: &[u32]) {
        // As values of this function they stay in registers.
        let (grid, sign, season) = (self.grid, self.sign, self.season);
        let count = from.len().min(TOGETHER);
        for place in 0..count {
            places.from[place] = sign * from[place];
            places.half[place] = (grid.half * season * exp(0.5 * expected[place])) as f32;
            places.rows[place] = grid.nearest_row(expected[place]);
        }
        for place in 0..count {
            let against = usize::from(sign * turn[place] < 0.0);
            let DrawnDay { class, reach, .. } = self.hedges.drawn[2 * day[place] as usize + against];
            let (nearest, farthest) = self.hedges.reaches[usize::from(class) & (CLASSES - 1)];
            (places.class[place], places.reach[place]) = (class, reach);
            (places.nearest[place], places.farthest[place]) = (u32::from(nearest), u32::from(farthest));
            let row = places.rows[place] as usize;
            places.entries[place] = ((row * CLASSES + usize::from(class)) * DRAW_CELLS) as u32;
        }
    }

    /// Adds the terms of a level.
    #[inline(always)]
    fn hedge(&self, places: &Places, (number, level): (f64, Level), sums: &mut [f64]) {
        let mut cells = [0; TOGETHER];
        let mut fine = [0; TOGETHER];
        let mut flags = [0_u8; TOGETHER];
        for place in 0..TOGETHER {
            let barrier = level.per_charge.mul_add(places.charged[place], level.barrier);
            let distance = places.from[place] - barrier;
            let ahead = if distance > 0.0 { distance as f32 } else { 0.0 };
            (cells[place], fine[place]) = DrawGrid::nearest_cells(ahead, places.half[place]);
            let is_open = (places.open[place] > number) & (distance > 0.0);
            // All days of the class reach what is nearer, and none what is farther.
            let is_doubtful = (fine[place] > places.nearest[place]) & (fine[place] <= places.farthest[place]);
            flags[place] = u8::from(is_open & is_doubtful);
        }
        let mut changes = [0.0; TOGETHER];
        for place in 0..TOGETHER {
            const MASK: usize = DRAW_ROWS * CLASSES * DRAW_CELLS - 1;
            changes[place] = self.changes[places.entries[place].wrapping_add(cells[place]) as usize & MASK];
        }
        for (place, sum) in sums.iter_mut().enumerate() {
            *sum += if places.open[place] > number { f64::from(changes[place]) } else { 0.0 };
        }
        for (place, flag) in flags.iter().enumerate().take(sums.len()) {
            if *flag == 0 {
                continue;
            }
            let fine = fine[place] as usize & (REACHES - 1);
            let reaching = &self.hedges.reaching[usize::from(places.class[place]) & (CLASSES - 1)];
            let chance = f64::from(reaching[fine]);
            let row = places.rows[place] as usize * DRAW_CELLS + cells[place] as usize;
            let after = f64::from(self.chances[row & (DRAW_ROWS * DRAW_CELLS - 1)] + changes[place]);
            // Of the class some reach the barrier, and some of the others are liquidated later.
            let later = ((1.0 - after) / (1.0 - chance)).clamp(0.0, 1.0);
            let touched = if fine <= usize::from(places.reach[place]) { 1.0 } else { 0.0 };
            sums[place] += (touched - chance) * later;
        }
    }
}
