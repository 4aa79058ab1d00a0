//! What nets lead on the paths of a block: the drivers of the prices, and what else the models let them.

use crate::engine::columns::AssetStreams;
use crate::engine::path_law::PathLaw;
use crate::model::{Model, Stepper};
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

    /// Of paths that nets lead, if the law has it so.
    pub fn by(self, law: &PathLaw) -> Self {
        Self { nets: law.is_led.then(Nets::default), ..self }
    }

    /// Starts the nets of a block of so many paths, if there are any.
    pub fn begin(
        &mut self,
        law: &PathLaw,
        (block, lanes): (u64, usize),
        steppers: &mut [Box<dyn Stepper>],
        streams: &mut [AssetStreams],
    ) {
        let Self { nets: Some(nets), guides, only_extremes, .. } = self else { return };
        let (horizon, bars) = (law.years(), law.grid.len());
        nets.begin(law.seed, block, lanes, law.models.iter().all(Model::is_mirrored));
        // Assets that draw the same past days must not be led apart.
        let is_apart = law.leader.iter().enumerate().all(|(asset, leader)| asset == *leader);
        let mut has_events = !law.dependence.common_jumps.is_empty();
        for ((guide, stepper), streams) in guides.iter_mut().zip(&mut *steppers).zip(streams) {
            // Bars end at events too.
            has_events |= !stepper.event_times().is_empty();
            let anchors = if has_events { usize::MAX } else { bars };
            match stepper.takes_normals() {
                true => guide.begin(nets, anchors, horizon, lanes),
                false => guide.rest(),
            }
            if is_apart {
                stepper.lead(nets, horizon, lanes, &mut streams.events);
            }
        }
        only_extremes.clear();
        if bars == 1 && law.continuous && steppers.len() == 1 && !has_events {
            nets.uniforms(only_extremes);
        }
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
