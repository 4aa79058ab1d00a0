//! The owner's policies as they are written.

use crate::account::Policy;
use crate::account::policy::check::{
    DISTANCE, GAIN, IMPLIED_VOLATILITY, LEVERAGE, LOSS, MARGIN_LEVEL, SLIPPAGE, STRIKE,
};
use crate::account::policy::{
    AddMargin, Deleverage, ExitAfter, MarginCall, Occasion, ProtectivePut, StopLoss, TakeProfit, TrailingStop,
};
use crate::market::Duration;
use crate::venue::{Contract, Side};

use super::borrow::BorrowFile;
use super::funding::FundingFile;
use super::numbers::Ratio;
use super::orders::trigger;
use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::shape::Placed;
use super::table::table;
use super::tree::number;
use super::types::{Account, Simulation};
use super::venue::VenueChoice;

const LOAN_TO_VALUE: Range = Range::at_least(0.01).at_most(0.99);
const MONEY: Range = Range::above(0.0).at_most(1e15);

table! {
    /// What the owner does on the way, in any combination. With several positions stops and targets are those of each
    /// position; all else looks at the positions that share collateral together.
    struct PolicyFile {
        /// Close at a loss: { distance = "8%", slippage = "10bp" }, { price = 58_000 } or { loss = "20%" } of the margin.
        optional stop_loss: StopLossFile,
        /// Close at a profit: { distance = "20%" }, { price = 80_000 } or { gain = "50%" } of the margin.
        optional take_profit: TargetFile,
        /// Close at a distance from the best price so far: { distance = "10%", slippage = "10bp" }.
        optional trailing_stop: TrailingStopFile,
        /// Close after this time, such as "7d".
        optional exit_after: Duration,
        /// Answer a low margin: { level = 1.5, target = 2.0, reserve = 5_000 }; reduces the position without a reserve.
        optional margin_call: MarginCallFile,
        /// Bring the leverage back to a target: { target = 5, every = "1d" } or { target = 5, above = 8 }.
        optional deleverage: DeleverageFile,
        /// Pay in on a schedule: { amount = 500, every = "7d" }.
        optional add_margin: AddMarginFile,
        /// Hold a put on the notional at entry: { strike = "90%", expiry = "30d", implied_volatility = 0.6 }; for longs.
        optional protective_put: ProtectivePutFile,
        /// A short beside a long (or a long beside a short) from the start: { share = "50%" }.
        optional hedge: HedgeFile,
    }
}

table! {
    /// A put bought at the start beside the account, for the premium of Black and Scholes without interest.
    struct ProtectivePutFile {
        /// Strike as a fraction of the entry price, such as "90%".
        required strike: Ratio where STRIKE,
        /// Time from the start to the expiry; beyond the horizon the put is marked there by the same formula.
        required expiry: Duration,
        /// Implied volatility per square root of a year.
        required implied_volatility: Ratio where IMPLIED_VOLATILITY,
    }
}

table! {
    /// A position against another one, opened with it and held as long.
    struct HedgeFile {
        /// Size as a share of the positions on the asset.
        required share: Ratio where Range::above(0.0).at_most(100.0),
        /// Asset to hedge; that of the first position if absent.
        optional asset: String,
        /// Terms of the hedge, in the forms of the account's venue; the account's if absent.
        optional venue: VenueChoice,
        /// Part of the equity that stands behind the hedge alone, as for a position.
        optional collateral: Ratio where Range::above(0.0).at_most(1.0),
        /// Funding of the hedge, in place of its venue's.
        optional funding: FundingFile,
        /// Interest on what the hedge borrows, in place of its venue's.
        optional borrow: BorrowFile,
    }
}

table! {
    /// An order that closes the position at a loss: one of distance, price and loss.
    struct StopLossFile {
        /// Distance from the entry price, as a fraction such as "8%".
        optional distance: Ratio where DISTANCE,
        /// Price in the quote currency.
        optional price: f64 where MONEY,
        /// Loss as a share of the margin, such as "20%": the higher the leverage, the nearer the price. Of positions that share
        /// collateral it is that of all together, and closes them all.
        optional loss: Ratio where LOSS,
        /// How much worse than the stop the fill is, such as "10bp"; 0 if absent.
        optional slippage: Ratio where SLIPPAGE,
    }
}

table! {
    /// An order that closes the position at a profit: one of distance, price and gain.
    struct TargetFile {
        /// Distance from the entry price, as a fraction such as "20%".
        optional distance: Ratio where DISTANCE,
        /// Price in the quote currency.
        optional price: f64 where MONEY,
        /// Gain as a share of the margin, such as "50%"; of positions that share collateral that of all together.
        optional gain: Ratio where GAIN,
    }
}

table! {
    /// An order that follows the price and closes the position at a distance from the best one.
    struct TrailingStopFile {
        /// Distance from the best price so far, as a fraction such as "10%".
        required distance: Ratio where DISTANCE,
        /// How much worse than the stop the fill is, such as "10bp"; 0 if absent.
        optional slippage: Ratio where SLIPPAGE,
    }
}

