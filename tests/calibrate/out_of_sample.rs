//! The choice among models by what came: against closed forms, and on histories whose answer is known.

use liqsim::calibrate::{Garch, OutOfSample, OutOfSampleError, Target};
use liqsim::market::{Duration, PriceHistory};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::common::history;

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
const GARCH: Target = Target::Garch(Garch { student: false, asymmetric: false });

fn week() -> Duration {
    Duration::from_seconds(7 * 86_400)
}

/// Probability that a Brownian motion with drift −σ²/2 goes down (side −1) or up by a distance within some years (Harrison 1985).
fn passage(volatility: f64, years: f64, distance: f64, side: f64) -> f64 {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let drift = -0.5 * volatility * volatility * side;
    let deviation = volatility * years.sqrt();
    normal.cdf((drift * years - distance) / deviation)
        + (2.0 * drift * distance / (volatility * volatility)).exp()
            * normal.cdf((-drift * years - distance) / deviation)
}

/// The log score of gbm written out: yearly standard deviations, the closed form of the passage, what came in the bars behind.
fn score_of_gbm(history: &PriceHistory, origins: i64) -> f64 {
    let step = history.interval.seconds() as i64;
    let first = history.bars[0].time + 400 * DAY;
    let last = history.bars.last().unwrap().time + step - 7 * DAY;
    let (mut made, mut volatility) = (i64::MIN, f64::NAN);
    let (mut sum, mut count) = (0.0, 0.0);
    for number in 0..origins {
        let time = first + (last - first) * number / (origins - 1);
        let before: Vec<f64> =
            history.bars.iter().filter(|bar| bar.time < time).map(|bar| bar.close.ln()).collect();
        if made == i64::MIN || time - made >= YEAR {
            made = time;
            let returns: Vec<f64> = before.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let mean = returns.iter().sum::<f64>() / returns.len() as f64;
            let variance = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / returns.len() as f64;
            volatility = (variance * YEAR as f64 / step as f64).sqrt();
        }
        let price = *before.last().unwrap();
        let coming = history.bars.iter().filter(|bar| bar.time >= time && bar.time < time + 7 * DAY);
        let (low, high) = coming.fold((price, price), |(low, high): (f64, f64), bar| {
            (low.min(bar.low.ln()), high.max(bar.high.ln()))
        });
        for side in [-1.0, 1.0] {
            for leverage in [2.0_f64, 3.0, 5.0, 10.0, 20.0, 50.0] {
                let ratio = (1.0 + side / leverage) / (1.0 + side * 0.005);
                let distance = side * ratio.ln();
                let came = if side < 0.0 { price - low >= distance } else { high - price >= distance };
                let p = passage(volatility, 7.0 / 365.0, distance, side);
                // As over 4,096 paths that hit as often as they should.
                let p = (4096.0 * p + 0.5) / 4097.0;
                sum += if came { p.ln() } else { (1.0 - p).ln() };
                count += 1.0;
            }
        }
    }
    1e3 * sum / count
}

/// 4,096 paths leave each p an error of √(p(1 − p)/4096); of the mean of 288 logarithms that is about 1.5 thousandths for the values that occur
/// here (paths are the same at all origins, which moves all of them together).
#[test]
fn the_score_of_gbm_is_that_of_its_closed_form() {
    let history = history::walk(0.7, 24 * 365 * 3, 61);
    let daily = history.resample(Duration::from_seconds(86_400)).unwrap().0;
    let found = OutOfSample::of(&daily, &[Target::Gbm], week()).unwrap();
    assert_eq!((found.origins, found.scores.len()), (24, 1));
    let expected = score_of_gbm(&daily, 24);
    assert!((found.scores[0].score - expected).abs() < 6.0, "{} {expected}", found.scores[0].score);
    assert_eq!(found.scores[0].behind.value, 0.0);
    // Days are no hours: har takes no part, and says why.
    assert!(found.left_out[0].0 == "har" && found.left_out[0].1.contains("hour"), "{:?}", found.left_out);
}

/// Volatility that changes between 30 % and 150 % every 60 days: whoever knows the variance of today scores better than whoever knows the
/// mean of the past, by more than two errors, and the same again on any number of threads.
#[test]
fn a_model_that_knows_the_variance_of_today_is_chosen() {
    let calm = history::walk(0.3, 24 * 365 * 3, 62);
    let wild = history::walk(1.5, 24 * 365 * 3, 63);
    let mut price = 100.0_f64;
    let mut joined = calm.clone();
    for (place, bar) in joined.bars.iter_mut().enumerate() {
        let from = if place / (24 * 60) % 2 == 0 { &calm.bars[place] } else { &wild.bars[place] };
        let by = price / from.open;
        (bar.open, bar.high, bar.low, bar.close) = (price, from.high * by, from.low * by, from.close * by);
        price = bar.close;
    }
    let found = OutOfSample::of(&joined, &[Target::Gbm, GARCH], week()).unwrap();
    let place = |name: &str| found.scores.iter().position(|score| score.name == name).unwrap();
    let gbm = &found.scores[place("gbm")];
    assert_eq!(place("gbm"), 2, "{:?}", found.scores);
    assert!(gbm.behind.value > 2.0 * gbm.behind.std_error, "{:?}", found.scores);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let again = pool.install(|| OutOfSample::of(&joined, &[Target::Gbm, GARCH], week())).unwrap();
    assert_eq!(again, found);
}

#[test]
fn a_file_without_room_for_forecasts_says_so() {
    let history = history::walk(0.7, 24 * 420, 64);
    let error = OutOfSample::of(&history, &[Target::Gbm], week()).unwrap_err();
    assert_eq!(error, OutOfSampleError::Short { origins: 2, horizon: week() });
    assert!(error.to_string().contains("room for 2 forecasts over 7d"), "{error}");
}
