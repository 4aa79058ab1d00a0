//! Rare liquidations by particles: unbiased for every model, with honest errors, down to one in a thousand million.
//!
//! Known values are closed forms, an independent method (crossing probabilities on tilted Sobol nets), reference values from Laplace
//! inversion, and plain simulations of ten to a hundred million paths whose figures stand here with their errors
//! (`figures_of_plain_runs` makes them). Seeds are fixed, so a pass stays a pass; the false-alarm rate for other seeds is
//! stated at each test.

use std::sync::atomic::AtomicBool;

use crate::common::history::walk;
use crate::common::instructions::Forced;
use crate::common::{Setup, days, run_scenario};
use liqsim::engine::{Executor, Plan, RunOptions};
use liqsim::estimate::{Answer, Crossing, Effort, Estimator, RareEvents};
use liqsim::market::{Duration, HistoricalBar, PriceHistory};
use liqsim::model::{
    Bates, Bootstrap, Garch, Gbm, Har, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps, Merton, Mixture,
    Model, Regime, RegimeState, ScaledHistory,
};
use liqsim::numeric::InstructionSet;
use liqsim::result::LevelResult;
use liqsim::scenario::{Monitoring, PathBudget, Sampling, Scenario};
use liqsim::stats::Method;
use liqsim::study::Depths;
use liqsim::study::run_tallied;
use liqsim::venue::Side;
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

/// The fewest particles that an error needs.
const SMALL: Effort = Effort { relative: 0.0, paths: 0, until_met: true, closings: false };
const SEEDS: u64 = 40;
/// So many of their pilots must arrive; a level whose pilot does not is left to the plain count.
const MOST_SEEDS: usize = 36;

const LOOKS: Monitoring = Monitoring::Every(Duration::from_seconds(86_400));

fn setup(model: Model, side: Side, leverage: Vec<f64>, seed: u64) -> Setup {
    let (horizon, monitoring) = (days(30), Monitoring::Continuous);
    Setup { model, horizon, monitoring, side, maintenance: 0.005, leverage, seed }
}

fn estimates(setup: &Setup, effort: &Effort) -> Vec<Option<Answer>> {
    estimates_on(&Executor::alone(), setup, effort)
}

fn estimates_on(executor: &Executor<'_>, setup: &Setup, effort: &Effort) -> Vec<Option<Answer>> {
    let plan = Plan::new(&setup.scenario()).expect("a valid scenario");
    let levels: Vec<usize> = (0..plan.terms.len()).collect();
    RareEvents::new(&plan).expect("fixed barriers").answer(&levels, effort, executor)
}

/// The mean of 40 independent small estimates of each level against known values with their errors, at four errors of the two
/// together (6.3e-5 a level). The errors that the estimates name must fit their spread: the mean square of 40 is within a factor of
/// 2.5 either way for normal errors but in 3e-4; what is skewed gets no more than that.
fn check(label: &str, setup: impl Fn(u64) -> Setup, known: &[(f64, f64)]) {
    let runs: Vec<Vec<Option<Answer>>> = (0..SEEDS).map(|seed| estimates(&setup(seed), &SMALL)).collect();
    for (level, (truth, error)) in known.iter().enumerate() {
        let found: Vec<_> =
            runs.iter().filter_map(|run| run[level].as_ref()).map(|one| one.probability).collect();
        assert!(found.len() >= MOST_SEEDS, "{label}, level {level}: {} pilots arrived", found.len());
        let n = found.len() as f64;
        let values = found.iter().map(|one| one.value);
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let named = found.iter().map(|one| one.std_error.powi(2)).sum::<f64>() / n;
        let z = (mean - truth) / (variance / n).sqrt().hypot(*error);
        let text = format!(
            "{label}, level {level}: {mean:.4e} against {truth:.4e}, z = {z:.2}; relative error of one {:.3}, named {:.3}",
            variance.sqrt() / mean,
            named.sqrt() / mean
        );
        assert!(z.abs() < 4.0, "{text}");
        assert!((0.4..2.5).contains(&(named / variance)), "{text}");
    }
}

