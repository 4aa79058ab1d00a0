//! `har` where its law is known in closed form, and what is taken from the recorded hours, worked out from the bars alone.

use liqsim::market::{Duration, PriceHistory};
use liqsim::model::{
    Har, HarEstimate, HarNumbers, Model, Moves, NormalDays, ShockLaw, Stepper, VarianceState,
};
use liqsim::numeric::special::normal_cdf;
use liqsim::numeric::{Purpose, Stream};
use liqsim::result::RunResult;
use liqsim::scenario::{PathBudget, Source, parse};
use liqsim::study::run_levels;

use crate::common::history;

const LANES: usize = 100_000;

fn model(coefficients: [f64; 6], start: f64, std_dev: f64) -> Har {
    let numbers = HarNumbers {
        coefficients,
        state: VarianceState { days: [start; 90], short: 0.0 },
        season: [1.0; 7],
        log_drift: 0.0,
    };
    let shock = ShockLaw { std_dev, skewness: 0.0, kurtosis: 3.0 };
    Har::of_normal_days(&numbers, NormalDays { return_variance: 1.0, shock }).unwrap()
}

/// Returns of so many days, day by day, of all paths.
fn returns(model: &Har, days: usize) -> Vec<Vec<f64>> {
    let mut stepper = model.stepper(LANES);
    let mut noise = Stream::new(3, Purpose::Event(0), 0);
    let mut moves = Stream::new(4, Purpose::Move(0), 0);
    stepper.begin(LANES, &mut noise);
    let everyone: Vec<u32> = (0..LANES as u32).collect();
    let duration = vec![Duration::from_seconds(86_400).years(); LANES];
    let (open, mut normals) = (vec![0.0; LANES], vec![0.0; LANES]);
    (0..days)
        .map(|_| {
            let [mut close, mut variance, mut low, mut high] = std::array::from_fn(|_| vec![0.0; LANES]);
            moves.normals(&mut normals);
            stepper.advance(
                Moves {
                    lanes: &everyone,
                    duration: &duration,
                    normals: &normals,
                    open: &open,
                    close: &mut close,
                    variance: &mut variance,
                    low: &mut low,
                    high: &mut high,
                    volatility_times: 1.0,
                },
                &mut noise,
            );
            stepper.happen(&everyone, &mut close.clone(), &mut noise);
            close
        })
        .collect()
}

fn mean(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, (spread / n).sqrt())
}

fn assert_near(values: impl Iterator<Item = f64>, expected: f64, of: &str) {
    let (found, error) = mean(values);
    assert!((found - expected).abs() < 4.0 * error, "{of}: {found} ± {error} where {expected} is right");
}

/// Normal shocks and the last day's weight alone: l is an autoregression, so that after N days it is normal with the mean
/// c(1 − φᴺ)/(1 − φ) + φᴺ·l₀ and the variance s²(1 − φ²ᴺ)/(1 − φ²), and a day's squared return has the mean e^(mean + variance/2). Over
/// 100,000 paths; four standard errors.
#[test]
fn an_autoregression_has_its_closed_form() {
    let (c, phi, s, start) = (-1.6, 0.8, 0.3, -7.0);
    let found = returns(&model([c, phi, 0.0, 0.0, 0.0, 0.0], start, s), 20);
    for days in [1, 2, 5, 20] {
        let power = f64::powi(phi, days);
        let centre = c * (1.0 - power) / (1.0 - phi) + power * start;
        let spread = s * s * (1.0 - power * power) / (1.0 - phi * phi);
        let day = &found[days as usize - 1];
        assert_near(day.iter().map(|r| r * r), (centre + 0.5 * spread).exp(), &format!("{days} days"));
        // Given its variance a day is normal: E r⁴ = 3·E V².
        assert_near(day.iter().map(|r| r.powi(4)), 3.0 * (2.0 * centre + 2.0 * spread).exp(), "fourth power");
    }
}

/// The mean of the last seven days alone, without shocks: the recursion written out.
#[test]
fn without_shocks_the_variance_follows_its_recursion() {
    let found = returns(&model([-3.0, 0.0, 0.5, 0.0, 0.0, 0.0], -7.0, 1e-9), 12);
    let mut known = vec![-7.0; 7];
    for (day, found) in found.iter().enumerate() {
        let next = -3.0 + 0.5 * known[known.len() - 7..].iter().sum::<f64>() / 7.0;
        known.push(next);
        assert_near(found.iter().map(|r| r * r), f64::exp(next), &format!("day {day}"));
    }
}

