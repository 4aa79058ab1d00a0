//! Accounts on the paths of a source: their followers, and the tallies of what these saw.

use std::sync::atomic::AtomicBool;

use super::block::{BLOCK_LANES, BlockLoop, Seat};
use super::not_a_number::NotANumber;
use super::path_law::PathLaw;
use super::plan::Plan;
use super::recorded::{RecordedPaths, RecordedSource};
use super::source::BarSource;
use crate::account::{Follower, Observer};
use crate::market::{Hedging, Sides};
use crate::stats::{Cuts, MirrorBits, Outcomes, Places, Replicates, Tally};

/// Follows the accounts of plans along the paths that they share, block by block.
pub struct Worker<'a> {
    paths: Box<dyn BarSource + 'a>,
    accounts: Vec<Followed<'a>>,
    /// Whether nets lead the paths.
    is_led: bool,
    /// Where the last block gave a price, or money, that is not a number.
    broken: Option<NotANumber>,
}

/// An account and what its blocks have come to.
struct Followed<'a> {
    plan: &'a Plan,
    follower: Box<dyn Follower>,
    /// Whether its liquidations are counted by strata.
    strata: bool,
    /// Whether its liquidations are counted by pairs of mirror images.
    mirrored: bool,
    bits: MirrorBits,
    /// Returns of a level by path, its control variates, and which paths were liquidated.
    outcomes: ([Vec<f64>; 3], Vec<u8>),
    /// Where the paths close, and the returns of each level at the marks between, where the law of that is
    /// known.
    closed: Option<(Places, Vec<Cuts>)>,
    /// Whether points may tell where its liquidated paths close.
    is_passage: bool,
    tally: Tally,
}

impl<'a> Worker<'a> {
    /// A worker for a plan, with an empty tally.
    pub fn new(plan: &'a Plan) -> Self {
        Self::with_follower(plan, plan.follower())
    }

    /// A worker that uses the given follower of the plan's levels.
    pub fn with_follower(plan: &'a Plan, follower: Box<dyn Follower>) -> Self {
        Self::with_accounts(&plan.law, vec![Followed::new(plan, follower, false)], false, None)
    }

    /// A worker for the account of a plan on paths that exist already.
    pub fn on(given: &'a dyn RecordedPaths, plan: &'a Plan) -> Self {
        Self::of_source(Box::new(RecordedSource::new(given, plan)), plan)
    }

    /// A worker for the account of a plan on the paths of a source.
    pub(super) fn of_source(paths: Box<dyn BarSource + 'a>, plan: &'a Plan) -> Self {
        // Only what the law draws is paired.
        let followed = Followed { mirrored: false, ..Followed::new(plan, plan.follower(), false) };
        Self { paths, accounts: vec![followed], is_led: false, broken: None }
    }

