//! Notes in words.

use std::fmt;

use super::{Collateral, Currency, FEW_EVENTS, Note};
use crate::numeric::plain_number;
use crate::result::words::{events, listed, percent, times};

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted { paths, planned } => write!(
                f,
                "Stopped after {paths} of {planned} paths: the numbers are those of the work that was finished."
            ),
            Self::PrecisionReached { paths, metric, relative } => write!(
                f,
                "{paths} paths brought the relative standard error of every {} to {} % or less.",
                match metric.is_usual() {
                    true => "liquidation probability".to_owned(),
                    false => format!("`{}`", metric.name()),
                },
                100.0 * relative
            ),
            Self::PrecisionMissed { paths, metric, relative, reached } => write!(
                f,
                "max_paths ({paths}) was reached before the precision: the worst level has a relative standard error{} of {}, {} % was \
                 asked for.",
                match metric.is_usual() {
                    true => String::new(),
                    false => format!(" of `{}`", metric.name()),
                },
                match reached.is_finite() {
                    true => format!("{:.2} %", 100.0 * reached),
                    false => "unknown size (no event)".to_owned(),
                },
                100.0 * relative
            ),
            Self::SteppedModel { asset, step } => write!(
                f,
                "The variance of {asset} moves in steps of at most {step}, by a scheme that is not exact: in the default steps \
                 probabilities are within 0.2 percentage points beside their errors."
            ),
            Self::Stress { asset, shocks, spells } => write!(
                f,
                "{asset} is under stress ({shocks} shocks, {spells} spells of other volatility): the numbers answer a what-if, not how \
                 likely it is."
            ),
            Self::DiscreteMonitoring { every } => write!(
                f,
                "The price is looked at every {every} only, as a gap from look to look: what it touches in between is not \
                 seen, so the probabilities are below those of a venue that watches continuously."
            ),
            Self::Sampling(sources) => sources.fmt(f),
            Self::CountedDefaults { paths } => write!(
                f,
                "Defaults and liquidations are counted on {paths} independent paths: effective sample size {paths}, gain 1. Crossing \
                 probabilities and importance sampling are for positions."
            ),
            Self::ParameterErrors { names, draws, paths, replaced } => {
                let of = match names.len() {
                    1 => format!("the parameter {}", names[0]),
                    _ => format!("{} parameters ({})", names.len(), names.join(", ")),
                };
                write!(
                    f,
                    "The interval \"with parameters\" adds the errors of {of} to that of sampling: {draws} draws, each on the same {paths} \
                     paths, without the noise of those paths. It holds if the future resembles the window that the model was fitted to; a \
                     change of regime is no error of parameters."
                )?;
                match replaced {
                    0 => Ok(()),
                    count => write!(f, " {count} draws that no such model can have were replaced by the estimate."),
                }
            }
            Self::ParametersBeyondDraws(levels, paths) => write!(
                f,
                "At {} hardly any of the {paths} paths of a draw of the parameters were liquidated: the interval with parameters is that of the \
                 nearest level where more were, grown in proportion to the logit of the probability.",
                listed(levels)
            ),
            Self::NoParameterInterval { levels, paths } => write!(
                f,
                "No interval with parameters at {}: liquidations were not seen there, or on too few of the {paths} paths of a draw at any level.",
                listed(levels)
            ),
            Self::FewLiquidated { levels, paths } => write!(
                f,
                "Fewer than {FEW_EVENTS} of the {paths} paths were liquidated at {}: the probability does not rest on them, but time to \
                 liquidation and bad debt do.",
                events(levels)
            ),
            Self::FewEvents { levels, paths } => write!(
                f,
                "Fewer than {FEW_EVENTS} liquidations among {paths} paths at {}: read the interval, not the value.",
                events(levels)
            ),
            Self::MeanBeyondPaths { levels, paths } => {
                let level = |(leverage, count): &(f64, f64)| format!("{} ({count:.0})", times(*leverage));
                let list = levels.iter().map(level).collect::<Vec<_>>().join(", ");
                write!(
                    f,
                    "The mean return rests on a handful of the {paths} paths at {list}: gains that hardly any path draws carry it, and its interval \
                     does not know of them."
                )
            }
            Self::AboveCapAtSize { levels } => {
                let level = |(leverage, cap, equity): &(f64, f64, f64)| {
                    format!(
                        "{} (cap {}; allowed with equity up to {})",
                        times(*leverage),
                        times(*cap),
                        plain_number((equity * 1e4).floor() / 1e4)
                    )
                };
                let list = levels.iter().map(level).collect::<Vec<_>>().join(", ");
                write!(f, "The venue would refuse a position of this size at {list}.")
            }
            Self::AboveCapTogether { levels } => write!(
                f,
                "The venues would ask more initial margin for positions of these sizes than there is at {}.",
                listed(levels)
            ),
            Self::CoinMargined(currency) => f.write_str(currency.meaning()),
            Self::CoinCollateral { coin, quantity, haircut } => write!(
                f,
                "The collateral is {quantity} {coin}, which the venue counts at {} % of their price against the margin; they are kept, and their whole \
                 price counts in returns, which are in the quote currency. Where the account ends before the horizon they count at the price of \
                 that moment.",
                percent(1.0 - haircut)
            ),
            Self::PartialLiquidation => f.write_str(
                "A path counts as liquidated from the first time at which the venue closes any part of the position; what is left goes on \
                 and may end in any way.",
            ),
            Self::Grace { grace } => write!(
                f,
                "A call that is not answered within {grace} ends in liquidation, unless the price has recovered."
            ),
            Self::UnconfirmedTerms { venue, terms } => write!(f, "Terms of the venue `{venue}`: {terms}."),
            Self::SeveralPositions { collateral, is_resized } => write!(
                f,
                "{}{} The return is that of the whole account at the horizon. The liquidation price of a level is the nearest that the \
                 price of one asset can reach while all others stand still; `positions` has those of all, on both sides where there are \
                 two.",
                collateral.meaning(),
                match is_resized {
                    true => {
                        " Margin calls and `deleverage` change all positions that share collateral by the same share."
                    }
                    false => "",
                }
            ),
            Self::Shares { sum } => write!(
                f,
                "The shares add up to {}: the notional of all positions together is so many times leverage times equity.",
                (sum * 1e6).round() / 1e6
            ),
            Self::BridgedMargin => f.write_str(
                "Where several prices decide, the margin follows a Brownian bridge towards surfaces that are flat over 3 % of a price: \
                 probabilities are within 0.1 percentage points beside their errors.",
            ),
            Self::UnusedStep => f.write_str(
                "`simulation.step` changes nothing: only accounts of several positions that are watched continuously are followed over \
                 bars of its length.",
            ),
            Self::RecordedExtremes => f.write_str(
                "An account of several positions does not see the lows and highs of recorded bars, but a bridge of the variance that \
                 their range implies.",
            ),
            Self::PastHorizons { starts, independent, horizon, share, block_days } => write!(
                f,
                "{} drawn from {starts} past starts and their mirror images. Horizons of {horizon} overlap: {} of them do not, and errors rest \
                 on these (block bootstrap over the starts, blocks of {block_days:.0} days), not on the number of paths. That the regression which scales them is \
                 an estimate is not counted.",
                if *share < 1.0 { "Every other path is" } else { "Paths are" },
                match *independent < 10.0 {
                    true => format!("{independent:.1}"),
                    false => format!("{independent:.0}"),
                }
            ),
            Self::SharedPast { pairs } => {
                let pair = |(one, other, correlation): &(String, String, f64)| {
                    format!("{one} and {other} {correlation:.2}")
                };
                let list = pairs.iter().map(pair).collect::<Vec<_>>().join(", ");
                write!(
                    f,
                    "The assets draw the same past days, only those that all files have, each scaled to its own variance: their hourly returns \
                     hang together as recorded (correlation of {list})."
                )
            }
            Self::RecordedFile { finding } => f.write_str(finding),
            Self::LongBlocks { asset, days, record } => write!(
                f,
                "{asset}: blocks of {days:.0} days are longer than the record of {record}, which is repeated inside them."
            ),
            Self::ShortRecord { asset, horizon, record } => write!(
                f,
                "{asset}: the horizon of {horizon} is longer than the record of {record}: every path repeats the same few moves."
            ),
            Self::StopBeyondLiquidation { levels } => write!(
                f,
                "At {} the stop lies beyond the liquidation price and can never fill first.",
                listed(levels)
            ),
            Self::NotCharged { no_slippage: true } => f.write_str(
                "Funding, borrowing interest and slippage are not charged; fees are, where the venue has them.",
            ),
            Self::NotCharged { no_slippage: false } => f.write_str(
                "Funding and borrowing interest are not charged; fees are, where the venue has them.",
            ),
            Self::CashFlows { charged, continuous } => write!(
                f,
                "Charged on the way: {}. {}",
                charged.join(" and "),
                match continuous {
                    true => "Right after each payment the new liquidation price is compared with the mark price.",
                    false => {
                        "Each payment moves the liquidation price, which the venue compares with the mark price on its own dates only."
                    }
                }
            ),
            Self::DailyAccrual => f.write_str(
                "Interest that grows at every instant is added once a day; in between the liquidation price stands where it is in the \
                 middle of the day.",
            ),
            Self::CommittedMoney { share } => write!(
                f,
                "Returns and equity over time are of the equity and the money that the owner keeps ready or pays in, {} % of the \
                 equity, together.",
                percent(*share)
            ),
            Self::ProtectivePut { strike, expiry, premium } => write!(
                f,
                "A put at {} % of the entry price for {expiry} costs {:.2} % of the notional, paid beside the collateral. It does not \
                 support the margin; it is held to its expiry or to the horizon, whatever becomes of the position, and counts in \
                 returns and in equity over time, of the equity and its premium together, not in drawdown.",
                percent(*strike),
                100.0 * premium
            ),
            Self::DrawdownDates => f.write_str(
                "Drawdown and equity over time are looked at when money moves and at 20 dates, not in between; equity over time is that \
                 of one path in eight.",
            ),
            Self::QuantileResolution => f.write_str(
                "Quantiles, value at risk and expected shortfall come from bins: each is within 0.1 % of 1 + return.",
            ),
            Self::NetworkEpochs => f.write_str(
                "Difficulty is set anew at equal intervals; real epochs have 2016 blocks: 13.65 days on average since 2016, shorter when \
                 hashrate grows. Dates of retargets and halvings depend on it, coins per day do not.",
            ),
            Self::DailyAccounts => f.write_str(
                "Power is paid and coins are sold once a day at the day's closing price; machines are priced at the hashprice of the day \
                 (a halving hits them on its day, a market would see it coming).",
            ),
            Self::DefaultAtOnce => f.write_str(
                "A bill or an instalment that cannot be paid ends the miner at once: no grace, no refinancing, no new shares. The owner \
                 does not hand machines back before he has to.",
            ),
            Self::LendersLosses => f.write_str(
                "`bad_debt` is that of loans that failed or were liquidated; a claim above the machines at the horizon is not in it \
                 (without recourse the owner is rid of it).",
            ),
            Self::NetworkEstimates => f.write_str(
                "Estimates of `growth` and `response` rest on one history with few cycles, `floor` on judgement: vary all three \
                 (`liqsim sweep`).",
            ),
            Self::PutOfMiner { premium } => write!(
                f,
                "The put costs {:.2} % of the assets, paid from the cash; it is held to its expiry, or marked at the horizon or when the \
                 miner is wound up.",
                100.0 * premium
            ),
            Self::InTurns { levels } => write!(
                f,
                "Costs, drawdown and time to liquidation are followed for one level on each path, in turns: at each level they rest on \
                 one path in {levels}."
            ),
        }
    }
}

impl Currency {
    fn meaning(self) -> &'static str {
        match self {
            Self::Coin => {
                "The contract settles in the coin: equity, returns, fees and bad debt are in coins. A return of 0 keeps the coins and \
                 not their value."
            }
            Self::CommonCoin => {
                "All contracts settle in the same coin: equity, returns, fees and bad debt are in coins."
            }
            Self::Quote => {
                "Contracts that settle in a coin stand beside others: the account is counted in the quote currency. Shared collateral \
                 stays in it; a coin-margined position on its own holds coins bought at the start."
            }
        }
    }
}

impl Collateral {
    fn meaning(self) -> &'static str {
        match self {
            Self::Shared => {
                "All positions share the equity, and the venues close them together: liquidation is that of the account."
            }
            Self::PartlyShared => {
                "Positions with `collateral` stand alone; the others share the rest of the equity and are closed together. Liquidation \
                 means the first one."
            }
            Self::Isolated => {
                "Each position has its own part of the equity; the others go on without it. Liquidation means the first one."
            }
        }
    }
}
