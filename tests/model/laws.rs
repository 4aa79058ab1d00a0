//! The laws of the models themselves, without an account: expected price, closed-form moments, limits that are other models, and
//! that nothing depends on threads.
//!
//! Means are compared at four standard errors (a correct program fails one in 16,000 for another seed), distributions by
//! Kolmogorov-Smirnov at 1e-5. Heston's scheme is exact in neither; its expected price is.

use std::sync::atomic::AtomicBool;

use crate::common::{Setup, days};
use liqsim::engine::{BLOCK_LANES, Plan, RunOptions, Worker};
use liqsim::market::Duration;
use liqsim::model::{
    Bates, Garch, Gbm, Hawkes, HawkesJumps, Heston, JumpLaw, Jumps, Kou, KouJumps, Merton, Model, Regime,
    RegimeState,
};
use liqsim::scenario::{Monitoring, PathBudget};
use liqsim::study::run_levels as run;
use liqsim::venue::Side;
use statrs::distribution::{ContinuousCDF, Discrete, Normal, Poisson, StudentsT};

const BLOCKS: u64 = 400;
const JUMPS: Jumps = Jumps { rate: 25.0, mean: -0.04, std_dev: 0.09 };

fn setup(model: &Model, horizon: Duration, monitoring: Monitoring) -> Setup {
    let leverage = vec![1.5];
    Setup {
        model: model.clone(),
        horizon,
        monitoring,
        side: Side::Long,
        maintenance: 0.005,
        leverage,
        seed: 7,
    }
}

/// Log-prices at the horizon.
fn closing(model: &Model, horizon: Duration, monitoring: Monitoring) -> Vec<f64> {
    let plan = Plan::new(&setup(model, horizon, monitoring).scenario()).unwrap();
    let mut worker = Worker::new(&plan);
    let mut all = Vec::new();
    for block in 0..BLOCKS {
        worker.run_block(block, BLOCK_LANES);
        all.extend_from_slice(worker.closing_log_prices(0));
    }
    all
}

/// A sample's mean must be near what is expected.
fn check_mean(label: &str, sample: impl Iterator<Item = f64>, expected: f64) {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for x in sample {
        n += 1.0;
        sum += x;
        squares += x * x;
    }
    let mean = sum / n;
    let error = ((squares / n - mean * mean).max(0.0) / n).sqrt();
    let z = (mean - expected) / error;
    assert!(z.abs() < 4.0, "{label}: {mean} against {expected}, {z:.2} standard errors of {error:.2e}");
}

/// Largest distance from a distribution function.
fn check_law(label: &str, mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) {
    sample.sort_unstable_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample
        .iter()
        .enumerate()
        .map(|(i, x)| (cdf(*x) - i as f64 / n).abs().max((cdf(*x) - (i + 1) as f64 / n).abs()))
        .fold(0.0, f64::max);
    // sqrt(ln(2/1e-5)/2) = 2.47.
    assert!(distance < 2.47 / n.sqrt(), "{label}: distance {distance}");
}

fn heston(vol_of_vol: f64) -> Heston {
    Heston {
        drift: 0.3,
        variance: 0.5,
        long_run_variance: 0.5,
        mean_reversion: 1.0,
        vol_of_vol,
        correlation: -0.7,
        step: None,
    }
}

fn hawkes(excitation: f64) -> Hawkes {
    Hawkes { drift: 0.3, volatility: 0.5, jumps: HawkesJumps { base: JUMPS, excitation, decay: 250.0 } }
}

fn kou() -> Kou {
    let jumps = KouJumps { rate: 25.0, up_probability: 0.35, up_mean: 0.06, down_mean: 0.09 };
    Kou { drift: 0.3, volatility: 0.5, jumps }
}

fn regime(drifts: [f64; 2], volatilities: [f64; 2]) -> Regime {
    let state = |k: usize| RegimeState { drift: drifts[k], volatility: volatilities[k] };
    let rates = vec![vec![0.0, 10.0], vec![30.0, 0.0]];
    Regime { states: vec![state(0), state(1)], start: Regime::stationary(&rates), switching_rates: rates }
}

fn garch(dof: Option<f64>) -> Garch {
    let (omega, alpha, gamma, beta) = (6e-5, 0.05, 0.1, 0.85);
    Garch { log_drift: 0.2, step: days(1), omega, alpha, gamma, beta, dof, initial_variance: 0.003 }
}

