//! Whether a scenario's model still describes the market: what was found, test by test.

use serde::{Deserialize, Serialize};

use super::verdict::Verdict;

/// The tests of one scenario's model against recorded prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assumptions {
    /// Name of the file of prices.
    pub prices: String,
    /// First bar that was used.
    pub from: String,
    /// Last bar that was used.
    pub to: String,
    /// Length of a return in seconds.
    pub step_seconds: u64,
    /// Number of returns.
    pub returns: usize,
    /// Simulated histories of the same length that they are compared with.
    pub histories: usize,
    /// Probability of even one failure if the model is right.
    pub false_alarm_rate: f64,
    /// Share of the expected value by which an interval is widened.
    pub tolerance: f64,
    /// The worst of the tests.
    pub verdict: Verdict,
    /// The tests.
    pub tests: Vec<AssumptionTest>,
}

/// One property of the market beside that of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssumptionTest {
    /// What is compared.
    pub property: Property,
    /// Its value in the recorded prices.
    pub observed: f64,
    /// Its median over the simulated histories.
    pub expected: f64,
    /// Lower end of the interval that holds 95 % of the simulated histories.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// How often a simulated history is at least as far out.
    pub p_value: f64,
    /// The same for all tests of the scenario together (Holm).
    pub adjusted_p_value: f64,
    /// Fail if the adjusted p-value is at most the false-alarm rate and the value lies outside the widened interval.
    pub verdict: Verdict,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// Realised volatility per square root of a year.
    Volatility,
    /// Jumps a year, detected by the test of Lee and Mykland (2008).
    JumpFrequency,
    /// Share of returns below the model's 1 % quantile (Kupiec 1995).
    Falls1,
    /// Share of returns below the model's 5 % quantile (Kupiec 1995).
    Falls5,
    /// Share of returns above the model's 99 % quantile (Kupiec 1995).
    Rises1,
    /// Share of returns above the model's 95 % quantile (Kupiec 1995).
    Rises5,
    /// Share of returns beyond the 5 % or 95 % quantile after another such return (Christoffersen 1998).
    Clusters,
    /// Largest distance between the distribution of the returns and that of the model (Kolmogorov and Smirnov).
    Distribution,
}

impl Property {
    /// The name in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Volatility => "realised volatility",
            Self::JumpFrequency => "jumps a year",
            Self::Falls1 => "falls beyond the 1 % quantile",
            Self::Falls5 => "falls beyond the 5 % quantile",
            Self::Rises1 => "rises beyond the 99 % quantile",
            Self::Rises5 => "rises beyond the 95 % quantile",
            Self::Clusters => "large moves after large moves",
            Self::Distribution => "distance of the distributions",
        }
    }

    /// The name in documents.
    pub fn key(self) -> &'static str {
        match self {
            Self::Volatility => "volatility",
            Self::JumpFrequency => "jump_frequency",
            Self::Falls1 => "falls1",
            Self::Falls5 => "falls5",
            Self::Rises1 => "rises1",
            Self::Rises5 => "rises5",
            Self::Clusters => "clusters",
            Self::Distribution => "distribution",
        }
    }
}
