//! Levels of leverage as they are typed: a list or a range.

use std::str::FromStr;

use super::values;

/// Levels as they are typed.
#[derive(Debug, Clone, PartialEq)]
pub enum LevelChoice {
    /// These.
    List(Vec<f64>),
    /// The usual ones between the ends, and the ends.
    Range(f64, f64),
}

impl FromStr for LevelChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let message = "must be a leverage such as 10, several such as 3,5,10, or a range such as 1..40";
        let number = |text: &str| values::positive(text.trim()).map_err(|_| message.to_owned());
        match text.split_once("..") {
            None => text.split(',').map(number).collect::<Result<_, _>>().map(Self::List),
            Some((from, to)) => match (number(from)?, number(to)?) {
                (from, to) if from <= to => Ok(Self::Range(from, to)),
                _ => Err("must begin with the lower leverage".to_owned()),
            },
        }
    }
}
