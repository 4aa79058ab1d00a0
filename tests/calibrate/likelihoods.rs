//! Likelihoods against slow and independent evaluations, and GARCH against another implementation.

use std::collections::BTreeMap;

use approx::assert_relative_eq;
use liqsim::calibrate::{Excitation, Garch, GarchLaw, KouLaw, RegimeLaw, Sample, StepLaw, Target, calibrate};
use liqsim::market::Duration;
use serde::Deserialize;
use statrs::distribution::{Continuous, Discrete, Normal, Poisson};

#[derive(Deserialize)]
struct Reference {
    returns: Vec<f64>,
    fits: Vec<ReferenceFit>,
}

#[derive(Deserialize)]
struct ReferenceFit {
    student: bool,
    asymmetric: bool,
    log_likelihood: f64,
    parameters: BTreeMap<String, f64>,
    std_errors: BTreeMap<String, f64>,
}

/// Numbers of the Python package arch 8.0.0; the file says how they were made.
fn reference() -> Reference {
    serde_json::from_str(include_str!("../reference/garch-arch.json")).unwrap()
}

fn sample(returns: &[f64]) -> Sample {
    Sample::from_returns(returns.to_vec(), Duration::from_seconds(86_400)).unwrap()
}

#[test]
fn garch_likelihoods_are_those_of_arch() {
    let Reference { returns, fits } = reference();
    let mean = returns.iter().sum::<f64>() / returns.len() as f64;
    let before = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / returns.len() as f64;
    for fit in fits {
        let value = |key: &str| fit.parameters.get(key).copied();
        let law = GarchLaw {
            mean: value("mean").unwrap(),
            omega: value("omega").unwrap(),
            alpha: value("alpha").unwrap(),
            gamma: value("gamma").unwrap_or(0.0),
            beta: value("beta").unwrap(),
            dof: value("dof"),
        };
        assert_relative_eq!(law.log_likelihood(&returns, before), fit.log_likelihood, max_relative = 1e-9);
    }
}

/// The search must end where arch's does: the likelihood to 1e-4, parameters to a twentieth of their standard error. The
/// standard errors come from other differences, and agree to 5 %.
#[test]
fn garch_fits_are_those_of_arch() {
    let Reference { returns, fits } = reference();
    for fit in fits {
        let garch = Garch { student: fit.student, asymmetric: fit.asymmetric };
        let calibration = calibrate(sample(&returns), &[Target::Garch(garch)]).unwrap();
        let found = &calibration.candidates[0].fit;
        assert_eq!(found.method, "maximum likelihood");
        assert!((found.likelihood.unwrap().log - fit.log_likelihood).abs() < 1e-4, "{found:?}");
        for parameter in &found.parameters {
            let (value, error) = (fit.parameters[parameter.key], fit.std_errors[parameter.key]);
            assert!((parameter.value - value).abs() < 0.05 * error, "{parameter:?} {value}");
            assert_relative_eq!(parameter.std_error.unwrap(), error, max_relative = 0.05);
        }
    }
}

#[test]
fn merton_is_the_sum_over_the_number_of_jumps() {
    for jumps in [1e-3, 0.3, 4.0] {
        let law = StepLaw { centre: 0.1, variance: 0.25, jumps, mean: -0.4, jump_variance: 1.7 };
        let poisson = Poisson::new(jumps).unwrap();
        let xs = [-9.0, -2.5, -0.3, 0.0, 0.2, 1.5, 6.0];
        let slow = |x: f64| -> f64 {
            (0..80)
                .map(|n| {
                    let m = f64::from(n);
                    let normal = Normal::new(0.1 - 0.4 * m, (0.25 + 1.7 * m).sqrt()).unwrap();
                    poisson.pmf(n as u64) * normal.pdf(x)
                })
                .sum()
        };
        let expected: f64 = xs.iter().map(|x| slow(*x).ln()).sum();
        assert_relative_eq!(law.log_likelihood(&xs), expected, max_relative = 1e-10);
    }
}

/// Kou's density without Fourier: the law given n jumps is that given n − 1 convolved with the jump law, each side of it by Simpson's
/// rule on a grid; then the Poisson mixture.
#[test]
fn kou_is_the_mixture_of_repeated_convolutions() {
    let law =
        KouLaw { centre: 0.05, std_dev: 0.5, jumps: 0.4, up_probability: 0.35, up_mean: 0.9, down_mean: 0.6 };
    let (half, steps) = (24.0, 4800_usize);
    let h = 2.0 * half / steps as f64;
    let normal = Normal::new(0.0, law.std_dev).unwrap();
    let mut given: Vec<f64> = (0..=steps).map(|i| normal.pdf(-half + h * i as f64)).collect();
    let poisson = Poisson::new(law.jumps).unwrap();
    let mut density: Vec<f64> = given.iter().map(|g| poisson.pmf(0) * g).collect();
    // Exponential weights over an even number of steps to each side, up to where e^-z is 1e-9.
    let reach = 2 * ((20.0 * 0.9 / h) as usize / 2);
    let simpson = |k: usize| match k {
        _ if k == 0 || k == reach => h / 3.0,
        _ if k % 2 == 1 => 4.0 * h / 3.0,
        _ => 2.0 * h / 3.0,
    };
    let weights = |mean: f64| -> Vec<f64> {
        (0..=reach).map(|k| simpson(k) * (-h * k as f64 / mean).exp() / mean).collect()
    };
    let (up, down) = (weights(law.up_mean), weights(law.down_mean));
    for n in 1..9 {
        let convolved: Vec<f64> = (0..=steps)
            .map(|i| {
                let after_up: f64 = up.iter().take(i + 1).enumerate().map(|(k, w)| w * given[i - k]).sum();
                let after_down: f64 =
                    down.iter().take(steps + 1 - i).enumerate().map(|(k, w)| w * given[i + k]).sum();
                law.up_probability * after_up + (1.0 - law.up_probability) * after_down
            })
            .collect();
        given = convolved;
        density.iter_mut().zip(&given).for_each(|(sum, g)| *sum += poisson.pmf(n) * g);
    }
    let fast = law.density(10.0).unwrap();
    let mut checked = 0;
    for (i, expected) in density.iter().enumerate() {
        let y = -half + h * i as f64;
        if y.abs() < 9.0 && i % 37 == 0 {
            // Nine or more jumps have a probability of 1e-10; the tail is held to the same absolute size.
            assert_relative_eq!(
                fast.log_at(y + law.centre).exp(),
                *expected,
                max_relative = 2e-4,
                epsilon = 1e-9
            );
            checked += 1;
        }
    }
    assert!(checked > 40);
    let total = fast.cdf(&[-9.0, 0.0, 9.0]);
    assert!(
        total[0] < 1e-4 && (total[2] - 1.0).abs() < 1e-4 && total[1] > 0.3 && total[1] < 0.7,
        "{total:?}"
    );
}