table! {
    /// The answer to a low margin.
    struct MarginCallFile {
        /// Equity over maintenance margin at which the call comes; liquidation is at 1.
        optional level: f64 where MARGIN_LEVEL,
        /// Equity over maintenance margin that the answer restores; above the level.
        optional target: f64 where MARGIN_LEVEL,
        /// Loan to value at which the call comes, in place of level, for a loan or on spot margin.
        optional loan_to_value: Ratio where LOAN_TO_VALUE,
        /// Loan to value that the answer restores, in place of target; below that of the call.
        optional target_loan_to_value: Ratio where LOAN_TO_VALUE,
        /// Time until the call is answered; at once if absent.
        optional delay: Duration,
        /// Money to pay in, in the quote currency, over all calls; without it the position is reduced.
        optional reserve: f64 where MONEY,
        /// "close" closes the position when the reserve is too small for the target, "keep" (used if absent) pays what is left.
        optional otherwise: String,
    }
}

table! {
    /// Trading back to a target leverage.
    struct DeleverageFile {
        /// Notional over equity to come back to.
        required target: f64 where LEVERAGE,
        /// Time between looks; up or down.
        optional every: Duration,
        /// Act as soon as the leverage is above this.
        optional above: f64 where LEVERAGE,
    }
}

table! {
    /// Scheduled payments into the account.
    struct AddMarginFile {
        /// Sum, in the quote currency.
        required amount: f64 where MONEY,
        /// Time between payments.
        required every: Duration,
    }
}

impl PolicyFile {
    /// The policies; what is wrong is reported.
    pub fn resolve(
        &self,
        equity: Option<&Placed<f64>>,
        simulation: Option<&Simulation>,
        (account, prices): (Option<&Account>, Option<&[f64]>),
        problems: &mut Problems,
    ) -> Policy {
        let equity = account.map_or(equity.map_or(1.0, |equity| equity.value), |account| account.equity);
        let slippage = |ratio: &Option<Placed<Ratio>>| ratio.as_ref().map_or(0.0, |ratio| ratio.value.0);
        let held = account.zip(prices);
        let stop_loss = self.stop_loss.as_ref().and_then(|file| {
            let StopLossFile { distance, price, loss, .. } = &file.value;
            let at = trigger((distance, price, loss), ("loss", -1.0), &file.place, held, problems)?;
            Some(StopLoss { at, slippage: slippage(&file.value.slippage) })
        });
        let take_profit = self.take_profit.as_ref().and_then(|file| {
            let TargetFile { distance, price, gain, .. } = &file.value;
            Some(TakeProfit {
                at: trigger((distance, price, gain), ("gain", 1.0), &file.place, held, problems)?,
            })
        });
        if let (Some(exit), Some(simulation)) = (&self.exit_after, simulation)
            && (exit.value.seconds() == 0 || exit.value > simulation.horizon)
        {
            let message =
                format!("`exit_after` {} does not lie inside the horizon {}", exit.value, simulation.horizon);
            let help = "give a time between the start and the horizon, or leave it out";
            problems.push(Problem::new(Code::OutOfRange, &exit.place, message).help(help));
        }
        Policy {
            stop_loss,
            take_profit,
            trailing_stop: self.trailing_stop.as_ref().and_then(|file| {
                let distance = file.value.distance.as_ref()?.value.0;
                Some(TrailingStop { distance, slippage: slippage(&file.value.slippage) })
            }),
            exit_after: self.exit_after.as_ref().map(|time| ExitAfter { time: time.value }),
            margin_call: self
                .margin_call
                .as_ref()
                .and_then(|file| file.value.resolve(&file.place, equity, account, problems)),
            protective_put: self
                .protective_put
                .as_ref()
                .and_then(|file| resolve_put(file, account, problems)),
            deleverage: self.deleverage.as_ref().and_then(|file| resolve_deleverage(file, problems)),
            add_margin: self.add_margin.as_ref().and_then(|file| {
                let every = positive(file.value.every.as_ref()?, "every", problems)?;
                Some(AddMargin { amount: file.value.amount.as_ref()?.value / equity, every })
            }),
        }
    }
}

