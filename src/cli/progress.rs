//! The progress of a run, on standard error and only where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::Progress;

/// A bar that is cleared when it is dropped.
pub struct ProgressLine(ProgressBar);

impl ProgressLine {
    /// A bar for the run of a scenario.
    pub fn new(scenario: &str) -> Self {
        // Hidden by the library where standard error is not a terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = "{msg} {wide_bar} {human_pos}/{human_len} paths, {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(bar.with_style(style).with_message(scenario.to_owned()))
    }

    /// Shows how far the run is; the plan may change on the way.
    pub fn show(&self, progress: &Progress) {
        self.0.set_length(progress.paths_planned);
        self.0.set_position(progress.paths_done);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