#[test]
fn the_expected_price_is_the_forward() {
    let drift: f64 = 0.3;
    let models = [
        Model::Gbm(Gbm { drift, volatility: 0.8 }),
        Model::Merton(Merton { drift, volatility: 0.5, jumps: JUMPS }),
        Model::Kou(kou()),
        Model::Heston(heston(2.0)),
        Model::Heston(Heston { correlation: 0.8, variance: 0.0, ..heston(1.0) }),
        Model::Bates(Bates { heston: heston(2.0), jumps: JUMPS }),
        Model::Regime(regime([drift, drift], [0.3, 1.4])),
        Model::Hawkes(hawkes(180.0)),
    ];
    let horizon = days(60);
    for model in &models {
        // A monitoring interval that does not divide the model's step cuts bars at odd places.
        for monitoring in [Monitoring::Continuous, Monitoring::Every(Duration::from_seconds(100_000))] {
            let prices = closing(model, horizon, monitoring);
            check_mean(
                &format!("{model:?}"),
                prices.iter().map(|x| x.exp()),
                (drift * horizon.years()).exp(),
            );
        }
    }
}

/// Kou: cumulants of a compound Poisson sum, λT·E[J^n], beside those of the diffusion.
#[test]
fn kou_has_the_moments_of_its_compound_poisson_sum() {
    let model = kou();
    let years = days(60).years();
    let KouJumps { rate, up_probability: p, up_mean: up, down_mean: down } = model.jumps;
    let moment =
        |n: i32, factorial: f64| rate * years * factorial * (p * up.powi(n) + (1.0 - p) * (-down).powi(n));
    let mean = (model.drift - model.jumps.growth() - 0.125) * years + moment(1, 1.0);
    let variance = 0.25 * years + moment(2, 2.0);
    let x = closing(&Model::Kou(model), days(60), Monitoring::Continuous);
    check_mean("mean", x.iter().copied(), mean);
    check_mean("variance", x.iter().map(|x| (x - mean).powi(2)), variance);
    check_mean("third", x.iter().map(|x| (x - mean).powi(3)), moment(3, 6.0));
}

/// Heston: E[ln S] = drift·T − ½∫E[V], and the variance of ln S from the covariances of V (both in Heston's paper; here by
/// quadrature of dE[XV], dE[X²]). The scheme's mean and variance of V are exact at every step.
#[test]
fn heston_has_the_moments_of_its_differential_equations() {
    let model = Heston { variance: 0.9, correlation: 0.3, mean_reversion: 4.0, ..heston(1.8) };
    let years = days(60).years();
    let (kappa, theta, xi) = (model.mean_reversion, model.long_run_variance, model.vol_of_vol);
    // y = E[V], Cov(M, V), Var(V), Var(X), for X = ∫√V dW − ½∫V and M its first part.
    let (mut v, mut xv, mut vv, mut xx, mut x) = (model.variance, 0.0, 0.0, 0.0, 0.0);
    let steps = 200_000;
    let dt = years / f64::from(steps);
    for _ in 0..steps {
        let (dv, dxx) = (kappa * (theta - v), v - xv);
        let dxv = model.correlation * xi * v - 0.5 * vv - kappa * xv;
        let dvv = xi * xi * v - 2.0 * kappa * vv;
        x += (model.drift - 0.5 * v) * dt;
        v += dv * dt;
        xx += dxx * dt;
        xv += dxv * dt;
        vv += dvv * dt;
    }
    let sample = closing(&Model::Heston(model), days(60), Monitoring::Continuous);
    check_mean("mean", sample.iter().copied(), x);
    check_mean("variance", sample.iter().map(|s| (s - x).powi(2)), xx);
}

/// Two states: E[S_T] from the matrix exponential, and the mean log-price from the time spent in each state.
#[test]
fn regime_has_the_mean_of_its_matrix_exponential() {
    let model = regime([0.9, -1.5], [0.4, 1.2]);
    let years = days(60).years();
    let (mut calm, mut stressed) = (model.start[0], model.start[1]);
    let steps = 100_000;
    let dt = years / f64::from(steps);
    for _ in 0..steps {
        // The midpoint rule for the forward equation, weighted with the growth of each state.
        let slope = |a: f64, b: f64| (-10.0 * a + 30.0 * b + 0.9 * a, 10.0 * a - 30.0 * b - 1.5 * b);
        let first = slope(calm, stressed);
        let middle = slope(calm + 0.5 * dt * first.0, stressed + 0.5 * dt * first.1);
        calm += dt * middle.0;
        stressed += dt * middle.1;
    }
    let x = closing(&Model::Regime(model), days(60), Monitoring::Continuous);
    check_mean("price", x.iter().map(|x| x.exp()), calm + stressed);
    let mean = years * (0.75 * (0.9 - 0.08) + 0.25 * (-1.5 - 0.72));
    check_mean("log-price", x.iter().copied(), mean);
}

