//! Faults of files that once passed in silence, and good files that once were refused: one made-up file of each kind.

use liqsim::market::{FundingHistory, PriceHistory, ReadOptions, format_time};

use crate::layouts::{Made, bars};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

fn options() -> ReadOptions {
    ReadOptions { now: Some(1_780_000_000), ..ReadOptions::default() }
}

fn read(text: &str) -> Result<PriceHistory, String> {
    PriceHistory::from_bytes("prices", text.as_bytes(), &options())
        .map(|(history, _)| history)
        .map_err(|error| error.to_string())
}

#[track_caller]
fn assert_read(text: &str, bars: &[Made]) {
    let history = read(text).unwrap();
    let found: Vec<(i64, f64)> = history.bars.iter().map(|bar| (bar.time, bar.close)).collect();
    let expected: Vec<(i64, f64)> = bars.iter().map(|(time, prices, _)| (*time, prices[3])).collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn assert_refused(text: &str, words: &[&str]) {
    let error = read(text).map(|history| history.bars.len()).expect_err("refused");
    for word in words {
        assert!(error.contains(word), "{word}: {error}");
    }
}

fn row((t, [o, h, l, c], v): &Made) -> String {
    format!("{t},{o},{h},{l},{c},{v}\n")
}

fn rows(bars: &[Made], row: impl Fn(&Made) -> String) -> String {
    bars.iter().map(row).collect()
}

/// Year, month and day of a time.
fn date(time: i64) -> [String; 3] {
    let text = format_time(time.div_euclid(DAY) * DAY);
    let parts: Vec<String> = text.split('-').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

const HEADER: &str = "timestamp,open,high,low,close,volume\n";

#[test]
fn dates_of_months_and_of_two_digits_of_a_year_are_read_or_asked_about() {
    let days = bars(700, DAY);
    let months: Vec<Made> = days.into_iter().filter(|bar| date(bar.0)[2] == "01").collect();
    for month_first in [false, true] {
        let text = rows(&months, |(t, p, _)| {
            let [y, m, d] = date(*t);
            let date = if month_first { format!("{m}/{d}/{y}") } else { format!("{d}/{m}/{y}") };
            format!("{date},{}\n", p[3])
        });
        assert_read(&format!("Date,Close\n{text}"), &months);
    }
    // The first twelve days of a January are as well the first days of twelve months.
    let january: String = (1..=12).map(|day| format!("{day:02}/01/2024,{}\n", 100 + day)).collect();
    assert_refused(&format!("Date,Close\n{january}"), &["--dates day-first or --dates month-first"]);
    let hours = bars(400, HOUR);
    let text = rows(&hours, |(t, p, _)| {
        let [y, m, d] = date(*t);
        format!("{}/{m}/{d} {:02}:00,{}\n", &y[2..], t % DAY / HOUR, p[3])
    });
    assert_read(&format!("Date,Close\n{text}"), &hours);
}

#[test]
fn dates_that_a_spreadsheet_half_converted_are_refused() {
    let days = bars(120, DAY);
    let text = rows(&days, |(t, p, _)| {
        let [y, m, d] = date(*t);
        let (m, d) = if d.as_str() <= "12" { (d, m) } else { (m, d) };
        format!("{y}-{m}-{d},{}\n", p[3])
    });
    assert_refused(&format!("Date,Close\n{text}"), &["jump to and fro", "spreadsheet"]);
}

#[test]
fn clocks_of_digits_are_told_by_their_column() {
    let hours = bars(240, HOUR);
    let with = |clock: &dyn Fn(i64) -> i64| {
        let text =
            rows(&hours, |(t, p, _)| format!("{},{},{}\n", date(*t).join("-"), clock(t % DAY / HOUR), p[3]));
        format!("Date,Time,Close\n{text}")
    };
    assert_read(&with(&|hour| hour), &hours);
    assert_read(&with(&|hour| 100 * hour), &hours);
    assert_read(&with(&|hour| 10_000 * hour), &hours);
    assert_refused(&with(&|hour| hour + 1), &["\"24\"", "hours run from 0 to 23"]);
}

#[test]
fn rows_of_another_shape_are_no_remarks() {
    let hours = bars(400, HOUR);
    let semicolons = |bars: &[Made]| rows(bars, row).replace(',', ";");
    let more = rows(&hours[..100], row).replace('\n', ",5\n") + &rows(&hours[100..], row);
    assert_refused(&more, &["line 101", "the row has 6 fields, the rows before 7"]);
    let before = semicolons(&hours[..100]) + &rows(&hours[100..], row);
    assert_refused(&before, &["line 101", "',' here", "';' in the other rows"]);
    let headed = HEADER.replace(',', ";") + &before;
    assert_refused(&headed, &["line 102", "',' here"]);
    let behind = HEADER.to_owned() + &rows(&hours[..380], row) + &semicolons(&hours[380..]);
    assert_refused(&behind, &["line 382", "';' here", "',' in the other rows"]);
    // What is said before a header may hold a number or two.
    let said = format!("Rows: 400, since 2024\n{HEADER}{}", rows(&hours, row));
    assert_read(&said, &hours);
}

#[test]
fn a_stray_quote_takes_in_no_rows() {
    let hours = bars(400, HOUR);
    let lines: Vec<String> = hours.iter().map(row).collect();
    let with_quote = |at: usize| {
        let mut lines = lines.clone();
        let (rest, volume) = lines[at].rsplit_once(',').unwrap();
        lines[at] = format!("{rest},\"{volume}");
        lines
    };
    assert_refused(&(HEADER.to_owned() + &with_quote(350).concat()), &["line 352", "quote"]);
    let mut twice = with_quote(310);
    twice[330] = with_quote(330)[330].clone();
    assert_refused(&(HEADER.to_owned() + &twice.concat()), &["line 312", "quote"]);
    // A note of two lines is one.
    let noted = rows(&hours, |bar| row(bar).replace('\n', ",\"one\ntwo\"\n"));
    assert_read(&(HEADER.replace('\n', ",note\n") + &noted), &hours);
}

#[test]
fn two_courses_in_one_file_are_refused() {
    let hours = bars(400, HOUR);
    let course = |is_second: &dyn Fn(usize) -> bool, is_named: bool| {
        let line = |(index, (t, prices, _)): (usize, &Made)| {
            let (factor, name) = if is_second(index) { (0.92, "EUR") } else { (1.0, "USD") };
            let [o, h, l, c] = prices.map(|price| price * factor);
            let name = if is_named { format!(",{name}") } else { String::new() };
            format!("{t},{o},{h},{l},{c}{name}\n")
        };
        let lines: String = hours.iter().enumerate().map(line).collect();
        format!("timestamp,open,high,low,close{}\n{lines}", if is_named { ",quoted in" } else { "" })
    };
    let names = ["\"quoted in\" names", "USD", "EUR"];
    assert_refused(&course(&|index| index % 2 == 1, true), &names);
    assert_refused(&course(&|index| index >= 200, true), &names);
    assert_refused(&course(&|index| index % 2 == 1, false), &["taken back by the next bar"]);
    // One course under two words.
    let sides =
        rows(&hours, |bar| row(bar).replace('\n', if bar.0 / HOUR % 3 == 0 { ",a\n" } else { ",b\n" }));
    assert_read(&(HEADER.replace('\n', ",side\n") + &sides), &hours);
    // Bars of a day among those of an hour.
    let days = hours.iter().filter(|bar| bar.0 % DAY == 0);
    let mixed = HEADER.replace('\n', ",frame\n")
        + &rows(&hours, |bar| row(bar).replace('\n', ",hour\n"))
        + &days
            .map(|(t, [o, h, l, c], v)| format!("{t},{o},{h},{l},{},{v},day\n", c * 1.001))
            .collect::<String>();
    assert_refused(&mixed, &["\"frame\" names", "hour", "day"]);
}

#[test]
fn highs_and_lows_that_are_no_prices_are_refused() {
    let hours = bars(100, HOUR);
    let with = |line: &dyn Fn(i64, [f64; 4]) -> String| {
        "time,open,high,low,close\n".to_owned() + &rows(&hours, |(t, p, _)| line(*t, *p))
    };
    let index = with(&|t, [o, h, _, c]| format!("{t},{o},{h},{},{c}\n", 1 + t / HOUR % 400));
    assert_refused(&index, &["line 2", "low", "far from open"]);
    let volume = with(&|t, [o, h, l, c]| format!("{t},{o},{},{l},{c}\n", 1_000.0 * h));
    assert_refused(&volume, &["line 2", "high", "far from open"]);
}

#[test]
fn funding_is_read_as_its_makers_mean_it() {
    let read = |text: &str| {
        let found = FundingHistory::from_bytes("rates", text.as_bytes(), &options());
        found.map(|(history, _)| history.rates).map_err(|error| error.to_string())
    };
    let kraken = "timestamp,fundingRate,relativeFundingRate\n2024-02-01,1.9,0.0001\n2024-02-02,2,0.0002\n";
    assert_eq!(read(kraken).unwrap(), [1e-4, 2e-4]);
    let okx =
        "fundingTime,fundingRate,realizedRate\n1706745600000,0.0005,0.0001\n1706774400000,0.0005,0.0002\n";
    assert_eq!(read(okx).unwrap(), [1e-4, 2e-4]);
    let near = |found: Vec<f64>| found.iter().zip([1e-4, 2e-4]).all(|(a, b)| (a - b).abs() < 1e-15);
    assert!(near(read("time,Funding Rate (%)\n2024-02-01,0.01\n2024-02-02,0.02\n").unwrap()));
    assert!(near(read("time,Funding Rate (%)\n2024-02-01,0.01%\n2024-02-02,0.02%\n").unwrap()));
    assert!(near(read("time;rate\n2024-02-01;0,01%\n2024-02-02;0,02%\n").unwrap()));
}

#[test]
fn good_files_of_other_makers_are_read() {
    let hours = bars(400, HOUR);
    // Pages from new to old, one behind the other from old to new, in the order of Coinbase.
    let pages: String = hours
        .chunks(100)
        .flat_map(|page| page.iter().rev())
        .map(|(t, [o, h, l, c], v)| format!("{t},{l},{h},{o},{c},{v}\n"))
        .collect();
    assert_read(&pages, &hours);
    // A data frame without names.
    let indexed: String =
        hours.iter().enumerate().map(|(index, bar)| format!("{index},{}", row(bar))).collect();
    assert_read(&format!(",0,1,2,3,4,5\n{indexed}"), &hours);
    let basic = |t: i64| format!("{}T{:02}0000Z", date(t).concat(), t % DAY / HOUR);
    assert_read(
        &("Date,Close\n".to_owned() + &rows(&hours, |(t, p, _)| format!("{},{}\n", basic(*t), p[3]))),
        &hours,
    );
    for name in
        ["window_start", "startedAt", "ticks", "bucket", "hour", "block_time", "Timestamps (UTC)", "Dates"]
    {
        let text = rows(&hours, |(t, p, _)| format!("{t},{}\n", p[3]));
        assert_read(&format!("{name},PX_LAST\n{text}"), &hours);
    }
    let list = |value: &dyn Fn(&Made) -> String| hours.iter().map(value).collect::<Vec<_>>().join(",");
    let (times, closes) = (list(&|bar| bar.0.to_string()), list(&|bar| bar.1[3].to_string()));
    for json in [
        format!("{{\"s\":\"ok\",\"t\":[{times}],\"c\":[{closes}]}}"),
        format!(
            "{{\"close\":{{{}}},\"note\":{{{}}}}}",
            list(&|bar| format!("\"{}\":{}", bar.0, bar.1[3])),
            list(&|bar| format!("\"{}\":1", bar.0))
        ),
        format!("{{{}}}", list(&|bar| format!("\"{}\":{{\"close\":{}}}", bar.0, bar.1[3]))),
        format!(
            "{{\"columns\":[\"close\"],\"index\":[{times}],\"data\":[{}]}}",
            list(&|bar| format!("[{}]", bar.1[3]))
        ),
    ] {
        assert_read(&json, &hours);
    }
}

#[test]
fn five_columns_of_prices_are_read_where_two_of_them_follow_each_other() {
    let hours = bars(400, HOUR);
    let mean = |p: &[f64; 4]| (p[1] + p[2] + p[3]) / 3.0;
    let before = rows(&hours, |(t, p, v)| {
        let [o, h, l, c] = p;
        format!("{t},{},{o},{h},{l},{c},{v}\n", mean(p))
    });
    assert_read(&before, &hours);
    let between = rows(&hours, |(t, p, v)| {
        let [o, h, l, c] = p;
        format!("{t},{o},{h},{l},{},{c},{v}\n", mean(p))
    });
    assert_refused(&between, &["no header"]);
}

#[test]
fn numbers_and_times_of_two_readings_are_asked_about_or_decided() {
    let hours = bars(100, HOUR);
    let text = rows(&hours, |(t, p, _)| format!("{t},\"13,{:03}\"\n", p[3] as i64 % 900 + 50));
    assert_refused(&format!("time,close\n{text}"), &["--decimals"]);
    let compact = rows(&hours, |(t, p, _)| format!("{}{:02},{}\n", date(*t).concat(), t % DAY / HOUR, p[3]));
    let any = ReadOptions { any_times: true, ..options() };
    let (history, _) =
        PriceHistory::from_bytes("prices", format!("time,close\n{compact}").as_bytes(), &any).unwrap();
    assert_eq!(history.bars[5].time, hours[5].0);
}

/// Bars of an hour joined to whole days.
fn joined(hours: &[Made]) -> Vec<Made> {
    let day = |hours: &[Made]| {
        let high = hours.iter().map(|bar| bar.1[1]).fold(f64::MIN, f64::max);
        let low = hours.iter().map(|bar| bar.1[2]).fold(f64::MAX, f64::min);
        let volume = hours.iter().map(|bar| bar.2).sum();
        (hours[0].0, [hours[0].1[0], high, low, hours[23].1[3]], volume)
    };
    hours.chunks_exact(24).map(day).collect()
}

#[test]
fn bars_of_two_lengths_in_one_file_are_refused() {
    let hours: Vec<Made> = bars(2_400, HOUR).into_iter().skip_while(|bar| bar.0 % DAY != 0).collect();
    let days = joined(&hours);
    let text = |bars: &[Made]| HEADER.to_owned() + &rows(bars, row);
    assert_read(&text(&hours), &hours);
    // One after the other, in both orders.
    let half = days[days.len() / 2].0;
    let older = |bars: &[Made]| bars.iter().filter(|bar| bar.0 < half).copied().collect::<Vec<Made>>();
    let newer = |bars: &[Made]| bars.iter().filter(|bar| bar.0 >= half).copied().collect::<Vec<Made>>();
    for mixed in [[older(&hours), newer(&days)].concat(), [older(&days), newer(&hours)].concat()] {
        assert_refused(&text(&mixed), &["bars of two lengths", "1d apart", "1h"]);
    }
    // Days among the hours, as a download of both leaves them; sorted or one below the other.
    let mut among = [hours.clone(), days.clone()].concat();
    assert_refused(&text(&among), &["every 1d from", "stands twice"]);
    among.sort_by_key(|bar| bar.0);
    assert_refused(&text(&among), &["every 1d from", "stands twice"]);
    // A market that sleeps at night and at weekends, and one that nobody trades in now and then, have gaps.
    let awake: Vec<Made> =
        hours.iter().filter(|bar| bar.0 % DAY < 8 * HOUR && bar.0 / DAY % 7 < 5).copied().collect();
    assert_read(&text(&awake), &awake);
    let thin: Vec<Made> =
        hours.iter().filter(|bar| (bar.0 / HOUR).wrapping_mul(2_654_435_761) % 7 > 2).copied().collect();
    assert_read(&text(&thin), &thin);
}

/// The times of a program that asks every hour, or every five minutes, are those of even bars; nothing else changes.
#[test]
fn times_near_a_grid_are_moved_onto_it() {
    for (interval, offset, spread) in
        [(HOUR, 0, 40), (HOUR, 11, 5), (300, 0, 20), (DAY, 0, 600), (HOUR, 1_800, 60)]
    {
        let even: Vec<Made> = bars(400, interval).into_iter().map(|(t, p, v)| (t + offset, p, v)).collect();
        let jitter = |t: i64| (t / interval).wrapping_mul(2_654_435_761).rem_euclid(2 * spread) - spread / 2;
        let noted = rows(&even, |(t, [_, _, _, close], _)| format!("{},{close}\n", t + jitter(*t)));
        let history = read(&("timestamp,price\n".to_owned() + &noted)).unwrap();
        assert_eq!(i64::try_from(history.interval.seconds()).unwrap(), interval);
        assert_eq!(history.log_returns().len(), 399, "{interval} {offset}");
        let off = history.bars[0].time.rem_euclid(interval);
        assert!(off.min(interval - off) <= offset + 2 * spread, "{off}");
    }
}

#[test]
fn steps_of_a_plain_ratio_are_reported() {
    let hours = bars(400, HOUR);
    for ratio in [0.5, 2.5, 0.4] {
        let split: Vec<Made> = hours
            .iter()
            .enumerate()
            .map(|(n, (t, p, v))| (*t, p.map(|price| if n < 200 { price } else { price * ratio }), *v))
            .collect();
        let text = HEADER.to_owned() + &rows(&split, row);
        let (_, report) = PriceHistory::from_bytes("prices", text.as_bytes(), &options()).unwrap();
        assert!(
            report.lines().iter().any(|line| line.contains("that stays")),
            "{ratio}: {:?}",
            report.lines()
        );
    }
}

/// Numbers that are no prices of anything: returns to and from them are no numbers.
#[test]
fn prices_of_no_size_are_refused() {
    let hours = bars(100, HOUR);
    for price in ["1e-320", "0.0000000001e-99", "1e200"] {
        let text = rows(&hours, |(t, p, _)| {
            let close = if *t == hours[50].0 { price.to_owned() } else { p[3].to_string() };
            format!("{t},{close}\n")
        });
        assert_refused(&format!("time,close\n{text}"), &["line 52", "between 1e-100 and 1e100"]);
    }
}
