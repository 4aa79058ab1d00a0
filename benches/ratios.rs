//! The goals of the engine as ratios, all from one interleaved run: `cargo bench --bench ratios`.

// A report on standard output is what this program is for.
#![allow(clippy::print_stdout)]

mod common;

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use common::clock::{Work, interleaved, median};
use common::straightforward::{Garch, Heston, Jumps, Law, STEPS, simulate};
use common::{GBM, LEVERAGES, levels, merton, plan, scenario};
use liqsim::engine::{BLOCK_LANES, Executor, Plan, RunOptions, Worker};
use liqsim::estimate::{Crossing, Effort, Estimator};
use liqsim::numeric::{
    InstructionSet, Kernel, Purpose, Stream, dispatch, force_instruction_set, instruction_set,
};
use liqsim::study::run_levels as run;

const ROUNDS: usize = 9;
const LEAST_SECONDS: f64 = 0.05;
/// Paths of the straightforward loop per measurement, about 30 ms.
const NAIVE_PATHS: u64 = 8_000;
const BLOCKS: u64 = 8;

fn main() {
    // Asked by this program itself, in a process of its own, for its peak memory.
    if let Ok(paths) = std::env::var("LIQSIM_BENCH_MEMORY") {
        memory_child(&paths);
        return;
    }
    // `cargo test --benches` runs this too; it is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("| work | figure | ratio | goal |\n|---|---|---|---|");
    let parts: [(&str, fn()); 5] = [
        ("stepping", stepping),
        ("precision", precision),
        ("levels", level_counts),
        ("threads", threads),
        ("memory", memory),
    ];
    // The straightforward loop, which runs on the pool of the calling thread, gets one thread.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let _pool = pool.expect("a pool of one thread");
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            part();
        }
    }
}

fn row(work: &str, figure: &str, ratio: f64, goal: &str) {
    println!("| {work} | {figure} | {ratio:.3} | {goal} |");
}

/// Runs blocks of a plan on this thread.
fn blocks<'a>(plan: &'a Plan, set: InstructionSet) -> impl FnMut() + 'a {
    let mut worker = Worker::new(plan);
    let mut number = 0;
    move || {
        force_instruction_set(set);
        for _ in 0..BLOCKS {
            worker.run_block(number, BLOCK_LANES);
            number += 1;
        }
        force_instruction_set(InstructionSet::Avx512);
        black_box(worker.tally().paths);
    }
}

/// The straightforward loop on this thread.
fn naive(law: Law) -> impl FnMut() {
    let mut seed = 0;
    move || {
        seed += 1;
        black_box(simulate(NAIVE_PATHS, seed, law));
    }
}

fn jumps(rate: f64) -> Law {
    Law::Merton(Jumps { rate, mean: -0.02, std_dev: 0.05 })
}

