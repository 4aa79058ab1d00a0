//! `risk`: one sentence with the answer.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use liqsim::account::Level;
use liqsim::engine::RunOptions;
use liqsim::market::Duration;
use liqsim::report::html::{self, Document, ScenarioText};
use liqsim::report::{Format, safe_line};
use liqsim::result::{LevelResult, RunResult};
use liqsim::scenario::{Scenario, Source, catalogue_venue, parse};
use liqsim::stats::{Estimate, Method};
use liqsim::study::{figures, run};
use liqsim::venue::{Side, catalogue_names};

use super::failure::{WrongScenarios, error_with_help};
use super::interrupt;
use super::output::{OutputFile, print};
use super::prices::{self, PriceOptions};
use super::progress::ProgressLine;
use super::risk_market::{Market, MarketChoice};
use super::risk_record::Record;
use super::risk_table::{percent, table};
use super::track_record::ForecastModel;
use super::values;

/// Terms for a coin that no venue of the catalogue lists.
const GENERIC_VENUE: &str = "flat-0.5pct";
/// Leverages of the table where none is asked for.
const USUAL_LEVERAGES: [f64; 5] = [2.0, 3.0, 5.0, 10.0, 20.0];
/// Forecasts below this over seven days and more came true several times as often as said (docs/replay.md).
const LOWEST: f64 = 0.005;

/// What can be printed.
const PRINTED: &[Format] = &[Format::Table, Format::Json];
/// Files that can be written: the scenario, the result, the page.
const WRITTEN: &[Format] = &[Format::Toml, Format::Json, Format::Html];

/// How likely is my position to be liquidated? One sentence, the assumptions, a small table
///
/// With --prices: the forecast from all recorded hours, from the close of the last bar, with the record of how such forecasts came true on
/// the same file. Without: the fitted model that the program brings for the coin, which knows nothing of today's volatility.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liqsim risk BTC --prices btc_1h.csv.gz --leverage 3,5,10 --for 7d\n  \
                  liqsim risk ETH --short --leverage 5 --for 14d --stop 6%\n  \
                  liqsim risk BTC --price 64700 --entry 61000 --quantity 0.5 --margin 5000 --for 7d\n  \
                  liqsim risk PEPE --volatility 120% --price 0.00001 --leverage 3 --for 3d -o pepe.toml")]
pub struct Risk {
    /// The coin, such as BTC
    #[arg(value_name = "COIN")]
    coin: String,

    /// Hourly bars (CSV, plain or gzip), at least 365 days, to forecast from
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    #[command(flatten)]
    reading: PriceOptions,

    /// Venue of the catalogue (see `liqsim venues`); Binance's perpetual in the coin where there is one
    #[arg(long, value_name = "NAME")]
    venue: Option<String>,

    /// A long position (the default)
    #[arg(long, conflicts_with = "short")]
    long: bool,

    /// A short position
    #[arg(long)]
    short: bool,

    /// Leverage, or several with commas; 2, 3, 5, 10 and 20 if absent, as far as the venue allows
    #[arg(long, value_name = "L", value_delimiter = ',', value_parser = values::positive)]
    leverage: Vec<f64>,

    /// How long the position is held, such as 36h, 7d, 2w or 6mo
    #[arg(long = "for", visible_alias = "horizon", value_name = "DURATION")]
    horizon: Duration,

    /// Stop loss at this distance from the entry, such as 6%
    #[arg(long, value_name = "DISTANCE", value_parser = values::positive_ratio)]
    stop: Option<f64>,

    /// Collateral put up
    #[arg(long, value_name = "AMOUNT", default_value = "1000", value_parser = values::positive)]
    equity: f64,

    /// Price now, in place of the last close or of the price of the shipped fit
    #[arg(long, value_name = "PRICE", value_parser = values::positive)]
    price: Option<f64>,

    /// Price at which the position was opened, if it is open already
    #[arg(long, value_name = "PRICE", value_parser = values::positive, requires_all = ["quantity", "margin"])]
    #[arg(conflicts_with = "equity")]
    entry: Option<f64>,

    /// Its size, if it is open already: coins, or quote units of an inverse contract
    #[arg(long, value_name = "Q", value_parser = values::positive, requires = "entry")]
    quantity: Option<f64>,

    /// The collateral behind it now, without its unrealised profit
    #[arg(long, value_name = "AMOUNT", value_parser = values::positive, requires = "entry")]
    margin: Option<f64>,

    /// Volatility per square root of a year, such as 80%: a random walk in place of prices
    #[arg(long, value_name = "V", conflicts_with = "prices", value_parser = values::volatility)]
    volatility: Option<f64>,

    /// With --prices: the model
    #[arg(long, value_enum, default_value = "forecast", requires = "prices")]
    model: ForecastModel,

    /// Number of simulated paths
    #[arg(long, value_name = "N", default_value = "200000", value_parser = values::paths)]
    paths: u64,

    /// Seed of all randomness
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,

