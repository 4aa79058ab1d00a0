//! Funding as it is written: a constant rate, a mean-reverting one, or a record.

use crate::market::{Duration, format_time, parse_time};
use crate::model::Model;
use crate::venue::check::{CORRELATION, FUNDING_CAP, FUNDING_RATE, FUNDING_VOLATILITY, REVERSION};
use crate::venue::{
    Funding, FundingBasis, FundingRates, FundingTerms, OrnsteinUhlenbeck, RecordedOrder, RecordedRates,
};

use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::recorded::{Recorded, RecordedFile};
use super::shape::Placed;
use super::table::table;
use super::tree::quoted;

/// Interval of most perpetual contracts.
const DEFAULT_INTERVAL: Duration = Duration::from_seconds(8 * 3_600);
/// Mean length of the blocks of a record that is put together anew.
const DEFAULT_BLOCK: Duration = Duration::from_seconds(7 * 86_400);

table! {
    /// Funding of a perpetual contract: longs pay shorts at every multiple of an interval. Either rate, or model, or recorded; in the terms
    /// of a venue also none of them, for its interval and cap alone, which then hold for the rates of a scenario.
    struct FundingFile {
        /// Fraction of the notional per interval, such as "1bp"; negative where shorts pay longs.
        optional rate: Ratio where FUNDING_RATE,
        /// Time between payments; if absent that of the venue, or "8h" where it has none, for a record that of its rows.
        optional every: Duration,
        /// Notional that the rate applies to: at the "mark" price (used if absent) or at "entry".
        optional basis: FundingBasis,
        /// "ou": a rate that returns to a mean, with the keys mean, reversion, volatility, correlation, initial and cap.
        optional model: FundingModel,
        /// Rate that it returns to, as a fraction per interval, such as "1bp".
        optional mean: Ratio where FUNDING_RATE,
        /// Speed of the return per year: a deviation halves in ln 2/reversion years; 100 is two and a half days.
        optional reversion: f64 where REVERSION,
        /// Volatility of the rate per square root of a year; after a long time its spread is volatility/sqrt(2·reversion).
        optional volatility: Ratio where FUNDING_VOLATILITY,
        /// Correlation with the continuous moves of the price; 0 if absent.
        optional correlation: f64 where CORRELATION,
        /// Rate at the start; the mean if absent.
        optional initial: Ratio where FUNDING_RATE,
        /// Largest rate that is paid, in either direction, such as "0.3%"; that of the venue if absent, none where it has none.
        optional cap: Ratio where FUNDING_CAP,
        /// A file of recorded rates with timestamp and funding_rate; the path starts from the scenario's folder.
        optional recorded: RecordedFile,
        /// Date at which the paths begin in the record, the same for all: the first payment is the first row after it. Without it every path
        /// gets blocks of the record.
        optional from: String,
        /// Mean length of the blocks of a record; "7d" if absent.
        optional block: Duration,
    }
}

/// The laws of a varying rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FundingModel {
    /// Mean-reverting (Ornstein and Uhlenbeck).
    Ou,
}

const OF_MODEL: [&str; 6] = ["mean", "reversion", "volatility", "correlation", "initial", "cap"];
const OF_RECORD: [&str; 2] = ["from", "block"];

impl FundingFile {
    /// Whether there is no rate but a venue's interval, and perhaps its cap.
    pub fn is_terms_alone(&self) -> bool {
        self.given.contains(&"every") && self.given.iter().all(|key| ["every", "cap"].contains(key))
    }

    /// Reports an interval of 0.
    pub fn has_interval(&self, problems: &mut Problems) -> bool {
        let zero = self.every.as_ref().filter(|every| every.value.seconds() == 0);
        if let Some(every) = zero {
            let problem = Problem::new(Code::OutOfRange, &every.place, "`every` must be longer than 0");
            problems.push(problem.help("give the time between payments, such as \"8h\""));
        }
        zero.is_none()
    }

    /// The interval and the cap, for rates that do not say.
    pub fn terms(&self) -> FundingTerms {
        FundingTerms {
            every: self.every.as_ref().map_or(DEFAULT_INTERVAL, |every| every.value),
            cap: self.cap.as_ref().map(|cap| cap.value.0),
        }
    }

    /// The funding, if all of it was read, at a venue with these terms.
    pub fn resolve(
        &self,
        venue: Option<FundingTerms>,
        place: &Place,
        problems: &mut Problems,
    ) -> Option<Funding> {
        if !self.has_interval(problems) {
            return None;
        }
        let is_given = |key: &str| self.given.contains(&key);
        let mut problem = |code, message: String, help: &str| {
            problems.push(Problem::new(code, place, message).help(help));
        };
        let kinds: Vec<_> = ["rate", "model", "recorded"].into_iter().filter(|key| is_given(key)).collect();
        let [kind] = kinds[..] else {
            let help = "give `rate` for a constant rate, `model = \"ou\"` for one that varies, or `recorded` for a file";
            let code = if kinds.is_empty() { Code::MissingKey } else { Code::Conflict };
            problem(code, "`funding` needs one of `rate`, `model` and `recorded`".to_owned(), help);
            return None;
        };
        for (keys, owner) in [(&OF_MODEL[..], "model"), (&OF_RECORD[..], "recorded")] {
            if let Some(key) = keys.iter().find(|key| is_given(key) && owner != kind) {
                let help = "leave it out, or write the key that it belongs to";
                problem(Code::Conflict, format!("`{key}` has no meaning without `{owner}`"), help);
                return None;
            }
        }
        let basis = self.basis.as_ref().map_or(FundingBasis::Mark, |basis| basis.value);
        let given_interval = self.every.as_ref().map(|every| every.value);
        let interval = given_interval.or(venue.map(|venue| venue.every)).unwrap_or(DEFAULT_INTERVAL);
        let (rates, every) = match kind {
            "rate" => {
                let rate = self.rate.as_ref()?.value.0;
                (FundingRates::Constant { rate }, interval)
            }
            "model" => {
                // An unknown model is reported where it is read.
                self.model.as_ref()?;
                let law = self.mean_reverting(place, problems)?;
                // A venue's cap is on its own interval.
                let cap = venue.filter(|venue| venue.every == interval).and_then(|venue| venue.cap);
                (FundingRates::Ou(OrnsteinUhlenbeck { cap: law.cap.or(cap), ..law }), interval)
            }
            _ => {
                let (rates, every) = self.record(self.recorded.as_ref()?, problems)?;
                (FundingRates::Recorded(rates), every)
            }
        };
        Some(Funding { rates, every, basis })
    }

