//! What a result says beside its numbers: one closed list of notes, each with its code, its meaning and what to try next.

mod codes;
mod words;

use serde::{Deserialize, Serialize};

use crate::market::Duration;
use crate::result::sources::Sources;
use crate::scenario::PreciseMetric;

/// Fewer liquidations than this make a level's probability too rough to act on (10 % relative error).
pub(super) const FEW_EVENTS: f64 = 100.0;

/// A note as results have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteText {
    /// Stable name, such as `few_events`.
    pub code: String,
    /// What it means and what to try next.
    pub message: String,
}

/// An approximation, an assumption or a warning.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// Stopped from outside.
    Interrupted {
        /// Paths finished.
        paths: u64,
        /// Paths asked for.
        planned: u64,
    },
    /// The precision asked for was met.
    PrecisionReached {
        /// Paths that it took.
        paths: u64,
        /// The number.
        metric: PreciseMetric,
        /// Relative standard error.
        relative: f64,
    },
    /// It was not.
    PrecisionMissed {
        /// Paths that were allowed.
        paths: u64,
        /// The number.
        metric: PreciseMetric,
        /// Relative standard error asked for.
        relative: f64,
        /// That of the worst level; infinite if it was never liquidated.
        reached: f64,
    },
    /// A model moves in steps.
    SteppedModel {
        /// Name of the asset.
        asset: String,
        /// The longest step.
        step: Duration,
    },
    /// A what-if is laid over a model.
    Stress {
        /// Name of the asset.
        asset: String,
        /// Number of shocks.
        shocks: usize,
        /// Number of spells of other volatility.
        spells: usize,
    },
    /// The venue looks now and then.
    DiscreteMonitoring {
        /// How often.
        every: Duration,
    },
    /// Where the liquidation probabilities come from.
    Sampling(Sources),
    /// Where the probabilities of a miner come from.
    CountedDefaults {
        /// Paths.
        paths: u64,
    },
    /// A second interval counts in the errors of the parameters.
    ParameterErrors {
        /// Keys of the parameters.
        names: Vec<String>,
        /// Draws of them.
        draws: u64,
        /// Paths of each draw.
        paths: u64,
        /// Draws that no model can have, in whose place the estimate stood.
        replaced: u64,
    },
    /// Second intervals of some levels are carried on from others, draws having so many paths each.
    ParametersBeyondDraws(Vec<f64>, u64),
    /// Some levels have no second interval.
    NoParameterInterval {
        /// Levels.
        levels: Vec<f64>,
        /// Paths of each draw.
        paths: u64,
    },
    /// Few paths were liquidated, though the probability does not rest on them.
    FewLiquidated {
        /// Levels, with the number of liquidations.
        levels: Vec<(f64, f64)>,
        /// Paths.
        paths: u64,
    },
    /// Few paths were liquidated, and the probability rests on them.
    FewEvents {
        /// Levels, with the number of liquidations.
        levels: Vec<(f64, f64)>,
        /// Paths.
        paths: u64,
    },
    /// The mean return of some levels is carried by gains that hardly any path draws.
    MeanBeyondPaths {
        /// Levels, with the number of paths that their means rest on.
        levels: Vec<(f64, f64)>,
        /// Paths.
        paths: u64,
    },
    /// The venue would refuse positions of this size.
    AboveCapAtSize {
        /// Leverage, its cap at this size and the equity up to which it is allowed.
        levels: Vec<(f64, f64, f64)>,
    },
    /// The same for several positions.
    AboveCapTogether {
        /// Levels.
        levels: Vec<f64>,
    },
    /// What the account is counted in.
    CoinMargined(Currency),
    /// The collateral is coins behind linear contracts.
    CoinCollateral {
        /// Name of the asset.
        coin: String,
        /// How many.
        quantity: f64,
        /// What the venue takes off their price.
        haircut: f64,
    },
    /// The venue may close a part of the position.
    PartialLiquidation,
    /// A call of a loan has time to be answered.
    Grace {
        /// The time.
        grace: Duration,
    },
    /// Terms that nobody could confirm.
    UnconfirmedTerms {
        /// Name of the venue.
        venue: String,
        /// Which.
        terms: String,
    },
    /// Whose collateral is whose.
    SeveralPositions {
        /// How it is shared.
        collateral: Collateral,
        /// Whether margin calls or `deleverage` change positions.
        is_resized: bool,
    },
    /// Shares that do not add up to one.
    Shares {
        /// Their sum.
        sum: f64,
    },
    /// The margin of several assets is followed by an approximation.
    BridgedMargin,
    /// `simulation.step` is given and changes nothing.
    UnusedStep,
    /// Recorded lows and highs are not seen.
    RecordedExtremes,
    /// Paths are whole past horizons, which overlap.
    PastHorizons {
        /// Past starts.
        starts: usize,
        /// Horizons among them that do not overlap.
        independent: f64,
        /// Length of a horizon.
        horizon: Duration,
        /// Share of the paths that are drawn from them.
        share: f64,
        /// Days of a block of the bootstrap.
        block_days: f64,
    },
    /// Several assets draw the same past days.
    SharedPast {
        /// Correlation of hourly returns of each pair, with the names of both.
        pairs: Vec<(String, String, f64)>,
    },
    /// What reading a file of prices or rates brought to light.
    RecordedFile {
        /// The file, and what was found.
        finding: String,
    },
    /// The blocks of a bootstrap are longer than its record.
    LongBlocks {
        /// Name of the asset.
        asset: String,
        /// Length of a block.
        days: f64,
        /// Length of the record.
        record: Duration,
    },
    /// The horizon is longer than the record of a bootstrap.
    ShortRecord {
        /// Name of the asset.
        asset: String,
        /// The horizon.
        horizon: Duration,
        /// Length of the record.
        record: Duration,
    },
    /// A stop that can never fill first.
    StopBeyondLiquidation {
        /// Levels.
        levels: Vec<f64>,
    },
    /// Nothing is charged on the way.
    NotCharged {
        /// Whether slippage is none of it either.
        no_slippage: bool,
    },
    /// What is charged on the way.
    CashFlows {
        /// Each kind in words.
        charged: Vec<String>,
        /// Whether the venue watches continuously.
        continuous: bool,
    },
    /// Continuous interest is added in steps.
    DailyAccrual,
    /// Money that the owner keeps ready or pays in.
    CommittedMoney {
        /// As a fraction of the equity.
        share: f64,
    },
    /// A put is held beside the account.
    ProtectivePut {
        /// Strike over the entry price.
        strike: f64,
        /// When it expires.
        expiry: Duration,
        /// Premium over the notional.
        premium: f64,
    },
    /// Equity is looked at now and then.
    DrawdownDates,
    /// Quantiles come from bins.
    QuantileResolution,
    /// Difficulty is set at equal intervals.
    NetworkEpochs,
    /// A miner's books are kept by the day.
    DailyAccounts,
    /// A default ends a miner at once.
    DefaultAtOnce,
    /// Which losses of lenders count.
    LendersLosses,
    /// What the network's parameters rest on.
    NetworkEstimates,
    /// A miner holds a put.
    PutOfMiner {
        /// Premium as a fraction of the assets.
        premium: f64,
    },
    /// Some results follow one level on each path.
    InTurns {
        /// Number of levels.
        levels: usize,
    },
}