/// P(min of X ≤ h) of a Brownian motion with drift m and volatility s over t (Harrison 1985, section 1.8; h < 0).
fn closed_form(m: f64, s: f64, t: f64, h: f64) -> f64 {
    let normal = Normal::standard();
    let deviation = s * t.sqrt();
    normal.cdf((h - m * t) / deviation) + (2.0 * m * h / (s * s)).exp() * normal.cdf((h + m * t) / deviation)
}

/// Log-price barrier of a level without fees at a maintenance rate of 0.5 %, mirrored for a short.
fn barrier(side: Side, leverage: f64) -> f64 {
    match side {
        Side::Long => ((1.0 - 1.0 / leverage) / 0.995_f64).ln(),
        Side::Short => -((1.0 + 1.0 / leverage) / 1.005_f64).ln(),
    }
}

/// Five levels in all, from 3e-4 to 5e-10: false alarm 3e-4.
#[test]
fn geometric_brownian_motion_meets_its_closed_form_down_to_a_billionth() {
    let t = 30.0 / 365.0;
    let mut rarest = 1.0_f64;
    for (drift, side, leverage) in [
        (0.0, Side::Long, vec![1.55, 2.1]),
        (0.8, Side::Long, vec![2.0]),
        (-0.3, Side::Short, vec![0.55, 1.1]),
    ] {
        let (volatility, sign) = (0.6, if side == Side::Long { 1.0 } else { -1.0 });
        let m = sign * (drift - 0.5 * volatility * volatility);
        let known: Vec<(f64, f64)> = leverage
            .iter()
            .map(|leverage| (closed_form(m, volatility, t, barrier(side, *leverage)), 0.0))
            .collect();
        rarest = known.iter().fold(rarest, |rarest, (p, _)| rarest.min(*p));
        let model = Model::Gbm(Gbm { drift, volatility });
        check(&format!("gbm {drift}"), |seed| setup(model.clone(), side, leverage.clone(), seed), &known);
    }
    assert!(rarest < 1e-9, "{rarest:e}");
}

/// Jumps, against crossing probabilities of the same positions: another method with other random numbers.
#[test]
fn normal_jumps_meet_their_crossing_probabilities() {
    for (side, mean, rate) in [(Side::Long, -0.08, 3.0), (Side::Long, -0.02, 20.0), (Side::Short, 0.06, 12.0)]
    {
        let model =
            Model::Merton(Merton { drift: 0.1, volatility: 0.5, jumps: Jumps { rate, mean, std_dev: 0.07 } });
        let leverage = if side == Side::Long { vec![1.3, 1.5] } else { vec![0.4, 0.6] };
        let at = |seed| setup(model.clone(), side, leverage.clone(), seed);
        let plan = Plan::new(&at(77).scenario()).unwrap();
        let crossing = Crossing::new(&plan, true).unwrap();
        let known: Vec<(f64, f64)> = crossing
            .answer(
                &[0, 1],
                &Effort { relative: 2e-3, paths: 1 << 21, until_met: true, closings: false },
                &Executor::alone(),
            )
            .iter()
            .flatten()
            .map(|one| (one.probability.value, one.probability.std_error))
            .collect();
        assert!(known.iter().all(|(p, error)| *p < 4e-4 && *error < 0.02 * p), "{known:?}");
        check(&format!("merton {rate}"), at, &known);
    }
}

/// A single jump from afar: the reference value BO-R04 (`tests/reference/open-B-raw.json`, Kou and Wang's inversion), 5.9e-9.
fn single_jump(seed: u64) -> Setup {
    let jumps = KouJumps { rate: 5.0, up_probability: 0.3, up_mean: 1.0 / 40.0, down_mean: 1.0 / 30.0 };
    let drift = 0.5 * 0.3 * 0.3 + jumps.growth();
    Setup {
        model: Model::Kou(Kou { drift, volatility: 0.3, jumps }),
        horizon: Duration::from_seconds(630_720),
        monitoring: Monitoring::Continuous,
        side: Side::Long,
        maintenance: 1e-12,
        leverage: vec![1.0 / (-0.6_f64).exp_m1().abs()],
        seed,
    }
}

