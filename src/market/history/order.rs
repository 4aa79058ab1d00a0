//! Which column holds what where there is no header: as the numbers themselves prove.
//!
//! The time is the first column of believable times. High and low are the columns that no other price exceeds or falls below.
//! Of the other two, open and close, the close is what the next bar opens at: coins trade around the clock.

use crate::numeric::elementary;

use super::columns::{Columns, is_clock_beside};
use super::number::{self, Field};
use super::options::{DecimalMark, ReadOptions, Role};
use super::refusal::Refusal;
use super::stamp;
use super::times::Times;

/// A column is the high if it holds in this share of the rows.
const HOLDING: f64 = 0.98;
/// Prices of one bar differ by less than this factor, in the middle of all bars.
const WIDEST: f64 = 1.5;
/// Of two readings of open and close one is proven if its bars follow each other this many times closer.
const CLOSER: f64 = 3.0;

/// The numbers of an open and of a close.
type Pair<'a> = (&'a [f64], &'a [f64]);

/// The columns of rows without a header, and what was decided.
pub(super) fn of_rows(
    rows: &[Vec<String>],
    mark: DecimalMark,
    options: &ReadOptions,
) -> Result<(Columns, Vec<String>), Refusal> {
    let width = rows.first().map_or(0, Vec::len);
    let column = |index: usize| rows.iter().filter_map(move |row| row.get(index)).map(String::as_str);
    let time = (0..width)
        .find(|index| are_times(column(*index), options))
        .ok_or(Refusal::NoOrder("which column holds the times"))?;
    let clock = Some(time + 1)
        .filter(|next| *next < width && is_clock_beside(column(time), column(*next)))
        // Digits alone are rather a price than a clock, unless they stand as 093000.
        .filter(|next| {
            column(*next).all(|text| text.contains(':') || text.len() == 6 && !text.contains('.'))
        });
    let first = clock.unwrap_or(time) + 1;
    let numbers: Vec<Option<Vec<f64>>> = (0..width)
        .map(|index| {
            let values = column(index).map(|text| match number::read(text, mark) {
                Field::Number(number) => Some(number),
                Field::Missing => Some(f64::NAN),
                Field::Wrong => None,
            });
            values.collect()
        })
        .collect();
    let columns =
        |range, close, volume| Columns { time, clock, relative: false, range, close, volume, symbol: None };
    let is_number = |index: usize| numbers.get(index).is_some_and(Option::is_some);
    if width == first + 1 && is_number(first) {
        return Ok((columns(None, first, None), Vec::new()));
    }
    let closest = closest_of_many(&numbers, first, runs_backwards(column(time), options))?;
    let windows = (first..width.saturating_sub(3)).filter_map(|start| {
        let prices: Option<Vec<&[f64]>> = (start..start + 4).map(|index| numbers[index].as_deref()).collect();
        Some((start, prices?))
    });
    for (start, prices) in windows {
        let Some((high, low)) = extremes(&prices) else { continue };
        let rest: Vec<usize> = (0..4).filter(|index| ![high, low].contains(index)).collect();
        let [a, b] = rest[..] else { continue };
        let falling = runs_backwards(column(time), options);
        let (open, close) = match follows(prices[a], prices[b], falling) {
            Some(true) => (a, b),
            Some(false) => (b, a),
            // Open, high, low, close is the order of nearly every source.
            None if (a, high, low, b) == (0, 1, 2, 3) => (a, b),
            None => return Err(Refusal::NoOrder("open from close")),
        };
        if closest.is_some_and(|pair| pair != (prices[open], prices[close])) {
            continue;
        }
        let volume = Some(start + 4).filter(|index| is_number(*index));
        let found = columns(Some([start + open, start + high, start + low]), start + close, volume);
        let is_usual = (start, open, high, low, close) == (time + 1, 0, 1, 2, 3) && time == 0;
        let words = format!(
            "no header; by the numbers: time column {}, open {}, high {}, low {}, close {}",
            time + 1,
            start + open + 1,
            start + high + 1,
            start + low + 1,
            start + close + 1
        );
        return Ok((found, if is_usual { Vec::new() } else { vec![words] }));
    }
    // Trades carry a number in front, which may pass for a time, and their time further behind.
    let last = (0..width).rev().find(|index| are_times(column(*index), options)).unwrap_or(time);
    Err(if looks_like_trades(&numbers, last) {
        Refusal::Trades
    } else {
        Refusal::NoOrder("which columns hold prices")
    })
}

