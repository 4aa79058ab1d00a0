//! One step of the recursion of the [`Outlook`](super::outlook::Outlook): expectations over an innovation.

use super::lean::Lean;
use crate::numeric::{Kernel, exp, ln};

/// Distances of the grid.
pub(super) const DISTANCES: usize = 96;
/// Points of the quadrature on each side of the middle.
const POINTS: i32 = 20;
/// Probabilities below are as good as 0.
pub(super) const TINY: f64 = 1e-260;
/// Innovations beyond are far; normal ones never are.
pub(super) const FAR: f64 = 4.0;
/// Largest share of far innovations: the rest keeps its law, so weights stay bounded.
const MOST_FAR: f64 = 0.7;
/// Largest shift of the mean.
const MOST_SHIFT: f64 = 4.0;

/// A point of the quadrature over an innovation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub z: f64,
    pub probability: f64,
    pub is_near: bool,
}

/// Points and probabilities that stand for the law of the innovations: even ones, or out to the furthest that matters on the scale of an
/// inverse hyperbolic sine where it has heavy tails.
pub(super) fn quadrature(dof: Option<f64>, furthest: f64) -> Vec<Point> {
    let points = (-POINTS..=POINTS).map(|index| {
        let place = f64::from(index) / f64::from(POINTS);
        // Densities up to a factor.
        match dof {
            Some(dof) => {
                let end = furthest.clamp(10.0, 1e4);
                let x = exp(place * ln(end + (end * end + 1.0).sqrt()));
                let (z, slope) = (0.5 * (x - 1.0 / x), 0.5 * (x + 1.0 / x));
                let density = exp(-0.5 * (dof + 1.0) * ln(1.0 + z * z / (dof - 2.0)));
                Point { z, probability: density * slope, is_near: z.abs() <= FAR }
            }
            None => {
                let z = 6.5 * place;
                Point { z, probability: exp(-0.5 * z * z), is_near: true }
            }
        }
    });
    let mut points: Vec<Point> = points.collect();
    let total: f64 = points.iter().map(|point| point.probability).sum();
    points.iter_mut().for_each(|point| point.probability /= total);
    points
}

/// Where an innovation leads from a variance of the grid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    /// The next variance, between this one of the grid and the one above,
    pub variance: usize,
    /// so far on the way.
    pub part: f64,
    /// Towards the goal, in spacings.
    pub moved: f64,
    pub probability: f64,
    /// That of a near innovation, else 0.
    pub near: f64,
    /// The innovation, positive towards the goal.
    pub towards: f64,
}

impl Move {
    pub fn of(point: &Point) -> Self {
        let near = if point.is_near { point.probability } else { 0.0 };
        Self { variance: 0, part: 0.0, moved: 0.0, probability: point.probability, near, towards: 0.0 }
    }
}

/// Sums over the innovations of a step, by distance: of v, of v after near innovations, and of these times the innovation and its square.
pub(super) struct Sums {
    pub all: [f64; DISTANCES],
    /// Of the first.
    pub logarithms: [f64; DISTANCES],
    pub near: [f64; DISTANCES],
    pub first: [f64; DISTANCES],
    pub second: [f64; DISTANCES],
}

impl Default for Sums {
    fn default() -> Self {
        let zeros = [0.0; DISTANCES];
        Self { all: zeros, logarithms: zeros, near: zeros, first: zeros, second: zeros }
    }
}

impl Sums {
    /// Two normals at ±shift have the second moment 1 + shift² and the mean (2·towards − 1)·shift. `near` and `square` are the probability
    /// of a near innovation and its mean square where there is no goal.
    pub fn lean(&self, index: usize, near: f64, square: f64) -> Lean {
        let far = ((near - self.near[index] / self.all[index]) / near).clamp(0.0, MOST_FAR);
        if self.near[index] <= TINY {
            return Lean { far, ..Lean::default() };
        }
        let first = self.first[index] / self.near[index];
        let second = self.second[index] / self.near[index] / square;
        let shift = (second - 1.0).max(first * first).sqrt().min(MOST_SHIFT);
        let towards = if shift > 0.0 { (0.5 * (1.0 + first / shift)).clamp(0.0, 1.0) } else { 0.5 };
        Lean { far, shift, towards }
    }
}

/// One step of the recursion from one variance.
pub(super) struct Expect<'a> {
    pub moves: &'a [Move],
    pub next: &'a [f64],
    pub sums: &'a mut Sums,
}

impl Kernel for Expect<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { moves, next, sums } = self;
        *sums = Sums::default();
        // The row of a variance between two, arrivals before it and its last value after it.
        let mut row = [0.0; 3 * DISTANCES];
        for Move { variance, part, moved, probability, near, towards } in moves {
            let below = &next[variance * DISTANCES..][..DISTANCES];
            let above = &next[(variance + 1) * DISTANCES..][..DISTANCES];
            for (value, (below, above)) in
                row[DISTANCES..2 * DISTANCES].iter_mut().zip(below.iter().zip(above))
            {
                *value = part.mul_add(above - below, *below);
            }
            let last = row[2 * DISTANCES - 1];
            row[2 * DISTANCES..].fill(last);
            // Distance index − moved is between those at start + index and the one after.
            let whole = moved.floor().max(-(DISTANCES as f64)).min((DISTANCES - 1) as f64);
            let back = (moved - whole).clamp(0.0, 1.0);
            let start = (DISTANCES as f64 - 1.0 - whole) as usize;
            let (nearer, further) = (&row[start..][..DISTANCES], &row[start + 1..][..DISTANCES]);
            for index in 0..DISTANCES {
                let v = exp(back.mul_add(nearer[index] - further[index], further[index]));
                sums.all[index] += probability * v;
                sums.near[index] += near * v;
                sums.first[index] += near * towards * v;
                sums.second[index] += near * towards * towards * v;
            }
        }
        for (logarithm, sum) in sums.logarithms.iter_mut().zip(&sums.all) {
            *logarithm = ln(if *sum < TINY { TINY } else { *sum }).min(0.0);
        }
    }
}
