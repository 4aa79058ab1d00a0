//! Known parameters come back: from one large sample within three standard errors, and over repeated samples as often as the
//! standard errors promise.
//!
//! Samples are simulated here with `rand` and `rand_distr`, apart from the program's own models, with fixed seeds. A
//! comparison at three standard errors fails by chance once in 370.

use liqsim::calibrate::{Fit, Garch, Sample, Target, calibrate, refit};
use liqsim::market::{Duration, HistoricalBar, PriceHistory};
use liqsim::model::{Bates, Heston, Jumps, Model};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp, Poisson, StandardNormal, StudentT};

const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

fn normal(rng: &mut StdRng) -> f64 {
    StandardNormal.sample(rng)
}

fn fit(returns: Vec<f64>, step: u64, target: Target) -> Fit {
    let sample = Sample::from_returns(returns, Duration::from_seconds(step)).unwrap();
    let calibration = calibrate(sample, &[target]).unwrap();
    let candidate = &calibration.candidates[0];
    if let Some(goodness) = &candidate.goodness
        && candidate.fit.likelihood.is_some_and(|likelihood| likelihood.is_maximum)
    {
        // The right model passes its own tests; each p-value is below 0.001 once in a thousand.
        assert!(
            goodness.kolmogorov_smirnov.p_value > 0.001 && goodness.ljung_box.p_value > 0.001,
            "{goodness:?}"
        );
    }
    candidate.fit.clone()
}

/// Distance of each parameter from the truth, in standard errors.
fn distances(fit: &Fit, truth: &[(&str, f64)]) -> Vec<f64> {
    truth
        .iter()
        .map(|(key, value)| {
            let parameter = fit.parameters.iter().chain(&fit.derived).find(|p| p.key == *key).unwrap();
            (parameter.value - value) / parameter.std_error.unwrap()
        })
        .collect()
}

fn assert_recovered(fit: &Fit, truth: &[(&str, f64)]) {
    let distances = distances(fit, truth);
    assert!(distances.iter().all(|distance| distance.abs() < 3.0), "{distances:?} {:?}", fit.parameters);
}

/// Errors of 95 % intervals over repeated samples: the share that holds the truth, between 0.87 and 0.995 for 200 repeats (four standard errors around 0.95), and the
/// mean distance, within four standard errors of its own plus a tenth for the bias of small samples.
fn assert_covered(name: &str, distances: &[Vec<f64>]) {
    let repeats = distances.len() as f64;
    for index in 0..distances[0].len() {
        let column: Vec<f64> = distances.iter().map(|row| row[index]).collect();
        let share = column.iter().filter(|distance| distance.abs() < 1.96).count() as f64 / repeats;
        let allowed = 4.0 * (0.95_f64 * 0.05 / repeats).sqrt() + 0.02;
        assert!(
            (share - 0.95).abs() < allowed,
            "{name}, parameter {index}: {share} of the intervals hold the truth"
        );
        let mean = column.iter().sum::<f64>() / repeats;
        assert!(mean.abs() < 4.0 / repeats.sqrt() + 0.1, "{name}, parameter {index}: mean distance {mean}");
    }
}

fn merton(rng: &mut StdRng, n: usize, step: u64, [volatility, rate, mean, std_dev]: [f64; 4]) -> Vec<f64> {
    let dt = Duration::from_seconds(step).years();
    let count = Poisson::new(rate * dt).unwrap();
    (0..n)
        .map(|_| {
            let jumps: f64 = count.sample(rng);
            volatility * dt.sqrt() * normal(rng) + jumps * mean + jumps.sqrt() * std_dev * normal(rng)
        })
        .collect()
}

