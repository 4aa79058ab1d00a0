//! Processor time of each fit on five years of hourly returns, and of all together: `cargo bench --bench calibrate`.
//!
//! The returns are made up and look like those of a coin: a GARCH(1,1) with Student-t shocks, which has clusters, heavy tails
//! and a few hundred returns that are detected as jumps, so that no fit is refused. A fit takes longer or shorter on other data.
//!
//! Then what rests on recorded hours, on a random walk of six years: an estimate anew, a forecast over seven days with its track record (an entry
//! every 25 hours, 5,000 paths each), and the choice of `--model auto` by forecasts out of sample; both parts of `--model auto` on nine years of
//! recorded hours where these are at hand.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use std::path::Path;

use common::clock::{Work, interleaved};
use common::{LEVERAGES, MAINTENANCE, history};
use liqsim::calibrate::{OutOfSample, Sample, Target, calibrate};
use liqsim::market::{Duration, PriceHistory, ReadOptions};
use liqsim::model::{Har, Hours, Mixture, ScaledHistory};
use liqsim::study::{Barrier, ForecastMethod, WalkOptions, scores, walk};
use liqsim::venue::Side;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, StudentT};

const ROUNDS: usize = 3;
const RETURNS: usize = 5 * 365 * 24;
const HOUR: u64 = 3_600;
/// Degrees of freedom, and weights of the last squared shock and the last variance.
const DOF: f64 = 4.0;
const ALPHA: f64 = 0.08;
const BETA: f64 = 0.915;
/// Variance of an hour in the long run: 60 % a year.
const VARIANCE: f64 = 0.36 / 8_760.0;

fn sample() -> Sample {
    let mut rng = SmallRng::seed_from_u64(1);
    let shock = StudentT::new(DOF).expect("positive degrees of freedom");
    let scale = ((DOF - 2.0) / DOF).sqrt();
    let mut variance = VARIANCE;
    let returns = (0..RETURNS)
        .map(|_| {
            let r = variance.sqrt() * scale * shock.sample(&mut rng);
            variance = VARIANCE * (1.0 - ALPHA - BETA) + ALPHA * r * r + BETA * variance;
            r
        })
        .collect();
    Sample::from_returns(returns, Duration::from_seconds(HOUR)).expect("enough returns")
}

fn main() {
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // The clock is that of one thread, so the fits get no other.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let _pool = pool.expect("a pool of one thread");
    let sample = sample();
    let fit = |targets: Vec<Target>| {
        let sample = sample.clone();
        move || drop(calibrate(sample.clone(), &targets).expect("a fit"))
    };
    let mut works: Vec<Work<'_>> =
        Target::ALL.into_iter().map(|target| Work::new(target.name(), fit(vec![target]))).collect();
    works.push(Work::new("auto: all of them", fit(Target::ALL.to_vec())));
    let seconds = interleaved(&mut works, ROUNDS, 0.0);
    println!("| fit | processor seconds |\n|---|---|");
    for (work, seconds) in works.iter().zip(seconds) {
        println!("| {} | {seconds:.2} |", work.name);
    }
    println!();
    recorded_hours();
}

/// Recorded hours, where they are at hand.
const RECORD: &str = "../shared/data/btc_usdt_binance_1h.csv.gz";
/// Years of the walk.
const YEARS: usize = 6;

fn recorded_hours() {
    let history = history::walk(0.6, YEARS * 365 * 24, 1);
    let week = Duration::from_seconds(7 * 24 * HOUR);
    let hours = Hours::of(&history).expect("hours with lows and highs");
    let sides = [Side::Long, Side::Short];
    let barriers: Vec<Barrier> = sides
        .into_iter()
        .flat_map(|side| LEVERAGES.map(|leverage| Barrier::linear(side, leverage, MAINTENANCE)))
        .collect();
    let name = String::new;
    let mut works = vec![
        Work::new("har, estimated anew", || drop(Har::of_history(&history, name(), 0.0))),
        Work::new("scaled_history over 7 days, anew", || {
            drop(ScaledHistory::of_history(&history, name(), week));
        }),
    ];
    let seconds = interleaved(&mut works, ROUNDS, 0.1);
    let once = |name: &str, body: &mut dyn FnMut()| {
        let mut works = [Work::new(name, body)];
        println!("| {name} | {:.2} |", interleaved(&mut works, 1, 0.0)[0]);
    };
    println!("| on {YEARS} years of hours | processor seconds |\n|---|---|");
    for (work, seconds) in works.iter().zip(seconds) {
        println!("| {} | {seconds:.3} |", work.name);
    }
    once("forecast over 7 days with its track record", &mut || {
        drop(Mixture::of_history(&history, name(), week));
        let walked = walk(&hours, &barriers, &WalkOptions::new(vec![168])).expect("entries");
        drop(scores(&[walked], 0, ForecastMethod::Forecast, 1));
    });
    once("choice of auto over 7 days, 24 origins", &mut || {
        drop(OutOfSample::of(&history, &Target::ALL, week));
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORD);
    let Ok((record, _)) = PriceHistory::read(&path, &ReadOptions::default()) else { return };
    once("nine years of BTC: every fit on all of them", &mut || {
        drop(calibrate(Sample::of(&record).expect("returns"), &Target::ALL));
    });
    once("nine years of BTC: choice of auto over 7 days", &mut || {
        drop(OutOfSample::of(&record, &Target::ALL, week));
    });
}
