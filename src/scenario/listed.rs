//! What the terms of a venue mean: from their mirror to a [`Venue`], with the checks that involve more than one key.

use crate::venue::{Contract, Flows, GrowingRate, Liquidation, MaintenanceBasis, TierRule, TierSize, Venue};

use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::Placed;
use super::terms::{LiquidationFile, VenueFile};

/// A venue of the catalogue or of a file, with what people want to know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedVenue {
    /// The terms.
    pub venue: Venue,
    /// What is charged over time.
    pub flows: Flows,
    /// Title for people.
    pub title: Option<String>,
    /// Name of the settlement currency.
    pub settlement: Option<String>,
    /// Where the terms are from.
    pub source: Option<String>,
    /// The day the terms were valid.
    pub as_of: Option<String>,
    /// Who bears losses beyond the collateral.
    pub bad_debt: Option<String>,
}

impl VenueFile {
    /// The terms, if they are sound; everything that is wrong is reported.
    pub fn resolve(&self, name: &str, place: &Place, problems: &mut Problems) -> Option<ListedVenue> {
        let rule = self.rule.as_ref().map_or(TierRule::Marginal, |rule| rule.value);
        let rate_of = |ratio: &Option<Placed<Ratio>>| ratio.as_ref().map_or(0.0, |ratio| ratio.value.0);
        let tiers = self.tiers(rule, place, problems);
        let initial = self.initial(problems);
        let liquidation = match self.liquidation.as_ref().map(|liquidation| &liquidation.value) {
            None | Some(LiquidationFile::Forfeit) => Liquidation::Forfeit,
            Some(LiquidationFile::Fee(close)) => Liquidation::Close {
                fee: close.fee.as_ref()?.value.0,
                slippage: rate_of(&close.slippage),
                partial: close.partial.as_ref().map(|partial| partial.value.0),
            },
        };
        let contract = self.contract.as_ref()?.value;
        if contract == Contract::Spot {
            self.refuse_on_spot(problems);
        }
        let text = |text: &Option<Placed<String>>| text.as_ref().map(|text| text.value.clone());
        Some(ListedVenue {
            venue: Venue {
                name: name.to_owned(),
                rule,
                tier_size: self.tier_size.as_ref().map_or(TierSize::Notional, |size| size.value),
                maintenance_per_unit: rate_of(&self.maintenance_per_unit),
                initial: initial?,
                maintenance_basis: self
                    .maintenance_basis
                    .as_ref()
                    .map_or(MaintenanceBasis::Mark, |basis| basis.value),
                close_fee: rate_of(&self.close_fee),
                taker_fee: rate_of(&self.taker_fee),
                liquidation,
                call_level: self.margin_levels().0,
                unconfirmed: text(&self.unconfirmed),
                ..Venue::new(contract, tiers?)
            },
            flows: Flows {
                funding: self.funding.as_ref().and_then(|funding| funding.value.resolve(problems)),
                borrow: self.borrow.as_ref().and_then(|borrow| borrow.value.resolve()),
            },
            title: text(&self.title),
            settlement: text(&self.settlement),
            source: text(&self.source),
            as_of: text(&self.as_of),
            bad_debt: text(&self.bad_debt),
        })
    }

    /// The initial rate that rises with the size, if there is one; none if it is broken.
    #[allow(clippy::option_option)]
    fn initial(&self, problems: &mut Problems) -> Option<Option<GrowingRate>> {
        match (&self.initial, &self.initial_per_unit) {
            (None, None) => Some(None),
            (Some(base), Some(per_unit)) => {
                Some(Some(GrowingRate { base: base.value.0, per_unit: per_unit.value.0 }))
            }
            (Some(given), None) | (None, Some(given)) => {
                let message = "`initial` and `initial_per_unit` belong together";
                let help = "give both, or cap the leverage with `max_leverage`";
                problems.push(Problem::new(Code::Conflict, &given.place, message).help(help));
                None
            }
        }
    }

    /// Reports the keys that mean nothing on spot margin, and levels in the wrong order.
    fn refuse_on_spot(&self, problems: &mut Problems) {
        let places = [
            ("maintenance_basis", self.maintenance_basis.as_ref().map(|key| &key.place)),
            ("maintenance_per_unit", self.maintenance_per_unit.as_ref().map(|key| &key.place)),
            ("tier_size", self.tier_size.as_ref().map(|key| &key.place)),
            ("rates", self.rates.as_ref().map(|key| &key.place)),
        ];
        for (key, place) in places {
            if let Some(place) = place {
                let message = format!("`{key}` means nothing on spot margin");
                let help =
                    "leave it out: a spot margin account is liquidated at a margin level, assets over debt";
                problems.push(Problem::new(Code::Conflict, place, message).help(help));
            }
        }
        if let (Some(call), Some(liquidation)) = self.margin_levels()
            && call < liquidation
        {
            let places = (&self.margin_level, &self.loan_to_value);
            let place = match places {
                (Some(level), _) => &level.place,
                (None, Some(ratio)) => &ratio.place,
                (None, None) => return,
            };
            let help = "an account is called while there is more left than at liquidation";
            let message = "the call comes after the liquidation";
            problems.push(Problem::new(Code::Conflict, place, message).help(help));
        }
    }
}