fn garch(rng: &mut StdRng, n: usize, [omega, alpha, gamma, beta]: [f64; 4], dof: Option<f64>) -> Vec<f64> {
    let student = dof.map(|dof| (StudentT::new(dof).unwrap(), ((dof - 2.0) / dof).sqrt()));
    let mut h = omega / (1.0 - alpha - 0.5 * gamma - beta);
    let mut returns = Vec::new();
    for index in 0..n + 500 {
        let z = match &student {
            Some((law, scale)) => scale * law.sample(rng),
            None => normal(rng),
        };
        let e = h.sqrt() * z;
        // The first ones only lead to the law in the long run.
        if index >= 500 {
            returns.push(e);
        }
        h = omega + (alpha + if e < 0.0 { gamma } else { 0.0 }) * e * e + beta * h;
    }
    returns
}

#[test]
fn gbm_is_recovered_and_its_intervals_cover() {
    let mut rng = StdRng::seed_from_u64(1);
    let runs: Vec<_> = (0..200)
        .map(|_| {
            let returns = (0..500).map(|_| 0.6 * (1.0_f64 / 365.0).sqrt() * normal(&mut rng)).collect();
            let sample = Sample::from_returns(returns, Duration::from_seconds(DAY)).unwrap();
            distances(&calibrate(sample, &[Target::Gbm]).unwrap().candidates[0].fit, &[("volatility", 0.6)])
        })
        .collect();
    assert_covered("gbm", &runs);
}

#[test]
fn merton_is_recovered_by_likelihood() {
    let mut rng = StdRng::seed_from_u64(2);
    let returns = merton(&mut rng, 20_000, HOUR, [0.5, 60.0, -0.01, 0.03]);
    let truth = [("volatility", 0.5), ("jumps.rate", 60.0), ("jumps.mean", -0.01), ("jumps.std_dev", 0.03)];
    assert_recovered(&fit(returns, HOUR, Target::Merton), &truth);
}

#[test]
fn merton_intervals_cover() {
    let mut rng = StdRng::seed_from_u64(3);
    let truth = [("volatility", 0.5), ("jumps.rate", 60.0), ("jumps.mean", -0.02), ("jumps.std_dev", 0.08)];
    let runs: Vec<_> = (0..100)
        .map(|_| {
            let returns = merton(&mut rng, 2_000, DAY, [0.5, 60.0, -0.02, 0.08]);
            let sample = Sample::from_returns(returns, Duration::from_seconds(DAY)).unwrap();
            distances(&calibrate(sample, &[Target::Merton]).unwrap().candidates[0].fit, &truth)
        })
        .collect();
    assert_covered("merton", &runs);
}

/// Jumps of 4 to 8 % among hourly moves of 0.5 % are all found, and nothing else is.
#[test]
fn merton_is_recovered_by_detected_jumps() {
    let mut rng = StdRng::seed_from_u64(4);
    let returns = merton(&mut rng, 43_800, HOUR, [0.45, 50.0, -0.06, 0.005]);
    let fit = fit(returns, HOUR, Target::MertonJumps);
    let truth = [("volatility", 0.45), ("jumps.rate", 50.0), ("jumps.mean", -0.06), ("jumps.std_dev", 0.007)];
    // The volatility is what is left; the spread of detected jumps holds the hour's ordinary move as well:
    // √(0.005² + 0.0048²) = 0.007.
    assert_recovered(&fit, &truth);
}

#[test]
fn few_jumps_are_refused() {
    let mut rng = StdRng::seed_from_u64(5);
    let returns: Vec<f64> = (0..20_000).map(|_| 0.005 * normal(&mut rng)).collect();
    let sample = Sample::from_returns(returns, Duration::from_seconds(HOUR)).unwrap();
    let failures = calibrate(sample, &[Target::MertonJumps, Target::Hawkes]).unwrap_err();
    let reasons: Vec<String> = failures.iter().map(|(name, error)| format!("{name}: {error}")).collect();
    assert_eq!(
        reasons,
        [
            "merton-jumps: 0 jumps were detected: at least 10 are needed",
            "hawkes: 0 jumps were detected: at least 30 are needed"
        ]
    );
}

