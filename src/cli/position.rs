//! One position as typed on the command line, and what the flags mean together.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use liqsim::numeric::plain_number;
use liqsim::scenario::catalogue_venue;
use liqsim::study::LiquidationPrice;
use liqsim::venue::{Contract, Holding, MaintenanceBasis, MarginTier, Others, Side, Venue, catalogue_text};

use super::failure::error_with_help;
use super::init::side_parser;
use super::values;
use super::venues::unknown_venue;

/// One position as typed.
#[derive(Debug, Args)]
pub struct PositionFlags {
    /// What the contract settles in: the quote currency (linear) or the coin (inverse); or coins on margin
    /// (spot)
    #[arg(long, value_name = "linear|inverse|spot", value_parser = contract_parser(), hide_possible_values = true)]
    contract: Option<Contract>,

    /// Direction
    #[arg(long, value_name = "long|short", value_parser = side_parser(), hide_possible_values = true)]
    side: Option<Side>,

    /// The same as --side long
    #[arg(long, conflicts_with_all = ["side", "short"])]
    long: bool,

    /// The same as --side short
    #[arg(long, conflicts_with = "side")]
    short: bool,

    /// Price at which the position was opened, or will be
    #[arg(long, value_name = "P", value_parser = values::positive, allow_hyphen_values = true)]
    entry: Option<f64>,

    /// Size: base units (linear, spot) or quote units (inverse)
    #[arg(long, value_name = "Q", value_parser = values::positive, allow_hyphen_values = true)]
    quantity: Option<f64>,

    /// Collateral, without unrealised profit where the position is open already: quote units (linear, spot)
    /// or coin (inverse)
    #[arg(long, visible_alias = "margin", value_name = "C", value_parser = values::positive, allow_hyphen_values = true)]
    collateral: Option<f64>,

    /// Notional over collateral at entry, in place of --collateral
    #[arg(long, value_name = "L", value_parser = values::positive, allow_hyphen_values = true)]
    #[arg(conflicts_with = "collateral")]
    leverage: Option<f64>,

    /// Maintenance rate: 0.005, 0.5% or 50bp; on spot margin the margin level of liquidation less 1
    #[arg(long, value_name = "M", value_parser = values::positive_ratio, allow_hyphen_values = true)]
    maintenance: Option<f64>,

    /// Maintenance amount that is subtracted from notional times rate
    #[arg(long, value_name = "D", value_parser = values::not_negative, allow_hyphen_values = true)]
    #[arg(requires = "maintenance", conflicts_with = "venue")]
    deduction: Option<f64>,

    /// Fee for closing that the venue adds to the maintenance rate: 0.0005, 0.05% or 5bp
    #[arg(long, value_name = "F", value_parser = values::ratio, allow_hyphen_values = true)]
    #[arg(requires = "maintenance", conflicts_with = "venue")]
    close_fee: Option<f64>,

    /// The notional that the rate applies to: at the mark price (default) or at entry
    #[arg(long, value_name = "mark|entry", value_parser = basis_parser(), hide_possible_values = true)]
    #[arg(requires = "maintenance", conflicts_with = "venue")]
    maintenance_basis: Option<MaintenanceBasis>,

    /// Cross margin: maintenance margin of the account's other positions
    #[arg(long, value_name = "X", value_parser = values::not_negative, allow_hyphen_values = true)]
    other_maintenance: Option<f64>,

    /// Cross margin: unrealised profit of the account's other positions, negative for a loss
    #[arg(long, value_name = "Y", value_parser = values::finite, allow_hyphen_values = true)]
    other_pnl: Option<f64>,

    /// Venue of the catalogue (see `liqsim venues`), in place of the maintenance flags
    #[arg(long, value_name = "NAME", conflicts_with = "maintenance")]
    venue: Option<String>,
}

fn contract_parser() -> impl TypedValueParser<Value = Contract> {
    PossibleValuesParser::new(["linear", "inverse", "spot"]).map(|contract| match contract.as_str() {
        "inverse" => Contract::Inverse,
        "spot" => Contract::Spot,
        _ => Contract::Linear,
    })
}

fn basis_parser() -> impl TypedValueParser<Value = MaintenanceBasis> {
    PossibleValuesParser::new(["mark", "entry"])
        .map(|basis| if basis == "entry" { MaintenanceBasis::Entry } else { MaintenanceBasis::Mark })
}

/// One position and the terms it is held under.
#[derive(Debug)]
pub struct Request {
    venue: Venue,
    holding: Holding,
    others: Others,
}