    fn mean_reverting(&self, place: &Place, problems: &mut Problems) -> Option<OrnsteinUhlenbeck> {
        for key in ["mean", "reversion", "volatility"].into_iter().filter(|key| !self.given.contains(key)) {
            let problem = Problem::new(Code::MissingKey, place, format!("`funding` has no key `{key}`"));
            problems.push(problem.help("a mean-reverting rate needs `mean`, `reversion` and `volatility`"));
        }
        let mean = self.mean.as_ref()?.value.0;
        Some(OrnsteinUhlenbeck {
            mean,
            reversion: self.reversion.as_ref()?.value,
            volatility: self.volatility.as_ref()?.value.0,
            correlation: self.correlation.as_ref().map_or(0.0, |correlation| correlation.value),
            initial: self.initial.as_ref().map_or(mean, |initial| initial.value.0),
            cap: self.cap.as_ref().map(|cap| cap.value.0),
        })
    }

    /// The rates of a record and the time between them.
    fn record(
        &self,
        file: &Placed<RecordedFile>,
        problems: &mut Problems,
    ) -> Option<(RecordedRates, Duration)> {
        let Recorded { content: history, hash } = file.rates(problems)?;
        let mut problem = |place: &Place, code, message: String, help: &str| {
            problems.push(Problem::new(code, place, message).help(help));
        };
        // A simulation pays at even times; a replay, which pays when it was, passes over what is 0.
        let (history, _) = history.on_grid();
        let every = history.interval;
        if let Some(given) = self.every.as_ref().filter(|given| given.value != every) {
            let message = format!("`every` is {}, but the rows of the record are {every} apart", given.value);
            problem(&given.place, Code::Conflict, message, "leave it out: a record has its own interval");
            return None;
        }
        let order = match (&self.from, &self.block) {
            (Some(from), Some(_)) => {
                let message = "`from` and `block` exclude each other".to_owned();
                let help = "keep `from` for the record in its order, or `block` for blocks of it";
                problem(&from.place, Code::Conflict, message, help);
                return None;
            }
            (Some(from), None) => {
                let Some(time) = parse_time(&from.value) else {
                    let message = format!("`from` must be a date, but is {}", quoted(&from.value));
                    problem(&from.place, Code::WrongType, message, "such as \"2021-05-01\"");
                    return None;
                };
                // A payment at the date itself is of the time before it; they are booked within seconds of the minute.
                let minutes = |seconds: i64| (seconds + 30).div_euclid(60);
                let first = history.times.partition_point(|row| minutes(*row) <= minutes(time));
                let (start, end) = (history.times[0], history.times[history.times.len() - 1]);
                if time <= start - every.seconds() as i64 || first == history.times.len() {
                    let message =
                        format!("the record runs from {} to {}", format_time(start), format_time(end));
                    problem(&from.place, Code::OutOfRange, message, "give a date inside it");
                    return None;
                }
                RecordedOrder::From(first)
            }
            (None, block) => {
                let length = block.as_ref().map_or(DEFAULT_BLOCK, |block| block.value);
                RecordedOrder::Blocks((length.years() / every.years()).max(1.0))
            }
        };
        let (rates, times) = (history.rates.into(), history.times.into());
        Some((RecordedRates { hash, order, rates, times }, every))
    }
}

/// Reports funding that does not go with the horizon or with the model of the price.
pub(super) fn check(
    funding: &Funding,
    place: &Place,
    horizon: Option<Duration>,
    model: Option<&Model>,
    problems: &mut Problems,
) {
    if let (FundingRates::Recorded(record), Some(horizon)) = (&funding.rates, horizon)
        && let RecordedOrder::From(first) = record.order
    {
        let (payments, rows) =
            (horizon.seconds() / funding.every.seconds().max(1), record.rates.len() - first);
        if (rows as u64) < payments {
            let message =
                format!("the horizon has {payments} payments, but the record holds {rows} from that date");
            let help = "start earlier, shorten the horizon, or leave `from` out";
            problems.push(Problem::new(Code::OutOfRange, place, message).help(help));
        }
    }
    if funding.follows_the_price() && model.is_some_and(Model::is_recorded) {
        let message = "recorded bars have no driver that funding could be correlated with";
        let help = "leave `correlation` out, or use another model";
        problems.push(Problem::new(Code::Conflict, place, message).help(help));
    }
}