/// The columns that the user names by number; the rest is not read.
pub(super) fn chosen(width: usize, options: &ReadOptions) -> Result<Columns, Refusal> {
    let number = |role: Role| {
        let Some(wanted) = options.columns.of(role) else { return Ok(None) };
        let number = wanted.parse().ok().filter(|number| (1..=width).contains(number));
        let unknown = || Refusal::UnknownColumn { name: wanted.to_owned(), header: "none".to_owned() };
        number.map(|number: usize| Some(number - 1)).ok_or_else(unknown)
    };
    let needed = |role, what| number(role)?.ok_or(Refusal::NoOrder(what));
    let close = match (number(Role::Rate)?, number(Role::PerCent)?) {
        (Some(rate), _) | (None, Some(rate)) => rate,
        _ => needed(Role::Close, "which column holds the close")?,
    };
    let range = match [number(Role::Open)?, number(Role::High)?, number(Role::Low)?] {
        [Some(open), Some(high), Some(low)] => Some([open, high, low]),
        [None, None, None] => None,
        _ => return Err(Refusal::PartialRange("none".to_owned())),
    };
    Ok(Columns {
        time: needed(Role::Time, "which column holds the times")?,
        clock: number(Role::Clock)?,
        relative: false,
        range,
        close,
        volume: number(Role::Volume)?,
        symbol: None,
    })
}

/// Whether all fields are times that are believed, with at least two among them.
fn are_times<'a>(fields: impl Iterator<Item = &'a str>, options: &ReadOptions) -> bool {
    let mut times = Times::default();
    let read = fields.enumerate().all(|(index, field)| {
        // A clock alone is no time, and a price is none.
        let is_number = number::looks_numeric(field) && field.contains('.') && !field.ends_with(".0");
        let is_stamp = stamp::read(field).is_ok() && !field.contains('/');
        (!is_number || is_stamp) && times.add(index as u64, field, None, options).is_ok_and(|read| read)
    });
    read && times.are_believed()
}

/// Whether times fall from row to row.
fn runs_backwards<'a>(fields: impl Iterator<Item = &'a str>, options: &ReadOptions) -> bool {
    let mut times = Times::default();
    for (index, field) in fields.enumerate() {
        let _ = times.add(index as u64, field, None, options);
    }
    // Pages may be joined in another order than their rows: most steps tell.
    let seconds = times.seconds();
    let steps = |is_of: fn(&[i64]) -> bool| seconds.windows(2).filter(|pair| is_of(pair)).count();
    steps(|pair| pair[1] < pair[0]) > steps(|pair| pair[1] > pair[0])
}

