//! What the innovation of a step adds to the chance to touch a barrier.
//!
//! The next variance and the distance that is left follow from the innovation alone, so a function of it for
//! each date, variance and distance, less its mean, hedges all but what happens on the way: straight lines
//! between nodes whose means are known.

use super::hedge_table::{Solve, Table};
use super::mark_table;
use super::parameters::{Garch, LARGEST_VARIANCE};
use crate::market::{Duration, InnovationGrid, InnovationHedges, MARK_NODES, MarkTable, NODES};
use crate::numeric::{dispatch, exp, ln};

/// Most dates of a table: a step of a longer path has the coefficients of its date.
const MOST_DATES: usize = 96;
/// The largest variance of a table over the expected one; Student-t innovations go farther.
const NORMAL_REACH: f64 = 10.0;
const STUDENT_REACH: f64 = 30.0;
/// Normal innovations that are no farther than all that come.
const FURTHEST: f64 = 6.0;
/// Intervals of the quadrature between two nodes; even, so that one begins at an innovation of 0, where the
/// bend of the nodes has a corner.
const INTERVALS: usize = 64;

impl Garch {
    /// The hedges of a barrier below the price (`sign` 1) or above (−1), which grows at a rate per year, on
    /// paths of a length that move together; none where a variance of 0 can come.
    pub(in crate::model) fn hedges(
        &self,
        horizon: Duration,
        (sign, growth): (f64, f64),
    ) -> Option<InnovationHedges> {
        let step = self.step.seconds().max(1);
        let steps = horizon.seconds().div_ceil(step).max(1);
        let last = (horizon.seconds() - (steps - 1) * step) as f64 / step as f64;
        let ([least, expected], whole) = self.reach(steps);
        let reach = if self.dof.is_some() { STUDENT_REACH } else { NORMAL_REACH };
        let most = (reach * expected).min(LARGEST_VARIANCE);
        if !(least > 0.0 && most > least) {
            return None;
        }
        // Nodes as close as the law is narrow, and out to where next to nothing comes.
        let (bend, furthest) = match self.dof {
            Some(dof) => (
                6.0 * ((dof - 2.0) / dof).sqrt(),
                (dof - 2.0).sqrt() * exp(9.0 * std::f64::consts::LN_10 / dof),
            ),
            None => (6.0, FURTHEST),
        };
        let steps = steps as usize;
        // Where the price goes in a few steps cells are fine, and they reach as far as it goes in all.
        let half = 0.75_f64.mul_add((steps as f64).sqrt(), 2.0);
        let grid = InnovationGrid::new(
            steps.div_ceil(MOST_DATES),
            [least, most],
            half,
            bend,
            furthest.max(FURTHEST),
        );
        let weights = weights(&grid, self.dof);
        let marks = mark_table::Solve {
            model: *self,
            drift: self.log_drift * self.step.years(),
            grid,
            lines: every_other(&weights),
            weights: trapezoidal(&grid, self.dof),
            steps,
            last,
            spacing: MarkTable::spacing(whole.sqrt()),
        };
        let drift = sign * (self.log_drift - growth) * self.step.years();
        let Table { changes, chances } =
            dispatch(Solve { model: *self, sign, drift, grid, weights, steps, last });
        let (marks, horizon) = (dispatch(marks), horizon.years());
        Some(InnovationHedges { grid, changes, chances, dof: self.dof, horizon, marks })
    }

    /// The least variance of the steps of a path, and the largest that is expected; what is expected of all of
    /// them together.
    fn reach(&self, steps: u64) -> ([f64; 2], f64) {
        let persistence = self.alpha + 0.5 * self.gamma + self.beta;
        let (mut least, mut expected) = (self.initial_variance, self.initial_variance);
        let (mut largest, mut whole) = (expected, expected);
        for _ in 1..steps {
            least = self.beta.mul_add(least, self.omega);
            expected = persistence.mul_add(expected, self.omega).min(LARGEST_VARIANCE);
            largest = expected.max(largest);
            whole += expected;
        }
        ([least.min(self.initial_variance), largest], whole)
    }
}

/// The means of the straight lines that are 1 at a node and 0 at the others, over the law of an innovation.
fn weights(grid: &InnovationGrid, dof: Option<f64>) -> [f64; NODES] {
    // Gauss and Legendre's two points.
    let points = [0.5 - 0.5 / 3.0_f64.sqrt(), 0.5 + 0.5 / 3.0_f64.sqrt()];
    let mut weights = [0.0; NODES];
    for node in 0..NODES - 1 {
        let (from, to) = (grid.bent(node), grid.bent(node + 1));
        for interval in 0..INTERVALS {
            for point in points {
                let part = (interval as f64 + point) / INTERVALS as f64;
                let (z, slope) = grid.innovation(part.mul_add(to - from, from));
                let density = density(z, dof);
                weights[node] += density * slope * (1.0 - part);
                weights[node + 1] += density * slope * part;
            }
        }
    }
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}