    /// Number of threads; all cores by default. The result does not depend on it
    #[arg(long, value_name = "N", value_parser = values::threads)]
    threads: Option<usize>,

    /// Format on standard output
    #[arg(long, value_parser = values::format(PRINTED), default_value = "table")]
    format: Format,

    /// Write the scenario that was run (.toml), the result (.json), or a page with pictures and how such forecasts came true
    /// (.html); repeatable
    #[arg(short, long = "output", value_name = "FILE")]
    outputs: Vec<PathBuf>,

    /// Write the page: the same as -o with a name that ends in .html
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Risk {
    /// Reads, simulates, answers.
    pub fn execute(self) -> anyhow::Result<()> {
        if self.prices.is_none() && self.reading.is_given() {
            return Err(error_with_help(
                "--since, --until, --dates, --decimals, --columns and --allow-times are about prices, and none are named",
                "name the file with --prices",
            ));
        }
        let coin = self.coin.to_ascii_uppercase();
        let outputs = self.prepare()?;
        let market = self.choice().market(&coin)?;
        let text = self.scenario_text(&coin, &market);
        let scenario = parse(Source::new("risk.toml", text.as_str()).at(prices::now()), &[])
            .map_err(|problems| WrongScenarios(vec![problems]))?;
        let stop = interrupt::stop_flag()?;
        let record = market
            .history
            .as_ref()
            .map(|history| Record::of(history, &scenario, self.model.into(), self.threads))
            .transpose()?;
        let line = ProgressLine::new(&scenario.name);
        let progress = |progress| line.show(&progress);
        let options = RunOptions { threads: self.threads, stop: &stop, progress: &progress };
        let result = run(&scenario, &options)?;
        drop(line);
        let answer = self.answer(&result, &market);
        let assumptions = self.assumptions(&scenario, &market);
        let json = self.json(&result, &answer, &assumptions, &text, record.as_ref())?;
        for file in outputs {
            match file.format {
                Format::Toml => file.write(&text)?,
                Format::Html => file.write(self.page(&json, &text, &scenario, record.as_ref())?)?,
                _ => file.write(&json)?,
            }
        }
        match self.format {
            Format::Json => print(&json),
            _ => {
                let mut page = format!("{answer}\n{assumptions}\n\n{}", table(&result.levels));
                if let Some(safe) = safe_line(&result) {
                    page += &format!("{safe}\n");
                }
                let of_intervals = ["no_parameter_interval", "parameters_beyond_draws"];
                for note in result.notes.iter().filter(|note| of_intervals.contains(&note.code.as_str())) {
                    page += &format!("{}\n", note.message);
                }
                if let Some(record) = &record {
                    page += &format!("\n{}\n", record.words());
                }
                print(&page)
            }
        }
    }

    fn prepare(&self) -> anyhow::Result<Vec<OutputFile>> {
        self.outputs.iter().chain(&self.html).map(|path| OutputFile::prepare(path, WRITTEN)).collect()
    }

    /// The page: the run, the reliability of such forecasts, the scenario's text.
    fn page(
        &self,
        json: &str,
        text: &str,
        scenario: &Scenario,
        record: Option<&Record>,
    ) -> anyhow::Result<String> {
        // The page has a head of its own for what is assumed.
        let json = json.replacen("\"assumptions\": \"Assumed: ", "\"assumptions\": \"", 1);
        let mut documents = Document::parse(&json)?;
        if let (Some(record), Some(prices)) = (record, &self.prices) {
            documents.push(Document::of_record(&record.document(scenario, prices))?);
        }
        let written = ScenarioText { name: "risk.toml".to_owned(), text: text.to_owned() };
        Ok(html::render(&documents, &[written])?)
    }

    fn side(&self) -> Side {
        if self.short { Side::Short } else { Side::Long }
    }

    fn choice(&self) -> MarketChoice<'_> {
        MarketChoice {
            prices: self.prices.as_ref(),
            reading: &self.reading,
            volatility: self.volatility,
            price: self.price,
            method: self.model.into(),
        }
    }

    fn venue(&self, coin: &str) -> String {
        let own = format!("binance-usdm-{}usdt", coin.to_ascii_lowercase());
        self.venue.clone().unwrap_or_else(|| {
            if catalogue_names().contains(&own.as_str()) { own } else { GENERIC_VENUE.to_owned() }
        })
    }

    /// The leverages asked for, or the usual ones that the venue allows.
    fn levels(&self, coin: &str, price: f64) -> Vec<f64> {
        if self.entry.is_some() || !self.leverage.is_empty() {
            return self.leverage.clone();
        }
        let terms = catalogue_venue(&self.venue(coin)).map(|listed| listed.venue);
        let is_allowed = |leverage: &f64| {
            let open = |terms| Level::open(terms, self.side(), price, self.equity, *leverage);
            terms.as_ref().map_or(true, |terms| open(terms).is_ok_and(|level| level.exceeded_cap.is_none()))
        };
        USUAL_LEVERAGES.into_iter().filter(is_allowed).collect()
    }

