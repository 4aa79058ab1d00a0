//! Speed of the engine's parts: blocks of paths, levels, whole scenarios. `cargo bench --bench engine`; the group `quick`
//! (`cargo bench --bench engine -- quick`) takes under a minute.

mod common;

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use common::{GBM, levels, merton, plan, scenario};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use liqsim::engine::{BLOCK_LANES, RunOptions, Worker};
use liqsim::numeric::{Purpose, Stream};
use liqsim::study::run_levels as run;

const HOURLY: &str = "monitoring = \"1h\"";

/// One block of a plan, as often as criterion asks.
fn block(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    model: &str,
    leverage: &[f64],
    simulation: &str,
) {
    let plan = plan(model, leverage, simulation);
    let mut worker = Worker::new(&plan);
    let mut number = 0;
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(BLOCK_LANES as u64));
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            worker.run_block(number, BLOCK_LANES);
            number += 1;
        });
    });
}

fn blocks(criterion: &mut Criterion) {
    block(criterion, "blocks", "gbm", GBM, &levels(10), "");
    block(criterion, "blocks", "gbm hourly", GBM, &levels(10), HOURLY);
    for rate in [12.0, 20.0, 50.0] {
        block(criterion, "blocks", &format!("merton {rate} a year"), &merton(rate), &levels(10), "");
    }
}

fn evaluation(criterion: &mut Criterion) {
    for count in [1, 10, 50] {
        block(criterion, "levels", &count.to_string(), GBM, &levels(count), "");
    }
}

fn draws(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("draws");
    let mut out = vec![0.0; 4096];
    let mut stream = Stream::new(1, Purpose::Move(0), 0);
    group.throughput(Throughput::Elements(out.len() as u64));
    group.bench_function("normals", |bencher| bencher.iter(|| stream.normals(&mut out)));
    group.bench_function("uniforms", |bencher| bencher.iter(|| stream.uniforms(&mut out)));
    group.bench_function("exponentials", |bencher| bencher.iter(|| stream.exponentials(&mut out)));
}

fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scenario");
    group.sample_size(10);
    let stop = AtomicBool::new(false);
    for (name, model) in [("gbm", GBM.to_owned()), ("merton 20 a year", merton(20.0))] {
        let scenario = scenario(&model, &levels(10), "paths = 1_000_000");
        group.throughput(Throughput::Elements(1_000_000));
        group.bench_function(BenchmarkId::new(name, "1e6 paths, 10 levels"), |bencher| {
            bencher.iter(|| {
                run(&scenario, &RunOptions { threads: None, stop: &stop, progress: &|_| {} })
                    .map(|result| result.paths)
            });
        });
    }
}

fn quick(criterion: &mut Criterion) {
    block(criterion, "quick", "gbm", GBM, &levels(10), "");
    block(criterion, "quick", "gbm hourly", GBM, &levels(10), HOURLY);
    block(criterion, "quick", "merton 20 a year", &merton(20.0), &levels(10), "");
    block(criterion, "quick", "gbm, 50 levels", GBM, &levels(50), "");
}

fn short() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3))
}

criterion_group!(name = all; config = short(); targets = blocks, evaluation, draws, whole, quick);
criterion_main!(all);