/// The density of an innovation, times a constant.
fn density(z: f64, dof: Option<f64>) -> f64 {
    match dof {
        Some(dof) => exp(-0.5 * (dof + 1.0) * ln(1.0 + z * z / (dof - 2.0))),
        None => exp(-0.5 * z * z),
    }
}

/// Weights of every other node by the trapezoidal rule.
fn trapezoidal(grid: &InnovationGrid, dof: Option<f64>) -> [f64; MARK_NODES] {
    let weight = |node: usize| {
        let (z, slope) = grid.innovation(grid.bent(2 * node));
        density(z, dof) * slope
    };
    let weights: [f64; MARK_NODES] = std::array::from_fn(weight);
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}

/// The same of every other node: a line between two of them is half of one of the node between. What lies
/// beyond the last has its number.
fn every_other(weights: &[f64; NODES]) -> [f64; MARK_NODES] {
    let between = |node: usize| 0.5 * weights[node];
    std::array::from_fn(|node| {
        let below = if node > 0 { between(2 * node - 1) } else { 0.0 };
        let above = if node + 1 < MARK_NODES { between(2 * node + 1) } else { weights[2 * node + 1] };
        weights[2 * node] + below + above
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{LAST_BINS, MARK_CELLS, STEP_CELLS, STEP_ROWS};
    use crate::numeric::elementary;
    use crate::numeric::special::{normal_cdf, student_cdf};

    fn model(dof: Option<f64>) -> Garch {
        Garch {
            log_drift: -0.2,
            step: Duration::from_seconds(86_400),
            omega: 1.4e-5,
            alpha: 0.056,
            gamma: 0.0,
            beta: 0.93,
            dof,
            initial_variance: 1e-3,
        }
    }

    fn hedges(model: &Garch, days: u64, sign: f64) -> InnovationHedges {
        model.hedges(Duration::from_seconds(days * 86_400), (sign, 0.0)).unwrap()
    }

    /// The chance that an innovation is below a number.
    fn below(dof: Option<f64>, z: f64) -> f64 {
        match dof {
            Some(dof) => student_cdf(dof, z * (dof / (dof - 2.0)).sqrt()),
            None => normal_cdf(z),
        }
    }

    /// The mean of the lines of a place whose first node has a number is Σ number·∫ of the distribution
    /// function, here by 400 even parts between two nodes: right to 1e-6.
    #[test]
    fn weights_are_means_over_the_law() {
        for dof in [Some(3.5), Some(12.0), None] {
            let grid = hedges(&model(dof), 30, 1.0).grid;
            let weights = weights(&grid, dof);
            for node in [0, 3, 12, 31, 32, 40, 63] {
                let mut known = 0.0;
                let (from, to) = (grid.bent(0), grid.bent(NODES - 1));
                let parts = 400 * (NODES - 1);
                for part in 0..parts {
                    let at = |part: usize| from + (to - from) * part as f64 / parts as f64;
                    let at_ends = [part, part + 1].map(|part| below(dof, grid.innovation(at(part)).0));
                    let chance = at_ends[1] - at_ends[0];
                    let (first, rest) = grid.node(grid.innovation(0.5 * (at(part) + at(part + 1))).0);
                    known += chance
                        * if first as usize == node {
                            1.0 - f64::from(rest)
                        } else if first as usize + 1 == node {
                            f64::from(rest)
                        } else {
                            0.0
                        };
                }
                let weight = weights[node];
                assert!((weight - known).abs() < 1e-6, "{dof:?} {node}: {weight} {known}");
            }
        }
    }

    /// Over the law of an innovation each entry of the table comes to nothing, as it is kept.
    #[test]
    fn what_innovations_change_has_a_mean_of_zero() {
        for dof in [Some(3.5), None] {
            let hedges = hedges(&model(dof), 30, 1.0);
            let weights = weights(&hedges.grid, dof);
            let mut largest = 0.0_f32;
            for changes in &hedges.changes {
                for row in changes.chunks_exact(NODES * STEP_CELLS) {
                    for cell in row.chunks_exact(NODES) {
                        let terms = weights.iter().zip(cell);
                        let mean: f64 = terms.map(|(weight, change)| weight * f64::from(*change)).sum();
                        assert!(mean.abs() < 1e-7, "{dof:?}: {mean}");
                    }
                    largest = row.iter().fold(largest, |largest, change| largest.max(change.abs()));
                }
            }
            assert!(largest > 0.9, "{largest}");
        }
    }

    /// With constant variance and normal innovations the price is a geometric Brownian motion: P(min ≤ −d) =
    /// Φ((−d − μT)/s) + e^(−2μd/σ²)·Φ((−d + μT)/s) with s = σ√T and μ the drift to a barrier below, its
    /// opposite to one above. Straight lines between nodes make chances larger by up to 0.005.
    #[test]
    fn a_table_of_constant_variance_is_that_of_a_brownian_motion() {
        let h = 1e-3;
        let constant = Garch { omega: h, alpha: 0.0, beta: 1e-9, ..model(None) };
        for (sign, days) in [(1.0, 30), (-1.0, 30), (1.0, 200)] {
            let hedges = hedges(&constant, days, sign);
            let time = (days as usize - hedges.grid.steps_per_date / 2) as f64;
            let square = h;
            let drift = sign * constant.log_drift * constant.step.years();
            let deviation = (square * time).sqrt();
            let row = hedges.grid.row(h).round() as usize;
            assert!((hedges.grid.variance(row) / h - 1.0).abs() < 1e-3);
            for cell in [4_usize, 8, 16, 24, 32, 40] {
                let d = hedges.grid.distance(cell) * h.sqrt();
                let known = normal_cdf((-d - drift * time) / deviation)
                    + elementary::exp(-2.0 * drift * d / square)
                        * normal_cdf((-d + drift * time) / deviation);
                let found = f64::from(hedges.chances[0][row * STEP_CELLS + cell]);
                assert!((found - known).abs() < 0.005, "{sign} {days} {cell}: {found} {known}");
            }
        }
    }

    #[test]
    fn variances_and_innovations_have_the_nearest_place() {
        let grid = hedges(&model(Some(3.5)), 30, 1.0).grid;
        for row in 0..STEP_ROWS {
            assert!((grid.row(grid.variance(row)) - row as f64).abs() < 1e-9);
        }
        assert_eq!([1e-9, 1e3].map(|h| grid.row(h)), [0.0, (STEP_ROWS - 1) as f64]);
        for node in 0..NODES {
            let (found, rest) = grid.node(grid.innovation(grid.bent(node)).0);
            assert!((found as f32 + rest - node as f32).abs() < 1e-4, "{node}: {found} {rest}");
        }
        assert_eq!([-1e9, 1e9].map(|z| grid.node(z)), [(0, 0.0), (NODES as u32 - 2, 1.0)]);
        for cell in 0..STEP_CELLS - 1 {
            let distance = grid.distance(cell);
            assert!((grid.cell(distance) - cell as f64).abs() < 1e-9);
            let half = grid.half(0.03) as f32;
            assert_eq!(InnovationGrid::nearest_cell((0.03 * distance) as f32, half), cell as u32);
        }
    }

    /// The table of marks of a model, with the weights of its nodes.
    fn marks(model: &Garch, days: u64) -> (InnovationHedges, [f64; MARK_NODES]) {
        let hedges = hedges(model, days, 1.0);
        let weights = every_other(&weights(&hedges.grid, model.dof));
        (hedges, weights)
    }

    /// The mean of each line that is kept, over the law of straight lines between its nodes, is what is taken
    /// off: as numbers of 24 bits hold it by the weights that the table has, and by the distribution function
    /// over 400 even parts between two nodes and what lies beyond them. A last date of a single step has none,
    /// as of 97 days; that of 200 days has two.
    #[test]
    fn lines_of_marks_have_the_means_that_are_taken_off() {
        for (dof, days) in [(Some(3.5), 30), (None, 30), (None, 97), (Some(12.0), 200)] {
            let (hedges, weights) = marks(&model(dof), days);
            let (grid, table) = (hedges.grid, &hedges.marks);
            let mut by_law = [0.0; MARK_NODES];
            let mut add = |innovation: f64, chance: f64| {
                let (node, rest) = grid.node_of_marks(innovation);
                by_law[node as usize] += chance * (1.0 - f64::from(rest));
                by_law[node as usize + 1] += chance * f64::from(rest);
            };
            let (from, to) = (grid.bent(0), grid.bent(NODES - 1));
            let parts = 400 * (NODES - 1);
            let at = |part: f64| grid.innovation(from + (to - from) * part / parts as f64).0;
            add(-1e9, below(dof, at(0.0)));
            add(1e9, 1.0 - below(dof, at(parts as f64)));
            for part in 0..parts {
                let part = part as f64;
                add(at(part + 0.5), below(dof, at(part + 1.0)) - below(dof, at(part)));
            }
            let kept = (0..table.lines.len()).filter(|date| date * grid.steps_per_date + 1 < days as usize);
            assert_eq!(kept.clone().count(), table.lines.len() - usize::from(days != 200));
            let mut largest = 0.0_f32;
            for date in kept {
                for (row, means) in table.means[date].iter().enumerate() {
                    let lines = &table.lines[date][row * MARK_NODES..][..MARK_NODES];
                    for (weights, most) in [(&weights, 4e-3), (&by_law, 1e-2)] {
                        let mut known = [0.0; MARK_CELLS];
                        for (weight, line) in weights.iter().zip(lines) {
                            known
                                .iter_mut()
                                .zip(line)
                                .for_each(|(known, x)| *known += weight * f64::from(*x));
                        }
                        for (known, mean) in known.iter().zip(means) {
                            let away = (known - f64::from(*mean)).abs();
                            assert!(away < most, "{dof:?} {days}: {date} {row}: {known} {mean}");
                            largest = largest.max(*mean);
                        }
                    }
                }
            }
            assert!(largest > 65_000.0, "{largest}");
        }
    }

    /// With constant variance and normal innovations the closing price is log-normal: to 1e-4 at cells after 30
    /// steps and 3e-4 after 200, which shifts leave, and straight lines between cells add twice as much.
    #[test]
    fn closing_prices_of_constant_variance_are_log_normal() {
        let h = 1e-3;
        let constant = Garch { omega: h, alpha: 0.0, beta: 1e-9, ..model(None) };
        for (days, at_cells, between) in [(30, 1.2e-4, 3.6e-4), (200, 3.2e-4, 5.6e-4)] {
            let table = hedges(&constant, days, 1.0).marks;
            let time = days as f64;
            let (drift, deviation) = (constant.log_drift * constant.step.years() * time, (h * time).sqrt());
            let known = |x: f64| normal_cdf((x - drift) / deviation);
            for place in -350..=350 {
                let x = 0.01 * f64::from(place) * deviation;
                let found = table.below(x);
                assert!((found - known(x)).abs() < between, "{days} {place}: {found} {}", known(x));
            }
            for (cell, found) in table.start.iter().enumerate() {
                let known = known(MarkTable::distance(cell) * table.spacing);
                assert!((found - known).abs() < at_cells, "{days} {cell}: {found} {known}");
            }
        }
    }

    /// An innovation is in an interval of the last step when it is beyond its start, as near as numbers of 24
    /// bits tell, and the chance to be below that is kept; nodes of marks are every other node.
    #[test]
    fn places_of_marks_are_those_of_their_innovations() {
        for dof in [Some(3.5), None] {
            let (hedges, _) = marks(&model(dof), 30);
            let grid = hedges.grid;
            for node in 0..MARK_NODES {
                let (found, rest) = grid.node_of_marks(grid.innovation(grid.bent(2 * node)).0);
                assert!((found as f32 + rest - node as f32).abs() < 1e-4, "{node}: {found} {rest}");
                let (found, rest) = grid.node_of_marks(grid.innovation(grid.bent(2 * node + 1)).0);
                let between = (node as f32 + 0.5).min((MARK_NODES - 1) as f32);
                assert!((found as f32 + rest - between).abs() < 1e-4, "{node}: {found} {rest}");
            }
            assert_eq!([-1e9, 1e9].map(|z| grid.node_of_marks(z)), [(0, 0.0), (MARK_NODES as u32 - 2, 1.0)]);
            assert_eq!([-1e9, 1e9].map(|z| grid.bin(z)), [0, LAST_BINS as u32 - 1]);
            let end = grid.bent(NODES - 1);
            for (bin, chance) in hedges.marks.last.iter().enumerate() {
                let place = |bin: f64| grid.innovation((2.0 * bin / LAST_BINS as f64 - 1.0) * end).0;
                let known = below(dof, place(bin as f64));
                assert!((f64::from(*chance) - known).abs() < 1e-7, "{bin}: {chance} {known}");
                let inside = [0.002, 0.998].map(|part| grid.bin(place(bin as f64 + part)));
                assert_eq!(inside, [bin as u32; 2]);
            }
        }
    }
}
