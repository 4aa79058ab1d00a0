//! A precision as it is written: a share, or a table with the name of a number.

use serde_json::{Value as Json, json};

use super::numbers::Ratio;
use super::precise::PreciseMetric;
use super::problem::{Code, Problem, Problems};
use super::range::Range;
use super::shape::{Numeric, Placed, Shape, any_of, wrong_type};
use super::suggest::suggest;
use super::table::table;
use super::tree::{Node, Value, ticked};

/// How precise a number can be asked to be.
pub(super) const RELATIVE: Range = Range::above(0.0).at_most(1.0);

table! {
    /// A precision of a number by name.
    struct PrecisionFile {
        /// The number, such as "expected_shortfall.0.95"; the liquidation probability if absent.
        optional metric: String,
        /// Standard error of the number at every level, as a share of its size.
        required relative: Ratio where RELATIVE,
    }
}

/// A precision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Precision {
    pub relative: f64,
    pub metric: PreciseMetric,
}

impl Numeric for Precision {
    fn number(self) -> f64 {
        self.relative
    }

    fn remedy(self, range: Range) -> Option<String> {
        Ratio(self.relative).remedy(range)
    }
}

impl Shape for Precision {
    fn expected() -> String {
        "a fraction such as \"1%\" or a table { metric, relative }".to_owned()
    }

    fn read(node: &Node, label: &str, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::Text(_) => {
                let relative = Ratio::read(node, label, problems)?.0;
                Some(Self { relative, metric: PreciseMetric::default() })
            }
            Value::Table(_) => {
                let file = PrecisionFile::read(node, label, problems)?;
                let named = |metric: &Placed<String>| {
                    PreciseMetric::named(&metric.value).or_else(|| {
                        let message =
                            format!("{} is no number that paths make precise", ticked(&metric.value));
                        let help = suggest(&metric.value, PreciseMetric::all().map(PreciseMetric::name));
                        problems.push(Problem::new(Code::UnknownName, &metric.place, message).help(help));
                        None
                    })
                };
                let metric = file.metric.as_ref().map_or(Some(PreciseMetric::default()), named)?;
                Some(Self { relative: file.relative?.value.0, metric })
            }
            _ => {
                problems.push(wrong_type::<Self>(node, label));
                None
            }
        }
    }

    fn schema() -> Json {
        let mut table = PrecisionFile::schema();
        table["properties"]["metric"]["enum"] =
            json!(PreciseMetric::all().map(PreciseMetric::name).collect::<Vec<_>>());
        any_of(vec![Ratio::schema(), table])
    }
}
