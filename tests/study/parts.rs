//! Parts of a run, joined in any order and any tree: the bytes of the whole run.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use liqsim::engine::{Progress, RunOptions};
use liqsim::estimate::{MergeError, Partial};
use liqsim::numeric::{Purpose, Stream};
use liqsim::scenario::{Scenario, Source, parse};
use liqsim::study::{
    CarriedFiles, KeptPart, MergePartsError, PartFile, PartRun, PartScenario, RunError, merge, pack, run,
    run_kept, unpack,
};

/// Crossing points under tilted laws; points and particles; particles and strata; neither, followed step by step.
const MODELS: [&str; 4] = [
    r#"{ kind = "merton", drift = 0.0, volatility = 0.5, jumps = { rate = 30.0, mean = -0.01, std_dev = 0.04 } }"#,
    r#"{ kind = "kou", drift = 0.0, volatility = 0.4, jumps = { rate = 20.0, up_probability = 0.5, up_mean = 0.02, down_mean = 0.02 } }"#,
    r#"{ kind = "heston", drift = 0.0, variance = 0.3, long_run_variance = 0.3, mean_reversion = 5.0, vol_of_vol = 1.0, correlation = -0.5 }"#,
    r#"{ kind = "gbm", drift = 0.0, volatility = 0.6 } }, Y = { price = 50.0, model = { kind = "gbm", drift = 0.1, volatility = 0.9 }"#,
];

fn text(model: usize, budget: &str) -> String {
    let positions = match model {
        3 => {
            r#"margin = "cross", positions = [{ asset = "X", side = "long" }, { asset = "Y", side = "short" }]"#
        }
        _ => r#"positions = [{ asset = "X", side = "long" }]"#,
    };
    let model = MODELS[model];
    format!(
        r#"
        name = "parts"
        simulation = {{ horizon = "10d", seed = 5, {budget} }}
        assets = {{ X = {{ price = 100.0, model = {model} }} }}
        account = {{ equity = 1000.0, leverage = [2, 4, 20], venue = {{ contract = "linear", maintenance = 0.005 }}, {positions} }}
        "#
    )
}

fn scenario(model: usize, budget: &str) -> Scenario {
    let text = text(model, budget);
    parse(Source::new("parts.toml", &text), &[]).unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn json(result: &liqsim::RunResult) -> String {
    serde_json::to_string(result).unwrap()
}

/// Random numbers below a bound, with a fixed seed.
struct Dice(Stream);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        let mut uniform = [0.0];
        self.0.uniforms(&mut uniform);
        ((uniform[0] * bound as f64) as usize).min(bound - 1)
    }
}

/// Joins parts two at a time, each time two at random, some of them by way of their bytes.
fn joined(mut parts: Vec<Partial>, seed: u64) -> Partial {
    let mut dice = Dice(Stream::new(seed, Purpose::Resample, 0));
    while parts.len() > 1 {
        let mut one = parts.swap_remove(dice.below(parts.len()));
        let at = dice.below(parts.len());
        one.merge(&parts[at]).unwrap();
        parts[at] = if dice.below(10) == 0 { unpack(&pack(&one).unwrap()).unwrap() } else { one };
    }
    parts.remove(0)
}

/// Blocks cut into so many ranges of unequal size.
fn cuts(blocks: u64, count: usize) -> Vec<Range<u64>> {
    let mut dice = Dice(Stream::new(count as u64, Purpose::Resample, 1));
    let mut edges: Vec<u64> = (1..blocks).collect();
    while edges.len() + 1 > count {
        edges.remove(dice.below(edges.len()));
    }
    let starts = std::iter::once(0).chain(edges.iter().copied());
    starts.zip(edges.iter().copied().chain([blocks])).map(|(start, end)| start..end).collect()
}

fn assert_parts_are_the_whole(model: usize, paths: u64, counts: &[usize]) {
    let scenario = scenario(model, &format!("paths = {paths}"));
    let options = RunOptions::default();
    let whole = json(&run(&scenario, &options).unwrap());
    for &count in counts {
        let mut known = PartRun::new(&scenario).unwrap();
        let blocks = known.blocks();
        let parts: Vec<Partial> = cuts(blocks, count)
            .into_iter()
            .enumerate()
            .map(|(place, range)| {
                // Some know nothing of the others, as on another machine.
                if place % 60 == 1 {
                    PartRun::new(&scenario).unwrap().run(range, &options)
                } else {
                    known.run(range, &options)
                }
            })
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(parts.len(), count);
        let all = joined(parts, count as u64);
        assert!(json(&merge(&scenario, &all, &options).unwrap()) == whole, "model {model}, {count} parts");
    }
}