/// Open and close among five or more columns of prices side by side: the two of those that are neither the highest nor the
/// lowest that follow each other closer than any other two do. `None` of fewer columns.
fn closest_of_many(
    numbers: &[Option<Vec<f64>>],
    first: usize,
    falling: bool,
) -> Result<Option<Pair<'_>>, Refusal> {
    let are_prices = |a: &[f64], b: &[f64]| {
        let mut ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).filter(|r| r.is_finite()).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).is_some_and(|middle| (1.0 / WIDEST..WIDEST).contains(middle))
    };
    let mut run: Vec<&[f64]> = Vec::new();
    for column in numbers[first.min(numbers.len())..].iter().map(Option::as_deref) {
        match (column, run.last()) {
            (Some(column), None) => run.push(column),
            (Some(column), Some(last)) if are_prices(column, last) => run.push(column),
            _ if run.len() > 4 => break,
            (column, _) => run = column.into_iter().collect(),
        }
    }
    if run.len() < 5 {
        return Ok(None);
    }
    let rows = || (0..run[0].len()).filter(|row| run.iter().all(|column| column[*row].is_finite()));
    let share = |index: usize, sign: f64| {
        let is_extreme =
            |row: &usize| run.iter().all(|column| sign * column[*row] <= sign * run[index][*row]);
        rows().filter(is_extreme).count() as f64 / rows().count().max(1) as f64
    };
    let mut rest: Vec<&[f64]> = Vec::new();
    for index in 0..run.len() {
        let is_extreme = share(index, 1.0) >= HOLDING || share(index, -1.0) >= HOLDING;
        // The same numbers twice are one column.
        if !is_extreme && !rest.contains(&run[index]) {
            rest.push(run[index]);
        }
    }
    let mut pairs: Vec<(f64, Pair<'_>)> = Vec::new();
    for (index, open) in rest.iter().enumerate() {
        let others = rest.iter().enumerate().filter(|(other, _)| *other != index);
        pairs.extend(others.map(|(_, close)| (following(open, close, falling), (*open, *close))));
    }
    pairs.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    match pairs[..] {
        [(closest, pair), (next, _), ..] if CLOSER * closest < next => Ok(Some(pair)),
        _ => Err(Refusal::NoOrder("open and close among five or more columns of prices")),
    }
}

/// The columns of the high and the low among four.
fn extremes(prices: &[&[f64]]) -> Option<(usize, usize)> {
    let rows: Vec<usize> =
        (0..prices[0].len()).filter(|row| prices.iter().all(|column| column[*row].is_finite())).collect();
    let positive = rows.iter().all(|row| prices.iter().all(|column| column[*row] > 0.0));
    if rows.is_empty() || !positive {
        return None;
    }
    let share = |holds: &dyn Fn(usize) -> bool| {
        rows.iter().filter(|row| holds(**row)).count() as f64 / rows.len() as f64
    };
    let beyond = |index: usize, sign: f64| {
        share(&|row| prices.iter().all(|column| sign * column[row] <= sign * prices[index][row]))
    };
    // The usual places first, so that bars that stand still are read in the usual order.
    let best = |sign: f64, order: [usize; 4]| {
        let best = order.into_iter().fold(order[0], |best, index| {
            if beyond(index, sign) > beyond(best, sign) { index } else { best }
        });
        (beyond(best, sign) >= HOLDING).then_some(best)
    };
    let (high, low) = (best(1.0, [1, 2, 3, 0])?, best(-1.0, [2, 3, 1, 0])?);
    let mut ratios: Vec<f64> = rows.iter().map(|row| prices[high][*row] / prices[low][*row]).collect();
    ratios.sort_by(f64::total_cmp);
    (high != low && ratios[ratios.len() / 2] < WIDEST).then_some((high, low))
}

/// Mean distance of the logarithm of an open from the close before it.
fn following(open: &[f64], close: &[f64], falling: bool) -> f64 {
    let pairs = open.len().saturating_sub(1);
    let mut steps: Vec<f64> = (0..pairs)
        .map(|row| if falling { open[row] / close[row + 1] } else { open[row + 1] / close[row] })
        .map(|ratio: f64| elementary::ln(ratio).abs())
        .filter(|step| step.is_finite())
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.iter().sum::<f64>() / steps.len().max(1) as f64
}

/// Whether the second column closes what the first opens; `None` if the bars do not tell.
fn follows(first: &[f64], second: &[f64], falling: bool) -> Option<bool> {
    let (as_read, exchanged) = (following(first, second, falling), following(second, first, falling));
    if CLOSER * as_read < exchanged {
        Some(true)
    } else if CLOSER * exchanged < as_read {
        Some(false)
    } else {
        None
    }
}