/// Hawkes: E[N_T] in closed form gives the mean log-price (drift − σ²/2)·T + (E[J] − k)·E[N_T]; without volatility and with sizes of a
/// single value, the price tells the number of jumps, whose variance follows from the equations of λ and N.
#[test]
fn hawkes_has_the_moments_of_its_intensity() {
    let model = hawkes(180.0);
    let years = days(60).years();
    let jumps = model.expected_jumps(years);
    let k = JUMPS.mean_relative_jump();
    let x = closing(&Model::Hawkes(model), days(60), Monitoring::Continuous);
    check_mean("log-price", x.iter().copied(), (0.3 - 0.125) * years + (JUMPS.mean - k) * jumps);

    // Martingale part: ln S − (drift − σ²/2)T = Σ J − k∫λ. Its variance is E[J²]·E[N] + (mean − k)·(terms of λ); solved from the
    // moment equations of λ (Dassios and Zhao 2013, section 2).
    let (alpha, delta) = (model.jumps.excitation, model.jumps.decay);
    let (mut m, mut mm, mut lm, mut l) = (0.0, 0.0, 0.0, JUMPS.rate);
    let mut ll = l * l;
    let second = JUMPS.mean.powi(2) + JUMPS.std_dev.powi(2);
    let drift = JUMPS.mean - k;
    let steps = 400_000;
    let dt = years / f64::from(steps);
    for _ in 0..steps {
        let dl = delta * (JUMPS.rate - l) + alpha * l;
        let dll = 2.0 * delta * (JUMPS.rate * l - ll) + 2.0 * alpha * ll + alpha * alpha * l;
        let dm = drift * l;
        let dmm = 2.0 * drift * lm + second * l;
        let dlm = delta * (JUMPS.rate * m - lm) + alpha * lm + drift * ll + alpha * JUMPS.mean * l;
        l += dl * dt;
        ll += dll * dt;
        m += dm * dt;
        mm += dmm * dt;
        lm += dlm * dt;
    }
    let mean = (0.3 - 0.125) * years + m;
    assert!((m - drift * jumps).abs() < 1e-4 * drift.abs() * jumps, "{m} {}", drift * jumps);
    check_mean("variance", x.iter().map(|x| (x - mean).powi(2)), mm - m * m + 0.25 * years);
}

/// GARCH: E[h] follows omega + (alpha + gamma/2 + beta)·E[h], and returns are uncorrelated, whatever cuts the bars.
#[test]
fn garch_has_the_variance_of_its_recursion() {
    for monitoring in [Monitoring::Continuous, Monitoring::Every(Duration::from_seconds(50_000))] {
        for dof in [None, Some(6.0)] {
            let model = garch(dof);
            let horizon = days(20);
            let (mut h, mut variance) = (model.initial_variance, 0.0);
            for _ in 0..20 {
                variance += h;
                h = model.omega + (model.alpha + 0.5 * model.gamma + model.beta) * h;
            }
            let mean = model.log_drift * horizon.years();
            let x = closing(&Model::Garch(model), horizon, monitoring);
            check_mean("mean", x.iter().copied(), mean);
            check_mean("variance", x.iter().map(|x| (x - mean).powi(2)), variance);
        }
    }
}

#[test]
fn a_single_garch_step_has_the_law_of_its_innovation() {
    for (dof, monitoring) in
        [(4.0, Monitoring::Continuous), (2.5, Monitoring::Every(Duration::from_seconds(3_600)))]
    {
        let model = garch(Some(dof));
        let scale = model.initial_variance.sqrt() * ((dof - 2.0) / dof).sqrt();
        let law = StudentsT::new(model.log_drift / 365.0, scale, dof).unwrap();
        check_law("Student-t", closing(&Model::Garch(model), days(1), monitoring), |x| law.cdf(x));
    }
}

