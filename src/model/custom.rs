//! A price model of your own.
//!
//! It is handed its noise like any other model: standard normals for the continuous driver, and a [`Stream`], which is also a generator
//! of `rand_core`, so that any distribution of `rand_distr` can be drawn from it. A model that draws from nothing else has the same
//! paths for any number of threads and any split into parts. Not promised are the same bytes on another platform, where the
//! distributions use the platform's functions. `examples/own_model.rs` is one.

use std::fmt::Debug;

use serde::Serializer;
use serde::ser::SerializeMap;

use super::Stepper;
use crate::market::Duration;

/// A law of the price of one asset that a caller brings.
pub trait PriceModel: Debug + Send + Sync {
    /// What it is called in results and identities.
    fn name(&self) -> &str;

    /// Names and values of the parameters. With the name they tell results apart, so all that changes a path belongs here.
    fn parameters(&self) -> Vec<(&str, f64)>;

    /// A stepper with room for blocks of up to `lanes` paths.
    fn stepper(&self, lanes: usize) -> Box<dyn Stepper>;

    /// The longest bar that it can be moved over without a bias that matters, on paths of this length; none if any bar is exact.
    fn step(&self, horizon: Duration) -> Option<Duration>;
}

/// Models of the same name and parameters are the same.
impl PartialEq for dyn PriceModel {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.parameters() == other.parameters()
    }
}

/// Name and parameters, for identities.
pub(super) fn serialize<S: Serializer>(
    model: &std::sync::Arc<dyn PriceModel>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let parameters = model.parameters();
    let mut map = serializer.serialize_map(Some(1 + parameters.len()))?;
    map.serialize_entry("name", model.name())?;
    for (name, value) in parameters {
        // Exact, also where a number is not finite.
        map.serialize_entry(&format!("parameters.{name}"), &value.to_bits())?;
    }
    map.end()
}