const SINGLE_JUMP: f64 = 5.906_292_498_712_956_4e-9;

#[test]
fn a_single_jump_from_afar_meets_the_laplace_inversion() {
    check("kou", single_jump, &[(SINGLE_JUMP, 0.0)]);
}

fn heston() -> Heston {
    Heston {
        drift: 0.0,
        variance: 0.36,
        long_run_variance: 0.36,
        mean_reversion: 4.0,
        vol_of_vol: 1.9,
        correlation: -0.3,
        step: None,
    }
}

/// The cases whose known values are plain simulations: the position, the paths of the plain run, its probability and error.
fn simulated() -> Vec<(&'static str, Setup, u64, f64, f64)> {
    let jumps = Jumps { rate: 20.0, mean: -0.02, std_dev: 0.05 };
    let day = Duration::from_seconds(86_400);
    let garch = Garch {
        log_drift: 0.0,
        step: day,
        omega: 3e-5,
        alpha: 0.1,
        gamma: 0.0,
        beta: 0.87,
        dof: None,
        initial_variance: 1e-3,
    };
    let regime = Regime {
        states: vec![
            RegimeState { drift: 0.0, volatility: 0.4 },
            RegimeState { drift: 0.0, volatility: 1.0 },
        ],
        switching_rates: vec![vec![0.0, 10.0], vec![30.0, 0.0]],
        start: vec![0.75, 0.25],
    };
    let excited = HawkesJumps {
        base: Jumps { rate: 10.0, mean: -0.02, std_dev: 0.05 },
        excitation: 250.0,
        decay: 500.0,
    };
    let week = days(7);
    let record = Bootstrap::new(&walk(1.2, 2_000, 8), "walk".to_owned(), 24.0, None, week);
    let long = |model, leverage| setup(model, Side::Long, vec![leverage], 1_000);
    let daily = |model, leverage| Setup { monitoring: LOOKS, ..long(model, leverage) };
    vec![
        (
            "gbm, looked at daily",
            daily(Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }), 2.0),
            100_000_000,
            6.256e-5,
            7.9e-7,
        ),
        ("heston", long(Model::Heston(heston()), 1.6), 40_000_000, 8.73000e-5, 1.5e-6),
        ("bates", long(Model::Bates(Bates { heston: heston(), jumps }), 1.5), 20_000_000, 3.30000e-5, 1.3e-6),
        ("garch", long(Model::Garch(garch), 1.8), 40_000_000, 3.31875e-4, 2.9e-6),
        (
            "garch, Student-t",
            long(Model::Garch(Garch { dof: Some(4.5), ..garch }), 1.4),
            40_000_000,
            2.77875e-4,
            2.6e-6,
        ),
        (
            "regime, short",
            setup(Model::Regime(regime), Side::Short, vec![0.6], 1_000),
            100_000_000,
            2.33700e-5,
            4.8e-7,
        ),
        (
            "hawkes",
            long(Model::Hawkes(Hawkes { drift: 0.0, volatility: 0.6, jumps: excited }), 1.6),
            40_000_000,
            3.69e-5,
            9.6e-7,
        ),
        (
            "bootstrap",
            Setup { horizon: week, ..long(Model::Bootstrap(record), 2.0) },
            20_000_000,
            4.55000e-6,
            4.8e-7,
        ),
    ]
}

/// Eight cases: false alarm 5e-4.
#[test]
fn other_models_meet_plain_simulations() {
    for (label, case, _, p, error) in simulated() {
        let at = |seed| Setup { seed, model: case.model.clone(), leverage: case.leverage.clone(), ..case };
        check(label, at, &[(p, error)]);
    }
}

