//! Each output format of a hand-made result, as a snapshot.

use std::collections::BTreeMap;

use liqsim::report::{Format, Layout, render};
use liqsim::result::{
    CostStats, Kelly, LevelResult, MarginCalls, NoteText, PartialLiquidations, ReturnStats, RunResult,
    TimeToLiquidation,
};
use liqsim::stats::Estimate;

const PLAIN: Layout = Layout::FILE;

fn estimate(value: f64, std_error: f64) -> Estimate {
    Estimate::new(value, std_error, [value - 1.96 * std_error, value + 1.96 * std_error])
}

fn by_probability<T>(entries: &[(&str, T)]) -> BTreeMap<String, T>
where
    T: Copy,
{
    entries.iter().map(|(probability, value)| ((*probability).to_owned(), *value)).collect()
}

fn quantiles(values: [f64; 7]) -> BTreeMap<String, f64> {
    let probabilities = ["0.01", "0.05", "0.25", "0.5", "0.75", "0.95", "0.99"];
    by_probability(&std::array::from_fn::<_, 7, _>(|index| (probabilities[index], values[index])))
}

/// Nothing happened, and nothing can: the price is out of reach.
fn untouched() -> LevelResult {
    LevelResult {
        leverage: 1.0,
        liquidation_price: None,
        bankruptcy_price: None,
        liquidation_probability: Estimate::new(0.0, 0.0, [0.0, 3.6889e-6]),
        loss_probability: estimate(0.5342, 0.0005),
        mean_return: estimate(-0.00012, 0.00017),
        bad_debt: estimate(0.0, 0.0),
        time_to_liquidation_days: None,
        returns: ReturnStats {
            std_dev: 0.1739,
            skewness: Some(0.527),
            kurtosis: Some(3.49),
            quantiles: quantiles([-0.3378, -0.2544, -0.1234, -0.0148, 0.1058, 0.3097, 0.4703]),
            quantile_intervals: BTreeMap::new(),
        },
        value_at_risk: by_probability(&[
            ("0.95", estimate(0.2544, 0.0003)),
            ("0.99", estimate(0.3378, 0.0006)),
        ]),
        expected_shortfall: by_probability(&[
            ("0.95", estimate(0.3055, 0.0004)),
            ("0.99", estimate(0.378, 0.0008)),
        ]),
        kelly: Kelly { fraction: 0.0, log_growth: 0.0 },
        exits: BTreeMap::new(),
        survival: Vec::new(),
        costs: None,
        partial_liquidations: None,
        margin_calls: None,
        max_drawdown: None,
        equity_over_time: None,
        positions: Vec::new(),
        miner: None,
        distribution: None,
    }
}

/// A level at which everything is ordinary.
fn ordinary() -> LevelResult {
    LevelResult {
        leverage: 5.0,
        liquidation_price: Some(51_457.286_432_160_81),
        bankruptcy_price: Some(51_200.0),
        liquidation_probability: Estimate::new(0.227851, 0.00042, [0.22703, 0.228675]),
        loss_probability: estimate(0.5671, 0.0005),
        mean_return: estimate(0.0123, 0.0009),
        bad_debt: estimate(0.00021, 0.000004),
        time_to_liquidation_days: Some(TimeToLiquidation {
            mean: 14.9,
            std_error: 0.02,
            p05: 3.9,
            p50: 14.31,
            p95: 28.2,
        }),
        returns: ReturnStats {
            std_dev: 0.92,
            skewness: Some(0.9),
            kurtosis: Some(3.9),
            quantiles: quantiles([-1.0, -1.0, -0.93, -0.074, 0.529, 1.5486, 12.345]),
            quantile_intervals: BTreeMap::new(),
        },
        value_at_risk: by_probability(&[("0.95", estimate(1.0, 0.0)), ("0.99", estimate(1.0, 0.0))]),
        expected_shortfall: by_probability(&[("0.95", estimate(1.0, 0.0)), ("0.99", estimate(1.0, 0.0))]),
        kelly: Kelly { fraction: 0.0125, log_growth: 0.000_08 },
        exits: BTreeMap::new(),
        survival: Vec::new(),
        costs: None,
        partial_liquidations: None,
        margin_calls: None,
        max_drawdown: None,
        equity_over_time: None,
        positions: Vec::new(),
        miner: None,
        distribution: None,
    }
}

/// Every path ended in liquidation, within hours.
fn hopeless() -> LevelResult {
    LevelResult {
        leverage: 124.573,
        liquidation_price: Some(63_742.1),
        bankruptcy_price: Some(63_486.25),
        liquidation_probability: Estimate::new(1.0, 0.0, [1.0 - 3.6889e-6, 1.0]),
        loss_probability: Estimate::new(1.0, 0.0, [1.0 - 3.6889e-6, 1.0]),
        mean_return: estimate(-1.0, 0.0),
        bad_debt: estimate(0.0, 0.0),
        time_to_liquidation_days: Some(TimeToLiquidation {
            mean: 0.1,
            std_error: 0.001,
            p05: 0.003,
            p50: 0.0213,
            p95: 0.4,
        }),
        returns: ReturnStats {
            std_dev: 0.0,
            skewness: None,
            kurtosis: None,
            quantiles: quantiles([-1.0; 7]),
            quantile_intervals: BTreeMap::new(),
        },
        ..ordinary()
    }
}

