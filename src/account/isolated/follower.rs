//! The door to the engine: how a block begins, goes on and ends.

use super::bars::Find;
use super::columns::Columns;
use super::finish::Finish;
use super::nearest::{Logarithms, Met, Nearest, Waits, bounds_of_unit};
use super::settle::{Quote, Rate, Settle};
use super::terms::{Position, Terms};
use super::walk::{Look, Through, Walk};
use crate::account::follow::{Node, Segment};
use crate::account::follower::{Follower, Hit};
use crate::account::observer::{Due, Observer};
use crate::account::pool::Pool;
use crate::account::schedule::{Moment, PATHS_PER_RECORD};
use crate::account::sums::{add_sums, tally_hits};
use crate::market::{Bars, SECONDS_PER_YEAR};
use crate::numeric::{Stream, dispatch, exponentials};
use crate::stats::{AccountSums, LiquidatedSums, Sums, Tally};
use crate::venue::Funding;

/// Follows several positions with collateral of their own, moved by prices and funding alone.
pub struct Isolated {
    terms: Terms,
    schedule: Vec<Moment>,
    /// Whether the venues watch the price at every instant, also right after a payment.
    continuous: bool,
    horizon: f64,
    /// Words of the block's draws.
    key: Option<u64>,
    columns: Columns,
    /// By unit.
    nearest: Vec<Nearest>,
    /// Of the paths of a batch that are not all.
    gathered: Nearest,
    found: Vec<u32>,
    stack: Vec<(Segment, Node)>,
    /// Price ratios by asset and path.
    ratios: Vec<Vec<f64>>,
    /// By position.
    quotes: Vec<Quote>,
    /// By position and path, see [`Settle`].
    barriers: Vec<Vec<f64>>,
    /// Equity by date, then by level and recorded path.
    dated: Vec<Vec<f64>>,
    survivor_sums: Vec<Sums>,
    liquidated_sums: Vec<LiquidatedSums>,
    account_sums: Vec<AccountSums>,
}

impl Isolated {
    /// A follower of levels that were [opened](crate::account::open), over a horizon in years; none where a position shares its collateral or
    /// something else than prices and funding moves it. `schedule` holds the moments at which something is due, in order;
    /// `correlation` is that of the drivers of all assets, empty where they are independent; `continuous` says whether the venues watch at
    /// every instant.
    pub fn new(
        levels: Vec<Vec<Pool>>,
        schedule: Vec<Moment>,
        correlation: &[Vec<f64>],
        (horizon, continuous): (f64, bool),
    ) -> Option<Self> {
        let terms = Terms::new(levels, correlation)?;
        let count = terms.levels;
        Some(Self {
            schedule,
            continuous,
            horizon,
            key: None,
            columns: Columns::default(),
            nearest: vec![Nearest::default(); terms.units.len()],
            gathered: Nearest::default(),
            found: Vec::new(),
            stack: Vec::new(),
            ratios: Vec::new(),
            quotes: vec![Quote::default(); terms.count],
            barriers: vec![Vec::new(); terms.count],
            dated: Vec::new(),
            survivor_sums: vec![Sums::default(); count],
            liquidated_sums: vec![LiquidatedSums::default(); count],
            account_sums: vec![AccountSums::default(); count],
            terms,
        })
    }

    fn set_prices(&mut self, log_prices: &[Vec<f64>]) {
        self.ratios.resize(log_prices.len(), Vec::new());
        for (ratios, log_prices) in self.ratios.iter_mut().zip(log_prices) {
            exponentials(log_prices, ratios);
        }
    }

    /// What each position pays at a moment.
    fn rates<'a>(&self, now: &Moment, varying: &'a [f64]) -> Vec<Rate<'a>> {
        let lanes = self.columns.lanes;
        let rate = |position: &Position| {
            let leg = &position.pool.legs[0];
            let is_due =
                |funding: &&Funding| now.funding && !funding.is_zero() && funding.is_due(now.seconds);
            match (leg.flows.funding.as_ref().filter(is_due), leg.law) {
                (None, _) => Rate::Nothing,
                (Some(_), Some(law)) => {
                    varying.get(law * lanes..(law + 1) * lanes).map_or(Rate::Nothing, Rate::Varying)
                }
                (Some(funding), None) => funding.constant_rate().map_or(Rate::Nothing, Rate::Constant),
            }
        };
        self.terms.positions[..self.terms.count].iter().map(rate).collect()
    }
}

