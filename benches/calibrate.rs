//! Time of each fit on five years of hourly returns, and of all together. `cargo bench --bench calibrate`.
//!
//! The returns are made up and look like those of a coin: a GARCH(1,1) with Student-t shocks, which has clusters, heavy tails
//! and a few hundred returns that are detected as jumps, so that no fit is refused. A fit takes longer or shorter on other data.

use criterion::{Criterion, criterion_group, criterion_main};
use liqsim::calibrate::{Sample, Target, calibrate};
use liqsim::market::Duration;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, StudentT};

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

fn fits(criterion: &mut Criterion) {
    let sample = sample();
    let mut group = criterion.benchmark_group("calibrate");
    group.sample_size(10);
    for target in Target::ALL {
        group.bench_function(target.name(), |bencher| {
            bencher.iter(|| calibrate(sample.clone(), &[target]).expect("a fit"));
        });
    }
    group.bench_function("auto", |bencher| {
        bencher.iter(|| calibrate(sample.clone(), &Target::ALL).expect("fits"));
    });
}

criterion_group!(benches, fits);
criterion_main!(benches);