/// P(looked at after each of two steps, the log-price is at or below h) under GARCH without drift, by Simpson's rule over the first
/// innovation on the scale of an inverse hyperbolic sine.
fn two_steps(garch: &Garch, h: f64) -> f64 {
    let student = garch.dof.map(|dof| (StudentsT::new(0.0, 1.0, dof).unwrap(), (dof / (dof - 2.0)).sqrt()));
    let cdf = |z: f64| match &student {
        Some((law, scale)) => law.cdf(z * scale),
        None => Normal::standard().cdf(z),
    };
    let pdf = |z: f64| match &student {
        Some((law, scale)) => scale * law.pdf(z * scale),
        None => Normal::standard().pdf(z),
    };
    let deviation = garch.initial_variance.sqrt();
    let after = |z: f64| {
        let shock = deviation * z;
        let weight = if z < 0.0 { garch.alpha + garch.gamma } else { garch.alpha };
        let variance = garch.omega + weight * shock * shock + garch.beta * garch.initial_variance;
        pdf(z) * cdf((h - shock) / variance.sqrt())
    };
    let (from, to) = ((h / deviation).asinh(), 1e4_f64.asinh());
    let n = 40_000;
    let width = (to - from) / f64::from(n);
    let term = |i: i32| {
        let x = from + width * f64::from(i);
        let weight = if i == 0 || i == n { 1.0 } else { 2.0 + 2.0 * f64::from(i % 2) };
        weight * x.cosh() * after(x.sinh())
    };
    cdf(h / deviation) + (0..=n).map(term).sum::<f64>() * width / 3.0
}

/// A record whose hourly bars move by whole hundredths, most of them little and a few far, in runs.
fn lattice() -> (Vec<i32>, PriceHistory) {
    let moves: Vec<i32> = (0..60)
        .map(|i: i32| match i {
            20..=23 => -3,
            40 => -9,
            50..=52 => 4,
            _ => (i * i) % 5 - 2,
        })
        .collect();
    let mut level = 0;
    let bars = (0..).zip(&moves).map(|(hour, moved)| {
        let open = 100.0 * (0.01 * f64::from(level)).exp();
        level += moved;
        let close = 100.0 * (0.01 * f64::from(level)).exp();
        let (low, high) = (open.min(close), open.max(close));
        HistoricalBar { time: 3_600 * hour, open, high, low, close, volume: 0.0 }
    });
    let bars = bars.collect();
    (moves, PriceHistory { bars, interval: Duration::from_seconds(3_600), close_only: false })
}

/// P(so many hundredths down, or up, are reached within some bars of a bootstrap), by the recursion over bars and distances.
fn by_recursion(moves: &[i32], block: f64, hours: usize, goal: i32, sign: i32) -> f64 {
    let (n, reach) = (moves.len(), goal as usize + 300);
    // By bar about to begin and distance left, less one; nobody comes back from far away.
    let mut reached = vec![vec![0.0; reach]; n];
    for _ in 0..hours {
        let starts: Vec<f64> =
            (0..reach).map(|left| reached.iter().map(|row| row[left]).sum::<f64>() / n as f64).collect();
        let value = |bar: usize, left: i32| match usize::try_from(left - sign * moves[bar]) {
            Ok(left) if left > 0 => {
                let left = (left - 1).min(reach - 1);
                (1.0 - 1.0 / block) * reached[(bar + 1) % n][left] + starts[left] / block
            }
            _ => 1.0,
        };
        let next = |bar| (1..=reach as i32).map(|left| value(bar, left)).collect();
        reached = (0..n).map(next).collect();
    }
    reached.iter().map(|row| row[goal as usize - 1]).sum::<f64>() / n as f64
}

/// A position that is liquidated when the price has gone so many hundredths from the start.
fn at_lattice(record: &Bootstrap, side: Side, goal: i32, seed: u64) -> Setup {
    // Half a hundredth before the lattice, so that rounding decides nothing.
    let depth = 0.01 * (f64::from(goal) - 0.5);
    let leverage = match side {
        Side::Long => 1.0 / (1.0 - 0.995 * (-depth).exp()),
        Side::Short => 1.0 / (1.005 * depth.exp() - 1.0),
    };
    Setup { horizon: days(1), ..setup(Model::Bootstrap(record.clone()), side, vec![leverage], seed) }
}