/// All weights 0: days are independent, their variances too, so that the products of squares are products of means; with a memory they are
/// not.
#[test]
fn without_weights_days_are_independent() {
    let product = |b1: f64| {
        let found = returns(&model([-7.0 * (1.0 - b1), b1, 0.0, 0.0, 0.0, 0.0], -7.0, 0.8), 2);
        let squares: Vec<[f64; 2]> =
            found[0].iter().zip(&found[1]).map(|(a, b)| [a * a * 1e3, b * b * 1e3]).collect();
        let ends = [0, 1].map(|day| mean(squares.iter().map(move |pair| pair[day])).0);
        mean(squares.iter().map(|[a, b]| (a - ends[0]) * (b - ends[1])))
    };
    let (covariance, error) = product(0.0);
    assert!(covariance.abs() < 4.0 * error, "{covariance} ± {error}");
    let (covariance, error) = product(0.9);
    assert!(covariance > 6.0 * error, "{covariance} ± {error}");
}

fn run_of(model: Har, paths: u64) -> RunResult {
    let text = "[simulation]\nhorizon = \"9d\"\n[assets.A]\nprice = 1.0\nmodel = { kind = \"gbm\", drift = 0.0, volatility = 0.5 }\n\
                [account]\nequity = 1000\nleverage = [5, 10, 20]\nvenue = { contract = \"linear\", maintenance = 0.005 }\n\
                [[account.positions]]\nasset = \"A\"\nside = \"long\"\n";
    let mut scenario = parse(Source::new("test", text), &[]).unwrap();
    scenario.assets[0].model = Model::Har(model);
    scenario.simulation.paths = PathBudget::Fixed(paths);
    run_levels(&scenario, &Default::default()).unwrap()
}

/// Constant state, no shocks, a bridge inside each normal day: a Brownian motion, whose first passage is 2Φ(−d/√(N·V)) by the reflection
/// principle. Through the whole engine, 200,000 paths, four standard errors at three levels.
#[test]
fn a_constant_variance_is_a_brownian_motion() {
    let found = run_of(model([-7.0, 0.0, 0.0, 0.0, 0.0, 0.0], -7.0, 1e-9), 200_000);
    let deviation = (9.0 * f64::exp(-7.0)).sqrt();
    for level in &found.levels {
        let distance = -((1.0 - 1.0 / level.leverage) / (1.0 - 0.005)).ln();
        let exact = 2.0 * normal_cdf(-distance / deviation);
        let p = level.liquidation_probability;
        let error = (exact * (1.0 - exact) / 200_000.0).sqrt();
        assert!((p.value - exact).abs() < 4.0 * error, "{}x: {} {exact} ± {error}", level.leverage, p.value);
    }
}

/// A walk whose moves in one hour of the day are twice as large: that hour's factor is four times that of the others, and no other's. ln v has a
/// deviation of about 1 an hour, so that factors of 500 weighted days err by 5 %.
#[test]
fn the_season_is_that_of_its_own_hour() {
    let hour = 14;
    let walk = history::walk(0.6, 24 * 500 + 7, 81);
    let mut price = 100.0_f64.ln();
    let mut history = walk.clone();
    for (place, bar) in history.bars.iter_mut().enumerate() {
        let of = walk.bars[place];
        let times = if place % 24 == hour { 2.0 } else { 1.0 };
        let over = |value: f64| price + times * (value / of.open).ln();
        let [high, low, close] = [of.high, of.low, of.close].map(over);
        (bar.open, bar.high, bar.low, bar.close) = (price.exp(), high.exp(), low.exp(), close.exp());
        price = close;
    }
    let (_, estimate, _) = HarEstimate::of_history(&history).unwrap();
    let factors = estimate.season.hours;
    for (at, factor) in factors.iter().enumerate() {
        let expected = if at == hour { 4.0 } else { 1.0 } / (27.0 / 24.0);
        assert!((factor / expected - 1.0).abs() < 0.2, "hour {at}: {factor} {expected}");
    }
    // Bars carry the hour that they start with: hour 14 after 1970 is in its own factor.
    assert!(estimate.season.factor(hour as i64) > 2.0 * estimate.season.factor(hour as i64 + 1));
}

/// Means of ln v over the last three years, a year old counting half, worked out from the bars.
#[test]
fn the_season_forgets_half_in_a_year_and_all_in_three() {
    let history = history::walk(0.6, 24 * 1_200 + 5, 82);
    let known = variances(&history, |_| 1.0);
    let mean = |of: &dyn Fn(i64) -> bool| {
        let (mut weights, mut sum) = (0.0, 0.0);
        for back in 0..3 * 8_760 {
            let place = known.len() - 1 - back;
            if of(history.bars[place].time / 3600) {
                let weight = 0.5_f64.powf(back as f64 / 8_760.0);
                weights += weight;
                sum += weight * known[place].ln();
            }
        }
        sum / weights
    };
    let (_, estimate, _) = HarEstimate::of_history(&history).unwrap();
    let all = mean(&|_| true);
    let raw: Vec<f64> = (0..24).map(|hour| (mean(&|time| time % 24 == hour) - all).exp()).collect();
    for (factor, own) in estimate.season.hours.iter().zip(&raw) {
        let expected = own * 24.0 / raw.iter().sum::<f64>();
        assert!((factor / expected - 1.0).abs() < 1e-9, "{factor} {expected}");
    }
}

