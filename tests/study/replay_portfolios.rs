//! Replay of accounts of several assets and of mean-reverting funding: against twins that follow one start at a time.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use liqsim::engine::RunOptions;
use liqsim::market::{Duration, HistoricalBar, PriceHistory};
use liqsim::model::Model;
use liqsim::numeric::{Purpose, Stream};
use liqsim::scenario::{PathBudget, Scenario, Source, parse};
use liqsim::study::{Replay, ReplayError, WalkForward, WalkForwardError};

use crate::common::{days, history::walk};

const HOUR: i64 = 3_600;
const MAINTENANCE: f64 = 0.01;

fn scenario(horizon: &str, account: &str) -> Scenario {
    let gbm = "model = { kind = \"gbm\", drift = 0.0, volatility = 0.8 }";
    let text = format!(
        "name = \"replayed\"\nsimulation = {{ horizon = \"{horizon}\", paths = 1_000 }}\n\
         assets.X = {{ price = 100.0, {gbm} }}\nassets.Y = {{ price = 7.0, {gbm} }}\ncorrelation = {{ \"X/Y\" = 0.3 }}\n\
         account = {{ equity = 1_000.0, leverage = [2, 5, 10, 20], venue = {{ contract = \"linear\", maintenance = {MAINTENANCE} }}, {account} }}\n"
    );
    parse(Source::new("replayed", text.clone()), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn pair(second: &str) -> String {
    format!(
        "margin = \"cross\", positions = [{{ asset = \"X\", side = \"long\", share = 0.6 }}, {{ asset = \"Y\", side = \"{second}\", share = 0.4 }}]"
    )
}

/// Two histories that do not begin or end together, each with holes of its own; the second follows the first in part.
fn histories(seed: u64) -> [PriceHistory; 2] {
    let (one, own) = (walk(0.9, 2_000, seed), walk(0.7, 2_000, seed + 1));
    let mut other = own.clone();
    for (bar, with) in other.bars.iter_mut().zip(&one.bars) {
        let by = with.open.powf(0.5);
        let close = bar.close * with.close.powf(0.5);
        bar.open *= by;
        bar.close = close;
        bar.high = (bar.high * by).max(bar.open).max(close);
        bar.low = (bar.low * by).min(bar.open).min(close);
    }
    let kept = |history: PriceHistory, skip: usize, hole: usize| {
        let bars = history.bars.iter().enumerate();
        let bars = bars.filter(|(place, _)| *place >= skip && place % 97 != hole && *place < 1_990 - skip);
        PriceHistory { bars: bars.map(|(_, bar)| *bar).collect(), ..history }
    };
    [kept(one, 0, 5), kept(other, 40, 50)]
}

fn named(histories: &[PriceHistory; 2]) -> Vec<(String, &PriceHistory)> {
    ["X", "Y"].into_iter().map(str::to_owned).zip(histories).collect()
}

/// The bar of an hour; where there is none the price stands still where it was.
fn at(bars: &BTreeMap<i64, HistoricalBar>, time: i64) -> [f64; 4] {
    match bars.get(&time) {
        Some(bar) => [bar.open, bar.low, bar.high, bar.close],
        None => [bars.range(..time).next_back().unwrap().1.close; 4],
    }
}

/// One pool of two legs: equity and maintenance in units of the collateral, prices over those of the entry.
fn is_gone(leverage: f64, second: f64, [x, y]: [f64; 2]) -> bool {
    let equity = 1.0 + leverage * (0.6 * (x - 1.0) + second * 0.4 * (y - 1.0));
    equity <= MAINTENANCE * leverage * (0.6 * x + 0.4 * y)
}

#[test]
fn two_assets_on_one_margin_are_followed_together() {
    let histories = histories(21);
    let maps: Vec<BTreeMap<i64, HistoricalBar>> =
        histories.iter().map(|history| history.bars.iter().map(|bar| (bar.time, *bar)).collect()).collect();
    let from = histories.iter().map(|history| history.bars[0].time).max().unwrap();
    let until = histories.iter().map(|history| history.bars.last().unwrap().time).min().unwrap();
    let horizon = 48;
    for (side, second) in [("long", 1.0), ("short", -1.0)] {
        let levels =
            Replay::of_several(&named(&histories)).unwrap().levels(&scenario("2d", &pair(side))).unwrap();
        let starts: Vec<i64> = (from..=until - horizon * HOUR)
            .step_by(HOUR as usize)
            .filter(|time| maps.iter().all(|bars| bars.contains_key(time)))
            .collect();
        for level in levels {
            let is_liquidated = |start: &&i64| {
                let entry = [at(&maps[0], **start)[3], at(&maps[1], **start)[3]];
                (1..=horizon).any(|hour| {
                    let [x, y] = [0, 1].map(|asset| at(&maps[asset], **start + hour * HOUR));
                    let gone = |x: f64, y: f64| is_gone(level.leverage, second, [x / entry[0], y / entry[1]]);
                    // Both at the losing side at once: the low of a long, the high of a short.
                    let worst = if second > 0.0 { y[1] } else { y[2] };
                    gone(x[0], y[0]) || gone(x[1], worst) || gone(x[3], y[3])
                })
            };
            let liquidated = starts.iter().filter(is_liquidated).count();
            assert_eq!(level.starts, starts.len());
            let found = level.realised.value * starts.len() as f64;
            assert!((found - liquidated as f64).abs() < 1e-6, "{side} {level:?}: {liquidated} by hand");
            if level.leverage == 20.0 {
                assert!(liquidated > 100, "{liquidated}");
            }
        }
    }
}

#[test]
fn histories_that_do_not_fit_are_refused() {
    let histories = histories(23);
    let scenario = scenario("2d", &pair("long"));
    let alone = Replay::new(&histories[0]).levels(&scenario).unwrap_err();
    assert!(matches!(alone, ReplayError::SeveralAssets(2)), "{alone}");
    let other = [("X".to_owned(), &histories[0]), ("Z".to_owned(), &histories[1])];
    let missing = Replay::of_several(&other).unwrap().levels(&scenario).unwrap_err();
    assert_eq!(missing.to_string(), "there is no history of Y, only of X, Z");
    let daily = histories[1].resample(days(1)).unwrap().0;
    let bars = Replay::of_several(&[("X".to_owned(), &histories[0]), ("Y".to_owned(), &daily)]).unwrap_err();
    assert!(matches!(bars, ReplayError::OtherBars { .. }), "{bars}");
    let mut late = histories[1].clone();
    late.bars.iter_mut().for_each(|bar| bar.time += 9_000 * HOUR);
    let apart = Replay::of_several(&[("X".to_owned(), &histories[0]), ("Y".to_owned(), &late)]).unwrap_err();
    assert!(matches!(apart, ReplayError::NoCommonTime(_)), "{apart}");
}

/// A law of funding by its keys.
fn funding(keys: &str) -> String {
    format!(
        "positions = [{{ asset = \"X\", side = \"long\" }}], funding = {{ model = \"ou\", mean = \"2bp\", reversion = 50.0, every = \"8h\", {keys} }}"
    )
}

/// Every start has rates of its own: the twin draws the same words, block by block of 1024 starts, and drives the law by the recorded moves
/// over their standard deviation.
#[test]
fn mean_reverting_funding_is_drawn_for_every_start() {
    let history = walk(0.8, 3_000, 31);
    let bars = &history.bars;
    let horizon = 120;
    let starts = bars.len() - horizon;
    let squares: f64 = bars.windows(2).map(|pair| (pair[1].close / pair[0].close).ln().powi(2)).sum();
    let unit = (squares / (bars.len() - 1) as f64).sqrt();
    let step = Duration::from_seconds(3600).years();
    for (keys, correlation) in [
        ("volatility = \"0.0001%\", initial = \"40bp\"", 0.0),
        ("volatility = \"30%\", cap = \"75bp\"", 0.0),
        ("volatility = \"30%\", cap = \"75bp\", correlation = 0.8", 0.8),
    ] {
        let scenario = scenario("5d", &funding(keys));
        let liqsim::venue::FundingRates::Ou(law) = &scenario.account.flows.funding.as_ref().unwrap().rates
        else {
            unreachable!()
        };
        assert_eq!(law.correlation, correlation);
        let transition = law.transition(Duration::from_seconds(8 * 3600).years());
        let levels = Replay::new(&history).levels(&scenario).unwrap();
        for level in &levels {
            let mut liquidated = 0;
            for (block, first) in (0..starts).step_by(1024).enumerate() {
                let lanes = (starts - first).min(1024);
                let mut noise = Stream::new(scenario.simulation.seed, Purpose::Funding(0), block as u64);
                let mut rates = vec![law.initial; lanes];
                let mut cash = vec![1.0 - level.leverage; lanes];
                let mut is_open = vec![true; lanes];
                for hour in 1..=horizon {
                    let mut draws = vec![0.0; lanes];
                    let is_due = hour % 8 == 0;
                    if is_due {
                        noise.normals(&mut draws);
                    }
                    for lane in 0..lanes {
                        let (start, now) = (first + lane, first + lane + hour);
                        let entry = bars[start].close;
                        let gone = |cash: f64, price: f64| {
                            cash + level.leverage * price / entry
                                <= MAINTENANCE * level.leverage * price / entry
                        };
                        let mut is_gone = gone(cash[lane], bars[now].low);
                        if is_due {
                            let moved = (bars[now].close / bars[now - 8].close).ln() / unit;
                            rates[lane] = law.mean
                                + transition.decay * (rates[lane] - law.mean)
                                + transition.driven * step.sqrt() * moved
                                + transition.own * draws[lane];
                            cash[lane] -= law.capped(rates[lane]) * level.leverage * bars[now].close / entry;
                            is_gone |= gone(cash[lane], bars[now].close);
                        }
                        if is_gone && is_open[lane] {
                            is_open[lane] = false;
                            liquidated += 1;
                        }
                    }
                }
            }
            let found = level.realised.value * starts as f64;
            assert_eq!(level.starts, starts);
            // A start whose equity ends within rounding of its requirement may fall on either side.
            assert!((found - f64::from(liquidated)).abs() < 1.5, "{keys} {level:?}: {liquidated} by hand");
        }
        assert!(levels[3].realised.value > 0.05);
    }
    let plain = scenario("5d", "positions = [{ asset = \"X\", side = \"long\" }]");
    let plain = Replay::new(&history).levels(&plain).unwrap();
    let wild = Replay::new(&history)
        .levels(&scenario("5d", &funding("volatility = \"30%\", cap = \"75bp\"")))
        .unwrap();
    assert_ne!(plain[2].realised.value, wild[2].realised.value);
}

/// Both windows end at the entry, hold nothing behind it, and the correlation that is simulated is theirs; the threads change nothing.
#[test]
fn a_walk_of_two_assets_knows_the_windows_of_both() {
    let histories = histories(25);
    let mut scenario = scenario("2d", &pair("long"));
    scenario.simulation.paths = PathBudget::Fixed(200);
    let walk = WalkForward { window: days(20), every: Some(days(4)) };
    let replay = Replay::of_several(&named(&histories)).unwrap();
    let from = histories[1].bars[0].time;
    let again = |known: &PriceHistory, model: &Model| {
        let last = known.bars.last().unwrap().time;
        // Entries: every four days from the 20th of the common time on; a hole may be the last bar.
        let behind = (last + HOUR - from) % (96 * HOUR);
        assert!(behind <= 2 * HOUR || behind >= 94 * HOUR, "{behind}");
        assert!(known.bars.len() <= 480 && known.bars.len() > 460, "{}", known.bars.len());
        Ok(model.clone())
    };
    let stop = AtomicBool::new(false);
    let of = |threads: usize| {
        let options = RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} };
        replay.walk_forward(&named(&histories), &scenario, walk, &again, &options).unwrap()
    };
    let found = of(1);
    assert_eq!(found, of(3));
    assert!(found.levels[0].forecasts > 10 && found.failed == 0, "{found:?}");
    // Of one that never moves there is no correlation.
    let mut still = histories.clone();
    for bar in &mut still[1].bars {
        *bar = HistoricalBar { time: bar.time, open: 7.0, high: 7.0, low: 7.0, close: 7.0, volume: 0.0 };
    }
    let options = RunOptions { threads: Some(2), stop: &stop, progress: &|_| {} };
    let keep = |_: &PriceHistory, model: &Model| Ok(model.clone());
    let failed = Replay::of_several(&named(&still))
        .unwrap()
        .walk_forward(&named(&still), &scenario, walk, &keep, &options)
        .unwrap_err();
    assert!(
        matches!(&failed, WalkForwardError::NeverFitted(reason) if reason.contains("never moves")),
        "{failed}"
    );
}