/// Path-steps per second of hourly stepping.
fn stepping() {
    let hourly = "monitoring = \"1h\"";
    let gbm = plan(GBM, &LEVERAGES, hourly);
    let jumping = plan(&merton(12.0), &LEVERAGES, hourly);
    let (variance, mean_reversion, vol_of_vol, correlation) = (0.36, 3.0, 1.0, -0.3);
    let varying = plan(
        &format!(
            "kind = \"heston\"\ndrift = 0.0\nvariance = {variance:?}\nlong_run_variance = {variance:?}\n\
             mean_reversion = {mean_reversion:?}\nvol_of_vol = {vol_of_vol:?}\ncorrelation = {correlation:?}"
        ),
        &LEVERAGES,
        hourly,
    );
    let euler = Heston { variance, mean_reversion, vol_of_vol, correlation };
    let student = Garch { omega: 4.2e-7, alpha: 0.06, beta: 0.93, dof: 5.0 };
    let Garch { omega, alpha, beta, dof } = student;
    let clustering = plan(
        &format!(
            "kind = \"garch\"\nlog_drift = 0.0\nstep = \"1h\"\nomega = {omega:?}\nalpha = {alpha:?}\nbeta = {beta:?}\ndof = {dof:?}"
        ),
        &LEVERAGES,
        hourly,
    );
    let widest = instruction_set();
    let mut works = [
        Work::new("straightforward loop, gbm", naive(Law::Gbm)),
        Work::new("straightforward loop, merton", naive(jumps(12.0))),
        Work::new("straightforward loop, heston (Euler)", naive(Law::Heston(euler))),
        Work::new("straightforward loop, garch (Student-t)", naive(Law::Garch(student))),
        Work::new("gbm, 720 steps", blocks(&gbm, widest)),
        Work::new("gbm, 720 steps, AVX2", blocks(&gbm, InstructionSet::Avx2)),
        Work::new("merton (12 a year), 720 steps", blocks(&jumping, widest)),
        Work::new("heston (quadratic-exponential), 720 steps", blocks(&varying, widest)),
        Work::new("two normals a step and its division and roots, nothing else", least_of_heston()),
        Work::new("garch (Student-t), 720 steps", blocks(&clustering, widest)),
    ];
    let seconds = interleaved(&mut works, ROUNDS, LEAST_SECONDS);
    let naive_steps = (NAIVE_PATHS * u64::from(STEPS)) as f64;
    let own_steps = (BLOCKS * BLOCK_LANES as u64 * u64::from(STEPS)) as f64;
    let rates: Vec<f64> = seconds
        .iter()
        .enumerate()
        .map(|(i, s)| if i < 4 { naive_steps / s } else { own_steps / s })
        .collect();
    let goals = [
        (0, "1"),
        (1, "1"),
        (2, "1"),
        (3, "1"),
        (0, ">= 4"),
        (0, ">= 1.6"),
        (1, ">= 4"),
        (2, ">= 4"),
        (2, ""),
        (3, ">= 3"),
    ];
    for (i, (base, goal)) in goals.into_iter().enumerate() {
        row(&works[i].name, &format!("{:.0} million steps/s", rates[i] / 1e6), rates[i] / rates[base], goal);
    }
}

/// What a step of the quadratic-exponential scheme cannot do without: two normals, and a division and three square roots of single
/// precision.
fn least_of_heston() -> impl FnMut() {
    struct Step<'a>(&'a mut [f64]);
    impl Kernel for Step<'_> {
        type Output = ();

        #[inline(always)]
        fn run(self) {
            for x in self.0 {
                let single = *x as f32;
                let root = (single * single - 0.1).sqrt();
                let quotient = 0.1 / (single + root);
                *x = f64::from((quotient * root).sqrt() + (single + quotient).sqrt());
            }
        }
    }
    let mut stream = Stream::new(1, Purpose::Hit, 0);
    let (mut normals, mut others, mut x) =
        (vec![0.0; BLOCK_LANES], vec![0.0; BLOCK_LANES], vec![1.5; BLOCK_LANES]);
    move || {
        for _ in 0..BLOCKS * u64::from(STEPS) {
            stream.normals(&mut normals);
            stream.normals(&mut others);
            dispatch(Step(&mut x));
        }
        black_box((&normals, &others, &x));
    }
}

/// Time until the liquidation probability at one leverage is known to a relative standard error.
///
/// For the straightforward loop it follows from the time of a path and the probability; it keeps the bias of looking once an hour
/// only. For the engine it is the time of everything from the plan to the estimate, and the error that 200 seeds really
/// have is shown beside it.
fn precision() {
    for (leverage, relative, rate, goal) in [
        (10.0, 0.01, 0.0, ">= 5000"),
        (10.0, 0.01, 12.0, ">= 1000"),
        (10.0, 0.01, 50.0, ">= 1000"),
        (2.0, 0.05, 0.0, ">= 20000"),
    ] {
        let model = if rate > 0.0 { merton(rate) } else { GBM.to_owned() };
        let plan = plan(&model, &[leverage], "");
        let estimate = |plan: &Plan, relative| {
            let crossing = Crossing::new(plan, true).expect("a known law");
            crossing
                .answer(
                    &[0],
                    &Effort { relative, paths: 1 << 22, until_met: true, closings: false },
                    &Executor::alone(),
                )
                .remove(0)
                .expect("a level")
                .probability
        };
        let seeded = |seed| {
            let mut plan = plan.clone();
            plan.law.seed = seed;
            plan
        };
        let truth = estimate(&plan, 1e-6).value;
        let seeds = 200;
        let squares: f64 = (0..seeds)
            .map(|seed| {
                let found = estimate(&seeded(seed), relative).value;
                (found / truth - 1.0).powi(2)
            })
            .sum();
        let mut seed = 0;
        let mut works = [
            Work::new("", naive(if rate > 0.0 { jumps(rate) } else { Law::Gbm })),
            Work::new("", || {
                seed += 1;
                black_box(estimate(&seeded(seed), relative));
            }),
        ];
        let seconds = interleaved(&mut works, ROUNDS, LEAST_SECONDS);
        let paths = (1.0 - truth) / truth / (relative * relative);
        let straightforward = paths * seconds[0] / NAIVE_PATHS as f64;
        let name = if rate > 0.0 { format!("merton ({rate} a year)") } else { "gbm".to_owned() };
        row(
            &format!("{name}, {leverage}x, {} % error", 100.0 * relative),
            &format!(
                "{:.4} ms against {:.1} ms (error {:.2} %)",
                1e3 * seconds[1],
                1e3 * straightforward,
                100.0 * (squares / seeds as f64).sqrt()
            ),
            straightforward / seconds[1],
            goal,
        );
    }
}

