//! The scenario file as it is written: every table and key, with the ranges of the numbers.

use serde_json::{Value as Json, json};

use crate::market::Duration;
use crate::stats::MOST_PATHS;
use crate::venue::Side;
use crate::venue::check::HAIRCUT;

use super::borrow::BorrowFile;
use super::check::AMOUNT;
use super::dependence::CommonJumpsFile;
use super::funding::FundingFile;
use super::miner::MinerFile;
use super::model::ModelFile;
use super::network::NetworkFile;
use super::numbers::{Amount, Count, Ratio};
use super::policy::PolicyFile;
use super::precision::{Precision, RELATIVE};
use super::problem::Problems;
use super::range::{Range, add_to};
use super::shape::{List, Named, Placed, Shape, any_of, wrong_type};
use super::stress::StressFile;
use super::sweep::Sweep;
use super::table::table;
use super::tree::{Node, Value};
use super::types::{MarginMode, Monitoring, Sampling};
use super::venue::VenueChoice;

/// Most leverage levels of one scenario.
pub(super) const MOST_LEVELS: usize = 1000;

table! {
    /// A scenario of liqsim: how to simulate, the assets, the account, and what to assert of the result.
    struct ScenarioFile {
        /// Title shown with results; the file's name if absent.
        optional name: String,
        /// How to simulate.
        required simulation: SimulationFile,
        /// The assets and the laws of their prices, by name.
        required assets: Named<AssetFile>,
        /// Correlation of the drivers of two assets, by pair such as "BTC/ETH"; pairs left out are independent.
        optional correlation: Named<Ratio>,
        /// Jumps that hit several assets at the same times.
        optional common_jumps: List<CommonJumpsFile>,
        /// The account whose leverage levels are compared.
        required account: AccountFile,
        /// A miner in place of positions: machines and coins bought on credit; needs the coin's network.
        optional miner: MinerFile,
        /// What the owner does on the way; nothing if absent.
        optional policy: PolicyFile,
        /// What `liqsim check` asserts of the result.
        optional limits: List<LimitFile>,
        /// Keys that take several values in `liqsim sweep`: lists, or { from, to, count }; mode = "grid" or "paired".
        optional sweep: Sweep,
    }
}

table! {
    /// How to simulate.
    struct SimulationFile {
        /// Length of every path, such as "30d".
        required horizon: Duration,
        /// Number of paths; 1_000_000 if neither this nor precision is given.
        optional paths: Count where Range::at_least(1.0).at_most(MOST_PATHS as f64),
        /// Run until the standard error of the liquidation probability is at most this share of it; replaces paths. A table names another
        /// number: { metric = "expected_shortfall.0.95", relative = "1%" }.
        optional precision: Precision where RELATIVE,
        /// With precision: stop at this number of paths all the same; 100_000_000 if absent.
        optional max_paths: Count where Range::at_least(1.0).at_most(MOST_PATHS as f64),
        /// Seed of all randomness: the same seed gives the same result; 1 if absent.
        optional seed: Count,
        /// When the price is compared with the liquidation price: "continuous" (at every instant; used if absent), or at
        /// the multiples of an interval such as "1h". The horizon itself is looked at only if it is a multiple.
        optional monitoring: Monitoring,
        /// How liquidation probabilities are estimated: "pseudo" (independent paths, hits counted), "sobol" (exact crossing
        /// probabilities on scrambled Sobol points; an error where the model or the account does not allow it), or "auto" (the
        /// best that applies: Sobol points with importance sampling, particles for rare liquidations, hits counted by strata of
        /// what drives the price; used if absent).
        optional sampling: Sampling,
        /// Longest bar of an account of several positions: its margin follows a bridge in between, which is halved where a
        /// liquidation is in reach. As long as nothing else happens if absent.
        optional step: Duration,
        /// Whether probabilities get a second interval that counts in the errors of the models' parameters
        /// ([assets.NAME.model.errors]); false if absent.
        optional parameter_errors: bool,
    }
}

table! {
    /// One asset and the law of its price.
    struct AssetFile {
        /// Price at the start, in the quote currency.
        required price: f64 where AMOUNT,
        /// The law of the price.
        required model: ModelFile,
        /// Shocks and spells of other volatility, laid over the model: a list of { at = "3d", shock = "-30%" } and
        /// { from = "5d", to = "7d", volatility_times = 2 }.
        optional stress: List<StressFile>,
        /// The network of the coin, for a miner: difficulty, subsidy, fees.
        optional network: NetworkFile,
    }
}

