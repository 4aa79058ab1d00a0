//! Real layouts, damaged: the right closes, or a refusal, or a note of what was left out. Never a silent difference.

use std::collections::BTreeMap;

use liqsim::market::{FundingHistory, PriceHistory, ReadOptions};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

use crate::layouts::{Made, bars};

/// A table as fields, its separator, and whether the first line is a header.
#[derive(Debug, Clone)]
struct Sheet {
    rows: Vec<Vec<String>>,
    separator: char,
}

fn sheet(layout: usize, bars: &[Made]) -> Sheet {
    let header = |names: &str| names.split(',').map(str::to_owned).collect::<Vec<_>>();
    let row = |fields: &[&dyn ToString]| fields.iter().map(|field| field.to_string()).collect::<Vec<_>>();
    let (first, separator) = match layout {
        0 => (Some("timestamp,open,high,low,close,volume"), ','),
        1 => (None, ','),
        2 => (Some("Date;Open;High;Low;Close"), ';'),
        3 => (Some("time,close"), ','),
        _ => (Some("unix,symbol,open,high,low,close,Volume BTC,Volume USD"), ','),
    };
    let mut rows: Vec<Vec<String>> =
        first.map(|names| header(&names.replace(';', ","))).into_iter().collect();
    rows.extend(bars.iter().map(|(t, [o, h, l, c], v)| match layout {
        0 => row(&[t, o, h, l, c, v]),
        1 => row(&[&(t * 1000), o, h, l, c, v]),
        2 => row(&[&liqsim::market::format_time(*t), o, h, l, c]),
        3 => row(&[t, c]),
        _ => row(&[t, &"BTC/USD", o, h, l, c, v, &(v * c)]),
    }));
    Sheet { rows, separator }
}

impl Sheet {
    fn text(&self) -> String {
        self.rows.iter().map(|row| row.join(&self.separator.to_string()) + "\n").collect()
    }
}

fn damaged(mut sheet: Sheet, kind: usize, a: usize, b: usize) -> String {
    let (rows, columns) = (sheet.rows.len(), sheet.rows[0].len());
    let (row, column, other) = (1 + a % (rows - 1), b % columns, (a + b) % columns);
    match kind {
        // A column is lost, everywhere or from a row on.
        0 => sheet.rows.iter_mut().for_each(|row| drop(row.remove(column))),
        1 => sheet.rows[row..].iter_mut().for_each(|row| drop(row.remove(column))),
        // Two columns change places under the same header, everywhere or from a row on.
        2 => sheet.rows[1..].iter_mut().for_each(|row| row.swap(column, other)),
        3 => sheet.rows[row..].iter_mut().for_each(|row| row.swap(column, other)),
        // A column more, from a row on.
        4 => sheet.rows[row..].iter_mut().for_each(|row| row.insert(column, "7".to_owned())),
        // Another separator, everywhere or from a row on.
        5 => sheet.separator = [',', ';', '\t', '|'][a % 4],
        6 => {
            let text = sheet.text();
            let lines: Vec<&str> = text.lines().collect();
            let rest = lines[row..].join("\n").replace(sheet.separator, "|");
            return format!("{}\n{rest}\n", lines[..row].join("\n"));
        }
        // Cut anywhere.
        7 => {
            let text = sheet.text();
            return text[..text.len() / 2 + (a * 131 + b) % (text.len() / 2)].to_owned();
        }
        // Times counted otherwise.
        8 => {
            let time = |text: &str| {
                text.parse::<i64>().map_or(text.to_owned(), |t| (t / [60, 3600, 86_400][b % 3]).to_string())
            };
            sheet.rows.iter_mut().for_each(|row| row[0] = time(&row[0]));
        }
        9 => (1..rows).for_each(|index| sheet.rows[index][0] = (index - 1).to_string()),
        // Another instrument behind it.
        10 => {
            let more: Vec<Vec<String>> = sheet.rows[row..]
                .iter()
                .map(|row| {
                    let cheaper =
                        |text: &String| text.parse::<f64>().map_or(text.clone(), |p| (p / 17.0).to_string());
                    row.iter()
                        .enumerate()
                        .map(|(i, text)| if i == 0 { text.clone() } else { cheaper(text) })
                        .collect()
                })
                .collect();
            sheet.rows.extend(more);
        }
        // Rows in another order.
        11 => sheet.rows[1..].rotate_left(row % (rows - 1)),
        _ => sheet.rows[1..].reverse(),
    }
    sheet.text()
}

