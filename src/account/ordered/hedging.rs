//! The control variate of liquidations, by what drives the price.

use std::sync::Arc;

use super::day_end::DayEnd;
use super::hedged::{Follow, Hedged as ByNormals};
use super::step_end::StepEnd;
use super::stepwise::Stepwise;
use super::terms::Terms;
use crate::market::{Bars, DrawHedges, Driving, Hedging, InnovationHedges};
use crate::numeric::dispatch;
use crate::stats::Tally;

/// The hedges of the paths of a block.
#[derive(Debug)]
pub(super) enum Hedged {
    Normals(ByNormals),
    Innovations(Arc<InnovationHedges>, Stepwise),
    Draws(Arc<DrawHedges>, Stepwise),
}

impl Hedged {
    /// Of levels under these terms.
    pub fn new(hedges: Hedging, terms: &Terms) -> Self {
        match hedges {
            Hedging::Normals(hedges) => Self::Normals(ByNormals::new(hedges, terms.sign, &terms.common.logs)),
            Hedging::Innovations(hedges) => Self::Innovations(hedges, Stepwise::new(terms)),
            Hedging::Draws(hedges) => Self::Draws(hedges, Stepwise::new(terms)),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, lanes: usize) {
        match self {
            Self::Normals(hedged) => hedged.begin(lanes),
            Self::Innovations(_, hedged) | Self::Draws(_, hedged) => hedged.begin(lanes),
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
            (Self::Normals(hedged), Driving::Normals(drivers)) => {
                dispatch(Follow { hedged, bars, drivers, terms, open_levels, log_nearest });
            }
            (Self::Innovations(hedges, stepwise), Driving::Innovations(innovations)) => {
                let span = [innovations.begin, innovations.length, hedges.horizon];
                if stepwise.arrive(bars, span, (open_levels, log_nearest)) {
                    let hedges = &**hedges;
                    dispatch(StepEnd { hedges, stepwise, bars, innovations, open_levels, log_nearest });
                }
            }
            (Self::Draws(hedges, stepwise), Driving::Draws(draws)) => {
                // A day that the horizon cuts short is not hedged.
                let span = [draws.begin, draws.length, f64::INFINITY];
                if stepwise.arrive(bars, span, (open_levels, log_nearest)) {
                    dispatch(DayEnd { hedges, stepwise, bars, draws, open_levels, log_nearest });
                }
            }
            _ => {}
        }
    }

    /// The end of a block: adds the sums over its paths to a tally.
    pub fn finish(&mut self, tally: &mut Tally) {
        match self {
            Self::Normals(hedged) => hedged.finish(tally),
            Self::Innovations(_, hedged) | Self::Draws(_, hedged) => hedged.finish(tally),
        }
    }

    /// Fills with what a level's terms came to, by path of the block just finished.
    pub fn of_level(&self, level: usize, controls: &mut [f64]) {
        match self {
            Self::Normals(hedged) => hedged.of_level(level, controls),
            Self::Innovations(_, hedged) | Self::Draws(_, hedged) => hedged.of_level(level, controls),
        }
    }
}
