//! The `har` model of a scenario file: estimated when read, from estimated numbers and a file of days, or from numbers alone.

use crate::model::check::{COEFFICIENT, DEVIATION, DRIFT, LOG_VARIANCE, SEASON};
use crate::model::{Days, Har, HarNumbers, NormalDays, ShockLaw, VarianceState};

use super::bootstrap::bars;
use super::errors::ErrorsFile;
use super::forecast::insufficient;
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::range::Range;
use super::recorded::{Recorded, RecordedFile, UNQUOTED};
use super::shape::{List, Placed};
use super::table::table;
use super::tree::{number, quoted};

table! {
    /// Past days drawn anew under a variance that follows from the last hours, days and months. With `prices` everything is estimated
    /// when the scenario is read; with `days`, or with `return_variance` and `shock`, the numbers are given.
    struct HarFile {
        /// Price history: a file of hourly bars with open, high, low and close, at least 365 days.
        optional prices: RecordedFile,
        /// File of past days that `liqsim calibrate --model har -o` writes; the path starts from the scenario's folder.
        optional days: String,
        /// Constant of the next day's log-variance.
        optional intercept: f64 where LOG_VARIANCE,
        /// Weight of the last day's log-variance.
        optional b1: f64 where COEFFICIENT,
        /// Weight of the mean of the last 7 days.
        optional b7: f64 where COEFFICIENT,
        /// Weight of the mean of the last 30 days.
        optional b30: f64 where COEFFICIENT,
        /// Weight of the mean of the last 90 days.
        optional b90: f64 where COEFFICIENT,
        /// Weight of the log-variance of the last six hours, times four, over that of the last day.
        optional b6: f64 where COEFFICIENT,
        /// Log-variances of the last days, the latest first, at most 90; those that are not given are as the mean of the given.
        optional state: List<f64>,
        /// Log-variance of the last six hours, times four, over that of the last day; 0 if absent.
        optional short: f64 where LOG_VARIANCE,
        /// Mean seasonal factor on the variance of each of the next seven days; 1 if absent.
        optional season: List<f64>,
        /// Without days: variance of a day's log return over the variance that its hours show.
        optional return_variance: f64 where Range::above(0.0).at_most(100.0),
        /// Without days: the law of what the next day's log-variance is beyond its forecast.
        optional shock: ShockFile,
        /// Mean log return per year, as a fraction; 0 if absent. Nothing is learnt from the past about where the price goes.
        optional log_drift: Ratio where DRIFT,
        /// Errors of the fitted numbers, which parameter_errors draws from.
        optional errors: ErrorsFile,
    }
}

table! {
    /// Moments of the shocks of the log-variance; their mean is 0.
    struct ShockFile {
        /// Standard deviation.
        required std_dev: f64 where DEVIATION,
        /// Third standardised moment; positive where large shocks are rather up.
        required skewness: f64 where Range::at_least(-20.0).at_most(20.0),
        /// Fourth standardised moment; 3 for normal shocks.
        required kurtosis: f64 where Range::at_least(1.0).at_most(1000.0),
    }
}

/// The keys that stand for what is estimated from prices.
const NUMBERS: [&str; 11] =
    ["days", "intercept", "b1", "b7", "b30", "b90", "b6", "state", "short", "season", "return_variance"];
/// Days that the variance remembers, and factors of the season.
const STATE: usize = 90;
const WEEK: usize = 7;