/// Rates every eight hours, in one of three layouts.
fn rates(layout: usize) -> (BTreeMap<i64, f64>, Sheet) {
    let right: BTreeMap<i64, f64> = (0..90_i64)
        .map(|k| (1_706_745_600 + 28_800 * k, f64::from(((k * 7_919) % 41 - 12) as i32) * 1e-5))
        .collect();
    let header = |names: [&str; 3]| vec![names.map(str::to_owned).to_vec()];
    let (mut rows, separator) = match layout {
        0 => (header(["timestamp", "symbol", "funding_rate"]), ','),
        1 => (header(["time", "markPrice", "rate"]), ';'),
        _ => (header(["fundingTime", "markPrice", "fundingRate"]), ','),
    };
    rows.extend(right.iter().map(|(time, rate)| {
        let middle = if layout == 0 { "BTCUSDT" } else { "43000.5" };
        let time = if layout == 2 { time * 1_000 } else { *time };
        vec![time.to_string(), middle.to_owned(), format!("{rate:.8}")]
    }));
    (right, Sheet { rows, separator })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn damaged_rates_are_read_right_or_refused_or_noted(
        layout in 0_usize..3,
        kind in 0_usize..13,
        a in 0_usize..10_000,
        b in 0_usize..10_000,
    ) {
        let (right, sheet) = rates(layout);
        let text = damaged(sheet, kind, a, b);
        let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
        if let Ok((history, report)) = FundingHistory::from_bytes("rates", text.as_bytes(), &options) {
            let is_noted = |time: i64| report.issues.iter().any(|issue| issue.time == time);
            for (time, rate) in history.times.iter().zip(&history.rates).filter(|(time, _)| !is_noted(**time)) {
                prop_assert!(
                    right.get(time).is_some_and(|known| (known - rate).abs() < 1e-9),
                    "layout {} kind {} {:?}\n{}", layout, kind, report.lines(), &text[..300]
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_is_read_right_or_refused_or_noted(
        layout in 0_usize..5,
        kind in 0_usize..13,
        a in 0_usize..10_000,
        b in 0_usize..10_000,
    ) {
        let bars = bars(120, 3_600);
        let right: BTreeMap<i64, f64> = bars.iter().map(|(time, prices, _)| (*time, prices[3])).collect();
        let text = damaged(sheet(layout, &bars), kind, a, b);
        let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
        if let Ok((history, report)) = PriceHistory::from_bytes("prices", text.as_bytes(), &options) {
            // A bar that does not follow the one before tells of both.
            let is_noted = |time: i64| report.issues.iter().any(|issue| [time, time + 3_600].contains(&issue.time));
            for bar in history.bars.iter().filter(|bar| !is_noted(bar.time)) {
                prop_assert_eq!(
                    right.get(&bar.time), Some(&bar.close),
                    "layout {} kind {} {:?}\n{}", layout, kind, report.lines(), &text[..300]
                );
            }
        }
    }
}

/// Bars as objects in a list under a key, with or without parts, or as lists.
fn objects(layout: usize, bars: &[Made]) -> Vec<Value> {
    bars.iter()
        .map(|(t, [o, h, l, c], v)| match layout {
            0 => json!({ "time": t, "open": o, "high": h, "low": l, "close": c, "volume": v }),
            1 => json!({ "complete": true, "time": t, "mid": { "o": o, "h": h, "l": l, "c": c } }),
            2 => json!([t * 1000, o.to_string(), h.to_string(), l.to_string(), c.to_string(), v.to_string()]),
            _ => json!({ "date": liqsim::market::format_time(*t), "close": c, "symbol": "BTC" }),
        })
        .collect()
}

/// The places of a row, whatever holds them.
fn places(row: &mut Value) -> Vec<&mut Value> {
    match row {
        Value::Array(fields) => fields.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().flat_map(places).collect(),
        value => vec![value],
    }
}

fn without(row: &mut Value, at: usize) {
    match row {
        Value::Array(fields) => drop(fields.remove(at % fields.len())),
        Value::Object(fields) => {
            let key = fields.keys().nth(at % fields.len()).cloned().unwrap();
            fields.remove(&key);
        }
        _ => {}
    }
}

fn damaged_json(mut rows: Vec<Value>, kind: usize, a: usize, b: usize) -> String {
    let row = 1 + a % (rows.len() - 1);
    let exchange = |row: &mut Value| {
        let mut places = places(row);
        let (one, other) = (b % places.len(), (a + b) % places.len());
        let (first, second) = (places[one].clone(), places[other].clone());
        *places[one] = second;
        *places[other] = first;
    };
    match kind {
        0 => without(&mut rows[row], b),
        1 => rows[row..].iter_mut().for_each(|row| without(row, b)),
        2 => rows.iter_mut().for_each(exchange),
        3 => rows[row..].iter_mut().for_each(exchange),
        4 => rows.reverse(),
        5 => rows.rotate_left(row),
        6 => {
            let mut places = places(&mut rows[row]);
            let at = b % places.len();
            *places[at] = Value::Null;
        }
        7 => drop(rows.remove(row)),
        8 => {
            let text = json!({ "data": { "bars": rows } }).to_string();
            return text[..text.len() / 2 + (a * 131 + b) % (text.len() / 2)].to_owned();
        }
        9 => return json!({ "status": "ok", "first": rows, "second": [[1, 2], [3, 4]] }).to_string(),
        _ => return rows.chunks(row).map(|page| json!(page).to_string()).collect(),
    }
    json!({ "s": "ok", "code": 0, "data": { "symbol": "BTCUSDT", "bars": rows } }).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn damaged_json_is_read_right_or_refused_or_noted(
        layout in 0_usize..4,
        kind in 0_usize..11,
        a in 0_usize..10_000,
        b in 0_usize..10_000,
    ) {
        let bars = bars(120, 3_600);
        let right: BTreeMap<i64, f64> = bars.iter().map(|(time, prices, _)| (*time, prices[3])).collect();
        let text = damaged_json(objects(layout, &bars), kind, a, b);
        let options = ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() };
        if let Ok((history, report)) = PriceHistory::from_bytes("prices", text.as_bytes(), &options) {
            let is_noted = |time: i64| report.issues.iter().any(|issue| [time, time + 3_600].contains(&issue.time));
            for bar in history.bars.iter().filter(|bar| !is_noted(bar.time)) {
                prop_assert_eq!(
                    right.get(&bar.time), Some(&bar.close),
                    "layout {} kind {} {:?}\n{}", layout, kind, report.lines(), &text[..300]
                );
            }
        }
    }
}
