//! How likely levels are to be liquidated by dates before the horizon: first passages of shorter horizons, by nets of their own.
//!
//! A path is liquidated by a date if it touches its barrier up to then, whatever comes after: the same problem with another horizon. Each
//! has scramblings of its own, so that the errors of many dates average out in what rests on all of them.
//!
//! That pays where points have no events: 12 % more time for 16 and 1,450 times less of it for a survival under gbm (10x, 3x). Under merton and
//! kou the nets of 19 dates took as long as all of the run, for 1 to 10 times less variance.

use super::estimate::Crossing;
use crate::account::DATES;
use crate::engine::Executor;
use crate::estimate::estimator::{Answer, Effort, Estimator};
use crate::stats::Estimate;

/// Error that a date is allowed over that of the horizon, and its share of the points: there are many dates.
const COARSER: f64 = 2.0;
const SHARE: u64 = 4;

impl Crossing {
    /// Tells each answer the probabilities by evenly spaced dates before the horizon; nothing where the work is stopped.
    pub(super) fn tell_dates(
        &self,
        wanted: &[usize],
        effort: &Effort,
        executor: &Executor<'_>,
        answers: &mut [Option<Answer>],
    ) {
        let effort = Effort {
            relative: COARSER * effort.relative,
            paths: effort.paths / SHARE,
            until_met: false,
            closings: false,
        };
        let mut by_level: Vec<Vec<Estimate>> = vec![Vec::new(); answers.len()];
        for date in 1..DATES {
            let shorter = self.up_to(date as u64, self.horizon() * date as f64 / DATES as f64);
            for (known, answer) in by_level.iter_mut().zip(shorter.answer(wanted, &effort, executor)) {
                known.extend(answer.map(|answer| answer.probability));
            }
        }
        for (answer, known) in answers.iter_mut().zip(by_level) {
            if let Some(answer) =
                answer.as_mut().filter(|answer| !answer.is_certain() && known.len() + 1 == DATES)
            {
                answer.by_date = known;
            }
        }
    }
}
