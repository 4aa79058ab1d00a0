//! Kou's double-exponential jump diffusion by maximum likelihood; the density comes from its characteristic function.
//!
//! Per step: φ(u) = exp(iμu − σ²u²/2 + Λ(p/(1 − iuη₁) + (1 − p)/(1 + iuη₂) − 1)), with Λ expected jumps, up with probability p, and
//! exponential log-jumps of means η₁ (up) and η₂ (down). The density on a grid is the fast Fourier transform of φ; between grid
//! points its logarithm is interpolated by a cubic. Far out, where the transform has only rounding errors left, the logarithm
//! is continued as a straight line, which is what exponential tails are. Source: Kou 2002, Management Science 48.

use crate::numeric::elementary;

use super::fit::{Covariance, Fit, FitError, Likelihood, logistic, maximum_likelihood};
use super::floor;
use super::fourier::transform;
use super::kernels::SMALLEST_DENSITY;
use super::merton::MOST_JUMPS_A_YEAR;
use super::sample::Sample;
use super::work::Work;

/// Jumps per step beyond which the search does not go.
const MOST_JUMPS_PER_STEP: f64 = 20.0;
/// Jumps a year above which they stand for changing volatility.
const MANY_JUMPS: f64 = 730.0;
/// Mean jumps up that the search does not reach: at 1 the expected price would not exist, and a scenario takes 0.99.
const LARGEST_UP_MEAN: f64 = 0.98;
/// The same for jumps down, of which a scenario takes 5.
const LARGEST_DOWN_MEAN: f64 = 4.9;
/// Grid points per standard deviation of the continuous part: φ has vanished long before the grid's highest frequency.
const POINTS_PER_STD_DEV: f64 = 6.0;
/// Largest grid; laws that would need more are not considered.
const LARGEST_GRID: usize = 1 << 15;
/// Part of the peak below which the transform is not trusted.
const TRUSTED: f64 = 1e-10;

/// The parameters per step, in the unit of the returns they are used with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KouLaw {
    /// Mean without jumps.
    pub centre: f64,
    /// Standard deviation without jumps.
    pub std_dev: f64,
    /// Expected jumps.
    pub jumps: f64,
    /// Probability that a jump goes up.
    pub up_probability: f64,
    /// Mean jump up.
    pub up_mean: f64,
    /// Mean jump down, positive.
    pub down_mean: f64,
}

/// The density of a law on a grid.
#[derive(Debug, Clone)]
pub struct KouDensity {
    low: f64,
    spacing: f64,
    log_density: Vec<f64>,
}

impl KouLaw {
    /// The characteristic function, as real and imaginary part, without the centre.
    fn characteristic(&self, u: f64) -> (f64, f64) {
        let (a, b) = (u * self.up_mean, u * self.down_mean);
        let (up, down) = (self.up_probability / (1.0 + a * a), (1.0 - self.up_probability) / (1.0 + b * b));
        let size = elementary::exp(-0.5 * (self.std_dev * u).powi(2) + self.jumps * (up + down - 1.0));
        let angle = self.jumps * (up * a - down * b);
        (size * elementary::cos(angle), size * elementary::sin(angle))
    }

    /// The density on a grid that covers the centre ± `reach`; `None` if that takes too fine a grid.
    pub fn density(&self, reach: f64) -> Option<KouDensity> {
        let tail = self.up_mean.max(self.down_mean);
        let half = reach + 8.0 * self.std_dev + 10.0 * tail;
        let wanted = 2.0 * half * POINTS_PER_STD_DEV / self.std_dev;
        if wanted.is_nan() || wanted > LARGEST_GRID as f64 {
            return None;
        }
        let points = (wanted as usize).next_power_of_two().max(256);
        let spacing = 2.0 * half / points as f64;
        let frequency = std::f64::consts::PI / half;
        // f(x_j) = (1/2L) Σ_k φ(u_k) e^(−i u_k x_j) with x_j = −L + j·spacing: e^(i u_k L) is (−1)^k.
        let mut real = vec![0.0; points];
        let mut imaginary = vec![0.0; points];
        for k in 0..=points / 2 {
            let (re, im) = self.characteristic(frequency * k as f64);
            let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
            real[k] = sign * re;
            imaginary[k] = sign * im;
            if k > 0 && k < points / 2 {
                real[points - k] = sign * re;
                imaginary[points - k] = -sign * im;
            }
        }
        imaginary[points / 2] = 0.0;
        transform(&mut real, &mut imaginary);
        let scale = 1.0 / (2.0 * half);
        let density = real.iter().map(|value| value * scale).collect();
        Some(KouDensity { low: self.centre - half, spacing, log_density: log_with_straight_tails(density) })
    }
}

/// The logarithm, replaced by straight lines beyond where the density is known.
fn log_with_straight_tails(density: Vec<f64>) -> Vec<f64> {
    let peak = (0..density.len()).max_by(|&a, &b| density[a].total_cmp(&density[b])).unwrap_or(0);
    let floor = TRUSTED * density[peak];
    let first = (0..peak).rev().find(|&i| density[i] < floor).map_or(0, |i| i + 1);
    let last = (peak..density.len()).find(|&i| density[i] < floor).map_or(density.len() - 1, |i| i - 1);
    let mut log: Vec<f64> = density.iter().map(|value| elementary::ln(value.max(SMALLEST_DENSITY))).collect();
    // Slopes over a few points, so that a rounding error at the end does not tilt the line.
    let span = ((last - first) / 8).clamp(1, 8);
    let left = (log[first + span] - log[first]) / span as f64;
    let right = (log[last] - log[last - span]) / span as f64;
    for i in 0..first {
        log[i] = log[first] - left * (first - i) as f64;
    }
    for i in last + 1..log.len() {
        log[i] = log[last] + right * (i - last) as f64;
    }
    log
}

