//! Random inputs: scenarios, venues, files of prices and of payments, tables of tiers and results, cut into words that are changed, repeated,
//! exchanged and lost. Whatever stands in them they are read or refused, at once, and what was read makes sense. Each is named by its
//! number. `LIQSIM_RANDOM_INPUTS` sets how many, `LIQSIM_FIRST_INPUT` where to start.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use liqsim::engine::RunOptions;
use liqsim::market::{DailyValues, FundingHistory, PriceHistory, ReadOptions};
use liqsim::result::RunResult;
use liqsim::scenario::{Source, parse, venue_of_text};
use liqsim::study::{PartFile, run, sound};
use liqsim::venue::import_tiers;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// No input of these sizes takes longer.
const HANGS: Duration = Duration::from_secs(5);
/// 2026-05-28.
const NOW: i64 = 1_780_000_000;

/// What reads a text, and says what is wrong with what it took for sound.
type Reader = fn(&str) -> Result<(), String>;

/// Inputs of one kind, and how often they are tried.
struct Kind {
    name: &'static str,
    reader: Reader,
    texts: Vec<String>,
    share: u32,
}

fn texts(folder: &str) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let is_text =
        |file: &Path| file.extension().is_some_and(|end| end == "toml" || end == "json" || end == "csv");
    files.iter().filter(|file| is_text(file)).filter_map(|file| fs::read_to_string(file).ok()).collect()
}

fn scenario(text: &str) -> Result<(), String> {
    match parse(Source::new("random.toml", text), &[]) {
        Ok(scenario) if scenario.identity().len() != 32 => Err("no identity".to_owned()),
        Ok(_) => Ok(()),
        Err(problems) => {
            let shown = problems.render(false, 80);
            let is_fine = shown.starts_with("error[") && !shown.contains('\u{1b}');
            if is_fine { Ok(()) } else { Err(shown) }
        }
    }
}

fn venue(text: &str) -> Result<(), String> {
    if let Err(problems) = venue_of_text("random", text) {
        problems.render(true, 10);
    }
    Ok(())
}

fn tiers(text: &str) -> Result<(), String> {
    for tiers in import_tiers(text).unwrap_or_default() {
        let file = tiers.to_toml("somewhere", "2026-01-31");
        venue_of_text("imported", &file).map_err(|problems| format!("{file}\n{problems}"))?;
    }
    Ok(())
}

fn prices(text: &str) -> Result<(), String> {
    let options = ReadOptions { now: Some(NOW), ..ReadOptions::default() };
    let Ok((history, report)) = PriceHistory::from_bytes("prices", text.as_bytes(), &options) else {
        return Ok(());
    };
    report.lines();
    let is_sound = |bar: &liqsim::market::HistoricalBar| {
        let all = [bar.open, bar.high, bar.low, bar.close];
        all.iter().all(|price| *price > 0.0 && price.is_finite() && bar.low <= *price && *price <= bar.high)
            && bar.volume >= 0.0
    };
    match history.bars.iter().find(|bar| !is_sound(bar)) {
        Some(bar) => Err(format!("{bar:?}")),
        None if history.bars.windows(2).any(|pair| pair[1].time <= pair[0].time) => Err("times".to_owned()),
        None if history.log_returns().iter().any(|move_| !move_.is_finite()) => Err("returns".to_owned()),
        None => Ok(()),
    }
}

fn payments(text: &str) -> Result<(), String> {
    let options = ReadOptions { now: Some(NOW), ..ReadOptions::default() };
    let found = FundingHistory::from_bytes("rates", text.as_bytes(), &options);
    let is_sound = |history: &FundingHistory| {
        history.times.is_sorted_by(|one, next| one < next)
            && history.rates.iter().all(|rate| rate.abs() <= 1.0)
    };
    match found {
        Ok((history, _)) if !is_sound(&history) => Err(format!("{history:?}")),
        _ => Ok(()),
    }
}

fn network(text: &str) -> Result<(), String> {
    let options = ReadOptions { now: Some(NOW), ..ReadOptions::default() };
    let _ = DailyValues::difficulty("network", text.as_bytes(), &options);
    let _ = DailyValues::fees("network", text.as_bytes(), &options);
    Ok(())
}

fn result(text: &str) -> Result<(), String> {
    let Ok(found) = serde_json::from_str::<RunResult>(text) else { return Ok(()) };
    if sound(&found).is_err() {
        return Ok(());
    }
    let again = serde_json::to_string(&found).map_err(|error| error.to_string())?;
    match serde_json::from_str::<RunResult>(&again) {
        Ok(again) if again == found => Ok(()),
        _ => Err("it is not read again as itself".to_owned()),
    }
}

fn part(text: &str) -> Result<(), String> {
    let _ = PartFile::parse(text.as_bytes());
    Ok(())
}