/// Bootstraps of a record on a lattice against the recursion: independent bars and blocks, down and up, from less than 1e-4 to less than 1e-8,
/// false alarm 3e-4 in all. A weight wrong by 1 % is some six errors off.
#[test]
fn bootstraps_meet_their_recursion() {
    let (moves, history) = lattice();
    let mut all = Vec::new();
    for (block, side, goal) in
        [(1.0, Side::Long, 75), (1.0, Side::Short, 55), (12.0, Side::Long, 45), (12.0, Side::Long, 60)]
    {
        let sign = if side == Side::Long { -1 } else { 1 };
        let record = Bootstrap::new(&history, "lattice".to_owned(), block, None, days(1));
        let truth = by_recursion(&moves, block, 24, goal, sign);
        all.push(truth);
        check(&format!("{block}, {goal}"), |seed| at_lattice(&record, side, goal, seed), &[(truth, 0.0)]);
    }
    assert!(all.iter().all(|p| *p < 1e-4) && all.iter().any(|p| *p < 1e-8), "{all:?}");
}

fn two_days(garch: Garch, leverage: f64, seed: u64) -> Setup {
    let horizon = days(2);
    Setup { monitoring: LOOKS, horizon, ..setup(Model::Garch(garch), Side::Long, vec![leverage], seed) }
}

const WILD: Garch = Garch {
    log_drift: 0.0,
    step: Duration::from_seconds(86_400),
    omega: 3e-4,
    alpha: 0.1,
    gamma: 0.0,
    beta: 0.8,
    dof: None,
    initial_variance: 4e-3,
};

/// Two steps of GARCH against a quadrature, which knows neither particles nor weights: five levels from 2e-4 to less than 1e-9, false alarm 3e-4. A
/// weight wrong by 1 % is some ten errors off.
#[test]
fn two_steps_of_garch_meet_their_quadrature() {
    let asymmetric = Garch { alpha: 0.05, gamma: 0.2, ..WILD };
    let heavy = Garch { dof: Some(4.5), ..WILD };
    let mut all = Vec::new();
    for (label, garch, leverage) in [
        ("normal", WILD, 3.3),
        ("normal, far", WILD, 1.95),
        ("asymmetric", asymmetric, 2.6),
        ("Student-t", heavy, 1.6),
        ("Student-t, far", heavy, 1.02),
    ] {
        let truth = two_steps(&garch, barrier(Side::Long, leverage));
        all.push(truth);
        check(label, |seed| two_days(garch, leverage, seed), &[(truth, 0.0)]);
    }
    let (most, least) = all.iter().fold((0.0_f64, 1.0_f64), |(a, b), p| (a.max(*p), b.min(*p)));
    assert!(most < 3e-4 && least < 1e-9, "{all:?}");
}

/// Prints the figures of [`simulated`]; minutes.
#[test]
#[ignore = "makes the figures above, takes minutes: cargo test --release --test estimate rare_events -- --ignored --nocapture"]
#[allow(clippy::print_stderr)]
fn figures_of_plain_runs() {
    for (label, case, paths, ..) in simulated() {
        let mut scenario = case.scenario();
        scenario.simulation.paths = PathBudget::Fixed(paths);
        let found = run_scenario(&scenario).levels[0].liquidation_probability;
        eprintln!("{label}: {paths} {:.5e} {:.1e}", found.value, found.std_error);
    }
}

/// The 95 % intervals of 120 seeds hold the true value about 114 times: by chance less than 104 times in 10,000 once, always in 470 once.
#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let gbm = |seed| setup(Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 }), Side::Long, vec![2.0], seed);
    let t = 30.0 / 365.0;
    let truth = closed_form(-0.18, 0.6, t, barrier(Side::Long, 2.0));
    type At<'a> = &'a dyn Fn(u64) -> Setup;
    let heavy = Garch { dof: Some(4.5), ..WILD };
    let garch = |seed| two_days(heavy, 1.2, seed);
    let of_garch = two_steps(&heavy, barrier(Side::Long, 1.2));
    let (moves, history) = lattice();
    let record = Bootstrap::new(&history, "lattice".to_owned(), 12.0, None, days(1));
    let bootstrap = |seed| at_lattice(&record, Side::Long, 55, seed);
    let of_bootstrap = by_recursion(&moves, 12.0, 24, 55, -1);
    for (label, at, truth) in [
        ("gbm", &gbm as At<'_>, truth),
        ("kou", &single_jump, SINGLE_JUMP),
        ("garch", &garch, of_garch),
        ("bootstrap", &bootstrap, of_bootstrap),
    ] {
        let found: Vec<_> = (0..120).filter_map(|seed| estimates(&at(seed), &SMALL).remove(0)).collect();
        assert!(found.len() >= 114, "{label}: {} pilots arrived", found.len());
        let holds = |one: &&Answer| one.probability.low <= truth && truth <= one.probability.high;
        let covered = found.iter().filter(holds).count();
        let share = covered as f64 / found.len() as f64;
        assert!((0.866..0.9999).contains(&share), "{label}: {covered} of {}", found.len());
    }
}

