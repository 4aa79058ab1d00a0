//! What every position of every level starts with.

use crate::account::barrier::ClosedForm;
use crate::account::follow::{Unit, factor_of, units};
use crate::account::pool::{Pool, Stake};

/// One position of one level, with its collateral.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub pool: Pool,
    /// What it holds until it is closed.
    pub stake: Stake,
    pub cash: f64,
    pub closed_form: ClosedForm,
}

impl Position {
    /// None if something else than prices and funding moves it, or if it is liquidated in steps.
    fn new(pool: Pool) -> Option<Self> {
        let ([leg], [stake], [_]) = (&pool.legs[..], &pool.opening()[..], &pool.assets[..]) else {
            return None;
        };
        let bears_interest = leg.flows.borrow.is_some_and(|borrow| borrow.rate != 0.0);
        if bears_interest || pool.acts_in_steps() {
            return None;
        }
        let (stake, cash, closed_form) = (*stake, pool.opening_cash(), pool.closed_form()?);
        Some(Self { pool, stake, cash, closed_form })
    }

    /// +1 where it loses as the price falls, else −1.
    pub fn side(&self) -> f64 {
        self.closed_form.exposure.signum() * self.pool.legs[0].unit.power()
    }

    /// Its place in the scenario's list.
    fn number(&self) -> usize {
        self.pool.legs[0].position
    }

    /// The asset.
    pub fn asset(&self) -> usize {
        self.pool.assets[0]
    }
}

/// The positions of all levels.
#[derive(Debug)]
pub(super) struct Terms {
    /// By level and place within the level.
    pub positions: Vec<Position>,
    /// Positions of a level.
    pub count: usize,
    pub levels: usize,
    /// Positions of a level on the same asset, by their places.
    pub units: Vec<Unit>,
    /// See [`factor_of`].
    pub factor: Vec<Vec<f64>>,
}

impl Terms {
    /// The pools of an account as positions by themselves; none if they are not, or if there is one only.
    pub fn new(levels: Vec<Vec<Pool>>, correlation: &[Vec<f64>]) -> Option<Self> {
        let first = levels.first()?;
        let (count, number) = (first.len(), levels.len());
        let (units, _) = units(first, correlation);
        let positions: Vec<Position> =
            levels.into_iter().flatten().map(Position::new).collect::<Option<_>>()?;
        let is_same = |(own, first): (&Position, &Position)| own.number() == first.number();
        let are_same = count > 1
            && positions.len() == count * number
            && positions.chunks(count).all(|level| level.iter().zip(&positions).all(is_same));
        are_same.then(|| Self { count, levels: number, units, factor: factor_of(correlation), positions })
    }

    /// The place of a position in [`Terms::positions`].
    pub fn place(&self, level: usize, number: usize) -> usize {
        level * self.count + number
    }
}