    /// A worker for the accounts of plans with the same paths (see [`path_key`](super::path_key())), each with whether its
    /// liquidations are counted by the strata of what drives the price. Those that can be are hedged instead
    /// where the run `is_long`, and what is known of the closing price is made use of. A block that takes
    /// long is given up when told to `stop`.
    pub(crate) fn sharing(
        law: &'a PathLaw,
        plans: &[(&'a Plan, bool)],
        is_long: bool,
        stop: &'a AtomicBool,
    ) -> Self {
        let followed = |(plan, strata): &(&'a Plan, bool)| {
            let mut follower = plan.follower();
            let hedges = if is_long && follower.can_hedge() { plan.hedges() } else { None };
            let strata = *strata && hedges.is_none();
            let closed = if is_long { closings(plan, &*follower, hedges.as_ref()) } else { None };
            let is_passage = closed.is_some() && hedges.is_none() && plan.account.first_passage().is_some();
            if let Some(hedges) = hedges {
                follower.hedge(hedges, closed.as_ref().map(|(places, _)| places.intervals()));
            }
            Followed { closed, is_passage, ..Followed::new(plan, follower, strata) }
        };
        Self::with_accounts(law, plans.iter().map(followed).collect(), law.is_led, Some(stop))
    }

    fn with_accounts(
        law: &'a PathLaw,
        mut accounts: Vec<Followed<'a>>,
        is_led: bool,
        stop: Option<&'a AtomicBool>,
    ) -> Self {
        for Followed { plan, follower, .. } in accounts.iter_mut().filter(|_| is_led) {
            if let Some(martingale) = law.martingale(plan.account.asset) {
                follower.control(martingale, law.years());
            }
            let asset = plan.account.asset;
            follower.expect_debts(&|side, power| law.jump_tail(asset, side, power));
        }
        let seat = |Followed { plan, .. }: &Followed<'a>| {
            Seat::new(law, &plan.account.schedule, &plan.funding, plan.network.as_ref())
        };
        let seats = accounts.iter().map(seat).collect();
        let stratified = accounts.iter().filter_map(Followed::stratified);
        let paths = BlockLoop::with_seats(law, seats).stratified(stratified);
        let levels = accounts.iter().map(|account| account.plan.terms.len()).sum();
        let paths = paths.stopped_by(stop, levels);
        let paths = if is_led { paths.led() } else { paths };
        Self { paths: Box::new(paths), accounts, is_led, broken: None }
    }

    /// Simulates one block of `lanes` paths and adds it to the tallies; false if it was given up, or is [`broken`](Self::broken).
    pub fn run_block(&mut self, block: u64, lanes: usize) -> bool {
        let Self { paths, accounts, is_led, broken } = self;
        let mut observers: Vec<&mut dyn Observer> =
            accounts.iter_mut().map(|account| &mut *account.follower as &mut dyn Observer).collect();
        if !paths.run_block(block, lanes, &mut observers) {
            return false;
        }
        let number = (block, block.saturating_mul(BLOCK_LANES as u64));
        *broken = NotANumber::among(paths.log_prices(), &accounts[0].plan.law, number);
        if broken.is_some() {
            return false;
        }
        for Followed { follower, tally, .. } in &mut *accounts {
            follower.finish(paths.log_prices(), paths.weights(), tally);
        }
        let of = |account: &Followed<'_>| account.follower.broken();
        if let Some((seat, lane)) =
            accounts.iter().enumerate().find_map(|(seat, account)| Some((seat, of(account)?)))
        {
            let place = (accounts[seat].plan, seat, accounts.len());
            *broken = Some(NotANumber::in_account(&mut **paths, place, (number.0, lanes, number.1), lane));
            return false;
        }
        for account in accounts {
            if let Some((asset, side)) = account.stratified() {
                account.stratify(paths.strata(asset, side));
            }
            if account.mirrored {
                account.pair(lanes);
            }
            if let Some((places, _)) = &mut account.closed {
                places.fill(&paths.log_prices()[account.plan.account.asset]);
                // Where control variates tell of them their counts alone do not.
                if account.follower.marked(0).is_none() {
                    account.tally.replicates.add_places(places);
                }
                if account.is_passage {
                    let replicates = &mut account.tally.replicates;
                    account.follower.for_each_liquidated(&mut |lane, level| {
                        replicates.add_crossed(level, lane as usize, places);
                    });
                }
            }
            if *is_led && Replicates::wants(block) {
                account.replicate(lanes);
            }
        }
        true
    }

    /// Where the last block gave a price, or money, that is not a number.
    pub fn broken(&self) -> Option<&NotANumber> {
        self.broken.as_ref()
    }

    /// What the blocks run so far have tallied for the first account.
    pub fn tally(&mut self) -> &Tally {
        let first = &mut self.accounts[0];
        first.follower.flush(&mut first.tally);
        &first.tally
    }

    /// What the blocks since the last call, or the start, have tallied for the first account.
    pub(crate) fn take_tally(&mut self) -> Tally {
        let first = &mut self.accounts[0];
        first.follower.flush(&mut first.tally);
        std::mem::replace(&mut first.tally, Tally::new(first.plan.terms.len()))
    }

    /// Gives up the worker for its tallies, one for each account.
    pub(crate) fn into_tallies(self) -> Vec<Tally> {
        self.accounts
            .into_iter()
            .map(|mut account| {
                account.follower.flush(&mut account.tally);
                account.tally
            })
            .collect()
    }

    /// The follower of the first account, as the last block left it.
    pub fn follower(&self) -> &dyn Follower {
        &*self.accounts[0].follower
    }

    /// Log-prices of an asset at the horizon, by path of the last block.
    pub fn closing_log_prices(&self, asset: usize) -> &[f64] {
        &self.paths.log_prices()[asset]
    }
}

/// What is made use of that is known of the closing price: its intervals, and the returns at the marks.
fn closings(plan: &Plan, follower: &dyn Follower, hedges: Option<&Hedging>) -> Option<(Places, Vec<Cuts>)> {
    let intervals = plan.intervals(follower, hedges)?;
    let of_level = |level| Cuts::new(follower.returns_at(level, &intervals.cuts())?, &intervals);
    let cuts = (0..plan.terms.len()).map(of_level).collect::<Option<Vec<_>>>()?;
    Some((Places::new(intervals), cuts))
}

impl<'a> Followed<'a> {
    fn new(plan: &'a Plan, follower: Box<dyn Follower>, strata: bool) -> Self {
        let mirrored = plan.law.is_mirrored();
        Self {
            plan,
            follower,
            strata,
            mirrored,
            bits: MirrorBits::default(),
            outcomes: Default::default(),
            closed: None,
            is_passage: false,
            tally: Tally::new(plan.terms.len()),
        }
    }

