//! The network of a coin as it is written.

use serde_json::Value as Json;

use crate::market::Varying;
use crate::model::{Floor, Network};

use super::days::Days;
use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::range::{Range, add_to};
use super::shape::{List, Placed, Shape, any_of, wrong_type};
use super::table::table;
use super::tree::{Node, Value, number};

const DEFAULT_RETARGET: u32 = 14;
const DEFAULT_FLOOR_RESPONSE: f64 = 0.5;

/// Difficulty and money per unit of hashrate: any sensible unit fits.
const AMOUNT: Range = Range::above(0.0).at_most(1e30);
const SHARE: Range = Range::at_least(0.0).at_most(1.0);
const FEES: Range = Range::at_least(0.0).at_most(1e6);

table! {
    /// The network of a coin: difficulty, subsidy and fees, and how difficulty answers to hashprice and price.
    struct NetworkFile {
        /// Difficulty at the start, as in the block header.
        required difficulty: f64 where AMOUNT,
        /// Coins per block at the start, fees not counted.
        required subsidy: f64 where Range::above(0.0).at_most(1e12),
        /// Fees in coins per block: a number, or { median, volatility, reversion } for fees that vary from day to day.
        required fees: FeesChoice,
        /// Times from the start at which the subsidy halves, whole days such as ["490d"].
        optional halvings: List<Days>,
        /// Growth of difficulty per year (of the logarithm) while hashprice is at its equilibrium: better machines.
        required growth: Ratio where Range::at_least(-5.0).at_most(5.0),
        /// Share of the log gap between hashprice and its equilibrium that a retarget closes.
        required response: Ratio where SHARE,
        /// Share of the log return of the price since the last retarget that difficulty follows; 0 if absent.
        optional pass_through: Ratio where SHARE,
        /// Volatility of difficulty per square root of a year, the luck of block times not counted.
        required volatility: Ratio where Range::at_least(0.0).at_most(5.0),
        /// Whether the times of blocks are random, so that difficulty is off by 2.2 % in every epoch; true if absent.
        optional block_luck: bool,
        /// Hashprice that miners settle at, at the start; that of the start if absent.
        optional equilibrium: f64 where AMOUNT,
        /// Hashprice below which machines of the network are switched off and difficulty gives way fast; none if absent.
        optional floor: f64 where AMOUNT,
        /// Share of the log gap below the floor that a retarget closes; 0.5 if absent.
        optional floor_response: Ratio where SHARE,
        /// Time between retargets; "14d" if absent.
        optional retarget_every: Days where Range::at_least(1.0),
    }
}

table! {
    /// A quantity that varies from day to day about a median.
    struct VaryingFile {
        /// Value at the start, and the one that it returns to.
        required median: f64 where Range::above(0.0).at_most(1e6),
        /// Volatility of its logarithm per square root of a year.
        required volatility: Ratio where Range::at_least(0.0).at_most(100.0),
        /// Speed of the return per year.
        required reversion: f64 where Range::at_least(0.0).at_most(1e6),
    }
}

/// Fees of blocks as they are written.
#[derive(Debug, Clone)]
pub(super) enum FeesChoice {
    Constant(f64),
    Varying(Box<VaryingFile>),
}

impl Shape for FeesChoice {
    fn expected() -> String {
        "a number or a table { median, volatility, reversion }".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Integer(_) | Value::Float(_) => {
                let fees = f64::read(node, label, problems)?;
                if !FEES.contains(fees) {
                    let message = format!("`{label}` must be {FEES}, but is {}", number(fees));
                    problems.push(Problem::new(Code::OutOfRange, &node.place, message));
                    return None;
                }
                Some(Self::Constant(fees))
            }
            Value::Table(_) => {
                VaryingFile::read(node, label, problems).map(|varying| Self::Varying(Box::new(varying)))
            }
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        let mut constant = f64::schema();
        add_to(FEES, &mut constant);
        any_of(vec![constant, VaryingFile::schema()])
    }
}

impl FeesChoice {
    fn resolve(&self) -> Option<Varying> {
        Some(match self {
            Self::Constant(fees) => Varying::constant(*fees),
            Self::Varying(varying) => Varying {
                median: varying.median.as_ref()?.value,
                volatility: varying.volatility.as_ref()?.value.0,
                reversion: varying.reversion.as_ref()?.value,
            },
        })
    }
}

impl NetworkFile {
    /// The network, if all of it was read.
    pub fn resolve(&self, problems: &mut Problems) -> Option<Network> {
        let ratio = |ratio: &Option<Placed<Ratio>>| ratio.as_ref().map(|ratio| ratio.value.0);
        if let Some(response) = self.floor_response.as_ref().filter(|_| !self.given.contains(&"floor")) {
            let message = "`floor_response` has no meaning without `floor`";
            let help = "give the hashprice below which machines are switched off, or leave it out";
            problems.push(Problem::new(Code::Conflict, &response.place, message).help(help));
        }
        let halvings = self.halvings(problems);
        let floor = self.floor.as_ref().map(|floor| Floor {
            hashprice: floor.value,
            response: ratio(&self.floor_response).unwrap_or(DEFAULT_FLOOR_RESPONSE),
        });
        Some(Network {
            difficulty: self.difficulty.as_ref()?.value,
            subsidy: self.subsidy.as_ref()?.value,
            fees: self.fees.as_ref()?.value.resolve()?,
            halvings: halvings?,
            growth: ratio(&self.growth)?,
            response: ratio(&self.response)?,
            pass_through: ratio(&self.pass_through).unwrap_or(0.0),
            volatility: ratio(&self.volatility)?,
            block_luck: self.block_luck.as_ref().is_none_or(|luck| luck.value),
            equilibrium: self.equilibrium.as_ref().map(|equilibrium| equilibrium.value),
            floor,
            retarget_every: self.retarget_every.as_ref().map_or(DEFAULT_RETARGET, |every| every.value.0),
        })
    }

    fn halvings(&self, problems: &mut Problems) -> Option<Vec<u32>> {
        let Some(list) = &self.halvings else { return Some(Vec::new()) };
        let mut problem = |place: &Place, message: &str| {
            let help = "give the days from the start to each halving, such as [\"490d\", \"1950d\"]";
            problems.push(Problem::new(Code::OutOfRange, place, message).help(help));
        };
        let items = &list.value.items;
        if let Some(first) = items.first().filter(|first| first.value.0 == 0) {
            problem(&first.place, "a halving must be at least a day from the start");
        }
        if let Some(pair) = items.windows(2).find(|pair| pair[0].value >= pair[1].value) {
            problem(&pair[1].place, "`halvings` must be in rising order");
        }
        (items.len() == list.value.written).then(|| items.iter().map(|item| item.value.0).collect())
    }
}
