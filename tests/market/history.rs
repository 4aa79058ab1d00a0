//! Price histories as people have them: every form is read, every fault is reported, nothing disappears in silence.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use liqsim::market::{HistoryError, HistoryReport, IssueKind, PriceHistory, ReadOptions};

const HOUR: i64 = 3600;

fn read(text: &str) -> (PriceHistory, HistoryReport) {
    PriceHistory::from_bytes("prices.csv", text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn error(text: &str) -> String {
    PriceHistory::from_bytes("prices.csv", text.as_bytes(), &ReadOptions::default()).unwrap_err().to_string()
}

fn kinds(report: &HistoryReport) -> Vec<IssueKind> {
    report.issues.iter().map(|issue| issue.kind).collect()
}

/// Four sound hours, in the form `line(time, open, high, low, close, volume)` gives them.
fn four_hours(line: impl Fn(i64, [f64; 5]) -> String) -> String {
    (0..4)
        .map(|hour| {
            let open = 100.0 + hour as f64;
            line(
                1_600_000_000 - 1_600_000_000 % HOUR + hour * HOUR,
                [open, open + 2.0, open - 2.0, open + 1.0, 5.0],
            )
        })
        .collect()
}

#[test]
fn the_same_bars_in_every_form_are_the_same_history() {
    let csv = |time: String, [o, h, l, c, v]: [f64; 5]| format!("{time},{o},{h},{l},{c},{v}\n");
    let seconds = four_hours(|time, bar| csv(time.to_string(), bar));
    let (expected, report) = read(&format!("timestamp,open,high,low,close,volume\n{seconds}"));
    assert_eq!(expected.bars.len(), 4);
    assert_eq!(expected.interval.seconds(), 3600);
    assert!(!expected.close_only && report.issues.is_empty() && report.rows == 4, "{report:?}");

    let iso = |time: i64| liqsim::market::format_time(time);
    let forms = [
        four_hours(|time, bar| csv(format!("{time}000"), bar)),
        four_hours(|time, bar| csv(format!("{time}000000"), bar)),
        format!(
            "\u{feff}Date,Open,High,Low,Close,Volume\r\n{}",
            four_hours(|time, bar| csv(iso(time), bar)).replace('\n', "\r\n")
        ),
        format!("time;open;high;low;close;volume\n{}", seconds.replace(',', ";")),
        format!("Time\tO\tH\tL\tC\tV\n{}", seconds.replace(',', "\t")),
        format!(
            "close,volume,low,high,open,open_time\n{}",
            four_hours(|time, [o, h, l, c, v]| format!("{c},{v},{l},{h},{o},\"{time}\"\n"))
        ),
        // A Binance kline dump: no header, twelve columns.
        four_hours(|time, [o, h, l, c, v]| {
            format!("{time}000,{o},{h},{l},{c},{v},{time}999,1.5,10,0.5,0.5,0\n")
        }),
    ];
    for form in forms {
        let (history, report) = read(&form);
        assert_eq!(history, expected, "{form}");
        assert!(report.issues.is_empty(), "{form} {report:?}");
    }
}

#[test]
fn gzip_is_read_and_the_hash_is_that_of_the_file() {
    let text = "timestamp,close\n2024-01-01,1\n2024-01-02,2\n2024-01-03,4\n";
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    let (plain, _) = read(text);
    let (unpacked, report) =
        PriceHistory::from_bytes("prices.csv.gz", &packed, &ReadOptions::default()).unwrap();
    assert_eq!(plain, unpacked);
    assert!(unpacked.close_only);
    assert_eq!(report.hash, blake3::hash(&packed).to_hex().to_string());
    let cut = PriceHistory::from_bytes("prices.csv.gz", &packed[..packed.len() / 2], &ReadOptions::default())
        .unwrap_err();
    assert!(cut.to_string().starts_with("cannot read prices.csv.gz: "), "{cut}");
}

#[test]
fn every_fault_is_reported_and_treated_as_promised() {
    let (history, report) = read(
        "timestamp,open,high,low,close,volume\n\
         2024-01-01 00:00,100,101,99,100,5\n\
         2024-01-01 01:00,100,101,99,100,5\n\
         2024-01-01 01:00,100,101,99,100,5\n\
         2024-01-01 03:00,100,101,99,100,5\n\
         2024-01-01 02:00,100,101,99,100,5\n\
         timestamp,open,high,low,close,volume\n\
         2024-01-01 04:00,100,99,101,100,5\n\
         2024-01-01 05:00,0,101,99,100,5\n\
         2024-01-01 06:00,100,101,99,,5\n\
         2024-01-01 07:00,100,101,99,100,-5\n\
         2024-01-01 08:00,100,101,99,100,5\n\
         2024-01-01 08:00,100,101,99,100.5,5\n\
         2024-01-01 08:30,100,101,99,100,5\n\
         2024-01-01 09:00,100,101,99,100,5\n",
    );
    assert_eq!(
        kinds(&report),
        [
            IssueKind::RepeatedHeader,
            IssueKind::Crossed,
            IssueKind::NonPositivePrice,
            IssueKind::MissingPrice,
            IssueKind::NegativeVolume,
            IssueKind::OutOfOrder,
            IssueKind::Duplicate,
            IssueKind::Conflict,
            IssueKind::Gap { missing: 2 },
            IssueKind::OffGrid,
            IssueKind::OffGrid,
        ]
    );
    assert_eq!(report.rows, 13);
    assert_eq!(history.bars.len(), 9);
    assert_eq!(history.interval.seconds(), 3600);
    let crossed = history.bars[4];
    assert_eq!((crossed.low, crossed.high), (99.0, 101.0));
    assert_eq!(history.bars[5].volume, 0.0);
    assert_eq!(history.bars[6].close, 100.5);
    // 0-1, 1-2, 2-3, 3-4, 7-8: neither the gap nor the half hours count.
    assert_eq!(history.log_returns().len(), 5);
    let shown: Vec<String> = report.issues.iter().map(ToString::to_string).collect();
    assert_eq!(shown[1], "open or close lies outside low and high at 2024-01-01 04:00 (line 8)");
    assert_eq!(shown[8], "2 bars missing before 2024-01-01 07:00");
}

#[test]
fn a_file_from_new_to_old_is_turned_round_with_one_word() {
    let (history, report) =
        read("https://www.example.org\ndate,close\n2024-01-03,4\n2024-01-02,2\n2024-01-01,1\n");
    assert_eq!(kinds(&report), [IssueKind::Preamble { lines: 1 }, IssueKind::NewestFirst]);
    assert_eq!(history.bars.iter().map(|bar| bar.close).collect::<Vec<_>>(), [1.0, 2.0, 4.0]);
}

#[test]
fn wrong_prints_are_pointed_out_and_kept() {
    let mut text = "timestamp,open,high,low,close\n".to_owned();
    for hour in 0..200 {
        let close = if hour == 150 { 250.0 } else { 100.0 + 0.1 * f64::from(hour % 3) };
        let open = 100.0;
        let high = if hour == 50 { 900.0 } else { close.max(open) + 0.1 };
        text += &format!(
            "{},{open},{high},{},{close}\n",
            1_600_000_000 + i64::from(hour) * HOUR,
            open.min(close) - 0.1
        );
    }
    let (history, report) = read(&text);
    assert_eq!(history.bars.len(), 200);
    let places: Vec<_> =
        report.issues.iter().map(|issue| ((issue.time - 1_600_000_000) / HOUR, issue.kind.name())).collect();
    assert_eq!(places, [(50, "spikes"), (150, "reversals")]);
}

#[test]
fn errors_name_the_file_the_line_and_what_is_wrong() {
    for (text, expected) in [
        ("", "prices.csv: 0 usable bars of 0 rows: at least 2 are needed"),
        ("timestamp,close\n", "prices.csv, line 1: 0 usable bars of 0 rows: at least 2 are needed"),
        ("timestamp,close\n2024-01-01,1\n", "prices.csv: 1 usable bars of 1 rows: at least 2 are needed"),
        (
            "timestamp,close\n2024-01-01,0\n2024-01-02,-1\n",
            "prices.csv: 0 usable bars of 2 rows: at least 2 are needed",
        ),
        ("timestamp,close\n2024-01-01,1\nyesterday,2\n", "prices.csv, line 3: \"yesterday\" is not a time"),
        ("timestamp,close\n2024-01-01,1\n2024-01-02,inf\n", "prices.csv, line 3: \"inf\" is not a number"),
        ("timestamp,close\n\n2024-01-01,1\n2024-01-02,two\n", "prices.csv, line 4: \"two\" is not a number"),
        (
            "timestamp,open,high,low,close\n2024-01-01,1,2\n",
            "prices.csv, line 2: the row has 3 fields, the header 5",
        ),
        ("a,b,c\n1,2,3\n", "prices.csv, line 1: no column of times"),
        ("time,x,y\n1,2,3\n", "prices.csv, line 1: no column of prices"),
        ("time,high,close\n1,2,3\n", "prices.csv, line 1: open, high and low must stand together"),
        ("PK\u{3}\u{4}rest", "prices.csv: this is a zip archive, which is not read: unpack it first"),
    ] {
        let message = error(text);
        assert!(message.starts_with(expected), "{text:?}: {message}");
    }
    let binary =
        PriceHistory::from_bytes("prices.csv", b"timestamp,close\n\xff\x00,1\n", &ReadOptions::default())
            .unwrap_err();
    assert!(binary.to_string().starts_with("prices.csv, line 2: a binary file"), "{binary}");
    let missing = PriceHistory::read(Path::new("no/such/file.csv"), &ReadOptions::default()).unwrap_err();
    assert!(matches!(missing, HistoryError::Read { .. }));
    assert!(missing.to_string().starts_with("cannot read no/such/file.csv: "), "{missing}");
}

/// Lines are counted as an editor counts them, whatever ends them, empty ones included.
#[test]
fn errors_name_lines_as_an_editor_counts_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("time,close{end}{end}2024-01-01,1{end}2024-01-02,2{end}{end}2024-01-03,x{end}");
        let message = error(&text);
        assert!(message.starts_with("prices.csv, line 6: \"x\""), "{end:?}: {message}");
    }
}