#[test]
fn parts_of_tilted_points_are_the_whole_in_any_tree() {
    assert_parts_are_the_whole(0, 220_000, &[1, 3, 17, 200]);
}

#[test]
fn parts_of_points_and_particles_are_the_whole_in_any_tree() {
    assert_parts_are_the_whole(1, 40_000, &[3, 17]);
}

#[test]
fn parts_of_particles_and_strata_are_the_whole_in_any_tree() {
    assert_parts_are_the_whole(2, 40_000, &[17]);
}

#[test]
fn parts_of_accounts_that_are_followed_are_the_whole_in_any_tree() {
    assert_parts_are_the_whole(3, 8_000, &[3, 7]);
}

/// The sums that parts carry are what the result rests on: changed by a tenth they change it, so whoever joins parts runs no points again.
#[test]
fn whoever_joins_parts_takes_their_sums() {
    let scenario = scenario(0, "paths = 400_000");
    let options = RunOptions::default();
    let mut part = PartRun::new(&scenario).unwrap().run(0..391, &options).unwrap();
    let whole = json(&merge(&scenario, &part, &options).unwrap());
    let text = serde_json::to_string(&part.work).unwrap();
    // The last pair of the last sum: its number in units of 2^-32 gets a digit more.
    let (before, after) = text.rsplit_once("\"high\":").expect("a sum");
    part.work = serde_json::from_str(&format!("{before}\"high\":1{after}")).unwrap();
    assert!(json(&merge(&scenario, &part, &options).unwrap()) != whole);
}

#[test]
fn what_does_not_make_a_run_is_refused_by_name() {
    let options = RunOptions::default();
    let whole = scenario(0, "paths = 10_000");
    let mut run = PartRun::new(&whole).unwrap();
    let [mut one, two] = [0..3, 5..7].map(|range| run.run(range, &options).unwrap());
    let Err(MergePartsError::Missing(missing)) = merge(&whole, &one, &options) else { panic!("it has gaps") };
    assert_eq!(missing, std::slice::from_ref(&(3..10)));
    one.merge(&two).unwrap();
    let error = merge(&whole, &one, &options).unwrap_err();
    assert_eq!(error.to_string(), "not all blocks are there; missing: 3..5, 7..10");
    assert_eq!(one.merge(&run.run(4..8, &options).unwrap()), Err(MergeError::Overlap(5..7)));
    let other = scenario(0, "paths = 10_001");
    let foreign = PartRun::new(&other).unwrap().run(3..5, &options).unwrap();
    assert_eq!(one.merge(&foreign), Err(MergeError::Foreign));
    assert!(matches!(merge(&other, &one, &options), Err(MergePartsError::OtherScenario)));
    for range in [3..3, 9..11, 20..30] {
        assert!(matches!(run.run(range, &options), Err(RunError::NoSuchBlocks { all: 10, .. })));
    }
    one.pieces[0].tally.paths += 1;
    assert!(matches!(merge(&whole, &one, &options), Err(MergePartsError::Unsound)));
}

/// A precision is looked at after 32, 64, 128, ... blocks: parts stop where one machine stops, however they were cut, and what was run beyond
/// that look counts for nothing.
#[test]
fn waves_stop_where_one_machine_stops() {
    for (model, precision) in [(3, "0.5%"), (2, "0.5%")] {
        let mut scenario = scenario(model, &format!("precision = \"{precision}\", max_paths = 400_000"));
        scenario.account.leverage = vec![20.0];
        let options = RunOptions::default();
        let whole = run(&scenario, &options).unwrap();
        let mut run = PartRun::new(&scenario).unwrap();
        let mut part = run.run(3..20, &options).unwrap();
        let mut waves = 0;
        loop {
            let missing = run.missing(&part, &options).unwrap();
            let Some(first) = missing.first() else { break };
            waves += 1;
            // In two, and the second of them reaches beyond the look.
            let middle = first.start.midpoint(first.end);
            for range in [middle..(first.end + 9).min(run.blocks()), first.start..middle] {
                let range = part.blocks.gaps(range);
                for range in range {
                    part.merge(&run.run(range, &options).unwrap()).unwrap();
                }
            }
            let error = merge(&scenario, &part, &options).err();
            assert!(error.is_none_or(|error| matches!(error, MergePartsError::Missing(_))));
        }
        assert!(waves > 0, "model {model}: {waves}");
        assert!(part.paths() >= whole.paths, "model {model}: {} {}", part.paths(), whole.paths);
        assert_eq!(json(&merge(&scenario, &part, &options).unwrap()), json(&whole), "model {model}");
        let other = PartRun::new(&scenario).unwrap();
        assert!(matches!(other.shard("1/2".parse().unwrap()), Err(RunError::ShardOfPrecision)));
    }
}