    /// The scenario that is run.
    fn scenario_text(&self, coin: &str, market: &Market) -> String {
        let side = if self.side() == Side::Long { "long" } else { "short" };
        let levels =
            self.levels(coin, market.price).iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
        let leverage = if levels.is_empty() { levels } else { format!("leverage = [{levels}]\n") };
        let (equity, opened) = match (self.entry, self.quantity, self.margin) {
            (Some(entry), Some(quantity), Some(margin)) => {
                (String::new(), format!("entry = {entry:?}\nquantity = {quantity:?}\nmargin = {margin:?}\n"))
            }
            _ => (format!("equity = {:?}\n", self.equity), String::new()),
        };
        let stop = self.stop.map_or_else(String::new, |distance| {
            format!("\n[policy]\nstop_loss = {{ distance = {distance:?} }}\n")
        });
        format!(
            "# What `liqsim risk` ran: {}.\nname = \"{coin} {side}, {}\"\n\n[simulation]\nhorizon = \"{}\"\npaths = {}\nseed = {}\n\
             monitoring = \"continuous\"\n{}\n[assets.{coin}]\nprice = {:?}\n\n[assets.{coin}.model]\n{}\n[account]\n{equity}\
             margin = \"isolated\"\n{leverage}venue = \"{}\"\n\n[[account.positions]]\nasset = \"{coin}\"\n\
             side = \"{side}\"\n{opened}{stop}",
            market.words,
            self.horizon,
            self.horizon,
            self.paths,
            self.seed,
            if market.with_errors { "parameter_errors = true\n" } else { "" },
            market.price,
            market.model,
            self.venue(coin),
        )
    }

    /// A sentence on every leverage asked for; where none was, on the one that the limit is about.
    fn answer(&self, result: &RunResult, market: &Market) -> String {
        if let (true, None, Some(answer)) = (self.leverage.is_empty(), self.entry, &result.answer) {
            return answer.clone();
        }
        let side = if self.side() == Side::Long { "long" } else { "short" };
        let parts: Vec<String> = result
            .levels
            .iter()
            .map(|level| {
                let stopped = self.stop.and(level.exits.get("stopped"));
                let stopped = stopped.map_or_else(String::new, |stopped| {
                    format!(" and stopped with {}", percent(stopped.value))
                });
                let leverage = figures::leverage(level.leverage);
                format!("a {leverage} {side} is liquidated with {}{stopped}", self.probability(level))
            })
            .collect();
        let (horizon, price) = (self.horizon.in_words(), figures::amount(market.price));
        format!("Over the next {horizon} from {price}, {}.", parts.join(", "))
    }

    /// A probability of liquidation with its intervals.
    fn probability(&self, level: &LevelResult) -> String {
        let Estimate { value, low, high, .. } = level.liquidation_probability;
        let few = self.prices.is_some() && value < LOWEST && self.horizon.days() >= 7.0;
        let below = if few { "; such small forecasts came true more often than said" } else { "" };
        if value <= 0.0 {
            return format!("less than {} (none was seen{below})", percent(high));
        }
        // Of whole past horizons the interval knows what a finite history leaves open.
        let by = if matches!(level.liquidation_probability.method, Method::History | Method::Mixture) {
            "by sampling and history"
        } else {
            "by sampling"
        };
        let wide = figures::interval_with_parameters(&level.liquidation_probability);
        let wide = wide.map_or_else(String::new, |wide| format!(", {wide} with parameters"));
        format!("{} ({} to {} {by}{wide}{below})", percent(value), percent(low), percent(high))
    }

    fn assumptions(&self, scenario: &Scenario, market: &Market) -> String {
        let coin = scenario.assets.first().map_or("", |asset| asset.name.as_str());
        let venue = self.venue(coin);
        let generic = if venue == GENERIC_VENUE { " (no venue of the catalogue lists the coin)" } else { "" };
        let parameters = match market.with_errors {
            true => {
                " \"With parameters\" counts in the errors of the estimates, if the future resembles the window."
            }
            false => "",
        };
        format!(
            "Assumed: {}; {} collateral at {venue}{generic}, watched continuously.{parameters}",
            market.words,
            figures::amount(self.margin.unwrap_or(self.equity))
        )
    }

    fn json(
        &self,
        result: &RunResult,
        answer: &str,
        assumptions: &str,
        scenario: &str,
        record: Option<&Record>,
    ) -> anyhow::Result<String> {
        let mut value = serde_json::to_value(result)?;
        if let Value::Object(object) = &mut value {
            object.insert("answer".to_owned(), json!(answer));
            object.insert("assumptions".to_owned(), json!(assumptions));
            object.insert("scenario_toml".to_owned(), json!(scenario));
            if let Some(record) = record {
                object.insert("forecast".to_owned(), record.json());
            }
        }
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }
}