/// What an account with coin-margined contracts is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    /// One position, in its coin.
    Coin,
    /// Several positions, in their common coin.
    CommonCoin,
    /// In the quote currency.
    Quote,
}

/// How several positions share collateral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collateral {
    /// All share it.
    Shared,
    /// Some stand alone.
    PartlyShared,
    /// Each stands alone.
    Isolated,
}

impl Note {
    /// Stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Interrupted { .. } => "interrupted",
            Self::PrecisionReached { .. } => "precision_reached",
            Self::PrecisionMissed { .. } => "precision_missed",
            Self::SteppedModel { .. } => "stepped_model",
            Self::Stress { .. } => "stress",
            Self::DiscreteMonitoring { .. } => "discrete_monitoring",
            Self::Sampling(_) | Self::CountedDefaults { .. } => "sampling",
            Self::FewLiquidated { .. } => "few_liquidated",
            Self::FewEvents { .. } => "few_events",
            Self::MeanBeyondPaths { .. } => "mean_beyond_paths",
            Self::AboveCapAtSize { .. } | Self::AboveCapTogether { .. } => "above_cap_at_size",
            Self::CoinMargined(_) => "coin_margined",
            Self::CoinCollateral { .. } => "coin_collateral",
            Self::PartialLiquidation => "partial_liquidation",
            Self::Grace { .. } => "grace",
            Self::UnconfirmedTerms { .. } => "unconfirmed_terms",
            Self::SeveralPositions { .. } => "several_positions",
            Self::Shares { .. } => "shares",
            Self::BridgedMargin => "bridged_margin",
            Self::UnusedStep => "unused_step",
            Self::RecordedExtremes => "recorded_extremes",
            Self::PastHorizons { .. } => "past_horizons",
            Self::SharedPast { .. } => "shared_past",
            Self::RecordedFile { .. } => "price_file",
            Self::LongBlocks { .. } | Self::ShortRecord { .. } => "bootstrap_record",
            Self::StopBeyondLiquidation { .. } => "stop_beyond_liquidation",
            Self::NotCharged { .. } => "not_charged",
            Self::CashFlows { .. } => "cash_flows",
            Self::DailyAccrual => "daily_accrual",
            Self::CommittedMoney { .. } => "committed_money",
            Self::ProtectivePut { .. } => "protective_put",
            Self::DrawdownDates => "drawdown_dates",
            Self::QuantileResolution => "quantile_resolution",
            Self::NetworkEpochs => "network_epochs",
            Self::DailyAccounts => "daily_accounts",
            Self::DefaultAtOnce => "default_at_once",
            Self::LendersLosses => "lenders_losses",
            Self::NetworkEstimates => "network_estimates",
            Self::PutOfMiner { .. } => "put_of_miner",
            Self::InTurns { .. } => "in_turns",
            Self::ParameterErrors { .. } => "parameter_errors",
            Self::ParametersBeyondDraws(..) => "parameters_beyond_draws",
            Self::NoParameterInterval { .. } => "no_parameter_interval",
        }
    }

    /// What to try next; none where there is nothing to do.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::PrecisionMissed { metric, .. } if !metric.is_usual() => {
                "Raise max_paths, or leave out levels where the number is next to zero.".to_owned()
            }
            Self::PrecisionMissed { .. } => {
                "Raise max_paths, or leave out levels whose liquidation is too rare.".to_owned()
            }
            Self::SteppedModel { .. } => "A shorter `step` brings less bias.".to_owned(),
            Self::UnusedStep => "Leave it out.".to_owned(),
            Self::FewEvents { paths, .. } => {
                format!("More paths narrow it (--paths {}).", paths.saturating_mul(100))
            }
            Self::MeanBeyondPaths { .. } => {
                "Read quantiles, and look whether the volatility is that of a market: a price file read wrong is the usual cause.".to_owned()
            }
            Self::StopBeyondLiquidation { .. } => {
                "Bring it nearer, or give it as a share of the margin, such as stop_loss = { loss = \"50%\" }.".to_owned()
            }
            Self::AboveCapAtSize { .. } => "Put up less equity, or leave the level out.".to_owned(),
            Self::AboveCapTogether { .. } => "Put up less equity, or leave the levels out.".to_owned(),
            Self::Sampling(sources) if sources.has_choice() => {
                "`sampling = \"pseudo\"` counts hits on plain paths.".to_owned()
            }
            _ => return None,
        })
    }

    /// As results have it.
    pub fn text(&self) -> NoteText {
        let hint = self.hint().map_or_else(String::new, |hint| format!(" {hint}"));
        NoteText { code: self.code().to_owned(), message: format!("{self}{hint}") }
    }
}
