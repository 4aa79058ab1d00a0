//! Prices and sums of money that are no numbers: a mistake in a model, in terms or in their parameters, which
//! must not become a result.

use super::block::BlockLoop;
use super::path_law::PathLaw;
use super::plan::Plan;
use super::source::BarSource;
use crate::account::{Due, Follower, Foresight, Observer};
use crate::market::{Bars, SECONDS_PER_DAY, SECONDS_PER_YEAR, Sides};
use crate::model::Model;
use crate::numeric::{Replacement, Stream};

const DAYS_PER_YEAR: f64 = SECONDS_PER_YEAR / SECONDS_PER_DAY;

/// What is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The price.
    Price,
    /// Money of the account.
    Money,
}

/// Where the price of a path, or the money of an account on it, is no number any more.
#[derive(Debug, Clone, PartialEq)]
pub struct NotANumber {
    /// What it is.
    pub what: Broken,
    /// The model's kind, or its own name.
    pub model: String,
    /// Place of the asset in the scenario.
    pub asset: usize,
    /// Number of the path in the run, from 0.
    pub path: u64,
    /// Days from the start to the end of the first bar that has such a price, or to when such money was first
    /// seen.
    pub days: f64,
}

impl std::fmt::Display for NotANumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, model, asset, path, days } = self;
        match what {
            Broken::Price => write!(
                f,
                "the model `{model}` gives path {path} of asset {asset} a price that is not a number, at day {days:.3} at the latest: its \
                 parameters cannot be right"
            ),
            Broken::Money => write!(
                f,
                "the account has a sum of money that is not a number on path {path} of asset {asset} (model `{model}`), at day {days:.3} at \
                 the latest: a rate, a fee or an amount of its terms or policies cannot be right"
            ),
        }
    }
}

impl std::error::Error for NotANumber {}

impl NotANumber {
    /// That of a path of an asset under a model.
    pub fn new(model: &Model, asset: usize, path: u64, days: f64) -> Self {
        let model = match model {
            Model::Custom(model) => model.name().to_owned(),
            model => model.kind().to_owned(),
        };
        Self { what: Broken::Price, model, asset, path, days }
    }

    /// The first one among the log-prices at the end of a block of a law, by asset and path; the first path
    /// has this number. Nothing that happens to a price makes it a number again, so its end tells.
    pub(super) fn among(log_prices: &[Vec<f64>], law: &PathLaw, (block, first): (u64, u64)) -> Option<Self> {
        let lane_of = |prices: &Vec<f64>| prices.iter().position(|price| price.is_nan());
        let (asset, lane) =
            log_prices.iter().enumerate().find_map(|(asset, prices)| Some((asset, lane_of(prices)?)))?;
        let mut search = Search { asset, lane: lane as u32, years: law.years() };
        BlockLoop::new(law).run_block(block, log_prices[asset].len(), &mut [&mut search]);
        Some(Self::new(&law.models[asset], asset, first + lane as u64, search.years * DAYS_PER_YEAR))
    }
}

impl NotANumber {
    /// That of the account of a plan whose follower found money that is no number on a path of the block that
    /// it has seen last, the paths of the source being shown once more; the first path has this number. Its
    /// seat is one of so many.
    pub(super) fn in_account(
        paths: &mut dyn BarSource,
        (plan, seat, seats): (&Plan, usize, usize),
        (block, lanes, first): (u64, usize, u64),
        lane: usize,
    ) -> Self {
        let mut others: Vec<Blind> = (1..seats).map(|_| Blind).collect();
        let mut own = Witness {
            follower: plan.follower(),
            lane,
            plan,
            reached: 0.0,
            years: plan.law.years(),
            is_found: false,
        };
        let mut observers: Vec<&mut dyn Observer> =
            others.iter_mut().map(|other| other as &mut dyn Observer).collect();
        observers.insert(seat, &mut own);
        paths.run_block(block, lanes, &mut observers);
        let asset = plan.account.asset;
        let days = own.years * DAYS_PER_YEAR;
        Self { what: Broken::Money, ..Self::new(&plan.law.models[asset], asset, first + lane as u64, days) }
    }
}

/// Holds a seat and looks at nothing.
struct Blind;

impl Observer for Blind {
    fn begin(&mut self, _lanes: usize) {}

    fn observe(&mut self, _bars: &[Bars], _noise: &mut Stream) {}

    fn looks_at_once(&self) -> bool {
        true
    }
}

/// Follows an account and looks for the first time at which it is broken on a path.
struct Witness<'a> {
    follower: Box<dyn Follower>,
    lane: usize,
    plan: &'a Plan,
    /// How far the path has come.
    reached: f64,
    /// When it broke; at first the horizon.
    years: f64,
    is_found: bool,
}

impl Witness<'_> {
    fn look_at_it(&mut self) {
        if !self.is_found && self.follower.broken() == Some(self.lane) {
            (self.is_found, self.years) = (true, self.reached);
        }
    }
}

impl Observer for Witness<'_> {
    fn begin(&mut self, lanes: usize) {
        self.follower.begin(lanes);
        self.look_at_it();
    }

    fn watched_side(&self) -> Option<Sides> {
        self.follower.watched_side()
    }

    fn observe(&mut self, bars: &[Bars], noise: &mut Stream) {
        self.follower.observe(bars, noise);
        let own = bars.first().and_then(|bars| {
            let place = bars.lanes.iter().position(|lane| *lane as usize == self.lane)?;
            Some(bars.start[place] + bars.duration[place])
        });
        self.reached = own.unwrap_or(self.reached);
        self.look_at_it();
    }

    fn looks_at_once(&self) -> bool {
        self.follower.looks_at_once()
    }

    fn look(&mut self, times: &[f64], first: usize, log_prices: &[&[f64]]) {
        self.follower.look(times, first, log_prices);
        self.reached = times.last().copied().unwrap_or(self.reached);
        self.look_at_it();
    }

    fn settle(&mut self, date: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        self.follower.settle(date, log_prices, due);
        self.reached = self.plan.account.schedule[date].seconds as f64 / SECONDS_PER_YEAR;
        self.look_at_it();
    }

    fn select(
        &mut self,
        log_prices: &[Vec<f64>],
        weights: &mut [f64],
        noise: &mut Stream,
        foresight: &Foresight<'_>,
    ) -> &[Replacement] {
        self.follower.select(log_prices, weights, noise, foresight)
    }
}

/// Looks for the first bar of a path whose close is no number.
struct Search {
    asset: usize,
    lane: u32,
    /// The end of that bar; at first that of the path.
    years: f64,
}

impl Observer for Search {
    fn begin(&mut self, _lanes: usize) {}

    fn observe(&mut self, bars: &[Bars], _noise: &mut Stream) {
        let bars = &bars[self.asset];
        let Some(place) = bars.lanes.iter().position(|lane| *lane == self.lane) else { return };
        if bars.close[place].is_nan() {
            self.years = self.years.min(bars.start[place] + bars.duration[place]);
        }
    }
}