fn result() -> RunResult {
    RunResult {
        liqsim: "0.1.0".to_owned(),
        result_version: 7,
        scenario: "BTC perpetual long, \"30 days\"".to_owned(),
        identity: "0f3c".to_owned(),
        seed: 1,
        paths: 1_000_000,
        horizon_days: 30.0,
        interrupted: false,
        notes: vec![
            NoteText {
                code: "few_events".to_owned(),
                message:
                    "at leverage 1 no path was liquidated: the probability is an upper bound; more paths \
                          (--paths) lower it"
                        .to_owned(),
            },
            NoteText { code: "model".to_owned(), message: "volatility | drift are *constant*".to_owned() },
        ],
        levels: vec![untouched(), ordinary(), hopeless()],
        independent_horizons: None,
        network: None,
        safe_leverage: Vec::new(),
        answer: None,
        assumptions: None,
        curve: Vec::new(),
        scenario_toml: None,
        price_fan: None,
    }
}

#[test]
fn the_table_shows_everything_where_there_is_room() {
    insta::assert_snapshot!(render(&[result()], Format::Table, PLAIN).unwrap());
}

#[test]
fn the_table_fits_into_eighty_columns() {
    let text =
        render(&[result()], Format::Table, Layout { width: Some(80), colour: false, ..PLAIN }).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn between_the_two_widths_the_tail_columns_stay() {
    let text =
        render(&[result()], Format::Table, Layout { width: Some(100), colour: false, ..PLAIN }).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("99 %"), "{text}");
}

#[test]
fn a_very_narrow_terminal_still_shows_every_level() {
    let text =
        render(&[result()], Format::Table, Layout { width: Some(10), colour: false, ..PLAIN }).unwrap();
    for leverage in ["1x", "5x", "124.57x"] {
        assert!(text.lines().any(|line| line.trim_start().starts_with(leverage)), "{text}");
    }
}

#[test]
fn colour_changes_nothing_but_escapes() {
    let coloured = render(&[result()], Format::Table, Layout { width: None, colour: true, ..PLAIN }).unwrap();
    let plain = render(&[result()], Format::Table, PLAIN).unwrap();
    assert_ne!(coloured, plain);
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn no_format_for_people_shows_zero_percent_for_what_was_not_seen() {
    for format in [Format::Table, Format::Markdown] {
        let text = render(&[result()], format, PLAIN).unwrap();
        let row = text.lines().find(|line| line.contains(" 1x ")).unwrap();
        assert!(row.contains("< 3.7e-6") && !row.contains(" 0 %"), "{row}");
    }
}

#[test]
fn json_is_the_contract_and_reads_back_exactly() {
    let text = render(&[result()], Format::Json, PLAIN).unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(serde_json::from_str::<RunResult>(&text).unwrap(), result());
}

#[test]
fn several_results_are_a_json_array() {
    let text = render(&[result(), result()], Format::Json, PLAIN).unwrap();
    assert_eq!(serde_json::from_str::<Vec<RunResult>>(&text).unwrap(), [result(), result()]);
}

#[test]
fn csv_has_one_row_per_level_and_reads_back_exactly() {
    let text = render(&[result()], Format::Csv, PLAIN).unwrap();
    insta::assert_snapshot!(text);
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 3);
    let number = |row: usize, column: &str| rows[row][column].parse::<f64>().unwrap();
    assert_eq!(rows[1]["scenario"], result().scenario);
    assert_eq!(number(1, "liquidation_price"), 51_457.286_432_160_81);
    assert_eq!(number(0, "liquidation_probability_high"), 3.6889e-6);
    assert_eq!(number(1, "return_p05"), -1.0);
    assert_eq!(number(1, "time_to_liquidation_days_p50"), 14.31);
    assert_eq!(rows[0]["liquidation_price"], "");
    assert_eq!(rows[0]["time_to_liquidation_days_mean"], "");
    assert_eq!(rows[2]["return_skewness"], "");
}

#[test]
fn several_results_share_one_csv_header() {
    let text = render(&[result(), result()], Format::Csv, PLAIN).unwrap();
    assert_eq!(text.lines().count(), 7);
}

#[test]
fn markdown_is_a_github_table_with_notes() {
    insta::assert_snapshot!(render(&[result()], Format::Markdown, PLAIN).unwrap());
}

/// A level of an account that is followed step by step.
fn followed() -> LevelResult {
    let cost = |mean: f64| CostStats { mean: estimate(mean, 1e-4), p05: 0.0, p50: mean, p95: 2.0 * mean };
    LevelResult {
        exits: by_probability(&[("horizon", estimate(0.8, 0.01)), ("stopped", estimate(0.153, 0.002))]),
        costs: Some(by_probability(&[
            ("fees", cost(0.0)),
            ("funding", cost(0.0123)),
            ("options", cost(-0.02)),
        ])),
        margin_calls: Some(MarginCalls {
            probability: estimate(0.31, 0.002),
            number: estimate(0.5, 0.01),
            money: estimate(0.043, 0.001),
            share_met: Some(0.9),
        }),
        partial_liquidations: Some(PartialLiquidations {
            probability: estimate(0.071, 0.001),
            number: estimate(0.1, 0.01),
        }),
        max_drawdown: Some(by_probability(&[
            ("0.5", estimate(0.25, 0.001)),
            ("0.95", estimate(0.66, 0.001)),
        ])),
        ..ordinary()
    }
}

#[test]
fn what_accounts_pay_and_how_they_end_is_a_second_table_of_what_occurs() {
    let followed = RunResult { levels: vec![untouched(), followed()], ..result() };
    for format in [Format::Table, Format::Markdown] {
        insta::assert_snapshot!(render(std::slice::from_ref(&followed), format, PLAIN).unwrap());
        let plain = render(&[result()], format, PLAIN).unwrap();
        assert!(!plain.contains("Drawdown") && !plain.contains("Funding"), "{plain}");
    }
    let narrow = Layout { width: Some(60), colour: false, ..PLAIN };
    let text = render(&[followed], Format::Table, narrow).unwrap();
    assert!(text.contains("Drawdown") && text.contains("Funding"), "{text}");
}