#[test]
fn kou_is_recovered() {
    let mut rng = StdRng::seed_from_u64(6);
    let dt = Duration::from_seconds(HOUR).years();
    let (up, down) = (Exp::new(1.0 / 0.03).unwrap(), Exp::new(1.0 / 0.02).unwrap());
    let count = Poisson::new(200.0 * dt).unwrap();
    let returns = (0..30_000)
        .map(|_| {
            let jumps: f64 = count.sample(&mut rng);
            let jumps: f64 = (0..jumps as usize)
                .map(|_| if rng.random::<f64>() < 0.4 { up.sample(&mut rng) } else { -down.sample(&mut rng) })
                .sum();
            0.5 * dt.sqrt() * normal(&mut rng) + jumps
        })
        .collect();
    let truth = [
        ("volatility", 0.5),
        ("jumps.rate", 200.0),
        ("jumps.up_probability", 0.4),
        ("jumps.up_mean", 0.03),
        ("jumps.down_mean", 0.02),
    ];
    assert_recovered(&fit(returns, HOUR, Target::Kou), &truth);
}

#[test]
fn the_garch_family_is_recovered() {
    let mut rng = StdRng::seed_from_u64(7);
    for (student, asymmetric) in [(false, false), (true, false), (false, true), (true, true)] {
        let gamma = if asymmetric { 0.06 } else { 0.0 };
        let dof = student.then_some(5.0);
        let returns = garch(&mut rng, 12_000, [2e-6, 0.05, gamma, 0.89], dof);
        let mut truth = vec![("omega", 2e-6), ("alpha", 0.05), ("beta", 0.89)];
        truth.extend(asymmetric.then_some(("gamma", 0.06)));
        truth.extend(student.then_some(("dof", 5.0)));
        truth.push(("persistence", 0.94 + 0.5 * gamma));
        assert_recovered(&fit(returns, HOUR, Target::Garch(Garch { student, asymmetric })), &truth);
    }
}

#[test]
fn garch_intervals_cover() {
    let mut rng = StdRng::seed_from_u64(8);
    let truth = [("alpha", 0.1), ("beta", 0.8)];
    let garch_normal = Target::Garch(Garch { student: false, asymmetric: false });
    let runs: Vec<_> = (0..200)
        .map(|_| {
            let returns = garch(&mut rng, 3_000, [1e-5, 0.1, 0.0, 0.8], None);
            let sample = Sample::from_returns(returns, Duration::from_seconds(DAY)).unwrap();
            distances(&calibrate(sample, &[garch_normal]).unwrap().candidates[0].fit, &truth)
        })
        .collect();
    assert_covered("garch", &runs);
}

/// Switches between steps, as the filter assumes, with the probabilities of the continuous chain.
fn regime(rng: &mut StdRng, n: usize, volatility: [f64; 2], rates: [f64; 2], step: u64) -> Vec<f64> {
    let dt = Duration::from_seconds(step).years();
    let total = rates[0] + rates[1];
    let leaving = rates.map(|rate| rate / total * -(-total * dt).exp_m1());
    let mut state = 0;
    (0..n)
        .map(|_| {
            let r = volatility[state] * dt.sqrt() * normal(rng);
            if rng.random::<f64>() < leaving[state] {
                state = 1 - state;
            }
            r
        })
        .collect()
}

#[test]
fn regimes_are_recovered_and_their_intervals_cover() {
    let mut rng = StdRng::seed_from_u64(9);
    let truth = [
        ("states.0.volatility", 0.4),
        ("states.1.volatility", 1.2),
        ("switching_rates.0.1", 20.0),
        ("switching_rates.1.0", 50.0),
    ];
    let returns = regime(&mut rng, 40_000, [0.4, 1.2], [20.0, 50.0], HOUR);
    assert_recovered(&fit(returns, HOUR, Target::Regime), &truth);
    let runs: Vec<_> = (0..60)
        .map(|_| {
            let returns = regime(&mut rng, 10_000, [0.4, 1.2], [20.0, 50.0], HOUR);
            let sample = Sample::from_returns(returns, Duration::from_seconds(HOUR)).unwrap();
            distances(&calibrate(sample, &[Target::Regime]).unwrap().candidates[0].fit, &truth)
        })
        .collect();
    assert_covered("regime", &runs);
}

