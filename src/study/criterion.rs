//! What makes a leverage safe, or best.

use serde::{Deserialize, Serialize};

use crate::result::LevelResult;
use crate::stats::Estimate;

/// What is asked of a leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Liquidated with at most this probability.
    LiquidationProbability,
    /// Value at risk at 95 % of at most this share of the collateral.
    ValueAtRisk,
    /// Expected shortfall at 95 % of at most this share of the collateral.
    ExpectedShortfall,
    /// A loss with at most this probability.
    LossProbability,
    /// The most log growth of wealth, with the best share of wealth as collateral.
    Kelly,
    /// The most mean return per unit of expected shortfall at 95 %.
    MeanPerShortfall,
}

/// Tail of the losses that are limited.
const TAIL: &str = "0.95";

impl Criterion {
    /// Whether a largest leverage within a limit is looked for, or the best one.
    pub fn has_limit(self) -> bool {
        !matches!(self, Self::Kelly | Self::MeanPerShortfall)
    }

    /// The name in documents.
    pub fn key(self) -> &'static str {
        match self {
            Self::LiquidationProbability => "liquidation_probability",
            Self::ValueAtRisk => "value_at_risk",
            Self::ExpectedShortfall => "expected_shortfall",
            Self::LossProbability => "loss_probability",
            Self::Kelly => "kelly",
            Self::MeanPerShortfall => "mean_per_shortfall",
        }
    }

    /// The limited number of a level, which rises with leverage; none for the criteria without a limit.
    pub fn limited(self, level: &LevelResult) -> Option<Estimate> {
        match self {
            Self::LiquidationProbability => Some(level.liquidation_probability),
            Self::LossProbability => Some(level.loss_probability),
            Self::ValueAtRisk => level.value_at_risk.get(TAIL).copied(),
            Self::ExpectedShortfall => level.expected_shortfall.get(TAIL).copied(),
            Self::Kelly | Self::MeanPerShortfall => None,
        }
    }

    /// The number to be as large as possible.
    pub fn score(self, level: &LevelResult) -> f64 {
        match self {
            Self::Kelly => level.kelly.log_growth,
            _ => {
                let shortfall = level.expected_shortfall.get(TAIL).map_or(f64::NAN, |loss| loss.value);
                level.mean_return.value / shortfall
            }
        }
    }
}