/// The depth that is reached with a small probability: its z-scores over 40 seeds are standard normal, their mean within 4 errors
/// and their mean square within 0.4 to 2.2 (chi-square at 3e-4 and 1e-5).
#[test]
fn small_quantiles_of_the_depth_are_right() {
    let gbm = Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 });
    for leverage in [2.0, 1.7] {
        let truth = -barrier(Side::Long, leverage);
        let p = closed_form(-0.18, 0.6, 30.0 / 365.0, -truth);
        let scores: Vec<f64> = (0..SEEDS)
            .map(|seed| {
                let plan = Plan::new(&setup(gbm.clone(), Side::Long, vec![5.0], seed).scenario()).unwrap();
                let depth = RareEvents::new(&plan)
                    .unwrap()
                    .depth(p, &SMALL, &Executor::alone())
                    .expect("particles get there");
                (depth.value - truth) / depth.std_error
            })
            .collect();
        let n = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let square = scores.iter().map(|z| z * z).sum::<f64>() / n;
        assert!(mean.abs() < 4.0 / n.sqrt() && (0.4..2.2).contains(&square), "{leverage}x: {mean} {square}");
    }
}

/// The depth that one path in 100,000 reaches: the closed form gives that probability four errors on either side of it (6.3e-5). Nets
/// and plain paths leave it to particles only where they are wanted.
#[test]
fn the_depth_of_a_rare_target_meets_the_closed_form() {
    let gbm = Model::Gbm(Gbm { drift: 0.0, volatility: 0.6 });
    let mut scenario = setup(gbm, Side::Long, vec![5.0], 6).scenario();
    let rare = RareEvents::new(&Plan::new(&scenario).unwrap()).expect("fixed barriers");
    let depth = rare
        .depth(
            1e-5,
            &Effort { relative: 0.0, paths: 100_000, until_met: true, closings: false },
            &Executor::alone(),
        )
        .expect("particles get there");
    let probability = |depth: f64| closed_form(-0.18, 0.6, 30.0 / 365.0, -depth);
    let (near, far) = (depth.value - 4.0 * depth.std_error, depth.value + 4.0 * depth.std_error);
    assert!(probability(near) > 1e-5 && probability(far) < 1e-5, "{depth:?}");
    assert!(depth.std_error < 0.01 * depth.value, "{depth:?}");

    scenario.assets[0].model = Model::Heston(heston());
    scenario.simulation.paths = PathBudget::Fixed(50_000);
    scenario.simulation.sampling = Sampling::Auto;
    let options = RunOptions { threads: None, stop: &AtomicBool::new(false), progress: &|_| {} };
    let (_, tally) = run_tallied(&scenario, &options).unwrap();
    let apart = |scenario: &Scenario| {
        Depths::new(scenario, &tally).unwrap().safe_apart(1e-5, &RunOptions::default()).unwrap()
    };
    assert!(matches!(apart(&scenario), Some((_, Method::Splitting))));
    assert!(
        Depths::new(&scenario, &tally).unwrap().safe_apart(1e-2, &RunOptions::default()).unwrap().is_none()
    );
    scenario.simulation.sampling = Sampling::Pseudo;
    assert!(apart(&scenario).is_none());
}