/// Event times by thinning (Ogata 1981), each a jump of −8 % in its hour.
#[test]
fn self_exciting_jumps_are_recovered() {
    let mut rng = StdRng::seed_from_u64(10);
    let (rate, excitation, decay) = (25.0, 60.0, 120.0);
    let (n, dt) = (200_000, Duration::from_seconds(HOUR).years());
    let mut returns: Vec<f64> = (0..n).map(|_| 0.4 * dt.sqrt() * normal(&mut rng)).collect();
    let (mut t, mut excited) = (0.0, 0.0);
    loop {
        let bound = rate + excited;
        let wait = Exp::new(bound).unwrap().sample(&mut rng);
        t += wait;
        excited *= f64::exp(-decay * wait);
        let index = (t / dt) as usize;
        if index >= n {
            break;
        }
        if rng.random::<f64>() * bound < rate + excited {
            excited += excitation;
            returns[index] += -0.08 + 0.01 * normal(&mut rng);
        }
    }
    let truth =
        [("jumps.rate", rate), ("jumps.excitation", excitation), ("jumps.decay", decay), ("branching", 0.5)];
    assert_recovered(&fit(returns, HOUR, Target::Hawkes), &truth);
}

/// Full truncation Euler in steps of a quarter of an hour; correlation −0.5.
fn heston(rng: &mut StdRng, days: usize, [theta, kappa, xi, rho]: [f64; 4]) -> Vec<f64> {
    let dt = Duration::from_seconds(HOUR / 4).years();
    let mut v: f64 = theta;
    (0..24 * days)
        .map(|_| {
            let mut r = 0.0;
            for _ in 0..4 {
                let (a, b) = (normal(rng), normal(rng));
                let root = (v.max(0.0) * dt).sqrt();
                r += root * (rho * a + (1.0 - rho * rho).sqrt() * b) - 0.5 * v.max(0.0) * dt;
                v += kappa * (theta - v.max(0.0)) * dt + xi * root * a;
            }
            r
        })
        .collect()
}

/// Six years of hours, twelve times: each parameter within three standard errors each time but for one in 48 (by chance 1 in 370, and
/// bootstrap errors are themselves uncertain), and on average within four standard errors of the mean plus half a standard error of bias.
#[test]
fn heston_is_recovered_by_moments() {
    let mut rng = StdRng::seed_from_u64(11);
    let truth =
        [("long_run_variance", 0.4), ("mean_reversion", 20.0), ("vol_of_vol", 3.0), ("correlation", -0.5)];
    let runs: Vec<Vec<f64>> = (0..12)
        .map(|_| {
            distances(&fit(heston(&mut rng, 6 * 365, [0.4, 20.0, 3.0, -0.5]), HOUR, Target::Heston), &truth)
        })
        .collect();
    let far = runs.iter().flatten().filter(|distance| distance.abs() > 3.0).count();
    assert!(far <= 1, "{runs:?}");
    for index in 0..truth.len() {
        let mean = runs.iter().map(|run| run[index]).sum::<f64>() / runs.len() as f64;
        assert!(
            mean.abs() < 4.0 / (runs.len() as f64).sqrt() + 0.5,
            "{}: mean distance {mean}",
            truth[index].0
        );
    }
}

