//! The positions: whose collateral is whose, and whether the venues let the account be opened.

use crate::account::{self, CoinCollateral, LevelError, OpenError, Pool, PositionTerms};
use crate::market::Duration;
use crate::venue::{Funding, FundingTerms, MarginError, Side};

use super::borrow::BorrowFile;
use super::file::PositionFile;
use super::funding::{self, FundingFile};
use super::opened;
use super::policy::HedgeFile;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::{List, Placed};
use super::suggest::suggest;
use super::tree::{number, ticked};
use super::types::{Account, Asset, CoinEquity, MarginMode, Position, Terms};
use super::venue::VenueChoice;

/// Parts of a whole may miss it by this much.
const ROUNDING: f64 = 1e-9;

/// The positions, each with its share and, where it stands alone, its collateral; `account` are the terms of the account.
pub(super) fn resolve(
    list: &Placed<List<PositionFile>>,
    mode: MarginMode,
    hedge: Option<&Placed<HedgeFile>>,
    names: &[&str],
    account: AccountTerms<'_>,
    problems: &mut Problems,
) -> Option<Vec<Position>> {
    if list.value.written == 0 {
        let help = "add [[account.positions]] with `asset` and `side`";
        problems.push(Problem::new(Code::MissingKey, &list.place, "`positions` is empty").help(help));
        return None;
    }
    let items = &list.value.items;
    let shares = shares(list, problems);
    let mut resolved = Vec::with_capacity(items.len());
    for (item, share) in items.iter().zip(shares) {
        let position = &item.value;
        let asset = position.asset.as_ref().and_then(|asset| {
            let found = names.iter().position(|name| *name == asset.value);
            // Without any asset that problem is the one to solve first.
            if found.is_none() && !names.is_empty() {
                let message = format!("there is no asset {}", ticked(&asset.value));
                let help = suggest(&asset.value, names.iter().copied());
                problems.push(Problem::new(Code::UnknownName, &asset.place, message).help(help));
            }
            found
        });
        let given = (&position.venue, &position.funding, &position.borrow);
        let terms = own_terms(given, account, problems);
        let collateral = position.collateral.as_ref().map(|collateral| collateral.value.0);
        let opened = opened::opened(position, &item.place, problems);
        resolved.push(asset.zip(position.side.as_ref()).map(|(asset, side)| Position {
            asset,
            side: side.value,
            share,
            collateral,
            terms: terms.map(Box::new),
            opened,
        }));
    }
    let mut resolved: Vec<Position> = resolved.into_iter().collect::<Option<_>>()?;
    if let Some(hedge) = hedge {
        let opposite = hedge_of(&resolved, hedge, names, account, problems)?;
        resolved.push(opposite);
    }
    // What could not be read is on the list of problems already.
    let complete = list.value.written == items.len();
    (complete && set_apart(list, hedge, mode, &mut resolved, problems)).then_some(resolved)
}

/// The position that hedges those on an asset.
fn hedge_of(
    positions: &[Position],
    hedge: &Placed<HedgeFile>,
    names: &[&str],
    account: AccountTerms<'_>,
    problems: &mut Problems,
) -> Option<Position> {
    let file = &hedge.value;
    let asset = match &file.asset {
        Some(name) => names.iter().position(|known| *known == name.value),
        None => positions.first().map(|position| position.asset),
    };
    let on_asset = || positions.iter().filter(|position| Some(position.asset) == asset);
    let Some(first) = on_asset().next() else {
        let place = file.asset.as_ref().map_or(&hedge.place, |asset| &asset.place);
        let held = positions.iter().filter_map(|position| names.get(position.asset).copied());
        let message = "there is no position on the asset to hedge";
        let help = format!("positions are on {}", held.collect::<Vec<_>>().join(", "));
        problems.push(Problem::new(Code::UnknownName, place, message).help(help));
        return None;
    };
    let signed = |position: &Position| if position.side == Side::Long { 1.0 } else { -1.0 } * position.share;
    let held: f64 = on_asset().map(signed).sum();
    if held == 0.0 {
        let message = "the positions on the asset cancel already";
        let problem = Problem::new(Code::Conflict, &hedge.place, message);
        problems.push(problem.help("leave the hedge out, or name another `asset`"));
        return None;
    }
    let terms = own_terms((&file.venue, &file.funding, &file.borrow), account, problems);
    Some(Position {
        asset: first.asset,
        side: if held > 0.0 { Side::Short } else { Side::Long },
        share: file.share.as_ref()?.value.0 * held.abs(),
        collateral: file.collateral.as_ref().map(|collateral| collateral.value.0),
        terms: terms.map(Box::new),
        opened: None,
    })
}

