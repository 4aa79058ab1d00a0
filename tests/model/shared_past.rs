//! Several assets that draw the same past days, against a recursion written out for each of them.

use liqsim::engine::PathBars;
use liqsim::market::{Duration, HistoricalBar, PriceHistory};
use liqsim::model::{
    Har, HarEstimate, Mixture, Model, ScaledHistory, SharedPastError, recorded_correlation, share_past,
};
use liqsim::numeric::{Purpose, Stream};
use liqsim::scenario::{Scenario, Source, parse};

use crate::common::history;

/// The first block of simulated bars.
const FIRST_BLOCK: u64 = 1 << 49;
const HOUR: i64 = 3600;
const DAY: i64 = 24;

/// Hourly bars whose log returns have a correlation with those of another history.
fn beside(history: &PriceHistory, correlation: f64, seed: u64) -> PriceHistory {
    let other = history::walk(0.7, history.bars.len(), seed);
    let rest = (1.0 - correlation * correlation).sqrt();
    let mix = |a: f64, b: f64| (correlation * a.ln() + rest * b.ln()).exp();
    let bars = history.bars.iter().zip(&other.bars).map(|(a, b)| HistoricalBar {
        open: mix(a.open, b.open),
        high: mix(a.high, b.high),
        low: mix(a.low, b.low),
        close: mix(a.close, b.close),
        ..*a
    });
    PriceHistory { bars: bars.collect(), ..history.clone() }
}

/// Without the hours from one place to another.
fn with_hole(history: &PriceHistory, from: usize, to: usize) -> PriceHistory {
    let mut bars = history.bars.clone();
    bars.drain(from..to);
    PriceHistory { bars, ..history.clone() }
}

fn scenario(models: Vec<Model>, days: u32) -> Scenario {
    let assets: String = (0..models.len())
        .map(|asset| {
            format!(
                "[assets.A{asset}]\nprice = 1.0\nmodel = {{ kind = \"gbm\", drift = 0.0, volatility = 0.5 }}\n"
            )
        })
        .collect();
    let text = format!(
        "[simulation]\nhorizon = \"{days}d\"\nseed = 5\npaths = 1024\n[account]\nequity = 1000\nleverage = [2]\nmargin = \"cross\"\n\
         venue = {{ contract = \"linear\", maintenance = 0.005 }}\n\
         [[account.positions]]\nasset = \"A0\"\nside = \"long\"\n{assets}"
    );
    let mut scenario = parse(Source::new("test", text), &[]).unwrap();
    for (asset, model) in scenario.assets.iter_mut().zip(models) {
        asset.model = model;
    }
    scenario
}

/// A longer history that begins earlier, and a shorter one with a hole: both move along the same past days, each as its own recursion says.
#[test]
fn paths_of_two_assets_are_those_of_naive_recursions_over_the_same_days() {
    let long = history::walk(0.7, 24 * 620, 21);
    let other = beside(&long, 0.8, 22);
    // From hour 1000 on, without 30 hours, and 7 hours further than the first.
    let short = with_hole(&other.between(Some(1000 * HOUR), None), 5000, 5030);
    let long = long.between(None, Some((24 * 620 - 7) * HOUR));
    let models = [&long, &short].map(|one| Model::Har(Har::of_history(one, String::new(), 0.0).unwrap()));
    let models = share_past(&models).unwrap();
    let end = 24 * 620 - 7;
    let histories = [&long, &short].map(|one| one.between(None, Some(end * HOUR)));
    let found: Vec<_> = histories.iter().map(|one| HarEstimate::of_history(one).unwrap()).collect();

    // The days that both have, with no hour missing on one side only.
    let starts = |asset: usize| {
        let (hours, estimate, _) = &found[asset];
        estimate.days.iter().map(|day| hours.hour(day.start)).collect::<Vec<_>>()
    };
    let holds = |asset: usize, hour: i64| {
        histories[asset].bars.binary_search_by_key(&(hour * HOUR), |bar| bar.time).is_ok()
    };
    let others = starts(1);
    let common: Vec<i64> = starts(0)
        .into_iter()
        .filter(|start| others.contains(start))
        .filter(|start| (start - 1..start + DAY).all(|hour| holds(0, hour) == holds(1, hour)))
        .collect();
    let Model::Har(first) = &models[0] else { panic!() };
    assert_eq!(first.days().days().iter().map(|day| day.hour).collect::<Vec<_>>(), common);
    assert!(common.len() < others.len());
    assert!(common.iter().all(|start| start + DAY <= 6000 || *start > 6030), "the hole is in one file only");

    let days = 12;
    let bars = PathBars::new(&scenario(models.clone(), days), Duration::from_seconds(86_400)).unwrap();
    let lanes = 200;
    let simulated = bars.block(0, lanes);
    for (asset, (hours, estimate, state)) in found.iter().enumerate() {
        // The words of the first asset decide for both.
        let mut noise = Stream::new(5, Purpose::Event(0), FIRST_BLOCK);
        let mut known: Vec<Vec<f64>> = vec![state.days.iter().rev().copied().collect(); lanes];
        let (mut short, mut price) = (vec![state.short; lanes], vec![0.0_f64; lanes]);
        let mean = |days: &[f64], count: usize| days[days.len() - count..].iter().sum::<f64>() / count as f64;
        let [c, b1, b7, b30, b90, b6] = estimate.coefficients;
        for day in 0..days as usize {
            let mut words = vec![0; lanes];
            noise.words(&mut words);
            for lane in 0..lanes {
                let word = if lane % 2 == 1 { words[lane - 1] ^ 1 } else { words[lane] };
                let (index, sign, _) = first.days().draw(word);
                let past = estimate.days.iter().find(|past| hours.hour(past.start) == common[index]).unwrap();
                let days = &mut known[lane];
                let expected = c
                    + b1 * mean(days, 1)
                    + b7 * mean(days, 7)
                    + b30 * mean(days, 30)
                    + b90 * mean(days, 90)
                    + b6 * short[lane];
                let value = (expected + past.shock).min(2.0);
                days.push(value);
                short[lane] = past.short;
                let season: f64 =
                    (0..24).map(|ahead| estimate.season.factor(end + 24 * day as i64 + ahead)).sum::<f64>()
                        / 24.0;
                let scale = sign * (0.5 * (value - past.log_variance)).exp() * season.sqrt();
                let before = hours.close()[past.start - 1];
                let (mut low, mut high) = (0.0_f64, 0.0_f64);
                for at in past.start..past.start + 24 {
                    for end in [hours.low()[at], hours.high()[at]].map(|price| scale * (price - before)) {
                        (low, high) = (low.min(end), high.max(end));
                    }
                }
                let open = price[lane];
                price[lane] += scale * (hours.close()[past.start + 23] - before);
                let bars = &simulated[asset];
                for (found, known) in [
                    (bars.close[day][lane], price[lane]),
                    (bars.low[day][lane], open + low),
                    (bars.high[day][lane], open + high),
                ] {
                    assert!((found - known).abs() < 1e-9, "asset {asset} day {day}: {found} {known}");
                }
            }
        }
    }
}

