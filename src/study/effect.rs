//! Whether a change of a number of a result is for the worse.

use serde::{Deserialize, Serialize};

/// What a change means to whoever holds the position; ordered so that what matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// More is lost, or more often.
    Worse,
    /// Neither: the number is no loss and no gain by itself, or it is there in one result only.
    #[default]
    Other,
    /// Less is lost, or less often.
    Better,
}

/// Numbers that are gains: less of them is worse.
const GAINS: [&str; 6] = [
    "mean_return",
    "return.quantiles.",
    "exits.target",
    "time_to_liquidation_days.",
    "kelly.",
    "coins_mined",
];

/// Numbers that are neither: prices depend on the side, a spread has two, and holding on may end either way.
const NEITHER: [&str; 7] = [
    "liquidation_price",
    "bankruptcy_price",
    "return.std_dev",
    "return.skewness",
    "return.kurtosis",
    "exits.horizon",
    "exits.expired",
];

impl Effect {
    /// The effect of a change of a number by its key; all but gains and the neutral ones are losses, their chances and costs.
    pub fn of(metric: &str, difference: Option<f64>) -> Self {
        let Some(difference) = difference.filter(|difference| *difference != 0.0) else { return Self::Other };
        if NEITHER.contains(&metric) {
            return Self::Other;
        }
        let is_gain = GAINS.iter().any(|gain| metric.starts_with(gain));
        if is_gain == (difference > 0.0) { Self::Better } else { Self::Worse }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_losses_and_smaller_gains_are_worse() {
        for (metric, difference, effect) in [
            ("liquidation_probability", 0.1, Effect::Worse),
            ("liquidation_probability", -0.1, Effect::Better),
            ("expected_shortfall.0.95", 0.1, Effect::Worse),
            ("max_drawdown.0.5", -0.1, Effect::Better),
            ("costs.funding.mean", 0.1, Effect::Worse),
            ("mean_return", 0.1, Effect::Better),
            ("return.quantiles.0.05", -0.1, Effect::Worse),
            ("liquidation_price", 0.1, Effect::Other),
        ] {
            assert_eq!(Effect::of(metric, Some(difference)), effect, "{metric}");
        }
        assert_eq!(Effect::of("bad_debt", None), Effect::Other);
    }
}
