//! The progress of a run, on standard error and only where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use liqsim::engine::Progress;

/// A bar that is cleared when it is dropped.
pub struct ProgressLine(ProgressBar);

impl ProgressLine {
    /// A bar for the run of a scenario.
    pub fn new(scenario: &str) -> Self {
        Self::counting(scenario, "paths")
    }

    /// A bar that counts something else.
    pub fn counting(name: &str, what: &str) -> Self {
        Self::with_template(
            name,
            &format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {what}, {{eta}} left"),
        )
    }

    /// A bar that counts nothing that people know.
    pub fn share() -> Self {
        Self::with_template("", "{msg} {wide_bar} {percent} %, {eta} left")
    }

    fn with_template(name: &str, template: &str) -> Self {
        // Hidden by the library where standard error is not a terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(bar.with_style(style).with_message(name.to_owned()))
    }

    /// Names what is being done now.
    pub fn name(&self, name: String) {
        self.0.set_message(name);
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