/// Stopped again and again after some blocks, with what was kept the only memory: the bytes of the run that nobody stopped.
#[test]
fn a_kept_run_goes_on_from_what_it_had() {
    for (model, budget) in [(0, "paths = 150_000"), (2, "precision = \"1%\", max_paths = 200_000")] {
        let scenario = scenario(model, budget);
        let source = PartScenario {
            file: "parts.toml".into(),
            text: text(model, budget),
            overrides: Vec::new(),
            paths: None,
            seed: None,
            files: CarriedFiles::default(),
        };
        let whole = json(&run(&scenario, &RunOptions::default()).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let blocks = 0..PartRun::new(&scenario).unwrap().blocks();
        let mut rounds = 0;
        let part = loop {
            let kept = KeptPart::open(folder.path(), &scenario, &blocks).unwrap();
            let busy = KeptPart::open(folder.path(), &scenario, &blocks).unwrap_err();
            assert_eq!(busy.kind(), io::ErrorKind::ResourceBusy);
            let stop = AtomicBool::new(false);
            let had = kept.finished(&scenario);
            let before = had.as_ref().map_or(0, Partial::paths);
            let seen = AtomicU64::new(0);
            let progress = |progress: Progress| {
                seen.store(progress.paths_done, Ordering::Relaxed);
                if progress.paths_done > before + 30_000 {
                    stop.store(true, Ordering::Relaxed);
                }
            };
            let options = RunOptions { threads: Some(2), stop: &stop, progress: &progress };
            let mut keep = |part: &Partial| kept.keep(&source, part);
            let (part, is_complete) = run_kept(&scenario, None, had, &mut keep, &options).unwrap();
            rounds += 1;
            if is_complete {
                break part.unwrap();
            }
            // What was going on when it was stopped is lost, what was finished is not.
            assert!(part.is_none_or(|part| part.paths() >= before));
        };
        assert!(rounds > 2, "{rounds}");
        assert_eq!(json(&merge(&scenario, &part, &RunOptions::default()).unwrap()), whole);
        // What was damaged counts as none, and so does what is of another run.
        let kept = KeptPart::open(&folder.path().join("other"), &scenario, &blocks).unwrap();
        kept.keep(&source, &part).unwrap();
        assert!(kept.finished(&scenario).is_some());
        assert!(kept.finished(&scenario.clone().with(Some(3_000), None)).is_none());
        let mut bytes = std::fs::read(kept.path()).unwrap();
        let place = bytes.len() / 2;
        bytes[place] ^= 1;
        std::fs::write(kept.path(), bytes).unwrap();
        assert!(kept.finished(&scenario).is_none());
    }
}

#[test]
fn files_of_parts_come_back_as_text_and_as_bytes() {
    let scenario = scenario(1, "paths = 30_000");
    let part = PartRun::new(&scenario).unwrap().run(2..9, &RunOptions::default()).unwrap();
    let source = PartScenario {
        file: "parts.toml".into(),
        text: text(1, "paths = 30_000"),
        overrides: vec!["account.equity=1000".to_owned()],
        paths: Some(30_000),
        seed: None,
        files: CarriedFiles::default(),
    };
    let file = PartFile::new(source, part.clone()).unwrap();
    let (text, bytes) = (file.text().unwrap(), file.bytes().unwrap());
    assert!(bytes.len() < text.len() / 5, "{} {}", bytes.len(), text.len());
    for contents in [text.as_bytes(), &bytes] {
        let read = PartFile::parse(contents).unwrap();
        assert_eq!(read.partial, part);
        assert_eq!(read.scenario.load(None).unwrap().identity(), scenario.identity());
        let half = &contents[..contents.len() / 2];
        assert!(PartFile::parse(half).is_err());
    }
    let old = text.replacen("\"format\":2", "\"format\":1", 1);
    assert!(PartFile::parse(old.as_bytes()).unwrap_err().to_string().contains("format is 1"));
}