#[test]
fn limits_are_geometric_brownian_motion() {
    let (drift, years) = (0.3, days(60).years());
    let law = |volatility: f64| {
        Normal::new((drift - 0.5 * volatility * volatility) * years, volatility * years.sqrt()).unwrap()
    };
    let sample = |model: Model| closing(&model, days(60), Monitoring::Continuous);
    for vol_of_vol in [0.0, 1e-9, 1e-5, 1e-3] {
        let x = sample(Model::Heston(heston(vol_of_vol)));
        check_law(&format!("heston {vol_of_vol}"), x, |x| law(0.5_f64.sqrt()).cdf(x));
    }
    let equal = sample(Model::Regime(regime([drift, drift], [0.7, 0.7])));
    check_law("regime with equal states", equal, |x| law(0.7).cdf(x));
    let one = Regime {
        states: vec![RegimeState { drift, volatility: 0.7 }],
        switching_rates: vec![vec![0.0]],
        start: vec![1.0],
    };
    check_law("regime with one state", sample(Model::Regime(one)), |x| law(0.7).cdf(x));
    let still = KouJumps { rate: 0.0, ..kou().jumps };
    check_law("kou without jumps", sample(Model::Kou(Kou { jumps: still, ..kou() })), |x| law(0.5).cdf(x));
    let constant = Garch { log_drift: (drift - 0.245), alpha: 0.0, gamma: 0.0, beta: 0.0, ..garch(None) };
    let constant = Garch { omega: 0.49 / 365.0, initial_variance: 0.49 / 365.0, ..constant };
    check_law("garch without memory", sample(Model::Garch(constant)), |x| law(0.7).cdf(x));
}

/// Merton's law is a Poisson mixture of normals.
#[test]
fn limits_are_merton() {
    let (drift, volatility, years) = (0.3, 0.5, days(60).years());
    let counts = Poisson::new(JUMPS.rate * years).unwrap();
    let normals: Vec<(f64, Normal)> = (0..60)
        .map(|n| {
            let mean =
                (drift - JUMPS.growth() - 0.5 * volatility * volatility) * years + n as f64 * JUMPS.mean;
            let variance = volatility * volatility * years + n as f64 * JUMPS.std_dev.powi(2);
            (counts.pmf(n), Normal::new(mean, variance.sqrt()).unwrap())
        })
        .collect();
    let cdf = |x: f64| normals.iter().map(|(weight, law)| weight * law.cdf(x)).sum::<f64>();
    let sample = |model: Model| closing(&model, days(60), Monitoring::Continuous);
    check_law("merton", sample(Model::Merton(Merton { drift, volatility, jumps: JUMPS })), cdf);
    check_law("hawkes without excitation", sample(Model::Hawkes(hawkes(0.0))), cdf);
    let constant = Heston { variance: 0.25, long_run_variance: 0.25, ..heston(1e-6) };
    check_law(
        "bates of constant variance",
        sample(Model::Bates(Bates { heston: constant, jumps: JUMPS })),
        cdf,
    );
}

/// Bates without jumps and Heston, two samples against each other: the bound is √2 wider.
#[test]
fn bates_without_jumps_is_heston() {
    let sample = |model: Model| {
        let mut x = closing(&model, days(60), Monitoring::Continuous);
        x.sort_unstable_by(f64::total_cmp);
        x
    };
    let a = sample(Model::Heston(heston(2.0)));
    let b = sample(Model::Bates(Bates { heston: heston(2.0), jumps: Jumps { rate: 0.0, ..JUMPS } }));
    let n = a.len() as f64;
    let distance = a
        .iter()
        .enumerate()
        .map(|(i, x)| (i as f64 / n - b.partition_point(|y| y <= x) as f64 / n).abs())
        .fold(0.0, f64::max);
    assert!(distance < 2.47 * (2.0 / n).sqrt(), "{distance}");
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let models = [
        Model::Kou(kou()),
        Model::Heston(heston(2.0)),
        Model::Bates(Bates { heston: heston(2.0), jumps: JUMPS }),
        Model::Garch(garch(Some(4.0))),
        Model::Regime(regime([0.3, 0.3], [0.3, 1.4])),
        Model::Hawkes(hawkes(180.0)),
    ];
    for model in &models {
        let mut scenario = setup(model, days(7), Monitoring::Continuous).scenario();
        scenario.account.leverage = vec![3.0, 10.0];
        scenario.simulation.paths = PathBudget::Fixed(10_000);
        let bytes = |threads| {
            let stop = AtomicBool::new(false);
            let options = RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} };
            serde_json::to_string(&run(&scenario, &options).unwrap()).unwrap()
        };
        assert_eq!(bytes(1), bytes(3), "{model:?}");
    }
}
