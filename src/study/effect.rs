//! Whether a change of a number of a result is for the worse.

use serde::{Deserialize, Serialize};

/// What a change means to whoever holds the position; ordered so that what matters most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// More is lost, or more often.
    Worse,
    /// Less is lost, or less often.
    Better,
    /// Neither: the number is no loss and no gain by itself, or it is there in one result only.
    #[default]
    Other,
}

/// Numbers that say how much is lost, or how often: more of them is worse.
const LOSSES: [&str; 16] = [
    "liquidation_probability",
    "loss_probability",
    "bad_debt",
    "value_at_risk.",
    "expected_shortfall.",
    "exits.liquidated",
    "exits.stopped",
    "exits.called",
    "margin_calls.",
    "partial_liquidations.",
    "max_drawdown.",
    "default_probability",
    "default_on_bills_probability",
    "coin_liquidation_probability",
    "margin_call_probability",
    "underwater_days",
];

/// Numbers of which less is worse. The upper quantiles are not among them: they are lower in a calmer market
/// too.
const SAFEGUARDS: [&str; 4] =
    ["mean_return", "return.quantiles.0.01", "return.quantiles.0.05", "return.quantiles.0.25"];

/// Numbers that everybody wants more of.
const GAINS: [&str; 6] = [
    "mean_return",
    "return.quantiles.",
    "exits.target",
    "time_to_liquidation_days.",
    "kelly.",
    "coins_mined",
];

impl Effect {
    /// The effect of a change of a number by its key. Prices depend on the side, costs are higher where more
    /// positions survive, a spread has two sides: such numbers are neither.
    pub fn of(metric: &str, difference: Option<f64>) -> Self {
        let Some(difference) = difference.filter(|difference| *difference != 0.0) else { return Self::Other };
        let is_loss = LOSSES.iter().any(|loss| metric.starts_with(loss));
        match (is_loss || SAFEGUARDS.contains(&metric), is_loss == (difference > 0.0)) {
            (false, _) => Self::Other,
            (true, true) => Self::Worse,
            (true, false) => Self::Better,
        }
    }
}

/// Whether more of a number is what everybody wants, so that a ranking begins with the largest.
pub fn is_gain(metric: &str) -> bool {
    GAINS.iter().any(|gain| metric.starts_with(gain))
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
            ("costs.funding.mean", 0.1, Effect::Other),
            ("return.quantiles.0.95", -0.1, Effect::Other),
            ("mean_return", 0.1, Effect::Better),
            ("return.quantiles.0.05", -0.1, Effect::Worse),
            ("liquidation_price", 0.1, Effect::Other),
        ] {
            assert_eq!(Effect::of(metric, Some(difference)), effect, "{metric}");
        }
        assert_eq!(Effect::of("bad_debt", None), Effect::Other);
    }
}