impl KouDensity {
    /// Logarithm of the density at `x`: a cubic through the four grid points around it.
    pub fn log_at(&self, x: f64) -> f64 {
        let place = (x - self.low) / self.spacing;
        let index = (place.floor().max(1.0) as usize).min(self.log_density.len() - 3);
        let t = place - index as f64;
        let [a, b, c, d] =
            [-1_i64, 0, 1, 2].map(|offset| self.log_density[index.wrapping_add_signed(offset as isize)]);
        let (before, after, far) = (t + 1.0, t - 1.0, t - 2.0);
        -a * t * after * far / 6.0 + b * before * after * far / 2.0 - c * before * t * far / 2.0
            + d * before * t * after / 6.0
    }

    /// Distribution function at every grid point, by the trapezoidal rule, and the grid.
    fn distribution(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let mut last = elementary::exp(self.log_density[0]);
        let mut values = vec![0.0];
        for log in &self.log_density[1..] {
            let density = elementary::exp(*log);
            sum += 0.5 * (last + density) * self.spacing;
            values.push(sum);
            last = density;
        }
        values.iter().map(|value| value / sum).collect()
    }

    /// Probability of at most each `x`.
    pub fn cdf(&self, x: &[f64]) -> Vec<f64> {
        let values = self.distribution();
        x.iter()
            .map(|x| {
                let place = ((x - self.low) / self.spacing).clamp(0.0, (values.len() - 2) as f64);
                let index = place as usize;
                values[index] + (place - index as f64).min(1.0) * (values[index + 1] - values[index])
            })
            .collect()
    }
}

/// Fits by maximum likelihood.
///
/// # Errors
/// The search finds no maximum.
pub fn fit(sample: &Sample) -> Result<Fit, FitError> {
    let (x, unit) = sample.in_standard_units();
    let dt = sample.step_years();
    let reach = x.iter().fold(0.0_f64, |reach, x| reach.max(x.abs()));
    let law = |u: &[f64]| KouLaw {
        centre: u[0],
        std_dev: elementary::exp(u[1]),
        jumps: elementary::exp(u[2]),
        up_probability: logistic(u[3]),
        up_mean: elementary::exp(u[4]),
        down_mean: elementary::exp(u[5]),
    };
    let (work, smallest) = (Work::new(), floor::smallest_part(sample));
    let most_jumps = MOST_JUMPS_PER_STEP.min(MOST_JUMPS_A_YEAR * dt);
    let log_likelihood = |u: &[f64]| {
        let law = law(u);
        let is_scenario = unit * law.up_mean < LARGEST_UP_MEAN && unit * law.down_mean < LARGEST_DOWN_MEAN;
        if law.jumps > most_jumps || law.centre.abs() > reach || law.std_dev < smallest || !is_scenario {
            return f64::NAN;
        }
        let density = law.density(reach + law.centre.abs());
        work.charge(density.as_ref().map_or(0, |density| density.log_density.len()), 105);
        work.charge(x.len(), 18);
        density.map_or(f64::NAN, |density| x.iter().map(|x| density.log_at(*x)).sum())
    };
    let parameters = |u: &[f64]| {
        let law = law(u);
        vec![
            unit * law.std_dev / dt.sqrt(),
            law.jumps / dt,
            law.up_probability,
            unit * law.up_mean,
            unit * law.down_mean,
        ]
    };
    let start = |sigma: f64, jumps: f64, jump: f64| {
        vec![
            0.0,
            elementary::ln(sigma),
            elementary::ln(jumps),
            0.0,
            elementary::ln(jump),
            elementary::ln(jump),
        ]
    };
    let rate = |wanted: f64| f64::min(wanted, 0.5 * most_jumps);
    let starts = [start(0.5, rate(0.5), 0.8), start(0.8, rate(0.05), 2.0), start(0.3, rate(1.5), 0.6)];
    let keys = ["volatility", "jumps.rate", "jumps.up_probability", "jumps.up_mean", "jumps.down_mean"];
    let on_floor = |u: &[f64]| floor::check(law(u).std_dev, sample).is_err();
    let estimate = maximum_likelihood(log_likelihood, &keys, parameters, &starts, &on_floor, &work)?;
    let found = law(&estimate.point);
    floor::check(found.std_dev, sample)?;
    let mut warnings = estimate.warnings;
    let rate = found.jumps / dt;
    if rate > MANY_JUMPS {
        warnings.push(format!(
            "{rate:.0} jumps a year are a picture of changing volatility, not of jumps, and normal again after days: for \
             horizons of days prefer merton with detected jumps, garch or regime"
        ));
    }
    Ok(Fit {
        name: "kou",
        kind: "kou",
        method: "maximum likelihood (density by Fourier inversion)",
        covariance: Covariance::of(&estimate.parameters, estimate.covariance.as_deref()),
        parameters: estimate.parameters,
        derived: Vec::new(),
        likelihood: Some(Likelihood {
            log: estimate.log_likelihood - sample.len() as f64 * elementary::ln(unit),
            parameters: 6,
            is_maximum: true,
        }),
        probabilities: found.density(reach + found.centre.abs()).map(|density| density.cdf(&x)),
        warnings,
    })
}
