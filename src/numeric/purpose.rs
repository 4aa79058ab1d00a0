//! What random words are drawn for.

/// What a stream of random words is for; streams of different purposes are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The driver of an asset's continuous moves.
    Move(u16),
    /// Times and sizes of an asset's jumps and switches, and other draws of its model.
    Event(u16),
    /// Extremes of an asset's price inside bars.
    Extreme(u16),
    /// Times of hits inside bars.
    Hit,
    /// Scramblings for the crossing probabilities of a group of levels.
    Crossing(u16),
    /// Times and sizes of jumps that hit several assets at once.
    Common(u16),
    /// Rates of a law of funding.
    Funding(u16),
    /// The network of a coin: fees, power of a miner, shocks of difficulty, luck of blocks.
    Network(u16),
    /// Parameters of an asset's model, drawn by their errors.
    Parameters(u16),
    /// Seeds of what is repeated.
    Repeat,
    /// Order and scramblings of the nets that lead the paths.
    Net,
    /// Resampling of recorded data.
    Resample,
}

impl Purpose {
    /// The number that words are addressed by.
    pub(super) fn number(self) -> u32 {
        let (kind, asset) = match self {
            Self::Move(asset) => (0, asset),
            Self::Event(asset) => (1, asset),
            Self::Extreme(asset) => (2, asset),
            Self::Hit => (3, 0),
            Self::Common(index) => (4, index),
            Self::Crossing(group) => (5, group),
            Self::Funding(law) => (6, law),
            Self::Network(source) => (7, source),
            Self::Parameters(asset) => (8, asset),
            Self::Repeat => (9, 0),
            Self::Net => (10, 0),
            // Numbers from here up are for what is not simulation.
            Self::Resample => (0xff, 0),
        };
        (kind << 16) | u32::from(asset)
    }
}