impl MarginCallFile {
    fn resolve(
        &self,
        place: &Place,
        equity: f64,
        account: Option<&Account>,
        problems: &mut Problems,
    ) -> Option<MarginCall> {
        let (level, target) = match (
            &self.level,
            &self.target,
            &self.loan_to_value,
            &self.target_loan_to_value,
        ) {
            (Some(level), Some(target), None, None) => {
                if target.value <= level.value {
                    let problem =
                        Problem::new(Code::Conflict, &target.place, "`target` must be above `level`");
                    problems
                        .push(problem.help("an answer that only restores the level is called again at once"));
                }
                (level.value, target.value)
            }
            (None, None, Some(level), Some(target)) => {
                let account = account?;
                let venue = account.venue_of(account.positions.first()?);
                let rate = venue.tiers[0].rate;
                let others = || account.positions.iter().map(|position| account.venue_of(position));
                if others().any(|other| other.contract == Contract::Spot && other.tiers[0].rate != rate) {
                    let message =
                        "`loan_to_value` is that of one lender, and these have several liquidation levels";
                    let help = "use `level` and `target`, equity over maintenance margin";
                    problems.push(Problem::new(Code::Conflict, &level.place, message).help(help));
                    return None;
                }
                if others().all(|other| other.contract != Contract::Spot) {
                    let message = "`loan_to_value` is for loans and spot margin";
                    let help = "use `level` and `target`, equity over maintenance margin";
                    problems.push(Problem::new(Code::Conflict, &level.place, message).help(help));
                    return None;
                }
                // With a loan to value of v equity is 1/v − 1 of the debt.
                let multiple = |v: f64| (1.0 / v - 1.0) / venue.tiers[0].rate;
                if multiple(level.value.0) <= 1.0 {
                    let message = "the call comes after the liquidation";
                    let most = number(1.0 / (1.0 + venue.tiers[0].rate));
                    let help = format!("give a loan to value below {most}, that of liquidation");
                    problems.push(Problem::new(Code::Conflict, &level.place, message).help(help));
                }
                if target.value.0 >= level.value.0 {
                    let message = "`target_loan_to_value` must be below `loan_to_value`";
                    let help = "an answer that only restores the level is called again at once";
                    problems.push(Problem::new(Code::Conflict, &target.place, message).help(help));
                }
                (multiple(level.value.0), multiple(target.value.0))
            }
            _ => {
                // A value out of its range has been reported where it was read.
                if self.given.iter().filter(|key| MARGINS.contains(*key)).count() != 2
                    || self.given.contains(&"level") != self.given.contains(&"target")
                {
                    let message = "`margin_call` needs `level` and `target`, or `loan_to_value` and `target_loan_to_value`";
                    let help = "such as { level = 1.5, target = 2.0 }";
                    problems.push(Problem::new(Code::MissingKey, place, message).help(help));
                }
                return None;
            }
        };
        let close = match self.otherwise.as_ref().map(|word| (word, word.value.as_str())) {
            None | Some((_, "keep")) => false,
            Some((_, "close")) => true,
            Some((word, _)) => {
                let problem =
                    Problem::new(Code::UnknownName, &word.place, "`otherwise` must be \"keep\" or \"close\"");
                problems.push(problem.help("what happens when the reserve is too small"));
                false
            }
        };
        Some(MarginCall {
            level,
            target,
            delay: self.delay.as_ref().map_or(Duration::from_seconds(0), |delay| delay.value),
            reserve: self.reserve.as_ref().map_or(0.0, |reserve| reserve.value / equity),
            close,
        })
    }
}

/// The keys that say where a call comes and what the answer restores.
const MARGINS: [&str; 4] = ["level", "target", "loan_to_value", "target_loan_to_value"];

fn resolve_put(
    file: &Placed<ProtectivePutFile>,
    account: Option<&Account>,
    problems: &mut Problems,
) -> Option<ProtectivePut> {
    let expiry = positive(file.value.expiry.as_ref()?, "expiry", problems)?;
    let is_short = |account: &Account| account.positions.iter().all(|one| one.side == Side::Short);
    if account.is_some_and(is_short) {
        let message = "a put protects a long position, but there are shorts only";
        let help = "leave it out, or bound the loss of a short with `stop_loss`";
        problems.push(Problem::new(Code::Conflict, &file.place, message).help(help));
    }
    Some(ProtectivePut {
        strike: file.value.strike.as_ref()?.value.0,
        expiry,
        implied_volatility: file.value.implied_volatility.as_ref()?.value.0,
    })
}

fn resolve_deleverage(file: &Placed<DeleverageFile>, problems: &mut Problems) -> Option<Deleverage> {
    let target = file.value.target.as_ref()?;
    let on = match (&file.value.every, &file.value.above) {
        (Some(every), None) => Occasion::Every(positive(every, "every", problems)?),
        (None, Some(above)) => {
            if above.value <= target.value {
                let problem = Problem::new(Code::Conflict, &above.place, "`above` must be above `target`");
                problems.push(problem.help("the position is reduced from the first to the second"));
                return None;
            }
            Occasion::Above(above.value)
        }
        _ => {
            let problem =
                Problem::new(Code::Conflict, &file.place, "`deleverage` needs either `every` or `above`");
            problems.push(problem.help("an interval such as \"1d\", or the leverage that is too much"));
            return None;
        }
    };
    Some(Deleverage { target: target.value, on })
}

/// An interval that is longer than 0.
fn positive(duration: &Placed<Duration>, key: &str, problems: &mut Problems) -> Option<Duration> {
    if duration.value.seconds() == 0 {
        let problem =
            Problem::new(Code::OutOfRange, &duration.place, format!("`{key}` must be longer than 0"));
        problems.push(problem.help("give an interval such as \"1d\""));
        return None;
    }
    Some(duration.value)
}
