//! What a reader of files is told where the file alone does not say.

use std::fmt;
use std::str::FromStr;

/// The first bar that a coin can have: Bitcoin's first block is of January 2009.
const FIRST_YEAR: i64 = 1_230_768_000;
/// Times lie before this where nobody says what day it is: the start of the year 2100.
const LAST_YEAR: i64 = 4_102_444_800;

/// How to read a file of prices or rates. The default reads what the file itself makes certain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// The present in seconds since 1970, from the program's clock: no bar starts after tomorrow. Libraries have none.
    pub now: Option<i64>,
    /// Takes times before 2009 and after tomorrow as well.
    pub any_times: bool,
    /// Order of day and month in dates such as 03/04/2024.
    pub dates: Option<DateOrder>,
    /// The mark before decimals in numbers such as 1.234.
    pub decimals: Option<DecimalMark>,
    /// Columns by name or number, in place of those that the names of the header say.
    pub columns: ColumnChoice,
}

/// Order of day and month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 31/12/2024.
    DayFirst,
    /// 12/31/2024.
    MonthFirst,
}

/// The mark before the decimals; the other one separates thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// 1,234.5
    Point,
    /// 1.234,5
    Comma,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Start of the bar, or time of the payment.
    Time,
    /// Time of the day where it has a column of its own.
    Clock,
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Traded volume.
    Volume,
    /// Funding rate, as a fraction.
    Rate,
    /// Funding rate in per cent.
    PerCent,
}

const ROLES: [(&str, Role); 9] = [
    ("time", Role::Time),
    ("clock", Role::Clock),
    ("open", Role::Open),
    ("high", Role::High),
    ("low", Role::Low),
    ("close", Role::Close),
    ("volume", Role::Volume),
    ("rate", Role::Rate),
    ("percent", Role::PerCent),
];

/// Columns named by the user, such as `time=Day,close=Last` or `time=1,close=5` (numbers count from 1).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnChoice(Vec<(Role, String)>);

impl ColumnChoice {
    /// The column chosen for a role.
    pub fn of(&self, role: Role) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == role).map(|(_, name)| name.as_str())
    }

    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ColumnChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |role: Role| ROLES.iter().find(|(_, known)| *known == role).map_or("", |(word, _)| *word);
        let parts: Vec<String> =
            self.0.iter().map(|(role, name)| format!("{}={name}", word(*role))).collect();
        f.write_str(&parts.join(","))
    }
}

impl FromStr for ColumnChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut chosen: Vec<(Role, String)> = Vec::new();
        for part in text.split(',') {
            let message = || {
                format!(
                    "{part:?} is no choice of a column: such as time=Day,close=Last, or by number time=1,close=5"
                )
            };
            let (role, name) = part.split_once('=').ok_or_else(message)?;
            let role = ROLES.iter().find(|(known, _)| role.trim().eq_ignore_ascii_case(known));
            let (word, role) = *role.ok_or_else(|| {
                format!(
                    "{:?} is nothing that a column is read for: {}",
                    part,
                    ROLES.map(|(word, _)| word).join(", ")
                )
            })?;
            if name.trim().is_empty() {
                return Err(message());
            }
            if chosen.iter().any(|(known, _)| *known == role) {
                return Err(format!("{word} is given twice"));
            }
            chosen.push((role, name.trim().to_owned()));
        }
        Ok(Self(chosen))
    }
}

impl ReadOptions {
    /// The times that are believed: from the first, before the second.
    pub(super) fn believed(&self) -> (i64, i64) {
        if self.any_times {
            return (i64::MIN, i64::MAX);
        }
        // The end of tomorrow, in every zone of the world.
        (FIRST_YEAR, self.now.map_or(LAST_YEAR, |now| now + 2 * 86_400))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_chosen_by_role() {
        let choice: ColumnChoice = "time=Day, CLOSE=Last price".parse().unwrap();
        assert_eq!((choice.of(Role::Time), choice.of(Role::Close)), (Some("Day"), Some("Last price")));
        assert_eq!(choice.of(Role::Open), None);
        assert_eq!(choice.to_string().parse(), Ok(choice));
        for text in ["", "time", "time=", "price=3", "time=1,time=2"] {
            assert!(text.parse::<ColumnChoice>().is_err(), "{text}");
        }
    }
}