/// Parkinson's variance of the hours of a history by place, without season.
fn variances(history: &PriceHistory, season: impl Fn(i64) -> f64) -> Vec<f64> {
    let bars = &history.bars;
    (0..bars.len())
        .map(|at| {
            let before = if at == 0 { bars[0].open } else { bars[at - 1].close };
            let range = (bars[at].high.max(before) / bars[at].low.min(before)).ln();
            range * range / (4.0 * 2.0_f64.ln()) / season(bars[at].time / 3600)
        })
        .collect()
}

/// What a past day hands to the next one is its own last six hours over its own 24, and its log-variance is that of its own hours; the state at the
/// end is that of the last hours of all.
#[test]
fn the_last_six_hours_are_those_of_the_day() {
    let history = history::walk(0.7, 24 * 420 + 11, 82);
    let (_, estimate, state) = HarEstimate::of_history(&history).unwrap();
    let v = variances(&history, |hour| estimate.season.factor(hour));
    let log = |from: usize, hours: usize| (v[from..from + hours].iter().sum::<f64>()).ln();
    assert!(estimate.days.len() > 1_000);
    for day in &estimate.days {
        let short = 4.0_f64.ln() + log(day.start + 18, 6) - log(day.start, 24);
        assert!((day.log_variance - log(day.start, 24)).abs() < 1e-9);
        assert!((day.short - short).abs() < 1e-9, "day {}: {} {short}", day.start, day.short);
    }
    let end = v.len();
    assert!(
        (state.days[0] - log(end - 24, 24)).abs() < 1e-9 && (state.days[3] - log(end - 96, 24)).abs() < 1e-9
    );
    assert!((state.short - (4.0_f64.ln() + log(end - 6, 6) - log(end - 24, 24))).abs() < 1e-9);
}

/// Weighted least squares written out: regressors from the bars, weights that halve every four years, normal equations by elimination.
#[test]
fn the_regression_is_that_of_its_own_normal_equations() {
    let history = history::walk(0.7, 24 * 1_100 + 3, 83);
    let (_, estimate, _) = HarEstimate::of_history(&history).unwrap();
    let v = variances(&history, |hour| estimate.season.factor(hour));
    let end = v.len();
    let log = |until: usize, hours: usize| (v[until - hours..until].iter().sum::<f64>()).ln();
    let mut table = [[0.0; 7]; 6];
    let mut origin = end - 24;
    let mut weight = 1.0_f64;
    let fade = 0.5_f64.powf(6.0 / (4.0 * 365.0 * 24.0));
    while origin >= 45 * 24 {
        // A day that was before the first counts as the mean of those that were not.
        let days: Vec<f64> = (0..90)
            .take_while(|back| origin >= 24 * (back + 1))
            .map(|back| log(origin - 24 * back, 24))
            .collect();
        let all = days.iter().sum::<f64>() / days.len() as f64;
        let day = |back: usize| days.get(back).copied().unwrap_or(all);
        let means = |count: usize| (0..count).map(day).sum::<f64>() / count as f64;
        let row = [1.0, day(0), means(7), means(30), means(90), 4.0_f64.ln() + log(origin, 6) - day(0)];
        let value = log(origin + 24, 24);
        for i in 0..6 {
            for j in 0..6 {
                table[i][j] += weight * row[i] * row[j];
            }
            table[i][6] += weight * row[i] * value;
        }
        weight *= fade;
        origin -= 6;
    }
    for (found, known) in estimate.coefficients.iter().zip(eliminated(table)) {
        assert!((found - known).abs() < 1e-7, "{:?} {known}", estimate.coefficients);
    }
}

fn eliminated(mut table: [[f64; 7]; 6]) -> [f64; 6] {
    for column in 0..6 {
        let pivot =
            (column..6).max_by(|a, b| table[*a][column].abs().total_cmp(&table[*b][column].abs())).unwrap();
        table.swap(column, pivot);
        for row in (0..6).filter(|row| *row != column) {
            let factor = table[row][column] / table[column][column];
            for k in column..7 {
                table[row][k] -= factor * table[column][k];
            }
        }
    }
    std::array::from_fn(|row| table[row][6] / table[row][row])
}
