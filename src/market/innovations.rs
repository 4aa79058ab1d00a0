//! What a model says of the steps that its variance follows from.

/// What the step at hand of a price, whose next variance follows from the move of the step, has come to by
/// the end of the bars. All paths are in the same step.
#[derive(Debug, Clone, Copy)]
pub struct Innovations<'a> {
    /// The move so far beyond its mean, by path.
    pub shock: &'a [f64],
    /// Variance of the whole step, by path.
    pub variance: &'a [f64],
    /// When the step began, in years.
    pub begin: f64,
    /// How long it is, in years.
    pub length: f64,
}

impl Innovations<'_> {
    /// Whether the step ends at a horizon, or beyond.
    pub fn is_last(&self, horizon: f64) -> bool {
        // Times are sums of rounded ones.
        self.begin + (1.0 + 1e-6) * self.length > horizon
    }
}
