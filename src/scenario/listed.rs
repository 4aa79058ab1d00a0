//! What the terms of a venue mean: from their mirror to a [`Venue`], with the checks that involve more than one key.

use crate::venue::{
    Contract, FeePrice, Flows, FundingTerms, GrowingRate, Liquidation, MaintenanceBasis, TierRule, TierSize,
    Venue,
};

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
    /// Interval and cap of its funding, whatever the rate.
    pub funding: Option<FundingTerms>,
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
        let written = self.liquidation.as_ref().map(|liquidation| &liquidation.value);
        let liquidation = match written.filter(|_| self.loan.is_none()) {
            None if self.loan.is_some() => self.repayment(problems)?,
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
        if let Some(haircut) = self.haircut.as_ref().filter(|_| contract != Contract::Linear) {
            let message = "`haircut` means nothing where the contract is not linear";
            let help =
                "leave it out: an inverse contract counts in its coin, spot margin by its margin level";
            problems.push(Problem::new(Code::Conflict, &haircut.place, message).help(help));
        }
        let text = |text: &Option<Placed<String>>| text.as_ref().map(|text| text.value.clone());
        let venue = Venue {
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
            close_fee_price: self.close_fee_price.as_ref().map_or(FeePrice::Basis, |price| price.value),
            taker_fee: rate_of(&self.taker_fee),
            liquidation,
            call_level: self.margin_levels().0,
            grace: self.loan.as_ref().and_then(|loan| Some(loan.value.grace.as_ref()?.value)),
            haircut: self.haircut.as_ref().map(|haircut| haircut.value.0),
            unconfirmed: text(&self.unconfirmed),
            ..Venue::new(contract, tiers?)
        };
        Some(ListedVenue {
            venue,
            flows: Flows {
                funding: self.funding.as_ref().and_then(|file| match file.value.is_terms_alone() {
                    true => {
                        file.value.has_interval(problems);
                        None
                    }
                    false => file.value.resolve(None, &file.place, problems),
                }),
                borrow: self.borrow.as_ref().and_then(|borrow| borrow.value.resolve()),
            },
            funding: self.funding.as_ref().map(|file| file.value.terms()),
            title: text(&self.title),
            settlement: text(&self.settlement),
            source: text(&self.source),
            as_of: text(&self.as_of),
            bad_debt: text(&self.bad_debt),
        })
    }

    /// How a lender liquidates; what contradicts it is reported.
    fn repayment(&self, problems: &mut Problems) -> Option<Liquidation> {
        let loan = &self.loan.as_ref()?.value;
        if let Some(liquidation) = &self.liquidation {
            let message = "`loan` and `liquidation` exclude each other";
            let help = "a loan has its own `penalty` and `close_factor`";
            problems.push(Problem::new(Code::Conflict, &liquidation.place, message).help(help));
        }
        if let (Some(bonus), Some(_)) = (&loan.bonus, &loan.penalty) {
            let message = "`bonus` and `penalty` exclude each other";
            let help = "a pool pays a bonus to whoever repays, a bank keeps a penalty";
            problems.push(Problem::new(Code::Conflict, &bonus.place, message).help(help));
        }
        if let (Some(grace), None) = (&loan.grace, &loan.call) {
            let message = "`grace` has no meaning without `call`";
            let help = "add the loan to value at which the borrower is called";
            problems.push(Problem::new(Code::Conflict, &grace.place, message).help(help));
        }
        Some(Liquidation::Repay {
            penalty: loan.bonus.as_ref().or(loan.penalty.as_ref()).map_or(0.0, |penalty| penalty.value.0),
            close_factor: loan.close_factor.as_ref().map_or(1.0, |factor| factor.value.0),
            close_all_below: loan.close_all_below.as_ref().map_or(0.0, |health| health.value),
            bonus: loan.bonus.is_some(),
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
            ("close_fee_price", self.close_fee_price.as_ref().map(|key| &key.place)),
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
            let places = (&self.margin_level, &self.loan);
            let place = match places {
                (Some(level), _) => &level.place,
                (None, Some(loan)) => &loan.place,
                (None, None) => return,
            };
            let help = "an account is called while there is more left than at liquidation";
            let message = "the call comes after the liquidation";
            problems.push(Problem::new(Code::Conflict, place, message).help(help));
        }
    }
}
