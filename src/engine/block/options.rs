//! What a loop over blocks can be told before it starts.

use std::sync::atomic::AtomicBool;

use super::{BLOCK_LANES, BlockLoop};
use crate::engine::driver::Driver;
use crate::market::Sides;
use crate::model::Stepper;

/// Points of the grid, times paths, times levels from which on a block may take longer than a stop may wait.
const LONG_BLOCK: usize = 1 << 21;

impl<'a> BlockLoop<'a> {
    /// The loop whose paths of an asset are moved by the given stepper.
    pub fn moved_by(mut self, asset: usize, stepper: Box<dyn Stepper>) -> Self {
        self.steppers[asset] = stepper;
        self
    }

    /// The loop that gives up a block when it is told to stop, if blocks take long before the eyes of accounts of so many levels.
    pub fn stopped_by(self, stop: Option<&'a AtomicBool>, levels: usize) -> Self {
        let work = self.law.grid.len() * BLOCK_LANES * levels;
        Self { stop: stop.filter(|_| work > LONG_BLOCK), ..self }
    }

    /// The loop that sorts its paths by what drove the prices of some assets to some sides.
    pub fn stratified(self, wanted: impl Iterator<Item = (usize, Sides)>) -> Self {
        Self { drivers: Driver::all(wanted), ..self }
    }

    /// The loop whose paths are led by nets (see [`Nets`](crate::numeric::Nets)), if the law has it so.
    pub fn led(mut self) -> Self {
        self.lead = self.lead.by(self.law);
        self
    }
}
