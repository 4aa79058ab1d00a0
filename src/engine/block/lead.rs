//! What nets lead on the paths of a block: the drivers of the prices, and what else the models let them.

use super::BlockLoop;
use crate::engine::driver::Driver;
use crate::market::Sides;
use crate::model::Model;
use crate::numeric::{Guide, Nets};

/// The nets of a block, and who is led by them.
pub(super) struct Lead {
    /// None where paths are independent.
    nets: Option<Nets>,
    /// The drivers of the prices, by asset.
    pub guides: Vec<Guide>,
    /// Lengths of the intervals of active paths.
    durations: Vec<f64>,
    /// Uniforms of the extremes of the only bar of each path; empty where there are more.
    only_extremes: Vec<f64>,
}

impl Lead {
    /// Of paths that are independent.
    pub fn new(assets: usize) -> Self {
        let guides = (0..assets).map(|_| Guide::default()).collect();
        Self { nets: None, guides, durations: Vec::new(), only_extremes: Vec::new() }
    }

    /// Leads the normals, by asset, of active paths from where they are to the ends of their intervals.
    pub fn some(&mut self, active: &[u32], (now, ends): (&[f64], &[f64]), normals: &mut [Vec<f64>]) {
        if self.nets.is_none() {
            return;
        }
        self.durations.clear();
        let starts = active.iter().map(|lane| now[*lane as usize]);
        self.durations.extend(ends.iter().zip(starts).map(|(end, start)| end - start));
        for (guide, normals) in self.guides.iter_mut().zip(normals) {
            guide.some(active, &self.durations, normals);
        }
    }

    /// Uniforms of the extremes of the only bar of each of so many paths.
    pub fn only_extremes(&self, paths: usize) -> Option<&[f64]> {
        Some(&self.only_extremes[..]).filter(|uniforms| uniforms.len() == paths)
    }
}

impl BlockLoop<'_> {
    /// The loop that sorts its paths by what drove the prices of some assets to some sides.
    pub fn stratified(self, wanted: impl Iterator<Item = (usize, Sides)>) -> Self {
        Self { drivers: Driver::all(wanted), ..self }
    }

    /// The loop whose paths are led by nets (see [`Nets`]), if the law has it so.
    pub fn led(mut self) -> Self {
        self.lead.nets = self.law.is_led.then(Nets::default);
        self
    }

    /// Starts the nets of a block, if there are any.
    pub(super) fn lead_block(&mut self, block: u64, lanes: usize) {
        // No events end bars then, and all paths move together.
        let is_one_bar = self.law.grid.len() == 1
            && self.law.continuous
            && self.is_alone()
            && self.steppers[0].event_times().is_empty();
        let Lead { nets: Some(nets), guides, only_extremes, .. } = &mut self.lead else { return };
        let (horizon, bars) = (self.law.years(), self.law.grid.len());
        let pairs = self.law.models.iter().all(Model::is_mirrored);
        nets.begin(self.law.seed, block, lanes, pairs);
        // Assets that draw the same past days must not be led apart.
        let is_apart = self.law.leader.iter().enumerate().all(|(asset, leader)| asset == *leader);
        let assets = guides.iter_mut().zip(&mut self.steppers).zip(&mut self.streams);
        for ((guide, stepper), streams) in assets {
            // Bars end at events too.
            let anchors = if stepper.event_times().is_empty() { bars } else { usize::MAX };
            match stepper.takes_normals() {
                true => guide.begin(nets, anchors, horizon, lanes),
                false => guide.rest(),
            }
            if is_apart {
                stepper.lead(nets, horizon, lanes, &mut streams.events);
            }
        }
        only_extremes.clear();
        if is_one_bar {
            nets.uniforms(only_extremes);
        }
    }
}
