//! The control variate of liquidations, by what drives the price.

use std::sync::Arc;

use super::bar_marks::{BarMarks, EndMarks, MarkedBars};
use super::day_end::DayEnd;
use super::day_marks::DayMarks;
use super::hedged::{Follow, Hedged as ByNormals};
use super::marked::Marked;
use super::step_end::StepEnd;
use super::step_marks::StepMarks;
use super::stepwise::Stepwise;
use super::terms::Terms;
use crate::market::{Bars, DrawHedges, Driving, Hedging, InnovationHedges};
use crate::numeric::dispatch;
use crate::stats::{Intervals, MARKS, Tally};

/// The hedges of the paths of a block.
#[derive(Debug)]
pub(super) enum Hedged {
    Normals(ByNormals, Option<MarkedBars>),
    Innovations(Arc<InnovationHedges>, Stepwise, Option<Marked>),
    Draws(Arc<DrawHedges>, Stepwise, Option<Marked>),
}

impl Hedged {
    /// Of levels under these terms, and of the marks between intervals of the closing price where there are
    /// some.
    pub fn new(hedges: Hedging, intervals: Option<&Intervals>, terms: &Terms) -> Self {
        let marked = |spacing: f64, known: bool| {
            intervals.map(|intervals| Marked::new(intervals, known, spacing, terms.levels.len()))
        };
        match hedges {
            Hedging::Normals(hedges) => {
                let marked = marked(hedges.marks.spacing, true).map(MarkedBars::new);
                Self::Normals(ByNormals::new(hedges, terms.sign, &terms.common.logs), marked)
            }
            Hedging::Innovations(hedges) => {
                let marked = marked(hedges.marks.spacing, false);
                Self::Innovations(hedges, Stepwise::new(terms), marked)
            }
            Hedging::Draws(hedges) => {
                let marked = marked(hedges.marks.spacing, false);
                Self::Draws(hedges, Stepwise::new(terms), marked)
            }
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        match self {
            Self::Normals(hedged, marked) => {
                hedged.begin(lanes);
                marked.iter_mut().for_each(|marked| marked.begin(lanes));
            }
            Self::Innovations(_, hedged, marked) | Self::Draws(_, hedged, marked) => {
                hedged.begin(lanes);
                marked.iter_mut().for_each(|marked| marked.begin(lanes));
            }
        }
    }

    /// Takes in bars and what drove them, with the number of open levels and the nearest barrier of each path
    /// when they began.
    pub fn follow(
        &mut self,
        bars: &Bars,
        driving: Driving<'_>,
        terms: &Terms,
        (open_levels, log_nearest): (&[u32], &[f64]),
    ) {
        match (self, driving) {
            (Self::Normals(hedged, marked), Driving::Normals(drivers)) => {
                if let Some(marked) = marked {
                    let (hedges, rows) = (&*hedged.hedges, &hedged.rows[..]);
                    dispatch(BarMarks { hedges, marked, bars, drivers, rows, open_levels });
                }
                dispatch(Follow { hedged, bars, drivers, terms, open_levels, log_nearest });
            }
            (Self::Innovations(hedges, stepwise, marked), Driving::Innovations(innovations)) => {
                let span = [innovations.begin, innovations.length, hedges.horizon];
                if stepwise.arrive(bars, span, (open_levels, log_nearest)) {
                    let (hedges, length) = (&**hedges, stepwise.length);
                    if let Some(marked) = marked {
                        let (from, open) = stepwise.start(bars, open_levels);
                        let (close, is_last) = (&bars.close[..], innovations.is_last(hedges.horizon));
                        let end =
                            StepMarks { hedges, marked, innovations, length, is_last, from, close, open };
                        dispatch(end);
                    }
                    dispatch(StepEnd { hedges, stepwise, bars, innovations, open_levels, log_nearest });
                }
            }
            (Self::Draws(hedges, stepwise, marked), Driving::Draws(draws)) => {
                // A day that the horizon cuts short is not hedged.
                let span = [draws.begin, draws.length, f64::INFINITY];
                if stepwise.arrive(bars, span, (open_levels, log_nearest)) {
                    let hedges = &**hedges;
                    if let Some(marked) = marked {
                        let (from, open) = stepwise.start(bars, open_levels);
                        let close = &bars.close[..];
                        dispatch(DayMarks { hedges, marked, draws, from, close, open });
                    }
                    dispatch(DayEnd { hedges, stepwise, bars, draws, open_levels, log_nearest });
                }
            }
            _ => {}
        }
    }

    /// The end of a block, at these log-prices: adds the sums over its paths to a tally.
    pub fn finish(&mut self, log_prices: &[f64], tally: &mut Tally) {
        match self {
            Self::Normals(hedged, marked) => {
                hedged.finish(tally);
                let sum = |level| hedged.sum_of(level);
                if let Some(marked) = marked {
                    dispatch(EndMarks { hedges: &hedged.hedges, marked });
                    marked.marked.finish(log_prices, sum, tally);
                }
            }
            Self::Innovations(_, hedged, marked) | Self::Draws(_, hedged, marked) => {
                hedged.finish(tally);
                let sum = |level| hedged.sum_of(level);
                marked.iter_mut().for_each(|marked| marked.finish(log_prices, sum, tally));
            }
        }
    }

    /// The sums of the control variates of the marks where a level was stopped, by net.
    pub fn marked(&self, level: usize) -> Option<&[[f32; MARKS]]> {
        match self {
            Self::Normals(_, marked) => marked.as_ref().map(|marked| marked.marked.of_level(level)),
            Self::Innovations(_, _, marked) | Self::Draws(_, _, marked) => {
                marked.as_ref().map(|marked| marked.of_level(level))
            }
        }
    }

    /// Fills with what a level's terms came to, by path of the block just finished.
    pub fn of_level(&self, level: usize, controls: &mut [f64]) {
        match self {
            Self::Normals(hedged, _) => hedged.of_level(level, controls),
            Self::Innovations(_, hedged, _) | Self::Draws(_, hedged, _) => hedged.of_level(level, controls),
        }
    }
}