#[test]
fn a_long_broken_line_is_shortened_in_the_message() {
    let message = error(&format!("timestamp,close\n2024-01-01,{}\n", "x".repeat(100_000)));
    assert!(message.len() < 400, "{}", message.len());
}

/// The rows and gaps that the data's own description counts.
// The message says why nothing was checked.
#[allow(clippy::print_stderr)]
#[test]
fn real_files_are_read_whole() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() {
        eprintln!("skipped: the recorded prices are not here");
        return;
    }
    for (file, rows, interval, gaps) in [
        ("btc_usdt_binance_1h.csv.gz", 78_245, 3600, 28),
        ("btc_usdt_perp_mark_binance_1h.csv.gz", 56_083, 3600, 0),
        ("eth_usdt_binance_1d.csv", 3_265, 86_400, 0),
        ("btc_usd_close_coinmetrics_coinbase_1d.csv", 5_852, 86_400, 0),
    ] {
        let (history, report) = PriceHistory::read(&data.join(file), &ReadOptions::default()).unwrap();
        assert_eq!((history.bars.len(), history.interval.seconds()), (rows, interval), "{file}");
        let found = report.issues.iter().filter(|issue| matches!(issue.kind, IssueKind::Gap { .. })).count();
        assert_eq!(found, gaps, "{file}");
    }
    let (gemini, report) =
        PriceHistory::read(&data.join("btc_usd_gemini_1h.csv.gz"), &ReadOptions::default()).unwrap();
    assert_eq!(gemini.bars.len(), 45_824);
    // 2015-11-14 02:00: a high of 2200 against a close of 337.
    let print = report.issues.iter().any(|issue| {
        liqsim::market::format_time(issue.time) == "2015-11-14 02:00"
            && matches!(issue.kind, IssueKind::Spike { factor } if factor > 6.0)
    });
    assert!(print, "{:?}", report.issues);
}
