//! How often simulated prices pass barriers within some horizons.

use crate::engine::{BLOCK_LANES, Reach};
use crate::market::Duration;
use crate::model::Model;
use crate::scenario::{Scenario, Source, parse};
use crate::study::Barrier;

/// What is simulated of a model.
pub(super) struct Passages<'a> {
    /// Length of a step; its lows and highs are those of the path.
    pub step: Duration,
    /// Horizons in steps, rising.
    pub horizons: &'a [usize],
    pub barriers: &'a [Barrier],
    pub paths: usize,
    base: Scenario,
}

impl<'a> Passages<'a> {
    /// For models that are set later.
    ///
    /// # Errors
    /// The horizon is none that a scenario may have.
    pub fn new(
        step: Duration,
        horizons: &'a [usize],
        barriers: &'a [Barrier],
        paths: usize,
    ) -> Result<Self, String> {
        let seconds = step.seconds() * horizons.last().copied().unwrap_or(1) as u64;
        let text = format!(
            "[simulation]\nhorizon = \"{seconds}s\"\npaths = 1\nseed = 1\n[assets.A]\nprice = 1.0\n[assets.A.model]\nkind = \"gbm\"\n\
             drift = 0.0\nvolatility = 0.5\n[account]\nequity = 1.0\nleverage = [1]\nvenue = \"flat-0.5pct\"\n[[account.positions]]\n\
             asset = \"A\"\nside = \"long\"\n"
        );
        let base = parse(Source::new("base", text), &[]).map_err(|problems| problems.to_string())?;
        Ok(Self { step, horizons, barriers, paths, base })
    }

    /// Number of paths of a model that pass each barrier, by horizon.
    ///
    /// # Errors
    /// The model cannot be simulated.
    pub fn of(&self, model: &Model) -> Result<Vec<Vec<f64>>, String> {
        let mut scenario = self.base.clone();
        scenario.assets[0].model = model.clone();
        let reach = Reach::new(&scenario, self.step, self.horizons).map_err(|error| error.to_string())?;
        let mut hits = vec![vec![0.0; self.barriers.len()]; self.horizons.len()];
        let (mut done, mut block) = (0, 0);
        while done < self.paths {
            let lanes = (self.paths - done).min(BLOCK_LANES);
            let reached = reach.block(block, lanes).ok_or("its prices are no numbers")?;
            for (hits, reached) in hits.iter_mut().zip(&reached) {
                for (hits, barrier) in hits.iter_mut().zip(self.barriers) {
                    let pairs = reached.low.iter().zip(&reached.high);
                    *hits += pairs.filter(|(low, high)| barrier.is_passed(-**low, **high)).count() as f64;
                }
            }
            (done, block) = (done + lanes, block + 1);
        }
        Ok(hits)
    }
}