/// Rows of a number, a price and a quantity with the time behind them.
fn looks_like_trades(numbers: &[Option<Vec<f64>>], time: usize) -> bool {
    time >= 3 && numbers[..time].iter().all(Option::is_some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight bars that follow each other, as `[open, high, low, close]`.
    fn bars() -> Vec<[f64; 4]> {
        let closes: [f64; 9] = [100.0, 103.0, 101.0, 106.0, 104.0, 109.0, 107.0, 112.0, 110.0];
        closes
            .windows(2)
            .map(|pair| [pair[0], pair[0].max(pair[1]) + 1.0, pair[0].min(pair[1]) - 1.0, pair[1]])
            .collect()
    }

    fn read(line: impl Fn(usize, [f64; 4]) -> String) -> Result<Columns, Refusal> {
        let rows: Vec<Vec<String>> = bars()
            .into_iter()
            .enumerate()
            .map(|(i, bar)| line(i, bar).split(',').map(str::to_owned).collect())
            .collect();
        of_rows(&rows, DecimalMark::Point, &ReadOptions::default()).map(|(columns, _)| columns)
    }

    fn time(i: usize) -> u64 {
        1_706_745_600 + 3_600 * i as u64
    }

    #[test]
    fn orders_of_the_sources_are_read_from_their_numbers() {
        let places = |columns: Result<Columns, Refusal>| {
            let columns = columns.unwrap();
            (columns.time, columns.range.unwrap(), columns.close)
        };
        let binance = read(|i, [o, h, l, c]| format!("{},{o},{h},{l},{c},5", time(i)));
        assert_eq!(places(binance), (0, [1, 2, 3], 4));
        let kucoin = read(|i, [o, h, l, c]| format!("{},{o},{c},{h},{l},5,6", time(i)));
        assert_eq!(places(kucoin), (0, [1, 3, 4], 2));
        let coinbase = read(|i, [o, h, l, c]| format!("{},{l},{h},{o},{c},5", time(i)));
        assert_eq!(places(coinbase), (0, [3, 2, 1], 4));
        let gate = read(|i, [o, h, l, c]| format!("{},5000000,{c},{h},{l},{o},5", time(i)));
        assert_eq!(places(gate), (0, [5, 3, 4], 2));
        let indexed = read(|i, [o, h, l, c]| format!("{i},{}000,{o},{h},{l},{c},5", time(i)));
        assert_eq!(places(indexed), (1, [2, 3, 4], 5));
        let clocked = read(|i, [o, h, l, c]| format!("2024.02.01,{i:02}:00,{o},{h},{l},{c},5"));
        assert_eq!(places(clocked), (0, [2, 3, 4], 5));
    }

    #[test]
    fn rows_from_new_to_old_are_told_as_well() {
        let mut rows: Vec<Vec<String>> = bars()
            .into_iter()
            .enumerate()
            .map(|(i, [o, h, l, c])| [time(i) as f64, o, c, h, l].map(|value| value.to_string()).to_vec())
            .collect();
        rows.reverse();
        let (columns, words) = of_rows(&rows, DecimalMark::Point, &ReadOptions::default()).unwrap();
        assert_eq!((columns.range, columns.close), (Some([1, 3, 4]), 2));
        assert_eq!(words, ["no header; by the numbers: time column 1, open 2, high 4, low 5, close 3"]);
    }

    #[test]
    fn what_the_numbers_do_not_prove_is_refused() {
        let trades = read(|i, [o, ..]| format!("{},{o},0.5,{},{},{}000", 3_000_000_000 + i, 1, 2, time(i)));
        assert_eq!(trades, Err(Refusal::Trades));
        let no_time = read(|i, [o, h, l, c]| format!("{i},{o},{h},{l},{c}"));
        assert!(matches!(no_time, Err(Refusal::NoOrder(_))));
        let three = read(|i, [o, ..]| format!("{},{o},5", time(i)));
        assert!(matches!(three, Err(Refusal::NoOrder(_))));
    }
}
