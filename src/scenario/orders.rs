//! Where the owner's orders wait: at a distance from the entry, at a price, or where a share of the margin is lost or gained.

use crate::account::policy::Trigger;
use crate::venue::Side;

use super::numbers::Ratio;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::Placed;
use super::tree::number;
use super::types::{Account, Position};

/// Where an order waits: `word` is the name of the share of the margin, and `direction` +1 for a gain.
pub(super) fn trigger(
    (distance, price, share): (&Option<Placed<Ratio>>, &Option<Placed<f64>>, &Option<Placed<Ratio>>),
    (word, direction): (&str, f64),
    place: &Place,
    held: Option<(&Account, &[f64])>,
    problems: &mut Problems,
) -> Option<Trigger> {
    let given = usize::from(distance.is_some()) + usize::from(price.is_some()) + usize::from(share.is_some());
    if given != 1 {
        let message = format!("one of `distance`, `price` and `{word}` is needed, and {given} are given");
        let help = format!(
            "such as {{ distance = \"8%\" }} from the entry price or {{ {word} = \"20%\" }} of the margin"
        );
        problems.push(Problem::new(Code::MissingKey, place, message).help(help));
        return None;
    }
    let at = match (distance, price, share) {
        (Some(distance), ..) => Trigger::Distance(distance.value.0),
        (_, _, Some(share)) => Trigger::Share(share.value.0),
        (_, Some(price), _) => {
            let (account, prices) = held?;
            let first = account.positions.first()?;
            let is_one = |position: &Position| (position.asset, position.side) == (first.asset, first.side);
            if !account.positions.iter().all(is_one) {
                let message =
                    "a price is that of one asset and for one side, but there are other positions too";
                let help = format!("use `distance` or `{word}`, which every position has its own price for");
                problems.push(Problem::new(Code::Conflict, &price.place, message).help(help));
                return None;
            }
            Trigger::Price(price.value / prices[first.asset])
        }
        (None, None, None) => return None,
    };
    let (account, prices) = held?;
    for position in &account.positions {
        let sign = if position.side == Side::Long { direction } else { -direction };
        let entry = position.opened.as_ref().map_or(1.0, |opened| opened.entry / prices[position.asset]);
        let ratio = match at {
            Trigger::Distance(distance) => entry * (1.0 + sign * distance),
            Trigger::Price(ratio) => ratio,
            Trigger::Share(_) => continue,
        };
        if sign * (ratio - 1.0) <= 0.0 {
            let message = format!(
                "the order at {} would be filled at once: the price is {}",
                number(ratio * prices[position.asset]),
                number(prices[position.asset])
            );
            let side = if sign > 0.0 { "above" } else { "below" };
            let help = format!("it belongs {side} the price at the start");
            problems.push(Problem::new(Code::Conflict, place, message).help(help));
            return None;
        }
    }
    Some(at)
}
