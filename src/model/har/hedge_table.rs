//! The chance to touch a barrier by expected variance and distance, and what it becomes with each class of
//! draws: solved backwards on a coarse grid, with a few draws of each class.

use crate::market::{CLASSES, DRAW_CELLS, DRAW_ROWS, DrawChances, DrawGrid, DrawSlab};
use crate::numeric::{Kernel, exp};

/// A draw of a day, seen from a barrier, in units of the deviation that was expected of the day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw {
    pub chance: f64,
    /// How far the price moved away from the barrier in all, and towards it at most.
    pub moved: f64,
    pub reach: f64,
    /// What it makes of the next log-variance.
    pub next: f64,
    pub class: usize,
}

/// What is expected of the log-variance of a day: its mean, and how much of what was unexpected of the day
/// before stays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub mean: f64,
    pub kept: f64,
    /// How much is expected of its variance, without the season.
    pub variance: f64,
}

/// Solves the table of a barrier.
pub(super) struct Solve<'a> {
    pub grid: DrawGrid,
    /// Of the distance from the barrier, per day.
    pub drift: f64,
    /// Factors on the deviations of the days, in turn.
    pub season: [f64; 7],
    /// By day.
    pub expected: &'a [Expected],
    /// In the order of their classes.
    pub sample: &'a [Draw],
    pub chances_of_classes: [f64; CLASSES],
    pub days: usize,
}

/// By date.
pub(super) struct Table {
    pub changes: Vec<DrawSlab>,
    pub chances: Vec<DrawChances>,
}

type Row = [f64; DRAW_CELLS];

/// What a class comes to: single precision, since any table is right on average and this one is worked out for every run.
type ClassRow = [f32; DRAW_CELLS];

/// 1.5·2^23: adding it rounds to an integer that then stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// A distance that is out of reach.
const FAR: f32 = 1e12;

impl Kernel for Solve<'_> {
    type Output = Table;

    #[inline(always)]
    fn run(self) -> Table {
        let mut changes = vec![[0.0; DRAW_ROWS * CLASSES * DRAW_CELLS]; self.days];
        let mut chances = vec![[0.0; DRAW_ROWS * DRAW_CELLS]; self.days];
        // At the end only who has passed the barrier has touched it.
        let mut values = [[0.0; DRAW_CELLS]; DRAW_ROWS];
        values.iter_mut().for_each(|row| row[0] = 1.0);
        let mut found = [[0.0_f32; DRAW_CELLS]; CLASSES];
        for day in (0..self.days).rev() {
            let mut before = values;
            for (row, before) in before.iter_mut().enumerate() {
                self.expect((day, row), &values, &mut found);
                *before = [0.0; DRAW_CELLS];
                for (found, chance) in found.iter().zip(&self.chances_of_classes) {
                    for (before, found) in before.iter_mut().zip(found) {
                        *before += chance * f64::from(*found);
                    }
                }
                let changes = &mut changes[day][row * CLASSES * DRAW_CELLS..];
                for (changes, found) in changes.chunks_exact_mut(DRAW_CELLS).zip(&found) {
                    // Who is at the barrier has touched it, and the last cell is out of reach.
                    for cell in 1..DRAW_CELLS - 1 {
                        changes[cell] = (f64::from(found[cell]) - before[cell]) as f32;
                    }
                }
                before[0] = 1.0;
                for (chance, value) in chances[day][row * DRAW_CELLS..].iter_mut().zip(&*before) {
                    *chance = *value as f32;
                }
            }
            values = before;
        }
        Table { changes, chances }
    }
}

impl Solve<'_> {
    /// Mean chances after the draws of each class, from a row.
    #[inline(always)]
    fn expect(&self, (day, row): (usize, usize), values: &[Row; DRAW_ROWS], found: &mut [ClassRow; CLASSES]) {
        let (grid, half) = (self.grid, self.grid.half);
        let own = grid.log_variance(row);
        let now = self.expected[day];
        let season = |day: usize| self.season[day % self.season.len()];
        let deviation = exp(0.5 * own) * season(day);
        let drift = self.drift / deviation;
        let mut distances = [FAR; DRAW_CELLS];
        for (cell, distance) in distances[..DRAW_CELLS - 1].iter_mut().enumerate() {
            *distance = grid.distance(cell, DRAW_CELLS) as f32;
        }
        let half = half as f32;
        *found = [[0.0; DRAW_CELLS]; CLASSES];
        for draw in self.sample {
            let (next, ratio) = match self.expected.get(day + 1) {
                Some(expected) => {
                    let next = now.kept.mul_add(own - now.mean, expected.mean + draw.next);
                    (next, exp(0.5 * (own - next)) * season(day) / season(day + 1))
                }
                None => (own, 1.0),
            };
            let place = grid.row(next);
            let below = (place as usize).min(DRAW_ROWS - 2);
            let part = place - below as f64;
            let (mut blended, mut steps) = ([0.0_f32; DRAW_CELLS], [0.0_f32; DRAW_CELLS]);
            for ((blended, a), b) in blended.iter_mut().zip(&values[below]).zip(&values[below + 1]) {
                *blended = (a + part * (b - a)) as f32;
            }
            for (cell, step) in steps[..DRAW_CELLS - 1].iter_mut().enumerate() {
                *step = blended[cell + 1] - blended[cell];
            }
            let weight = (draw.chance / self.chances_of_classes[draw.class]) as f32;
            let (moved, reach, ratio) = ((draw.moved + drift) as f32, draw.reach as f32, ratio as f32);
            for (distance, found) in distances.iter().zip(&mut found[draw.class]) {
                let left = (distance + moved) * ratio;
                let left = if left > 0.0 { left } else { 0.0 };
                let place = left / (left + half) * (DRAW_CELLS - 1) as f32;
                let first = (place - 0.5 + ROUNDER).to_bits() as usize & (DRAW_CELLS - 1);
                let rest = place - first as f32;
                let later = rest.mul_add(steps[first], blended[first]);
                *found += weight * if reach >= *distance { 1.0 } else { later };
            }
        }
    }
}
