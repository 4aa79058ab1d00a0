//! `replay --walk-forward` without a window: forecasts from all bars before each entry, on both sides, over several files.

use std::path::PathBuf;

use clap::ValueEnum;

use liqsim::calibrate::{FittedEntries, Garch, Provenance, Target};
use liqsim::engine::RunOptions;
use liqsim::market::{Duration, IssueKind, PriceHistory};
use liqsim::model::{Hours, LEAST_HOURS};
use liqsim::report::html::{self, Document, ScenarioText};
use liqsim::report::{Format, Layout, RenderError, TrackReport, forecasts_csv};
use liqsim::scenario::Scenario;
use liqsim::study::{
    ForecastMethod, ForecastWalk, OtherModels, Replay, WalkOptions, barriers, scores, walk_accounts,
    walk_beside,
};

use super::failure::error_with_help;
use super::histories::{AssetHistory, held_assets, of_assets};
use super::interrupt;
use super::prices::PriceOptions;
use super::progress::ProgressLine;

/// Paths of each forecast of a whole account: an error of a probability of at most 1.1 percentage points.
const ACCOUNT_PATHS: usize = 2_000;

/// Models whose forecasts are made from all bars before the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForecastModel {
    /// Past days drawn anew
    Har,
    /// Whole past horizons, scaled
    #[value(alias = "scaled_history")]
    ScaledHistory,
    /// The equal mixture of both
    Forecast,
}

impl From<ForecastModel> for ForecastMethod {
    fn from(model: ForecastModel) -> Self {
        match model {
            ForecastModel::Har => Self::Har,
            ForecastModel::ScaledHistory => Self::ScaledHistory,
            ForecastModel::Forecast => Self::Forecast,
        }
    }
}

/// Models that are walked through history side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WalkModel {
    /// All of calibrate's auto, beside the three that rest on all bars; slow
    Auto,
    /// Past days drawn anew
    Har,
    /// Whole past horizons, scaled
    #[value(alias = "scaled_history")]
    ScaledHistory,
    /// The equal mixture of both
    Forecast,
    /// Geometric Brownian motion
    Gbm,
    /// Normal jumps, detected
    Merton,
    /// Double-exponential jumps
    Kou,
    /// GARCH(1,1), Student-t innovations
    Garch,
    /// GARCH(1,1), normal innovations
    GarchNormal,
    /// Asymmetric GARCH(1,1), Student-t innovations
    Gjr,
    /// Asymmetric GARCH(1,1), normal innovations
    GjrNormal,
    /// Stochastic variance
    Heston,
    /// Stochastic variance and normal jumps
    Bates,
    /// Two regimes of volatility
    Regime,
    /// Self-exciting jumps
    Hawkes,
}

impl WalkModel {
    /// The methods that rest on all bars, and the fits.
    fn chosen(models: &[Self]) -> (Vec<ForecastMethod>, Vec<Target>) {
        let garch = |student, asymmetric| Target::Garch(Garch { student, asymmetric });
        let (mut methods, mut targets) = (Vec::new(), Vec::new());
        for model in models {
            match model {
                Self::Auto => {
                    methods.extend(ForecastMethod::ALL);
                    targets.extend(Target::ALL);
                }
                Self::Har => methods.push(ForecastMethod::Har),
                Self::ScaledHistory => methods.push(ForecastMethod::ScaledHistory),
                Self::Forecast => methods.push(ForecastMethod::Forecast),
                Self::Gbm => targets.push(Target::Gbm),
                Self::Merton => targets.push(Target::MertonJumps),
                Self::Kou => targets.push(Target::Kou),
                Self::Garch => targets.push(garch(true, false)),
                Self::GarchNormal => targets.push(garch(false, false)),
                Self::Gjr => targets.push(garch(true, true)),
                Self::GjrNormal => targets.push(garch(false, true)),
                Self::Heston => targets.push(Target::Heston),
                Self::Bates => targets.push(Target::Bates),
                Self::Regime => targets.push(Target::Regime),
                Self::Hawkes => targets.push(Target::Hawkes),
            }
        }
        if models.is_empty() {
            methods.extend(ForecastMethod::ALL);
        }
        methods.dedup();
        targets.dedup();
        methods.extend(targets.iter().map(|target| ForecastMethod::Fitted(target.name())));
        (methods, targets)
    }
}