impl HarFile {
    /// The model, if everything that it needs is there and sound.
    pub fn resolve(&self, place: &Place, problems: &mut Problems) -> Option<Har> {
        let is_given = |key: &str| self.given.contains(&key);
        let mut problem = |code, message: String, help: &str| {
            problems.push(Problem::new(code, place, message).help(help));
        };
        let log_drift = self.log_drift.as_ref().map_or(0.0, |drift| drift.value.0);
        if is_given("prices") {
            if let Some(key) = NUMBERS.into_iter().chain(["shock", "errors"]).find(|key| is_given(key)) {
                let message = format!("`{key}` and `prices` exclude each other");
                problem(
                    Code::Conflict,
                    message,
                    "with `prices` everything is estimated when the scenario is read",
                );
                return None;
            }
            let prices = self.prices.as_ref()?;
            let Recorded { content: history, hash } = bars(prices, problems)?;
            return Har::of_history(&history, hash, log_drift)
                .map_err(|error| problems.push(insufficient(prices, &error)))
                .ok();
        }
        let is_normal = is_given("return_variance") || is_given("shock");
        if is_given("days") == is_normal {
            let message =
                "`har` needs one of `prices`, `days`, and `return_variance` with `shock`".to_owned();
            let help = "`prices` is a file of hourly bars; `liqsim calibrate PRICES --model har -o FILE` writes the numbers and the file of days";
            problem(if is_normal { Code::Conflict } else { Code::MissingKey }, message, help);
            return None;
        }
        let mut needed = vec!["intercept", "b1", "b7", "b30", "b90", "b6", "state"];
        if is_normal {
            needed.extend(["return_variance", "shock"]);
        }
        let missing: Vec<&str> = needed.into_iter().filter(|key| !is_given(key)).collect();
        if !missing.is_empty() {
            let message = format!("`har` without `prices` has no `{}`", missing.join("`, `"));
            problem(
                Code::MissingKey,
                message,
                "`liqsim calibrate PRICES --model har -o FILE` writes them all",
            );
            return None;
        }
        let numbers = self.numbers(log_drift, problems);
        if is_normal {
            return self.normal(&numbers?, problems);
        }
        let (days, hash) = read_days(self.days.as_ref()?, problems)?;
        Some(Har::of_days(&numbers?, days, hash))
    }

    fn numbers(&self, log_drift: f64, problems: &mut Problems) -> Option<HarNumbers> {
        let weights = [&self.intercept, &self.b1, &self.b7, &self.b30, &self.b90, &self.b6];
        let coefficients: Vec<f64> =
            weights.into_iter().map(|key| Some(key.as_ref()?.value)).collect::<Option<_>>()?;
        let state = self.state.as_ref()?;
        let last =
            values(state, (1, STATE), LOG_VARIANCE, "a log-variance of each of the last days", problems);
        let season = match &self.season {
            Some(season) => {
                values(season, (WEEK, WEEK), SEASON, "a factor for each of the next seven days", problems)?
            }
            None => vec![1.0; WEEK],
        };
        let last = last?;
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        let days = std::array::from_fn(|day| last.get(day).copied().unwrap_or(mean));
        Some(HarNumbers {
            coefficients: coefficients.try_into().ok()?,
            state: VarianceState { days, short: self.short.as_ref().map_or(0.0, |short| short.value) },
            season: season.try_into().ok()?,
            log_drift,
        })
    }

    fn normal(&self, numbers: &HarNumbers, problems: &mut Problems) -> Option<Har> {
        let placed = self.shock.as_ref()?;
        let ShockFile { std_dev, skewness, kurtosis, .. } = &placed.value;
        let shock = ShockLaw {
            std_dev: std_dev.as_ref()?.value,
            skewness: skewness.as_ref()?.value,
            kurtosis: kurtosis.as_ref()?.value,
        };
        let normal = NormalDays { return_variance: self.return_variance.as_ref()?.value, shock };
        let refuse = |error: crate::model::ShockLawError| {
            let problem = Problem::new(Code::Conflict, &placed.place, error.to_string());
            problems.push(problem.help("give a larger kurtosis, or less skewness"));
        };
        Har::of_normal_days(numbers, normal).map_err(refuse).ok()
    }
}

/// The numbers of a list, if there are so many of them and each lies in its range.
fn values(
    list: &Placed<List<f64>>,
    (least, most): (usize, usize),
    range: Range,
    what: &str,
    problems: &mut Problems,
) -> Option<Vec<f64>> {
    let count = list.value.written;
    if !(least..=most).contains(&count) {
        let wanted = if least == most { most.to_string() } else { format!("{least} to {most}") };
        let message = format!("the list must hold {wanted} numbers, but holds {count}");
        problems.push(Problem::new(Code::OutOfRange, &list.place, message).help(what));
        return None;
    }
    let mut is_sound = true;
    for item in list.value.items.iter().filter(|item| !range.contains(item.value)) {
        let message = format!("a number of the list must be {range}, but is {}", number(item.value));
        problems.push(Problem::new(Code::OutOfRange, &item.place, message).help(what));
        is_sound = false;
    }
    let found: Vec<f64> = list.value.items.iter().map(|item| item.value).collect();
    (is_sound && found.len() == count).then_some(found)
}