impl Observer for Isolated {
    fn begin(&mut self, lanes: usize) {
        let Self { terms, columns, nearest, .. } = self;
        self.key = None;
        self.dated.clear();
        columns.begin(lanes, terms);
        self.barriers.iter_mut().for_each(|barriers| barriers.resize(lanes, 0.0));
        for (unit, nearest) in nearest.iter_mut().enumerate() {
            let mut waits = Waits::NOTHING;
            for level in 0..if lanes > 0 { terms.levels } else { 0 } {
                waits.add(level, bounds_of_unit(terms, columns, (level, unit), 0));
            }
            nearest.begin(lanes, waits);
        }
    }

    fn observe(&mut self, bars: &[Bars], hit_noise: &mut Stream) {
        let key = match self.key {
            Some(key) => key,
            None => {
                let mut words = [0];
                hit_noise.words(&mut words);
                *self.key.insert(words[0])
            }
        };
        let Self { terms, columns, nearest, gathered, found, stack, .. } = self;
        for (number, (unit, own)) in terms.units.iter().zip(nearest).enumerate() {
            let bars = &bars[unit.assets[0]];
            let nearest = if bars.len() == columns.lanes {
                &*own
            } else {
                gathered.gather(own, &bars.lanes);
                &*gathered
            };
            found.clear();
            dispatch(Find { bars, nearest, key, longest: unit.longest, found });
            let walk = Walk { terms, columns, stack };
            dispatch(Through { walk, unit: number, bars, found, key, nearest: own });
        }
    }

    fn settle(&mut self, date: usize, log_prices: &[Vec<f64>], due: Due<'_>) {
        let now = self.schedule[date];
        self.set_prices(log_prices);
        let rates = self.rates(&now, due.funding);
        let Self { terms, columns, nearest, found, stack, ratios, quotes, barriers, .. } = self;
        for (quote, position) in quotes.iter_mut().zip(&terms.positions) {
            quote.set(position, &ratios[position.asset()]);
        }
        let recorded = if now.date.is_some() { columns.lanes.div_ceil(PATHS_PER_RECORD) } else { 0 };
        let (moves, mut equities) = (now.funding, vec![0.0; recorded * terms.levels]);
        let (rates, recorded_equities) = (&rates, &mut equities);
        dispatch(Settle { terms, columns, quotes, rates, moves, barriers, equities: recorded_equities });
        if moves {
            dispatch(Logarithms { terms, barriers, nearest });
        }
        if moves && self.continuous {
            found.clear();
            dispatch(Met { terms, nearest, log_prices, found });
            let time = now.seconds as f64 / SECONDS_PER_YEAR;
            let walk = Walk { terms, columns, stack };
            dispatch(Look { walk, found, log_prices, time, nearest });
            for lane in found.iter().map(|lane| *lane as usize).take_while(|lane| *lane < recorded) {
                for level in 0..terms.levels {
                    equities[level * recorded + lane] = columns.equity(terms, level, lane, ratios);
                }
            }
        }
        if now.date.is_some() {
            self.dated.push(equities);
        }
    }
}

impl Follower for Isolated {
    fn finish(&mut self, log_prices: &[Vec<f64>], weights: &[f64], tally: &mut Tally) {
        self.set_prices(log_prices);
        let recorded = self.columns.lanes.div_ceil(PATHS_PER_RECORD).max(1);
        for (date, equities) in self.dated.iter().enumerate() {
            for (equities, cell) in equities.chunks_exact(recorded).zip(&mut tally.levels) {
                let histogram = cell.account.get_or_insert_default().equity_at(date);
                equities.iter().zip(weights).for_each(|(equity, weight)| histogram.add(*equity, *weight));
            }
        }
        let Self { terms, columns, ratios, survivor_sums, liquidated_sums, account_sums, .. } = self;
        dispatch(Finish {
            terms,
            columns,
            ratios,
            weights,
            survivors: survivor_sums,
            liquidated: liquidated_sums,
            accounts: account_sums,
            tally,
        });
        tally_hits(&columns.hits, weights, self.horizon, liquidated_sums, tally);
        add_sums(survivor_sums, liquidated_sums, columns.lanes, tally);
    }

    fn broken(&self) -> Option<usize> {
        self.columns.broken()
    }

    fn outcomes(&self, level: usize, returns: &mut [f64], liquidated: &mut [u8]) -> bool {
        let Self { terms, columns, .. } = self;
        let money = &columns.money[terms.place(level, 0)..][..terms.count];
        for (lane, (returned, liquidated)) in returns.iter_mut().zip(liquidated).enumerate() {
            *returned = money.iter().map(|money| money.left[lane]).sum::<f64>() - 1.0;
            *liquidated = u8::from(columns.courses[level].hit(lane).is_some());
        }
        true
    }

    fn hits(&self) -> &[Hit] {
        &self.columns.hits
    }
}
