//! The report as a file: complete in itself, small enough to send, and safe whatever a scenario is called.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::report::html::{Document, ScenarioText, render};
use liqsim::report::{SweepCell, SweepReport};
use liqsim::result::RunResult;
use liqsim::scenario;
use liqsim::study::run_levels as run;

const LARGEST: usize = 1_500_000;

fn result(file: &str, overrides: &[&str]) -> RunResult {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(file);
    let mut overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    overrides.push("simulation.paths=5000".to_owned());
    let loaded = scenario::load(&path, &overrides).unwrap();
    run(&loaded, &RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} }).unwrap()
}

fn page(results: &[RunResult]) -> String {
    let documents: Vec<Document> = results.iter().map(|result| Document::of_run(result).unwrap()).collect();
    render(&documents, &[]).unwrap()
}

#[test]
fn a_report_is_one_small_file_that_asks_nobody_for_anything() {
    let many: Vec<RunResult> = (1..=5)
        .map(|seed| {
            let seed = format!("simulation.seed={seed}");
            result("btc-perp-30d.toml", &[&seed, "account.leverage={from=1,to=100,count=25}"])
        })
        .collect();
    let page = page(&many);
    assert!(page.len() < LARGEST, "{} bytes", page.len());
    // The library names web addresses in its text; nothing loads one.
    for loading in [" src=", "@import", "url(", "<link rel=\"stylesheet\"", "import("] {
        let own = page.replace(include_str!("../../src/report/assets/echarts.common.min.js"), "");
        assert!(!own.contains(loading), "{loading}");
    }
    assert!(page.contains("default-src 'none'"));
}

/// As many cells as `sweep` puts into a page.
#[test]
fn a_map_of_four_thousand_levels_is_small_enough_to_send() {
    let result = result("btc-perp-30d.toml", &["account.leverage={from=1,to=100,count=25}"]);
    let cell = |k: usize| {
        let values = vec![format!("0.{k}"), "30d".to_owned()];
        SweepCell::new(format!("assets.BTC.model.volatility=0.{k} simulation.horizon=30d"), values, &result)
    };
    let report = SweepReport { axes: Vec::new(), is_grid: true, cells: (0..160).map(cell).collect() };
    let page = render(&[Document::of_sweep(&report).unwrap()], &[]).unwrap();
    assert!(page.len() < LARGEST, "{} bytes", page.len());
}

#[test]
fn the_answer_stands_in_the_page_without_any_script() {
    let result = result("btc-flat-rate.toml", &["account.leverage=[2, 5]", "simulation.paths=200000"]);
    let page = page(&[RunResult { paths: 1, ..result }]);
    let answer = page.split("<p class=\"answer\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(answer.contains("2x keeps") && answer.contains("5x is liquidated"), "{answer}");
}

#[test]
fn names_and_texts_cannot_become_markup_or_code() {
    let evil = "</script><script>alert(1)</script><b>&\"'";
    let named = RunResult { scenario: evil.to_owned(), ..result("btc-flat-rate.toml", &[]) };
    let text = ScenarioText { name: evil.to_owned(), text: evil.to_owned() };
    let page = render(&[Document::of_run(&named).unwrap()], &[text]).unwrap();
    assert!(!page.contains("alert(1)</script>") && !page.contains("<b>&"), "markup got through");
    assert!(page.contains("\\u003c/script>\\u003cscript>alert(1)"));
}

#[test]
fn the_chart_library_is_the_one_on_record() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/assets");
    let record = fs::read_to_string(folder.join("README.md")).unwrap();
    let hash = blake3::hash(&fs::read(folder.join("echarts.common.min.js")).unwrap()).to_hex();
    assert!(record.contains(hash.as_str()), "BLAKE3 {hash} is not in the record");
}

#[test]
fn a_text_that_is_no_result_is_refused() {
    for text in ["", "{}", "[]", "[1]", "{\"levels\": []}"] {
        assert!(Document::parse(text).is_err(), "{text}");
    }
    let text = serde_json::to_string(&[result("btc-flat-rate.toml", &[])]).unwrap();
    assert_eq!(Document::parse(&text).unwrap().len(), 1);
}