/// Daily returns of all three kinds hang together as recorded: 1,000 paths of 8 days, the error of a correlation of 0.8 over 8,000 days being
/// (1 − 0.64)/√8000 = 0.004, and that of the recorded one over 500 days 0.016; days of different variance widen both. Independent days
/// would give 0.
#[test]
fn daily_returns_hang_together_as_recorded() {
    let one = history::walk(0.7, 24 * 500, 31);
    let other = beside(&one, 0.8, 32);
    let horizon = Duration::from_seconds(8 * 86_400);
    let hash = || String::new();
    let kinds: [[Model; 2]; 3] = [
        [&one, &other].map(|history| Model::Har(Har::of_history(history, hash(), 0.0).unwrap())),
        [&one, &other].map(|history| {
            Model::ScaledHistory(ScaledHistory::of_history(history, hash(), horizon).unwrap())
        }),
        [&one, &other].map(|history| Model::Forecast(Mixture::of_history(history, hash(), horizon).unwrap())),
    ];
    for models in kinds {
        let models = share_past(&models).unwrap();
        let bars = PathBars::new(&scenario(models.clone(), 8), Duration::from_seconds(86_400)).unwrap();
        let simulated = bars.block(0, 1000);
        let moves: Vec<Vec<f64>> = simulated
            .iter()
            .map(|bars| {
                let of = |(open, close): (&Vec<f64>, &Vec<f64>)| {
                    close.iter().zip(open).map(|(close, open)| close - open).collect::<Vec<_>>()
                };
                bars.open.iter().zip(&bars.close).flat_map(of).collect()
            })
            .collect();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let correlation = product(&moves[0], &moves[1])
            / (product(&moves[0], &moves[0]) * product(&moves[1], &moves[1])).sqrt();
        assert!((correlation - 0.8).abs() < 0.05, "{}: {correlation}", models[0].kind());
        let hourly = recorded_correlation(&models).unwrap();
        assert!((hourly[0][1] - 0.8).abs() < 0.03 && hourly[0][1] == hourly[1][0], "{hourly:?}");
    }
}

#[test]
fn what_cannot_share_its_past_is_told() {
    let one = history::walk(0.7, 24 * 400, 41);
    let other = beside(&one, 0.5, 42);
    let har = |history: &PriceHistory| Model::Har(Har::of_history(history, String::new(), 0.0).unwrap());
    let horizon = Duration::from_seconds(86_400);
    let scaled = Model::ScaledHistory(ScaledHistory::of_history(&other, String::new(), horizon).unwrap());
    assert_eq!(
        share_past(&[har(&one), scaled]),
        Err(SharedPastError::Kinds { first: "har", other: "scaled_history" })
    );
    let mut later = other.clone();
    later.bars.iter_mut().for_each(|bar| bar.time += 300 * 86_400);
    assert!(matches!(share_past(&[har(&one), har(&later)]), Err(SharedPastError::Estimate { asset: 2, .. })));
    let halves = [0, 1].map(|odd| {
        let mut half = [&one, &other][odd].clone();
        half.bars
            .retain(|bar| (bar.time / HOUR / 2) as usize % 5 < 4 || (bar.time / HOUR) as usize % 2 == odd);
        har(&half)
    });
    assert!(matches!(share_past(&halves), Err(SharedPastError::FewHours { .. })));
    // Without being joined they are no law of prices.
    assert!(PathBars::new(&scenario(vec![har(&one), har(&later)], 1), horizon).is_err());
    assert_eq!(share_past(&[har(&one)]).unwrap(), [har(&one)]);
}
