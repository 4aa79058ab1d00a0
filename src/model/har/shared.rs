//! What several assets need that draw the same past days.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EstimateError, Har, Hours};

impl Har {
    /// The hours that everything was estimated from; none where numbers were given.
    pub fn hours(&self) -> Option<&Hours> {
        self.hours.as_deref()
    }

    /// The model as estimated from the hours before one (since 1970); the model itself where numbers were given.
    pub(in super::super) fn until(&self, hour: i64) -> Result<Self, EstimateError> {
        match &self.hours {
            Some(hours) => Self::of_hours(hours.until(hour), self.hash.clone(), self.log_drift),
            None => Ok(self.clone()),
        }
    }

    /// Hours since 1970 at which its days start, each with its weight.
    pub(in super::super) fn starts_of_days(&self) -> BTreeMap<i64, f64> {
        self.days.days().iter().map(|day| (day.hour, day.weight)).collect()
    }

    /// The model that draws these of its days only, with these weights, the latest first; none if it has not all of them. What the days were
    /// chosen by enters its hash.
    pub(in super::super) fn drawing(&self, days: &BTreeMap<i64, f64>, by: &str) -> Option<Self> {
        let own: BTreeMap<i64, usize> =
            self.days.days().iter().enumerate().map(|(index, day)| (day.hour, index)).collect();
        let kept: Option<Vec<(usize, f64)>> =
            days.iter().rev().map(|(hour, weight)| Some((*own.get(hour)?, *weight))).collect();
        let days = Arc::new(self.days.select(&kept?)?);
        Some(Self { days, hash: format!("{} {by}", self.hash), ..self.clone() })
    }

    /// Hash of what the days were taken from.
    pub(in super::super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Change of the log-price in the first hour of each day, in the day's units.
    pub(in super::super) fn first_hours(&self) -> Vec<f64> {
        let days = 0..self.days.days().len();
        days.filter_map(|day| self.days.hours_of(day).first().map(|[_, _, close]| *close)).collect()
    }
}