table! {
    /// The account whose leverage levels are compared.
    struct AccountFile {
        /// Collateral put up: in the quote currency, or in coins where the contract is inverse; "0.5 BTC" says which, on spot
        /// margin means their worth at the start, and behind linear contracts stays coins, which count less by `haircut`. With
        /// positions that are open already it is the wallet that they share on cross margin, or left out.
        optional equity: Amount,
        /// What the venue takes off the price of coins that are the collateral of linear contracts, such as "5%", in place of
        /// the venue's own.
        optional haircut: Ratio where HAIRCUT,
        /// How collateral is shared between positions: "isolated" (used if absent) or "cross".
        optional margin: MarginMode,
        /// Leverage levels, notional over equity at the start (with a miner assets over equity): a list, or a range of log-spaced levels.
        /// Positions that are open already have a leverage of their own, which joins them.
        optional leverage: LeverageChoice,
        /// In place of leverage, for a loan: loan to value at the start, such as "60%", or a list. The leverage is 1/(1 - ltv).
        optional ltv: LoanToValueChoice,
        /// Terms of the exchange: a name of the catalogue (`liqsim venues`), a path of a TOML file, or a table; needed unless there is a miner.
        unless_miner venue: VenueChoice,
        /// Funding in place of the venue's, such as { rate = "1bp", every = "8h" }, { model = "ou", ... } or { recorded = "file.csv" }.
        optional funding: FundingFile,
        /// Interest on what is borrowed in place of the venue's, such as { rate = "12%" }.
        optional borrow: BorrowFile,
        /// The positions; needed unless there is a miner.
        unless_miner positions: List<PositionFile>,
    }
}

table! {
    /// One position of the account; its size follows from leverage and equity, or is given where it is open already. Positions on the same asset are held side by side, not netted.
    struct PositionFile {
        /// Name of one of the assets.
        required asset: String,
        /// Direction: "long" gains when the price rises, "short" when it falls.
        required side: Side,
        /// Notional at entry as a share of leverage times equity: shares that add up to 1 make leverage the notional of all
        /// positions over equity. Equal parts if absent.
        optional share: Ratio where Range::above(0.0).at_most(1e6),
        /// Part of the equity that stands behind this position alone. On isolated margin in proportion to the notional if
        /// absent; on cross margin the positions without it share the rest.
        optional collateral: Ratio where Range::above(0.0).at_most(1.0),
        /// Terms of another venue than the account's, in the same forms; its funding and interest come with it.
        optional venue: VenueChoice,
        /// Funding of this position, in place of the venue's or the account's.
        optional funding: FundingFile,
        /// Interest on what this position borrows, in place of the venue's or the account's.
        optional borrow: BorrowFile,
        /// Price at which it was opened, for a position that is open already; with quantity.
        optional entry: f64 where AMOUNT,
        /// Its size, for a position that is open already: coins, or quote units of an inverse contract.
        optional quantity: f64 where AMOUNT,
        /// Collateral behind it now, without its unrealised profit: quote currency, or coins of an inverse contract.
        optional margin: f64 where AMOUNT,
    }
}

table! {
    /// One assertion of `liqsim check`.
    struct LimitFile {
        /// The leverage it applies to, one of the account's levels; all of them if absent.
        optional leverage: f64,
        /// Key of a level of the result, such as "liquidation_probability" or "return.quantiles.0.05".
        required metric: String,
        /// Smallest allowed value.
        optional min: Ratio,
        /// Largest allowed value.
        optional max: Ratio,
    }
}

/// Leverage levels as they are written.
#[derive(Debug, Clone)]
pub(super) enum LeverageChoice {
    List(List<f64>),
    Spaced(LeverageRange),
}

table! {
    /// Log-spaced leverage levels.
    struct LeverageRange {
        /// Lowest level.
        required from: f64 where LEVERAGE,
        /// Highest level.
        required to: f64 where LEVERAGE,
        /// Number of levels, both ends included.
        required count: Count where Range::at_least(2.0).at_most(MOST_LEVELS as f64),
    }
}

/// Loans to value as they are written: one, or a list.
#[derive(Debug, Clone)]
pub(super) struct LoanToValueChoice(pub List<Ratio>);

impl Shape for LoanToValueChoice {
    fn expected() -> String {
        "a fraction such as \"60%\", or a list of them".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::List(_) => List::read(node, label, problems).map(Self),
            _ => {
                let one = Placed::<Ratio>::read(node, label, problems)?;
                Some(Self(List { items: vec![one], written: 1 }))
            }
        }
    }

    fn schema() -> Json {
        let list =
            json!({ "type": "array", "items": Ratio::schema(), "minItems": 1, "maxItems": MOST_LEVELS });
        any_of(vec![Ratio::schema(), list])
    }
}

/// Leverage levels.
pub(super) const LEVERAGE: Range = Range::above(0.0).at_most(1e6);

impl Shape for LeverageChoice {
    fn expected() -> String {
        "a list of numbers such as [1, 2, 5] or a table { from, to, count }".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            // `--set account.leverage=5` means one level.
            Value::Integer(_) | Value::Float(_) => Placed::read(node, label, problems)
                .map(|level| Self::List(List { items: vec![level], written: 1 })),
            Value::List(_) => List::read(node, label, problems).map(Self::List),
            Value::Table(_) => LeverageRange::read(node, label, problems).map(Self::Spaced),
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        let mut level = f64::schema();
        add_to(LEVERAGE, &mut level);
        let list = json!({ "type": "array", "items": level, "minItems": 1, "maxItems": MOST_LEVELS });
        any_of(vec![level, list, LeverageRange::schema()])
    }
}
