//! Courses of two instruments in turns, bars that nobody recorded, and markets that close: proven by the file, and never seen in recorded ones.

use std::path::Path;

use liqsim::market::{FundingHistory, IssueKind, PriceHistory, ReadOptions};

use crate::layouts::{Made, bars};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

fn lines(bars: &[Made]) -> Result<Vec<String>, String> {
    let row = |(t, [o, h, l, c], v): &Made| format!("{t},{o},{h},{l},{c},{v}\n");
    let text = format!("time,open,high,low,close,volume\n{}", bars.iter().map(row).collect::<String>());
    PriceHistory::from_bytes("prices", text.as_bytes(), &ReadOptions::default())
        .map(|(_, report)| report.lines())
        .map_err(|error| error.to_string())
}

fn cents(price: f64) -> f64 {
    (100.0 * price).round() / 100.0
}

/// Two courses 1 % apart, with half a per cent a move, in every order in which rows take turns.
#[test]
fn courses_a_move_apart_in_turns_are_refused() {
    let hours = bars(400, HOUR);
    for turns in [2, 3] {
        let apart: Vec<Made> = hours
            .iter()
            .enumerate()
            .map(|(at, (t, p, v))| {
                (*t, p.map(|price| if at % turns == 0 { price } else { cents(1.01 * price) }), *v)
            })
            .collect();
        let error = lines(&apart).unwrap_err();
        assert!(error.contains(&format!("{turns} instruments or sources in turns")), "{error}");
    }
    assert_eq!(lines(&hours), Ok(Vec::new()));
}

#[test]
fn filled_bars_are_refused_or_reported() {
    let days = bars(120, DAY);
    let hours = |value: &dyn Fn(f64, f64, f64) -> f64| -> Vec<Made> {
        let pairs = days.windows(2).flat_map(|pair| {
            let (from, to) = (pair[0].1[3], pair[1].1[3]);
            (0..24).map(move |hour| (pair[0].0 + hour * HOUR, from, to, hour as f64 / 24.0))
        });
        pairs.map(|(t, from, to, part)| (t, [cents(value(from, to, part)); 4], 1.0)).collect()
    };
    let error = lines(&hours(&|from, to, part| from + part * (to - from))).unwrap_err();
    assert!(error.contains("straight lines"), "{error}");
    let error = lines(&hours(&|from, _, _| from)).unwrap_err();
    assert!(error.contains("changes every 1d") && error.contains("bars are 1h apart"), "{error}");
    // An outage of a day: filled on a line, or with the last price.
    let whole = bars(400, HOUR);
    for (value, words) in [(0.002, "closes on a straight line: 1"), (0.0, "closes that stand still: 1")] {
        let mut outage = whole.clone();
        let from = outage[99].1[3];
        for (step, bar) in outage[100..124].iter_mut().enumerate() {
            bar.1 = [cents(from * (1.0 + value * (step + 1) as f64)); 4];
        }
        let said = lines(&outage).unwrap();
        assert!(said.iter().any(|line| line.starts_with(words)), "{words}: {said:?}");
    }
}

#[test]
fn a_market_that_closes_is_said_with_what_it_means() {
    // 1970-01-01 was a Thursday.
    let days: Vec<Made> = bars(300, DAY)
        .into_iter()
        .filter(|bar| !matches!(bar.0.div_euclid(DAY).rem_euclid(7), 2 | 3))
        .collect();
    let said = lines(&days).unwrap();
    let line = said.iter().find(|line| line.starts_with("markets that close at weekends: 1")).unwrap();
    assert!(line.contains("moves from Friday to Monday are in no return") && line.contains("365"), "{line}");
}

/// Of a time that stands twice one note is enough: the bar that was left out is no exchange of columns.
#[test]
fn an_hour_that_stands_twice_is_said_once() {
    // New York, 2024-11-03: 01:00 stands twice.
    let local: Vec<Made> = bars(200, HOUR)
        .into_iter()
        .map(|(t, p, v)| {
            (
                1_730_419_200 + (t - 1_706_745_600)
                    - if t < 1_706_745_600 + 54 * HOUR { 4 } else { 5 } * HOUR,
                p,
                v,
            )
        })
        .collect();
    let said = lines(&local).unwrap();
    assert!(said.len() == 1 && said[0].starts_with("hours that stand twice: 1"), "{said:?}");
}

/// Recorded prices and rates raise none of these alarms.
// The message says why nothing was checked.
#[allow(clippy::print_stderr)]
#[test]
fn recorded_files_raise_no_alarm() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() {
        eprintln!("skipped: the recorded prices are not here");
        return;
    }
    for file in [
        "btc_usd_gemini_1h.csv.gz",
        "btc_usd_bitstamp_1d.csv",
        "btc_usd_close_coinmetrics_coinbase_1d.csv",
        "btc_usdt_binance_30m_2022-11.csv",
        "sol_usdt_binance_30m_2022-11.csv",
        "bnb_usdt_binance_1h.csv.gz",
        "btcusd_coinm_perp_mark_binance_1m_2025-10.csv",
        "doge_usdt_perp_binance_5m_2025-10.csv",
    ] {
        let (_, report) = PriceHistory::read(&data.join(file), &ReadOptions::default()).unwrap();
        let is_alarm = |kind: &IssueKind| {
            matches!(
                kind,
                IssueKind::Line { .. }
                    | IssueKind::Still { .. }
                    | IssueKind::Weekends { .. }
                    | IssueKind::Exchanged
            )
        };
        let alarms = report.issues.iter().filter(|issue| is_alarm(&issue.kind)).count();
        assert_eq!(alarms, 0, "{file}: {:?}", report.lines());
    }
    for file in [
        "funding_binance_btcusdt_8h.csv",
        "funding_binance_xrpusdt_8h.csv",
        "funding_bybit_ethusdt_8h.csv",
        "funding_bitmex_xbtusd.csv",
        "funding_deribit_btc_perp_1h.csv.gz",
    ] {
        let bytes = std::fs::read(data.join(file)).unwrap();
        let (_, report) = FundingHistory::from_bytes(file, &bytes, &ReadOptions::default()).unwrap();
        assert!(
            report.decisions.iter().all(|words| !words.contains("a year")),
            "{file}: {:?}",
            report.decisions
        );
    }
}