/// The shares of all positions: as written, or equal parts.
fn shares(list: &Placed<List<PositionFile>>, problems: &mut Problems) -> Vec<f64> {
    let items = &list.value.items;
    let given = items.iter().filter(|item| item.value.share.is_some()).count();
    if given != 0
        && given != items.len()
        && let Some(without) = items.iter().find(|item| item.value.share.is_none())
    {
        let message = format!("{given} of {} positions have a `share`", items.len());
        let help = "give every position one, or none for equal parts";
        problems.push(Problem::new(Code::MissingKey, &without.place, message).help(help));
    }
    let equal = 1.0 / list.value.written.max(1) as f64;
    items.iter().map(|item| item.value.share.as_ref().map_or(equal, |share| share.value.0)).collect()
}

/// What a position can say of its own terms.
type OwnKeys<'a> =
    (&'a Option<Placed<VenueChoice>>, &'a Option<Placed<FundingFile>>, &'a Option<Placed<BorrowFile>>);

/// The terms of the account, and those of its venue's funding.
type AccountTerms<'a> = (Option<&'a Terms>, Option<FundingTerms>);

/// The terms of a position, if it has any of its own.
fn own_terms(
    (venue, funding, borrow): OwnKeys<'_>,
    account: AccountTerms<'_>,
    problems: &mut Problems,
) -> Option<Terms> {
    if venue.is_none() && funding.is_none() && borrow.is_none() {
        return None;
    }
    let (mut terms, funding_terms) = match venue {
        Some(venue) => {
            let listed = venue.value.resolve(problems)?;
            (Terms { venue: listed.venue, flows: listed.flows }, listed.funding)
        }
        None => (account.0?.clone(), account.1),
    };
    if let Some(funding) = funding {
        terms.flows.funding = funding.value.resolve(funding_terms, &funding.place, problems);
    }
    if let Some(borrow) = borrow {
        terms.flows.borrow = borrow.value.resolve();
    }
    Some(terms)
}

/// Divides the equity between the positions that stand alone and those that share; false if it cannot be.
fn set_apart(
    list: &Placed<List<PositionFile>>,
    hedge: Option<&Placed<HedgeFile>>,
    mode: MarginMode,
    positions: &mut [Position],
    problems: &mut Problems,
) -> bool {
    let given: f64 = positions.iter().filter_map(|position| position.collateral).sum();
    let without = || positions.iter().filter(|position| position.collateral.is_none());
    let is_whole = (given - 1.0).abs() <= ROUNDING;
    let message = match without().count() {
        0 if !is_whole => format!("the `collateral` of all positions is {} of the equity", number(given)),
        0 => return true,
        _ if given >= 1.0 - ROUNDING => {
            format!("the `collateral` of some positions is {} of the equity, and none is left", number(given))
        }
        _ => {
            if mode == MarginMode::Isolated && positions.len() > 1 {
                let shared: f64 = without().map(|position| position.share).sum();
                for position in positions.iter_mut().filter(|position| position.collateral.is_none()) {
                    position.collateral = Some((1.0 - given) * position.share / shared);
                }
            }
            return true;
        }
    };
    let written = list.value.items.iter().map(|item| item.value.collateral.as_ref());
    let place = written.chain(hedge.map(|hedge| hedge.value.collateral.as_ref())).flatten().last();
    let place = place.map_or(&list.place, |collateral| &collateral.place);
    let help = "the parts must add up to 1; positions without `collateral` share what is left";
    problems.push(Problem::new(Code::Conflict, place, message).help(help));
    false
}

impl Account {
    /// Opens the account at a leverage; `prices` are those of all assets at the start.
    ///
    /// # Errors
    /// See [`open`](account::open()).
    pub fn open(&self, leverage: f64, prices: &[f64]) -> Result<Vec<Pool>, OpenError> {
        let laws = self.funding_laws();
        let positions: Vec<_> =
            self.positions.iter().map(|position| self.terms_of(position, prices, &laws)).collect();
        let coins = self.coins.map(|CoinEquity { asset, quantity, haircut }| CoinCollateral {
            asset,
            worth: quantity * prices[asset] / self.equity,
            haircut,
        });
        account::open(self.equity, leverage, &positions, coins)
    }