/// Bars of an hour as tables and as lists.
fn price_texts() -> Vec<String> {
    let bars: Vec<(i64, [f64; 4])> = (0..30_i64)
        .map(|hour| {
            let at = |step: i64| 43_000.0 + ((hour * 4 + step).wrapping_mul(7_919) % 501) as f64;
            (1_706_745_600 + 3_600 * hour, [at(0), at(0).max(at(1)) + 9.5, at(0).min(at(1)) - 7.25, at(1)])
        })
        .collect();
    let table = |header: &str, row: &dyn Fn(i64, [f64; 4]) -> String| {
        bars.iter().fold(header.to_owned(), |text, (time, prices)| text + &row(*time, *prices) + "\n")
    };
    let list = |row: &dyn Fn(i64, [f64; 4]) -> String| {
        bars.iter().map(|(time, prices)| row(*time, *prices)).collect::<Vec<_>>().join(",")
    };
    let date = liqsim::market::format_time;
    vec![
        table("timestamp,open,high,low,close,volume\n", &|t, [o, h, l, c]| {
            format!("{t},{o},{h},{l},{c},12.5")
        }),
        table("", &|t, [o, h, l, c]| format!("{},{o},{h},{l},{c},1", 1_000 * t)),
        table("Date;Open;High;Low;Close\n", &|t, [o, h, l, c]| format!("{};{o};{h};{l};{c}", date(t))),
        table("Datum;Schluss\n", &|t, [.., c]| format!("{};{}", date(t), c.to_string().replace('.', ","))),
        table("# made up\nDate\tTime\tClose\n", &|t, [.., c]| {
            format!("{}\t{:02}:00\t{c}", &date(t)[..10], t / 3_600 % 24)
        }),
        table("unix,symbol,close,Volume BTC\n", &|t, [.., c]| format!("{t},BTC/USD,\"{c}\",3")),
        format!("[{}]", list(&|t, [o, h, l, c]| format!("[{t},\"{o}\",\"{h}\",\"{l}\",\"{c}\",1]"))),
        format!(
            "{{\"s\":\"ok\",\"bars\":[{}]}}",
            list(&|t, [.., c]| format!("{{\"time\":{t},\"close\":{c}}}"))
        ),
        format!("{{\"t\":[{}],\"c\":[{}]}}", list(&|t, _| t.to_string()), list(&|_, [.., c]| c.to_string())),
    ]
}

fn payment_texts() -> Vec<String> {
    let rows = |header: &str, row: &dyn Fn(i64, f64) -> String| {
        (0..30_i64).fold(header.to_owned(), |text, k| {
            text + &row(1_706_745_600 + 28_800 * k, ((k * 7_919) % 41 - 12) as f64 * 1e-5) + "\n"
        })
    };
    vec![
        rows("timestamp,symbol,funding_rate\n", &|t, rate| format!("{t},BTCUSDT,{rate:.8}")),
        rows("time;markPrice;rate\n", &|t, rate| format!("{t};43000.5;{rate:e}")),
        rows("fundingTime,Funding Rate (%)\n", &|t, rate| format!("{},{:.6}%", 1_000 * t, 100.0 * rate)),
    ]
}

fn network_texts() -> Vec<String> {
    let row = |text: String, day: i64| {
        let date = &liqsim::market::format_time(1_706_745_600 + 86_400 * day)[..10];
        text + &format!("{date},{},{}.5\n", 70_000_000_000_000 + day * 1_000_000_000, 20 + day * 7 % 13)
    };
    vec![(0..40).fold("date,difficulty,fees\n".to_owned(), row)]
}

fn kinds() -> Vec<Kind> {
    let text = "simulation = { horizon = \"7d\", paths = 2000 }\n\
        assets.BTC = { price = 64_700.0, model = { kind = \"gbm\", drift = 0.0, volatility = 0.6 } }\n\
        account = { equity = 10_000.0, leverage = [20], venue = \"flat-0.5pct\", positions = [{ asset = \"BTC\", side = \"long\" }] }\n";
    let small = run(&parse(Source::new("small", text), &[]).unwrap(), &RunOptions::default()).unwrap();
    let small = serde_json::to_string_pretty(&small).unwrap();
    let mut scenarios = texts("scenarios");
    scenarios.push(text.to_owned());
    let mut hostile = [texts("tests/hostile/prices"), price_texts()].concat();
    hostile.retain(|text| text.len() < 20_000);
    let kind = |name, reader, texts, share| Kind { name, reader, texts, share };
    vec![
        kind("scenario", scenario as Reader, scenarios, 20),
        kind("venue", venue, texts("src/venue/catalogue"), 20),
        kind("tiers", tiers, texts("tests/hostile/venues"), 5),
        kind("prices", prices, hostile, 30),
        kind("payments", payments, payment_texts(), 15),
        kind("network", network, network_texts(), 5),
        kind("result", result, vec![small], 5),
        kind("part", part, [texts("tests/hostile/results"), vec!["liqsim part 2\n".to_owned()]].concat(), 5),
    ]
}