/// The days of a file, and its hash.
fn read_days(file: &Placed<String>, problems: &mut Problems) -> Option<(Days, String)> {
    let read = file.place.source().file(&file.value).map_err(|error| error.to_string());
    let days = read.and_then(|bytes| {
        let quoted = |error: &dyn std::fmt::Display| match file.place.source().may_quote(&file.value) {
            true => error.to_string(),
            false => UNQUOTED.to_owned(),
        };
        let days = Days::from_bytes(&bytes).map_err(|error| quoted(&error))?;
        Ok((days, blake3::hash(&bytes).to_hex()[..32].to_owned()))
    });
    let refuse = |error: String| {
        let message = format!("file of days {}: {error}", quoted(&file.value));
        let help = "`liqsim calibrate PRICES --model har -o FILE` writes it; paths start from the folder of the scenario";
        problems.push(Problem::new(Code::Unreadable, &file.place, message).help(help));
    };
    days.map_err(refuse).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Scenario, Source, parse};
    use crate::model::Model;

    const NUMBERS: &str =
        "kind = \"har\"\nintercept = -0.347\nb1 = 0.449\nb7 = 0.378\nb30 = 0.047\nb90 = 0.074\nb6 = 0.175\n";
    const NORMAL: &str =
        "return_variance = 0.7225\nshock = { std_dev = 0.66, skewness = 0.6, kurtosis = 4.5 }\n";

    fn read(model: &str) -> Result<Scenario, String> {
        let text = format!(
            "[simulation]\nhorizon = \"3d\"\n[account]\nequity = 1000\nleverage = [2]\nvenue = {{ contract = \"linear\", maintenance = 0.005 }}\n\
             [[account.positions]]\nasset = \"X\"\nside = \"long\"\n[assets.X]\nprice = 1.0\n[assets.X.model]\n{model}"
        );
        parse(Source::new("test", text), &[]).map_err(|problems| problems.to_string())
    }

    #[test]
    fn numbers_alone_are_the_weaker_form() {
        let scenario = read(&format!("{NUMBERS}state = [-6.0, -7.0]\n{NORMAL}")).unwrap();
        let Model::Har(har) = &scenario.assets[0].model else { panic!() };
        assert!(har.normal_days().is_some() && har.season() == [1.0; 7]);
        let state = har.state();
        assert_eq!((state.days[0], state.days[1], state.days[2], state.short), (-6.0, -7.0, -6.5, 0.0));
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for (model, words) in [
            ("kind = \"har\"".to_owned(), "needs one of `prices`, `days`"),
            (format!("{NUMBERS}{NORMAL}"), "has no `state`"),
            (format!("{NUMBERS}state = [-6.0]\ndays = \"d.csv\"\n{NORMAL}"), "needs one of"),
            (format!("{NUMBERS}state = [-6.0]\ndays = \"no-such-file.csv\"\n"), "file of days"),
            (format!("{NUMBERS}state = [-6.0]\nprices = \"p.csv\"\n"), "exclude each other"),
            (format!("{NUMBERS}state = []\n{NORMAL}"), "1 to 90 numbers"),
            (format!("{NUMBERS}state = [-60.0]\n{NORMAL}"), "a number of the list must be"),
            (format!("{NUMBERS}state = [-6.0]\nseason = [1.0]\n{NORMAL}"), "must hold 7 numbers"),
            (format!("{NUMBERS}state = [-6.0]\n{}", NORMAL.replace("4.5", "3.1")), "needs a kurtosis above"),
            (format!("{NUMBERS}state = [-6.0]\nreturn_variance = 0.7\n"), "has no `shock`"),
        ] {
            let error = read(&model).unwrap_err();
            assert!(error.contains(words), "{model}: {error}");
        }
    }
}