/// Cost of many levels against one, and of both sides of the account against stepping alone.
fn level_counts() {
    for (name, model) in [("gbm", GBM.to_owned()), ("merton (12 a year)", merton(12.0))] {
        let plans = [1, 10, 50].map(|count| plan(&model, &levels(count), ""));
        let mut works: Vec<Work<'_>> =
            plans.iter().map(|plan| Work::new("", blocks(plan, InstructionSet::Avx512))).collect();
        let seconds = interleaved(&mut works, ROUNDS, LEAST_SECONDS);
        let per_path = |s: f64| format!("{:.1} ns/path", s * 1e9 / (BLOCKS * BLOCK_LANES as u64) as f64);
        row(&format!("{name}, continuous, 1 level"), &per_path(seconds[0]), 1.0, "");
        row(&format!("{name}, 10 levels"), &per_path(seconds[1]), seconds[1] / seconds[0], "");
        row(&format!("{name}, 50 levels"), &per_path(seconds[2]), seconds[2] / seconds[0], "<= 1.5");
    }
}

/// Wall time of a whole run on one thread against two.
fn threads() {
    let scenario = scenario(&merton(12.0), &levels(10), "paths = 20_000_000");
    let stop = AtomicBool::new(false);
    let wall = |threads| {
        let start = Instant::now();
        let options = RunOptions { threads: Some(threads), stop: &stop, progress: &|_| {} };
        black_box(run(&scenario, &options).map(|result| result.paths)).expect("the scenario runs");
        start.elapsed().as_secs_f64()
    };
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        one.push(wall(1));
        two.push(wall(2));
    }
    let best = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    row(
        "two threads against one, wall (median; best in brackets)",
        &format!("{:.3} s ({:.2})", median(two.clone()), best(&one) / best(&two)),
        median(one) / median(two),
        ">= 1.9",
    );
}

/// Peak memory of runs of 10^4 and 10^8 paths, each in a process of its own.
fn memory() {
    let peak = |paths: &str| -> Option<f64> {
        let child = std::process::Command::new(std::env::current_exe().ok()?)
            .env("LIQSIM_BENCH_MEMORY", paths)
            .output()
            .ok()?;
        String::from_utf8(child.stdout).ok()?.trim().parse().ok()
    };
    if let (Some(few), Some(many)) = (peak("10_000"), peak("100_000_000")) {
        println!(
            "| peak memory, 10^8 paths against 10^4 | {many:.1} against {few:.1} MB | {:.1} MB more | < 10 MB |",
            many - few
        );
    }
}

fn memory_child(paths: &str) {
    let scenario = scenario(GBM, &levels(10), &format!("paths = {paths}"));
    let options = RunOptions { threads: Some(2), stop: &AtomicBool::new(false), progress: &|_| {} };
    run(&scenario, &options).expect("the scenario runs");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
    println!("{}", peak.map_or(f64::NAN, |kilobytes: f64| kilobytes / 1024.0));
}