    fn terms_of<'a>(
        &'a self,
        position: &'a Position,
        prices: &[f64],
        laws: &[(usize, Funding)],
    ) -> PositionTerms<'a> {
        let Position { asset, side, share, collateral, opened, .. } = *position;
        let entry = opened.map(|opened| opened.entry);
        let (venue, flows) = (self.venue_of(position), self.flows_of(position));
        let law = flows
            .funding
            .as_ref()
            .and_then(|funding| laws.iter().position(|law| law.0 == asset && law.1 == *funding));
        PositionTerms { asset, side, price: prices[asset], entry, share, collateral, venue, flows, law }
    }

    /// The varying funding rates of the positions, each with the asset that it is on: positions on the same asset under the same terms
    /// have the same rate.
    pub fn funding_laws(&self) -> Vec<(usize, Funding)> {
        let mut laws: Vec<(usize, Funding)> = Vec::new();
        for position in &self.positions {
            let funding = self.flows_of(position).funding;
            if let Some(funding) = funding.filter(|funding| funding.constant_rate().is_none()) {
                let law = (position.asset, funding);
                if !laws.contains(&law) {
                    laws.push(law);
                }
            }
        }
        laws
    }
}

/// Reports funding of the positions that does not go with the horizon or with the models of their assets; `place` stands for those that
/// have the terms of the account.
pub(super) fn check_funding(
    account: &Account,
    (list, hedge): (&Placed<List<PositionFile>>, Option<&Placed<HedgeFile>>),
    place: &Place,
    horizon: Option<Duration>,
    assets: Option<&[Asset]>,
    problems: &mut Problems,
) {
    let mut checked: Vec<(usize, Funding)> = Vec::new();
    for (number, position) in account.positions.iter().enumerate() {
        let Some(funding) = account.flows_of(position).funding else { continue };
        let law = (position.asset, funding);
        if checked.contains(&law) {
            continue;
        }
        let written = list.value.items.get(number).map(|item| (&item.value.funding, &item.place));
        let written = written.or(hedge.map(|hedge| (&hedge.value.funding, &hedge.place)));
        let own = position.terms.is_some().then_some(written).flatten();
        let place = own.map_or(place, |(own, item)| own.as_ref().map_or(item, |own| &own.place));
        let model = assets.and_then(|assets| assets.get(position.asset)).map(|asset| &asset.model);
        funding::check(&law.1, place, horizon, model, problems);
        checked.push(law);
    }
}

/// Reports every level at which the venues do not let the account be opened.
pub(super) fn check(account: &Account, levels: &[Placed<f64>], prices: &[f64], problems: &mut Problems) {
    let mut reported = None;
    for level in levels {
        let Err(error) = account.open(level.value, prices) else { continue };
        // Levels of a range share one place, and one message is enough for it.
        let span = level.place.span();
        if reported == span {
            continue;
        }
        reported = span;
        let leverage = number(level.value);
        let who = match error.position {
            Some(position) => format!("position {}", position + 1),
            None => "the account".to_owned(),
        };
        let (message, help) = match error.source {
            LevelError::AboveTopTier { notional, largest } => (
                format!(
                    "leverage {leverage} makes {who} a notional of {}, but its venue's tiers end at {}",
                    number(notional),
                    number(largest)
                ),
                "use less leverage, a smaller `share` or less equity".to_owned(),
            ),
            LevelError::AboveCap { max_leverage, .. } => (
                format!("leverage {leverage} asks for more initial margin than {who} has"),
                format!(
                    "its venues allow at most {} at any size",
                    number((max_leverage * 1e6).floor() / 1e6)
                ),
            ),
            LevelError::Margin(MarginError::LiquidatedAtEntry { collateral, requirement }) => (
                format!("at leverage {leverage} {who} is liquidated at entry"),
                format!(
                    "after the entry fees the equity is {}, and the maintenance margin is {}; use less leverage",
                    number(collateral),
                    number(requirement)
                ),
            ),
            other => {
                (format!("leverage {leverage} is not possible: {other}"), "use less leverage".to_owned())
            }
        };
        problems.push(Problem::new(Code::NotAllowed, &level.place, message).help(help));
    }
}