#[test]
fn instruction_sets_and_threads_change_no_bit() {
    let jumps = Jumps { rate: 20.0, mean: -0.03, std_dev: 0.05 };
    let bates = Model::Bates(Bates { heston: heston(), jumps });
    let garch = Model::Garch(Garch { dof: Some(4.5), ..WILD });
    let record = Bootstrap::new(&walk(1.2, 1_000, 8), "walk".to_owned(), 24.0, None, days(10));
    let bootstrap = Model::Bootstrap(record);
    for (model, horizon, leverage) in [
        (bates, 30, vec![1.2, 1.5, 3.0]),
        (garch, 30, vec![1.01, 1.05, 3.0]),
        (bootstrap, 10, vec![1.44, 1.54, 3.0]),
    ] {
        check_bits(&Setup { horizon: days(horizon), ..setup(model, Side::Long, leverage, 3) });
    }
}

fn check_bits(setup: &Setup) {
    let forced = Forced::begin();
    let run = |set, threads| {
        forced.set(set);
        let options = RunOptions { threads: Some(threads), ..RunOptions::default() };
        estimates_on(&Executor::new(options).unwrap(), setup, &SMALL)
    };
    let reference = run(InstructionSet::Baseline, 1);
    assert!(reference[0].is_some() && reference[2].is_none(), "{reference:?}");
    for (set, threads) in [(InstructionSet::Avx2, 2), (InstructionSet::Avx512, 3)] {
        assert_eq!(reference, run(set, threads), "{set:?}, {threads} threads");
    }
}

/// A run says which levels rest on particles, and keeps to the plain count where asked.
#[test]
fn a_run_names_its_rare_levels() {
    let mut scenario = setup(Model::Heston(heston()), Side::Long, vec![1.5, 10.0], 4).scenario();
    scenario.simulation.paths = PathBudget::Fixed(40_000);
    scenario.simulation.sampling = Sampling::Auto;
    let auto = run_scenario(&scenario);
    let note = auto.notes.iter().find(|note| note.code == "sampling").expect("a note");
    assert!(note.message.contains("at 1.5x is rare and comes from particles"), "{}", note.message);
    let rare = auto.levels[0].liquidation_probability;
    assert!(rare.value > 5e-6 && rare.value < 6e-5 && rare.std_error < 0.1 * rare.value, "{rare:?}");
    scenario.simulation.sampling = Sampling::Pseudo;
    let pseudo = run_scenario(&scenario);
    assert!(pseudo.notes.iter().all(|note| note.code != "sampling"));
    // What rests on the paths is the same within the errors, and these are smaller.
    let [counted, stratified] = [&pseudo, &auto].map(|result| &result.levels[1]);
    for number in
        [|level: &LevelResult| level.liquidation_probability, |level: &LevelResult| level.mean_return]
    {
        let [p, q] = [counted, stratified].map(number);
        assert!(q.std_error < 0.9 * p.std_error, "{p:?} {q:?}");
        assert!((q.value - p.value).abs() < 4.5 * q.std_error.hypot(p.std_error), "{p:?} {q:?}");
    }
}

/// A single day decides there, and nothing announces it; paths of whole past horizons draw nothing that a copy could do otherwise.
#[test]
fn paths_of_recorded_hours_have_no_particles() {
    let history = walk(0.6, 24 * 450, 5);
    let name = String::new;
    for model in [
        Model::Har(Har::of_history(&history, name(), 0.0).unwrap()),
        Model::ScaledHistory(ScaledHistory::of_history(&history, name(), days(30)).unwrap()),
        Model::Forecast(Mixture::of_history(&history, name(), days(30)).unwrap()),
    ] {
        let plan = Plan::new(&setup(model, Side::Long, vec![1.5], 1).scenario()).unwrap();
        assert!(RareEvents::new(&plan).is_none());
    }
}

/// Levels that cannot be reached, or not on any path of the record, are left to the plain count.
#[test]
fn what_cannot_happen_has_no_particles() {
    let record = Bootstrap::new(&walk(0.2, 100, 8), "walk".to_owned(), 24.0, None, days(1));
    let mut at = setup(Model::Bootstrap(record), Side::Long, vec![1.0, 1.01, 2.0], 1);
    at.horizon = days(1);
    assert_eq!(estimates(&at, &SMALL), vec![None; 3]);
}
