//! liqsim: how likely is a leveraged position to be liquidated, and what do its returns look like if it is not?
//!
//! A scenario names a price model, a venue and an account; every leverage level is evaluated on the same simulated paths. From a text:
//!
//! ```
//! use liqsim::scenario::{Source, parse};
//! use liqsim::{RunOptions, run};
//!
//! let text = r#"
//!     simulation = { horizon = "30d", paths = 20_000 }
//!     assets.BTC = { price = 64_700.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }
//!     [account]
//!     equity = 10_000.0
//!     leverage = [2, 5, 20]
//!     venue = "binance-usdm-btcusdt"
//!     positions = [{ asset = "BTC", side = "long" }]
//! "#;
//! let scenario = parse(Source::new("my scenario", text), &[])?;
//! let result = run(&scenario, &RunOptions::default())?;
//! // Threads change no digit, and neither does another machine.
//! assert_eq!(result, run(&scenario, &RunOptions { threads: Some(1), ..RunOptions::default() })?);
//! let five = &result.levels[1];
//! println!("5x: liquidated with {:.1} %", 100.0 * five.liquidation_probability.value);
//! # assert!((five.liquidation_probability.value - 0.228).abs() < 0.02);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! From values, with a key as the place of whatever is wrong:
//!
//! ```
//! use liqsim::scenario::{Source, from_value};
//! use serde_json::json;
//!
//! let value = json!({
//!     "simulation": { "horizon": "7d", "paths": 1000 },
//!     "assets": { "BTC": { "price": 64_700, "model": { "kind": "gbm", "drift": 0, "volatility": -0.6 } } },
//!     "account": {
//!         "equity": 1000, "leverage": [3], "venue": { "contract": "linear", "maintenance": 0.005 },
//!         "positions": [{ "asset": "BTC", "side": "short" }],
//!     },
//! });
//! let problems = from_value(Source::new("values", ""), &value, &[]).unwrap_err();
//! let problem = problems.iter().next().unwrap();
//! assert_eq!(problem.place.key(), Some("assets.BTC.model.volatility"));
//! assert!(problem.message.contains("must be greater than 0"));
//! ```
//!
//! A price model of your own is [`model::PriceModel`]; `examples/own_model.rs` has one in forty lines.
//!
//! # The way of the data
//!
//! It is also the order of the modules: a module imports only from modules above it.
//!
//! ```text
//! scenario text ── parse, validate ──> Scenario                         scenario
//!    Scenario ──> Plan: the law of the paths, and the account           engine
//!       block:   model ──> Bars ──> observers (accounts, recorders)     model, market, account, venue
//!       outcomes ──> tallies (mergeable, exact)                         stats
//!    estimators ──> probabilities with their method                     estimate
//!    ──> RunResult, notes                                               result
//!    RunResult ──> safe leverage, sweep, check, comparison, replay      study
//!    price history ──> fitted models, scenarios                         calibrate
//!    ──> table, CSV, Markdown, pages, pictures                          report (a feature)
//!    Scenario, changed on a page ──> RunResult, at once                 serve (a feature)
//! ```
//!
//! # Features
//!
//! Without default features this is the library alone: scenarios, simulation, studies, calibration, results that serialise as JSON.
//! `arrays` takes and gives paths as arrays of `ndarray`; `report` adds the formats of finished results, `parquet` and `png` one more each, `serve` a local page that recomputes, and `cli` is the program `liqsim`.
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What the C library computes differs between platforms; tests compare with it.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod numeric;
pub mod stats;
pub mod market;
pub mod model;
pub mod venue;
pub mod account;
pub mod scenario;
pub mod engine;
pub mod estimate;
pub mod result;
pub mod study;
pub mod calibrate;
#[cfg(feature = "report")]
pub mod report;
#[cfg(feature = "serve")]
pub mod serve;

pub use engine::RunOptions;
pub use result::RunResult;
pub use scenario::Scenario;
pub use study::run;