/// A walk through one or more histories.
pub struct TrackRecord<'a> {
    pub scenario: &'a Scenario,
    pub horizons: &'a [Duration],
    pub every: Option<Duration>,
    pub models: &'a [WalkModel],
    pub paths: Option<u64>,
    pub reading: &'a PriceOptions,
    /// Whether the whole account is followed where its liquidation price would do.
    pub whole_account: bool,
    pub threads: Option<usize>,
}

/// What came of it.
pub struct Walked {
    report: TrackReport,
    walks: Vec<(String, ForecastWalk)>,
    methods: Vec<ForecastMethod>,
}

/// Whole hours of a duration.
fn hours(duration: Duration, name: &str) -> anyhow::Result<usize> {
    let seconds = duration.seconds();
    if seconds == 0 || !seconds.is_multiple_of(3600) {
        return Err(error_with_help(
            format_args!("{name} must be whole hours here, but is {duration}"),
            "forecasts are made from hourly bars; write 25h or 7d",
        ));
    }
    Ok((seconds / 3600) as usize)
}

impl TrackRecord<'_> {
    /// Walks through the files one after the other.
    pub fn walk(&self, files: &[PathBuf]) -> anyhow::Result<Walked> {
        let mut horizons = self
            .horizons
            .iter()
            .map(|horizon| hours(*horizon, "a horizon"))
            .collect::<Result<Vec<_>, _>>()?;
        horizons.sort_unstable();
        horizons.dedup();
        let mut options = WalkOptions::new(horizons);
        options.seed = self.scenario.simulation.seed;
        if let Some(every) = self.every {
            options.every = hours(every, "--every")?;
        }
        if let Some(paths) = self.paths {
            options.paths = paths as usize;
        }
        options.since = self.reading.since.map(|time| time.div_euclid(3600));
        options.until = self.reading.until.map(|time| time.div_euclid(3600));
        let (methods, targets) = WalkModel::chosen(self.models);
        if self.whole_account || self.scenario.account.is_portfolio() {
            if self.paths.is_none() {
                options.paths = ACCOUNT_PATHS;
            }
            if !targets.is_empty() {
                return Err(error_with_help(
                    "a whole account is walked through history by har, scaled_history and forecast alone",
                    "leave the other --models out, or give a window: --walk-forward 365d estimates the kind of the scenario's model anew",
                ));
            }
            return self.walk_accounts(files, &options, methods);
        }
        let barriers = barriers(self.scenario, true)?;
        let days: Vec<usize> = options.horizons.iter().map(|hours| hours / 24).collect();
        let mut notes = vec![
            "Every forecast rests on all bars before its entry; estimates are made anew every 30 days. The reference is the share of \
             all own past starts that were liquidated. Payments, stops and the owner's orders are left out: what is judged is the \
             first passage through the liquidation price at entry."
                .to_owned(),
        ];
        if !targets.is_empty() {
            notes.push(
                "Fitted models (all but har, scaled_history and forecast) are estimated anew once a year, from the last 20,000 bars at most; the \
                 variance of an entry follows from the bars before it."
                    .to_owned(),
            );
        }
        let mut walks = Vec::new();
        for file in files {
            let (history, report) = self.reading.read_whole(file)?;
            let gaps =
                report.issues.iter().filter(|issue| matches!(issue.kind, IssueKind::Gap { .. })).count();
            let name = Provenance::of(report, &history).map_or_else(|| "ASSET".to_owned(), |of| of.asset());
            if gaps > 0 {
                notes.push(format!("{name}: {gaps} gaps, over which the price stands still."));
            }
            let help = "forecasts need hourly bars with lows and highs: 365 days before the first, and a horizon behind it";
            let hours = Hours::of(&history).map_err(|error| error_with_help(error, help))?;
            let first = options.since.unwrap_or(i64::MIN).max(hours.hour(0) + LEAST_HOURS as i64);
            let told = (&days[..], &barriers[..], options.paths);
            let fitted = FittedEntries::new(&history, &targets, 3600 * first, told)
                .map_err(|error| error_with_help(error, help))?;
            let others = OtherModels { names: fitted.names(), at: &|time| fitted.at(time) };
            let walked = walk_beside(&hours, &barriers, &options, others);
            walks.push((name, walked.map_err(|error| error_with_help(error, help))?));
        }
        Ok(self.walked(files, &options, (walks, methods), notes))
    }

    /// Walks through the files with the whole account: all files are of one account that holds several assets, otherwise one after
    /// the other.
    fn walk_accounts(
        &self,
        files: &[PathBuf],
        options: &WalkOptions,
        methods: Vec<ForecastMethod>,
    ) -> anyhow::Result<Walked> {
        let mut notes = vec![
            "Every forecast rests on all bars before its entry, and estimates are made anew at each. The whole account is followed as it \
             stands: its payments, stops and orders count, and its sides are not exchanged. The reference is the share of all own past \
             starts that were liquidated."
                .to_owned(),
        ];
        let account = &self.scenario.account;
        let mut fundings = account.positions.iter().filter_map(|position| account.flows_of(position).funding);
        if fundings.any(|funding| funding.follows_the_price()) {
            notes.push(
                "Forecasts leave the correlation of funding with the price out: recorded days have no driver that it could be with."
                    .to_owned(),
            );
        }
        let assets = held_assets(self.scenario);
        let groups: Vec<Vec<AssetHistory>> = if assets.len() > 1 {
            vec![of_assets(files, self.scenario, self.reading, true)?]
        } else {
            let alone = |file: &PathBuf| -> anyhow::Result<Vec<AssetHistory>> {
                let (history, report) = self.reading.read_whole(file)?;
                let name = Provenance::of(report.clone(), &history).map_or_else(String::new, |of| of.asset());
                let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Ok(vec![AssetHistory { name, file, history, report }])
            };
            files.iter().map(alone).collect::<Result<_, _>>()?
        };
        let stop = interrupt::stop_flag()?;
        let line = ProgressLine::counting(&self.scenario.name, "entries");
        let progress = |progress| line.show(&progress);
        let run = RunOptions { threads: self.threads, stop: &stop, progress: &progress };
        let mut walks = Vec::new();
        for group in &groups {
            let named: Vec<(String, &PriceHistory)> =
                group.iter().map(|one| (one.name.clone(), &one.history)).collect();
            let replay = match &named[..] {
                [(_, history)] => Replay::new(history),
                _ => Replay::of_several(&named)?,
            };
            for note in replay.notes(self.scenario)? {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            let walked = walk_accounts(&named, self.scenario, options, &run).map_err(|error| {
                error_with_help(
                    error,
                    "forecasts need hourly bars with lows and highs: 365 days before the first, and a horizon behind it",
                )
            })?;
            let names: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
            walks.push((names.join("+"), walked));
        }
        Ok(self.walked(files, options, (walks, methods), notes))
    }

    /// The scores of finished walks.
    fn walked(
        &self,
        files: &[PathBuf],
        options: &WalkOptions,
        (walks, methods): (Vec<(String, ForecastWalk)>, Vec<ForecastMethod>),
        mut notes: Vec<String>,
    ) -> Walked {
        let plain: Vec<ForecastWalk> = walks.iter().map(|(_, walk)| walk.clone()).collect();
        let scores = methods
            .iter()
            .flat_map(|method| (0..options.horizons.len()).map(move |number| (*method, number)))
            .map(|(method, number)| scores(&plain, number, method, options.seed))
            .collect::<Vec<_>>();
        if scores.iter().any(|scores| scores.independent_horizons < 30.0) {
            notes.push(
                "Fewer than 30 horizons that do not overlap stand behind some rows: too few to tell whether forecasts come true."
                    .to_owned(),
            );
        }
        let base = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let report = TrackReport {
            liqsim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: self.scenario.name.clone(),
            prices: files.iter().map(base).collect(),
            every_hours: options.every,
            notes,
            scores: scores.iter().map(Into::into).collect(),
        };
        Walked { report, walks, methods }
    }
}

impl Walked {
    /// Every forecast as CSV.
    pub fn csv(&self) -> String {
        forecasts_csv(&self.walks, &self.methods)
    }

    /// The scores as text; a page has the texts of the scenario.
    pub fn render(&self, format: Format, layout: Layout, texts: &[ScenarioText]) -> anyhow::Result<String> {
        Ok(match format {
            Format::Table => self.report.table(layout),
            Format::Json => self.report.json()?,
            Format::Markdown => self.report.markdown(),
            Format::Html => html::render(&[Document::of_record(&self.report.document())?], texts)?,
            other => return Err(RenderError::Format(other).into()),
        })
    }
}