/// Pieces of a text: words of letters and digits, spaces, and every other letter by itself.
fn pieces(text: &str) -> Vec<&str> {
    let class = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '_' => 1,
        '0'..='9' | '.' => 2,
        ' ' => 3,
        _ => 0,
    };
    let (mut found, mut start, mut last) = (Vec::new(), 0, 0);
    for (at, letter) in text.char_indices() {
        if at > start && (class(letter) != last || last == 0) {
            found.push(&text[start..at]);
            start = at;
        }
        last = class(letter);
    }
    found.push(&text[start..]);
    found
}

const ODD: [&str; 44] = [
    "",
    "0",
    "-0",
    "-1",
    "1e400",
    "1e-320",
    "nan",
    "inf",
    "-inf",
    "9223372036854775808",
    "18446744073709551616",
    "1_000",
    "0x10",
    "1e",
    ".",
    "-",
    "+",
    "%",
    "bp",
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "{",
    "}",
    "[[",
    "=",
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "#",
    "\u{0}",
    "\u{1b}[31m",
    "\u{202E}",
    "\u{feff}",
    "ß",
    "𝟙",
    "2024-02-30",
    "true",
    "null",
];

fn changed(text: &str, other: &str, random: &mut StdRng) -> String {
    let (mut own, theirs) = (pieces(text), pieces(other));
    for _ in 0..random.random_range(1..=5) {
        if own.is_empty() {
            break;
        }
        let at = random.random_range(0..own.len());
        let length = random.random_range(1..=8).min(own.len() - at);
        match random.random_range(0..9) {
            0 => own[at] = ODD.choose(random).unwrap(),
            1 => own.insert(at, ODD.choose(random).unwrap()),
            2 => drop(own.drain(at..at + length)),
            3 => {
                let copy = own[at..at + length].to_vec();
                let to = random.random_range(0..=own.len());
                own.splice(to..to, copy);
            }
            4 => {
                let to = random.random_range(0..own.len());
                own.swap(at, to);
            }
            5 => own[at] = theirs.choose(random).unwrap(),
            6 => {
                let from = random.random_range(0..theirs.len());
                let until = (from + length).min(theirs.len());
                own.splice(at..at, theirs[from..until].iter().copied());
            }
            7 if random.random_bool(0.2) => own.truncate(at),
            _ => {
                // A line, or what is one, again or no more.
                let is_break = |piece: &&str| *piece == "\n";
                let start = own[..at].iter().rposition(is_break).map_or(0, |place| place + 1);
                let end = own[at..].iter().position(is_break).map_or(own.len(), |place| at + place + 1);
                let line = own.drain(start..end).collect::<Vec<_>>();
                let copies = random.random_range(0..3);
                let to = random.random_range(0..=own.len());
                (0..copies).for_each(|_| drop(own.splice(to..to, line.iter().copied())));
            }
        }
    }
    own.concat()
}

#[test]
fn no_random_input_panics_or_hangs_or_is_read_as_what_cannot_be() {
    let number = |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (first, count): (u64, u64) =
        (number("LIQSIM_FIRST_INPUT", 0), number("LIQSIM_RANDOM_INPUTS", 60_000));
    let kinds = kinds();
    let shares: u32 = kinds.iter().map(|kind| kind.share).sum();
    let (mut failed, mut slowest) = (Vec::new(), (Duration::ZERO, 0));
    for id in first..first + count {
        let mut random = StdRng::seed_from_u64(id);
        let mut pick = random.random_range(0..shares);
        let kind = kinds.iter().find(|kind| match pick.checked_sub(kind.share) {
            Some(rest) => {
                pick = rest;
                false
            }
            None => true,
        });
        let kind = kind.unwrap();
        let (one, other) = (kind.texts.choose(&mut random).unwrap(), kind.texts.choose(&mut random).unwrap());
        let text = changed(one, other, &mut random);
        if count == 1 {
            eprintln!("{text}");
        }
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| (kind.reader)(&text)));
        let took = start.elapsed();
        slowest = (took, id).max(slowest);
        let wrong = match outcome {
            Err(_) => Some("a panic".to_owned()),
            Ok(Err(wrong)) => Some(wrong),
            Ok(Ok(())) if took > HANGS => Some(format!("it took {took:?}")),
            Ok(Ok(())) => None,
        };
        if let Some(wrong) = wrong {
            eprintln!("random input {id}, {}: {wrong}", kind.name);
            failed.push(format!("--- {id}, {}: {wrong}\n{text}\n", kind.name));
        }
        if id % 100_000 == 99_999 {
            eprintln!("{id}: {} failed, the slowest {slowest:?}", failed.len());
        }
    }
    assert!(failed.is_empty(), "{} of {count} failed:\n{}", failed.len(), failed.join("\n"));
}