    /// The asset and the side by whose driver its paths are sorted; none if they are not.
    fn stratified(&self) -> Option<(usize, Sides)> {
        self.strata.then(|| self.plan.account.losing_side())
    }

    /// Counts the liquidations of the block by pairs of mirror images.
    fn pair(&mut self, lanes: usize) {
        let Self { follower, tally, bits, .. } = self;
        bits.clear(tally.levels.len(), lanes);
        follower.for_each_liquidated(&mut |lane, level| bits.add(lane, level));
        tally.mirrors.add(bits, lanes);
    }

    /// Notes what the nets of the block came to.
    fn replicate(&mut self, lanes: usize) {
        let Self { follower, tally, outcomes: ([returns, controls, hedged], liquidated), closed, .. } = self;
        for column in [&mut *returns, controls, hedged] {
            column.resize(lanes, 0.0);
        }
        liquidated.resize(lanes, 0);
        let levels = 0..self.plan.terms.len();
        let mut are_kept = true;
        for level in levels {
            are_kept &= follower.outcomes(level, returns, liquidated);
            if are_kept {
                let controls = follower.controls(level, controls).then_some(&controls[..]);
                let hedged = follower.hedged(level, hedged).then_some(&hedged[..]);
                let closed = closed.as_ref().and_then(|(places, cuts)| Some((places, cuts.get(level)?)));
                let (marked, debts) = (follower.marked(level), follower.expected_debts(level));
                let outcomes = Outcomes { returns, liquidated, debts, controls, hedged, closed, marked };
                tally.replicates.add(level, outcomes);
            }
        }
        if are_kept {
            let places = closed.as_ref().map(|(places, _)| places);
            tally.replicates.add_block(lanes, places.filter(|_| follower.marked(0).is_none()));
        }
    }

    /// Counts the liquidations of the block by the strata of the paths.
    fn stratify(&mut self, strata: &[u32]) {
        let Self { follower, tally, .. } = self;
        tally.strata.add_paths(strata, tally.levels.len());
        follower.for_each_liquidated(&mut |lane, level| {
            tally.strata.add_event(level, strata[lane as usize]);
        });
    }
}