/// Kou's tails fall exponentially with the means of the jumps; the transform alone would end in rounding noise.
#[test]
fn kou_tails_go_on_straight_where_the_transform_ends() {
    let law =
        KouLaw { centre: 0.0, std_dev: 0.3, jumps: 0.05, up_probability: 0.5, up_mean: 0.25, down_mean: 0.4 };
    let density = law.density(30.0).unwrap();
    let slope = |x: f64| density.log_at(x + 1.0) - density.log_at(x);
    assert_relative_eq!(slope(20.0), -1.0 / 0.25, max_relative = 0.1);
    assert_relative_eq!(slope(-21.0), 1.0 / 0.4, max_relative = 0.1);
}

#[test]
fn the_regime_filter_is_the_sum_over_all_paths_of_regimes() {
    let law = RegimeLaw { mean: 0.1, std_dev: [0.5, 1.8], leaving: [0.1, 0.3] };
    let returns: [f64; 10] = [0.2, -0.4, 3.0, -2.5, 0.1, 0.0, 1.1, -0.2, 0.3, 4.0];
    let laws = law.std_dev.map(|std_dev| Normal::new(law.mean, std_dev).unwrap());
    let start = [1.0 - law.wild_share(), law.wild_share()];
    let mut total = 0.0;
    for path in 0_u32..1 << returns.len() {
        let state = |t: usize| (path >> t & 1) as usize;
        let mut probability = start[state(0)];
        for (t, r) in returns.iter().enumerate() {
            probability *= laws[state(t)].pdf(*r);
            if t > 0 {
                let leaving = law.leaving[state(t - 1)];
                probability *= if state(t) == state(t - 1) { 1.0 - leaving } else { leaving };
            }
        }
        total += probability;
    }
    assert_relative_eq!(law.log_likelihood(&returns), total.ln(), max_relative = 1e-12);
}

/// The rates are those of the chain whose transitions over a step are the probabilities: P = e^(QΔ), by its series.
#[test]
fn switching_rates_give_back_the_transition_matrix() {
    let law = RegimeLaw { mean: 0.0, std_dev: [1.0, 2.0], leaving: [0.12, 0.35] };
    let dt = 0.25;
    let [a, b] = law.rates(dt);
    let q = [[-a * dt, a * dt], [b * dt, -b * dt]];
    let mut term = [[1.0, 0.0], [0.0, 1.0]];
    let mut sum = term;
    for n in 1..30 {
        let mut next = [[0.0; 2]; 2];
        for i in 0..2 {
            for j in 0..2 {
                next[i][j] = (term[i][0] * q[0][j] + term[i][1] * q[1][j]) / f64::from(n);
                sum[i][j] += next[i][j];
            }
        }
        term = next;
    }
    assert_relative_eq!(sum[0][1], 0.12, max_relative = 1e-12);
    assert_relative_eq!(sum[1][0], 0.35, max_relative = 1e-12);
}

/// The definition: the sum of log intensities minus the integral of the intensity, here by the trapezoidal rule.
#[test]
fn the_hawkes_recursion_is_the_defining_double_sum() {
    let law = Excitation { rate: 2.0, excitation: 3.0, decay: 5.0 };
    let times = [0.1, 0.15, 0.7, 0.71, 2.0, 2.9];
    let end = 3.0;
    let intensity = |t: f64| {
        law.rate
            + times
                .iter()
                .filter(|time| **time < t)
                .map(|time| law.excitation * (-law.decay * (t - time)).exp())
                .sum::<f64>()
    };
    let steps = 2_000_000;
    let h = end / f64::from(steps);
    let integral: f64 = (0..steps).map(|i| h * intensity((f64::from(i) + 0.5) * h)).sum();
    let expected = times.iter().map(|t| intensity(*t).ln()).sum::<f64>() - integral;
    assert_relative_eq!(law.log_likelihood(&times, end), expected, max_relative = 1e-5);
}

#[test]
fn the_gbm_likelihood_is_the_sum_of_normal_log_densities() {
    let returns: Vec<f64> = (0..200).map(|i| 0.01 * (f64::from(i) * 1.7).sin() + 0.001).collect();
    let calibration = calibrate(sample(&returns), &[Target::Gbm]).unwrap();
    let found = calibration.candidates[0].fit.likelihood.unwrap().log;
    let law = Normal::new(calibration.sample.mean(), calibration.sample.std_dev()).unwrap();
    assert_relative_eq!(found, returns.iter().map(|r| law.ln_pdf(*r)).sum::<f64>(), max_relative = 1e-12);
}
