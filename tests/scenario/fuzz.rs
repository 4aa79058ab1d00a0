//! Whatever the text, reading a scenario ends with a scenario or with problems that can be shown, never with a panic.

use liqsim::scenario::{Problems, Source, parse};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const SCENARIOS: [&str; 2] = [
    r#"name = "BTC perpetual long, 30 days"
[simulation]
horizon = "30d"
paths = 1_000_000            # a comment
seed = 1
monitoring = "1h"

[assets.BTC]
price = 64_000.0

[assets.BTC.model]
kind = "merton"
drift = 0.0
volatility = "55%"
jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }

[account]
equity = 10_000.0
margin = "isolated"
leverage = [1, 2, 3, 5, 10, 20]
venue = "flat-0.5pct"

[[account.positions]]
asset = "BTC"
side = "long"

[[limits]]
leverage = 5
metric = "liquidation_probability"
max = 0.25
"#,
    "simulation = { horizon = '1w', precision = '1%', max_paths = 1e9 }\r\n\
     assets.\"ÐOGE\".price = 0.1\r\n\
     assets.\"ÐOGE\".model = { kind = \"gbm\", drift = -0.5, volatility = 1.2 }\r\n\
     [account]\r\n\
     equity = 100\r\n\
     leverage = { from = 1, to = 20, count = 7 }\r\n\
     positions = [{ asset = \"ÐOGE\", side = \"short\" }]\r\n\
     [account.venue]\r\n\
     contract = \"linear\"\r\n\
     taker_fee = \"5bp\"\r\n\
     tiers = [\r\n  { up_to = 1_000, rate = \"0.4%\", max_leverage = 150 },\r\n  { up_to = 2_500, rate = 0.005 },\r\n]\r\n\
     liquidation = { fee = \"1.25%\" }\r\n",
];

/// Reads a text and shows what is wrong with it.
fn outcome(text: &str, overrides: &[String]) -> Result<(), Problems> {
    let result = parse(Source::new("scenario.toml", text), overrides);
    if let Err(problems) = &result {
        assert!(!problems.is_empty());
        let plain = problems.render(false, 80);
        assert!(plain.starts_with("error["), "{plain}");
        assert!(!plain.contains('\u{1b}'));
        assert!(plain.len() < 100_000, "{} bytes", plain.len());
        problems.render(true, 10);
        for problem in problems.iter().take(50) {
            assert!(
                problem.place.span().is_none() || problem.place.line_and_column().is_some(),
                "{problem:?}"
            );
        }
    }
    result.map(|scenario| assert_eq!(scenario.identity().len(), 32))
}

#[derive(Debug, Clone)]
enum Edit {
    Replace(usize, u8),
    Insert(usize, String),
    Delete(usize, usize),
    Repeat(usize, usize),
    Swap(usize, usize),
    Truncate(usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = 0..2000_usize;
    let piece = prop_oneof![
        "[\\[\\]{}=,.\"'#\\\\\n\r\t -]{1,4}",
        "[0-9eE_.+-]{1,20}",
        "\\PC{1,6}",
        any::<char>().prop_map(String::from),
        prop_oneof![
            Just("nan"),
            Just("-inf"),
            Just("1e400"),
            Just("[["),
            Just("]]"),
            Just("\"\"\""),
            Just("'''"),
            Just("kind"),
            Just("\nkind = \"gbm\"\n"),
            Just("\n[account]\n"),
            Just("\n[[limits]]\n"),
            Just("a.b.c."),
            Just("\u{feff}"),
        ]
        .prop_map(String::from),
    ];
    let edit = prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at.clone(), piece).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (at.clone(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (at.clone(), 1..60_usize).prop_map(|(at, length)| Edit::Repeat(at, length)),
        (at.clone(), at.clone()).prop_map(|(one, other)| Edit::Swap(one, other)),
        at.prop_map(Edit::Truncate),
    ];
    prop::collection::vec(edit, 1..6)
}

/// Applies edits to the bytes; lines are repeated and swapped as a whole.
fn apply(text: &str, edits: &[Edit]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let length = bytes.len().max(1);
        match edit {
            Edit::Replace(at, byte) => {
                if let Some(old) = bytes.get_mut(at % length) {
                    *old = *byte;
                }
            }
            Edit::Insert(at, piece) => {
                let at = (at % length).min(bytes.len());
                bytes.splice(at..at, piece.bytes());
            }
            Edit::Delete(at, count) => {
                let at = (at % length).min(bytes.len());
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Edit::Repeat(line, times) => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                if !lines.is_empty() {
                    let line = line % lines.len();
                    let copies = vec![lines[line].clone(); times % 4];
                    lines.splice(line..line, copies);
                }
                bytes = lines.concat();
            }
            Edit::Swap(one, other) => {
                let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                let count = lines.len().max(1);
                if !lines.is_empty() {
                    lines.swap(one % count, other % count);
                }
                bytes = lines.concat();
            }
            Edit::Truncate(at) => bytes.truncate(at % length),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn the_unedited_scenarios_are_sound() {
    for text in SCENARIOS {
        outcome(text, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_edit_of_a_sound_scenario_makes_the_reader_panic(which in 0..SCENARIOS.len(), edits in edits()) {
        let _ = outcome(&apply(SCENARIOS[which], &edits), &[]);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|[\\[\\]{}=.,\"'\n\r\t#\u{0}]){0,200}") {
        let _ = outcome(&text, &[]);
    }

    #[test]
    fn no_option_makes_the_reader_panic(
        which in 0..SCENARIOS.len(),
        key in "(simulation|account|assets|name|limits|positions|venue|tiers|leverage|BTC|model|[0-9]|[a-z.\"' =]){1,6}(\\.[a-z0-9]{1,9}){0,3}",
        value in "=?\\PC{0,20}",
    ) {
        let _ = outcome(SCENARIOS[which], &[format!("{key}{value}"), value]);
    }
}

#[test]
fn large_and_deeply_nested_texts_are_refused() {
    for text in [
        "[".repeat(500_000),
        "{".repeat(500_000),
        format!("a = {}", "[".repeat(500_000)),
        format!("a = {}", "{ a = ".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(300_000)),
        format!("[{}a]\nx = 1", "a.".repeat(300_000)),
        "a = 1\n".repeat(100_000),
        "[a]\n".repeat(100_000),
        "[[a]]\n".repeat(100_000),
        "x".repeat(1_000_000),
        "x = \"".repeat(100_000),
        "x y\n".repeat(200_000),
        "\n".repeat(1_000_000),
        "\0".repeat(1_000_000),
        "é = é\n".repeat(100_000),
        format!("leverage = [{}]", "1, ".repeat(300_000)),
    ] {
        assert!(outcome(&text, &[]).is_err());
    }
}