/// Heston's paths with jumps of −8 % ± 1 % among hourly moves of 0.6 %, six years, eight times; judged as Heston's. The spread of a detected jump
/// holds its hour's ordinary move too: √(0.01² + 0.4/8760) = 0.0121.
#[test]
fn bates_is_recovered_by_detected_jumps_and_moments() {
    let mut rng = StdRng::seed_from_u64(13);
    let truth = [
        ("long_run_variance", 0.4),
        ("mean_reversion", 20.0),
        ("vol_of_vol", 3.0),
        ("correlation", -0.5),
        ("jumps.rate", 40.0),
        ("jumps.mean", -0.08),
        ("jumps.std_dev", 0.0121),
    ];
    let runs: Vec<Vec<f64>> = (0..8)
        .map(|_| {
            let mut returns = heston(&mut rng, 6 * 365, [0.4, 20.0, 3.0, -0.5]);
            let jumps = merton(&mut rng, returns.len(), HOUR, [0.0, 40.0, -0.08, 0.01]);
            returns.iter_mut().zip(jumps).for_each(|(r, jump)| *r += jump);
            let fit = fit(returns, HOUR, Target::Bates);
            // Without the jumps, the variance is what it was; with them it would be 0.66.
            assert!((fit.value("long_run_variance").unwrap() - 0.4).abs() < 0.1, "{:?}", fit.parameters);
            distances(&fit, &truth)
        })
        .collect();
    let far = runs.iter().flatten().filter(|distance| distance.abs() > 3.0).count();
    assert!(far <= 1, "{runs:?}");
    for index in 0..truth.len() {
        let mean = runs.iter().map(|run| run[index]).sum::<f64>() / runs.len() as f64;
        let allowed = 4.0 / (runs.len() as f64).sqrt() + 0.5;
        assert!(mean.abs() < allowed, "{}: mean distance {mean}", truth[index].0);
    }
}

/// What a walk through history takes from a window is the fit of that window.
#[test]
fn bates_is_estimated_anew_as_it_is_fitted() {
    let mut rng = StdRng::seed_from_u64(14);
    let mut returns = heston(&mut rng, 3 * 365, [0.4, 20.0, 3.0, -0.5]);
    let jumps = merton(&mut rng, returns.len(), HOUR, [0.0, 40.0, -0.08, 0.01]);
    returns.iter_mut().zip(jumps).for_each(|(r, jump)| *r += jump);
    let mut price: f64 = 100.0;
    let bars = (0..)
        .zip(std::iter::once(&0.0).chain(&returns))
        .map(|(hour, log_return)| {
            price *= log_return.exp();
            HistoricalBar {
                time: hour * HOUR as i64,
                open: price,
                high: price,
                low: price,
                close: price,
                volume: 0.0,
            }
        })
        .collect();
    let history = PriceHistory { bars, interval: Duration::from_seconds(HOUR), close_only: true };
    let law = Heston {
        drift: 0.1,
        variance: 0.1,
        long_run_variance: 0.1,
        mean_reversion: 1.0,
        vol_of_vol: 0.1,
        correlation: 0.0,
        step: Some(Duration::from_seconds(2 * HOUR)),
    };
    let before = Model::Bates(Bates { heston: law, jumps: Jumps { rate: 1.0, mean: 0.0, std_dev: 0.1 } });
    let found = refit(&before, &history, Duration::from_seconds(24 * HOUR)).unwrap();
    let Model::Bates(found) = found else { panic!("{found:?}") };
    assert_eq!((found.heston.drift, found.heston.step), (0.0, law.step));
    let calibration = calibrate(Sample::of(&history).unwrap(), &[Target::Bates]).unwrap();
    let fit = &calibration.candidates[0].fit;
    for (key, value) in [
        ("variance", found.heston.variance),
        ("long_run_variance", found.heston.long_run_variance),
        ("mean_reversion", found.heston.mean_reversion),
        ("vol_of_vol", found.heston.vol_of_vol),
        ("correlation", found.heston.correlation),
        ("jumps.rate", found.jumps.rate),
        ("jumps.mean", found.jumps.mean),
        ("jumps.std_dev", found.jumps.std_dev),
    ] {
        assert_eq!(Some(value), fit.value(key), "{key}");
    }
}

#[test]
fn the_true_model_is_chosen_and_threads_change_nothing() {
    let mut rng = StdRng::seed_from_u64(12);
    let returns = garch(&mut rng, 4_000, [2e-6, 0.08, 0.0, 0.88], Some(4.0));
    let sample = Sample::from_returns(returns, Duration::from_seconds(HOUR)).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| calibrate(sample.clone(), &Target::ALL).unwrap())
    };
    let one = on(1);
    assert_eq!(one.candidates[one.chosen].fit.name, "garch-t");
    assert_eq!(one, on(3));
}
