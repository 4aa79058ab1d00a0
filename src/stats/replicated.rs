//! What the nets of one level come to: sums that [`Replicates`](super::Replicates) tell errors from.

use serde::{Deserialize, Serialize};

use super::conditioned::Conditioned;
use super::control::Control;
use super::count::Count;
use super::crossed::Crossed;
use super::marked::Marked;
use super::outcomes::Outcomes;
use super::return_bins::{BINS, bin};
use crate::numeric::{ExactSum, NET};

/// What is known of one level.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Replicated {
    /// Paths below the upper end of each bin of returns.
    pub below: Vec<Count>,
    pub liquidated: Count,
    /// Sums over the nets of the sum of returns and of its square, and over the paths of the square of a return.
    pub returns: [ExactSum; 3],
    /// The same of bad debts, where they are expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debts: Option<Box<[ExactSum; 3]>>,
    /// Of the returns, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Box<Control>>,
    /// Of liquidations, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge: Option<Box<Control>>,
    /// Its returns by intervals of the closing price whose chances are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditioned: Option<Box<Conditioned>>,
    /// Where its liquidated paths close, where that is known apart from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crossed: Option<Box<Crossed>>,
    /// How likely its paths are to be in these, where control variates tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marked: Option<Box<Marked>>,
}

impl Replicated {
    /// Adds what the level comes to on the paths of a block.
    pub fn add(&mut self, outcomes: &Outcomes<'_>) {
        let Outcomes { returns, liquidated, debts, controls, hedged, closed, marked } = *outcomes;
        if let Some((places, cuts)) = closed {
            // Liquidated paths have a place of their own where control variates tell of them.
            let count = places.chances().len() + usize::from(marked.is_some());
            let new = || Box::new(Conditioned::new(cuts, count));
            let conditioned = self.conditioned.get_or_insert_with(new);
            match marked {
                Some(marked) => {
                    let placed = self.marked.get_or_insert_default().add(places, outcomes, marked);
                    conditioned.add_placed(&placed, outcomes);
                }
                None => conditioned.add(places, outcomes),
            }
        }
        if let Some(debts) = debts {
            let sums = self.debts.get_or_insert_default();
            for net in debts.chunks_exact(NET) {
                let [sum, squares] =
                    net.iter().fold([0.0; 2], |[sum, squares], debt| [sum + debt, squares + debt * debt]);
                sums.iter_mut().zip([sum, sum * sum, squares]).for_each(|(all, of_net)| all.add(of_net));
            }
        }
        self.below.resize(BINS, Count::default());
        for (place, (returns, liquidated)) in
            returns.chunks_exact(NET).zip(liquidated.chunks_exact(NET)).enumerate()
        {
            let (mut counts, mut sum, mut squares) = ([0_u16; BINS], 0.0, 0.0);
            for x in returns {
                counts[bin(*x)] += 1;
                sum += x;
                squares += x * x;
            }
            let mut below = 0;
            for (below_end, count) in self.below.iter_mut().zip(counts) {
                below += u32::from(count);
                below_end.add(below);
            }
            let lost: u32 = liquidated.iter().map(|one| u32::from(*one != 0)).sum();
            self.liquidated.add(lost);
            self.returns[0].add(sum);
            self.returns[1].add(sum * sum);
            self.returns[2].add(squares);
            if let (Some(control), Some(controls)) = (&mut self.control, controls) {
                control.add_net(&controls[place * NET..][..NET], returns.iter().copied(), sum);
            }
            if let (Some(hedge), Some(hedged)) = (&mut self.hedge, hedged) {
                let are_lost = liquidated.iter().map(|one| if *one != 0 { 1.0 } else { 0.0 });
                hedge.add_net(&hedged[place * NET..][..NET], are_lost, f64::from(lost));
            }
        }
    }

    /// Adds the sums of another.
    pub fn merge(&mut self, other: &Self) {
        self.below.resize(self.below.len().max(other.below.len()), Count::default());
        self.below.iter_mut().zip(&other.below).for_each(|(mine, theirs)| mine.merge(*theirs));
        self.liquidated.merge(other.liquidated);
        self.returns.iter_mut().zip(&other.returns).for_each(|(mine, theirs)| *mine += *theirs);
        if let Some(theirs) = &other.debts {
            let mine = self.debts.get_or_insert_default();
            mine.iter_mut().zip(theirs.iter()).for_each(|(mine, theirs)| *mine += *theirs);
        }
        if let Some(theirs) = &other.control {
            self.control.get_or_insert_default().merge(theirs);
        }
        if let Some(theirs) = &other.hedge {
            self.hedge.get_or_insert_default().merge(theirs);
        }
        if let Some(theirs) = &other.conditioned {
            self.conditioned.get_or_insert_default().merge(theirs);
        }
        if let Some(theirs) = &other.crossed {
            self.crossed.get_or_insert_default().merge(theirs);
        }
        if let Some(theirs) = &other.marked {
            self.marked.get_or_insert_default().merge(theirs);
        }
    }
}