impl PositionFlags {
    /// What the flags mean together.
    pub fn request(self) -> anyhow::Result<Request> {
        let (Some(side), Some(entry), Some(quantity)) = (self.side(), self.entry, self.quantity) else {
            return Err(self.missing());
        };
        let venue = self.terms()?;
        let mut holding = Holding { side, entry, quantity, collateral: 0.0 };
        let notional = holding.notional(venue.contract, entry);
        holding.collateral = match (self.collateral, self.leverage) {
            (Some(collateral), _) => collateral,
            (None, Some(leverage)) => {
                check_leverage(&venue, leverage, &holding)?;
                notional / leverage
            }
            (None, None) => return Err(self.missing()),
        };
        let others = Others {
            maintenance: self.other_maintenance.unwrap_or(0.0),
            profit: self.other_pnl.unwrap_or(0.0),
        };
        Ok(Request { venue, holding, others })
    }

    /// The direction, in either spelling.
    fn side(&self) -> Option<Side> {
        match (self.long, self.short) {
            (true, _) => Some(Side::Long),
            (_, true) => Some(Side::Short),
            _ => self.side,
        }
    }

    /// The venue that is named, or the one that the maintenance flags describe.
    fn terms(&self) -> anyhow::Result<Venue> {
        match (&self.venue, self.maintenance, self.contract) {
            (Some(name), _, contract) => {
                if catalogue_text(name).is_none() {
                    return Err(unknown_venue(name));
                }
                let venue = catalogue_venue(name)?.venue;
                if contract.is_some_and(|contract| contract != venue.contract) {
                    return Err(error_with_help(
                        format_args!("--contract is not the contract of venue \"{name}\""),
                        "leave --contract out: the venue says what it is",
                    ));
                }
                Ok(venue)
            }
            (None, Some(maintenance), Some(contract)) => Ok(Venue {
                maintenance_basis: self.maintenance_basis.unwrap_or(MaintenanceBasis::Mark),
                close_fee: self.close_fee.unwrap_or(0.0),
                ..Venue::new(contract, vec![MarginTier::flat(maintenance, self.deduction.unwrap_or(0.0))?])
            }),
            _ => Err(self.missing()),
        }
    }

    /// An error that lists every flag that is missing.
    fn missing(&self) -> anyhow::Error {
        let without_venue = self.venue.is_none();
        let missing: Vec<_> = [
            (without_venue && self.contract.is_none(), "--contract"),
            (self.side().is_none(), "--side"),
            (self.entry.is_none(), "--entry"),
            (self.quantity.is_none(), "--quantity"),
            (self.collateral.is_none() && self.leverage.is_none(), "--collateral (or --leverage)"),
            (without_venue && self.maintenance.is_none(), "--maintenance (or --venue)"),
        ]
        .into_iter()
        .filter_map(|(is_missing, flag)| is_missing.then_some(flag))
        .collect();
        error_with_help(
            format_args!("missing {}", missing.join(", ")),
            "give a scenario file, or all flags of a position; `liqsim liquidation-price --help` has examples",
        )
    }
}

/// Whether the venue allows this leverage at entry.
fn check_leverage(venue: &Venue, leverage: f64, holding: &Holding) -> anyhow::Result<()> {
    let notional = holding.notional(venue.contract, holding.entry);
    match venue.max_leverage(holding) {
        Some(largest) if leverage > largest => Err(error_with_help(
            format_args!(
                "leverage {leverage} is above {}, the cap of \"{}\" at notional {}",
                plain_number(largest),
                venue.name,
                plain_number(notional)
            ),
            format_args!("use --leverage {} or a smaller --quantity", plain_number(largest)),
        )),
        Some(_) => Ok(()),
        None => Err(error_with_help(
            format_args!(
                "notional {} is above {}, the top of the margin tiers of \"{}\"",
                plain_number(notional),
                plain_number(venue.largest_notional(holding)),
                venue.name
            ),
            "use a smaller --quantity",
        )),
    }
}

impl Request {
    /// The prices.
    pub fn solve(&self) -> anyhow::Result<LiquidationPrice> {
        let solution = self
            .venue
            .cross_liquidation_price(&self.holding, self.others)
            .map_err(|error| error_with_help(error, "use more collateral or a smaller quantity"))?;
        Ok(LiquidationPrice {
            liquidation_price: solution.price,
            bankruptcy_price: self.venue.bankruptcy_price(&Holding {
                collateral: self.holding.collateral + self.others.profit,
                ..self.holding
            }),
            maintenance: solution.rate,
            deduction: solution.deduction,
        })
    }
}
