//! Speed of the price models: bars of one path a second, each relative to geometric Brownian motion. `cargo bench --bench models`.
//!
//! Every model is looked at hourly over 30 days, so each moves the same 720 bars; a model that ends bars at times of its own
//! (jumps, switches) does so on top.

mod common;

use common::{levels, merton, plan};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use liqsim::engine::{BLOCK_LANES, Worker};

const HOURLY: &str = "monitoring = \"1h\"";
const BARS: u64 = 720;

const HESTON: &str =
    "variance = 0.36\nlong_run_variance = 0.36\nmean_reversion = 4.0\nvol_of_vol = 1.9\ncorrelation = -0.3";

fn models(criterion: &mut Criterion) {
    let jumps = "jumps = { rate = 20.0, mean = -0.02, std_dev = 0.05 }";
    let laws = [
        ("gbm", common::GBM.to_owned()),
        ("merton", merton(20.0)),
        (
            "kou",
            "kind = \"kou\"\ndrift = 0.0\nvolatility = 0.6\n\
             jumps = { rate = 20.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }"
                .to_owned(),
        ),
        ("heston", format!("kind = \"heston\"\ndrift = 0.0\n{HESTON}")),
        ("bates", format!("kind = \"bates\"\ndrift = 0.0\n{HESTON}\n{jumps}")),
        (
            "garch, normal",
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.1\nbeta = 0.87".to_owned(),
        ),
        (
            "garch, Student-t",
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = 1e-6\nalpha = 0.1\nbeta = 0.87\ndof = 4.5".to_owned(),
        ),
        (
            "regime",
            "kind = \"regime\"\nstates = [{ drift = 0.0, volatility = 0.4 }, { drift = 0.0, volatility = 1.0 }]\n\
             switching_rates = [[0, 10], [30, 0]]"
                .to_owned(),
        ),
        (
            "hawkes",
            "kind = \"hawkes\"\ndrift = 0.0\nvolatility = 0.6\n\
             jumps = { rate = 10.0, mean = -0.02, std_dev = 0.05, excitation = 250.0, decay = 500.0 }"
                .to_owned(),
        ),
    ];
    let mut group = criterion.benchmark_group("models");
    group.throughput(Throughput::Elements(BARS * BLOCK_LANES as u64));
    group.sample_size(20);
    for (name, law) in laws {
        let plan = plan(&law, &levels(5), HOURLY);
        let mut worker = Worker::new(&plan);
        let mut number = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                worker.run_block(number, BLOCK_LANES);
                number += 1;
            });
        });
    }
}

criterion_group!(benches, models);
criterion_main!(benches);