/// Rates in per cent of a venue that pays by the hour are small numbers as well: they are asked about, and an answer is taken.
#[test]
fn rates_that_may_be_per_cent_are_asked_about() {
    let rates = |every: i64, columns: &str, rate: &dyn Fn(i64) -> f64| {
        let rows: String =
            (0..400).map(|k| format!("{},{:.7}\n", 1_704_067_200 + every * k, rate(k))).collect();
        let options = ReadOptions { columns: columns.parse().unwrap_or_default(), ..ReadOptions::default() };
        FundingHistory::from_bytes("rates", format!("time,funding\n{rows}").as_bytes(), &options)
            .map(|(history, report)| (history.rates[1], report.decisions.join("; ")))
            .map_err(|error| error.to_string())
    };
    // About 0.0003 % an hour, 2.6 % a year.
    let quiet = |k: i64| 0.000_2 + 0.000_02 * ((k * 7_919) % 11) as f64;
    let asked = rates(HOUR, "", &quiet).unwrap_err();
    assert!(asked.contains("\"percent=funding\"") && asked.contains("\"rate=funding\""), "{asked}");
    let (rate, said) = rates(HOUR, "time=1,percent=2", &quiet).unwrap();
    assert!(
        (rate / (quiet(1) / 100.0) - 1.0).abs() < 1e-3 && said.contains("per cent, as asked for"),
        "{rate} {said}"
    );
    let (rate, said) = rates(HOUR, "time=1,rate=2", &quiet).unwrap();
    assert!((rate - quiet(1)).abs() < 1e-7 && said.contains("% a year"), "{rate} {said}");
    // What Hyperliquid charges at rest, 0.00125 % an hour: as a fraction, and in per cent.
    let calm = |unit: f64| move |k: i64| if k % 3 == 0 { unit * 1e-5 } else { unit * 1.25e-5 };
    assert_eq!(rates(HOUR, "", &calm(1.0)).map(|(rate, _)| rate), Ok(1.25e-5));
    assert!(rates(HOUR, "", &calm(100.0)).unwrap_err().contains("at rest, times 100"));
    // 44 % a year is believed of a hot month, and said.
    let (_, said) = rates(HOUR, "", &|k| 0.000_04 + 0.000_002 * ((k * 7_919) % 11) as f64).unwrap();
    assert!(said.contains("if they are per cent"), "{said}");
    let unnamed = FundingHistory::from_bytes(
        "rates",
        b"time,paid\n2024-01-01,1e-4\n2024-01-02,1e-4\n",
        &ReadOptions::default(),
    );
    assert!(unnamed.unwrap_err().to_string().contains("columns = \"rate=NAME\""));
}

/// Looks at a rate every hour, or every minute, would be paid as often as they were made.
#[test]
fn looks_at_a_rate_between_its_payments_are_refused() {
    let read = |every: i64, rows: i64| {
        let rate = |time: i64| 1e-6 * ((time / (8 * HOUR)).wrapping_mul(7_919).rem_euclid(97)) as f64;
        let times = (0..rows).map(|row| 1_704_067_200 + every * row);
        let text: String = times.map(|time| format!("{time},{:.8}\n", rate(time))).collect();
        let text = format!("time,funding_rate\n{text}");
        FundingHistory::from_bytes("rates", text.as_bytes(), &ReadOptions::default())
            .map(|(history, _)| history.rates.len())
            .map_err(|error| error.to_string())
    };
    assert_eq!(read(8 * HOUR, 60), Ok(60));
    let hourly = read(HOUR, 480).unwrap_err();
    assert!(hourly.contains("changes every 8h only") && hourly.contains("rows are 1h apart"), "{hourly}");
    let minutes = read(60, 20_000).unwrap_err();
    assert!(minutes.contains("1m apart") && minutes.contains("one row of each payment"), "{minutes}");
}

/// A spreadsheet that shows 4.3E+04 writes it too.
#[test]
fn prices_that_lost_their_digits_are_refused() {
    let hours = bars(60, HOUR);
    let text = |shown: &dyn Fn(f64) -> String| {
        let rows: String = hours.iter().map(|(t, p, _)| format!("{t},{}\n", shown(p[3]))).collect();
        let text = format!("time,close\n{rows}");
        PriceHistory::from_bytes("prices", text.as_bytes(), &ReadOptions::default())
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    let error = text(&|price| format!("{:.1}E+04", price / 1e4)).unwrap_err();
    assert!(error.contains("line 2") && error.contains("few digits"), "{error}");
    assert_eq!(text(&|price| format!("{:.6}E+04", price / 1e4)), Ok(()));
}
