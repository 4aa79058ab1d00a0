//! Processor time of the calling thread, and medians of interleaved measurements.

use std::time::Instant;

/// Seconds that this thread has been on a processor; wall time where the system does not say.
fn thread_seconds(start: Instant) -> f64 {
    // Yielding makes the kernel bring its account of the running thread up to date.
    std::thread::yield_now();
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(|| start.elapsed().as_secs_f64(), |nanoseconds| nanoseconds * 1e-9)
}

/// Seconds that programs which this one has started, and which have ended, have been on a processor in their own code; since some instant where
/// the system does not say.
pub fn children_seconds() -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    /// Steps of that clock in a second, the same on every Linux.
    const TICKS: f64 = 100.0;
    // The name, which may hold blanks, ends with the last bracket; the time of children is the fourteenth field after it.
    let ticks = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| {
        let (_, fields) = text.rsplit_once(')')?;
        fields.split_whitespace().nth(13)?.parse::<f64>().ok()
    });
    ticks.map_or_else(|| START.get_or_init(Instant::now).elapsed().as_secs_f64(), |ticks| ticks / TICKS)
}

/// One thing to be measured.
pub struct Work<'a> {
    /// Shown with the figure.
    pub name: String,
    /// Done once per round.
    pub body: Box<dyn FnMut() + 'a>,
}

impl<'a> Work<'a> {
    pub fn new(name: impl Into<String>, body: impl FnMut() + 'a) -> Self {
        Self { name: name.into(), body: Box::new(body) }
    }
}

/// Processor seconds of each work, median over `rounds` interleaved rounds of at least `least` seconds per work.
pub fn interleaved(works: &mut [Work<'_>], rounds: usize, least: f64) -> Vec<f64> {
    let start = Instant::now();
    let mut times = vec![Vec::new(); works.len()];
    let mut repeats = vec![1_u32; works.len()];
    for round in 0..=rounds {
        for ((work, times), repeats) in works.iter_mut().zip(&mut times).zip(&mut repeats) {
            let before = thread_seconds(start);
            for _ in 0..*repeats {
                (work.body)();
            }
            let taken = thread_seconds(start) - before;
            if round == 0 {
                // The first round warms up; then every measurement is long enough for the clock.
                *repeats = 1;
                let mut one = taken;
                while one < least {
                    let before = thread_seconds(start);
                    for _ in 0..*repeats {
                        (work.body)();
                    }
                    one = thread_seconds(start) - before;
                    if one < least {
                        let factor = if one > 0.1 * least { (1.2 * least / one).ceil() } else { 8.0 };
                        *repeats = (f64::from(*repeats) * factor) as u32;
                    }
                }
            } else {
                times.push(taken / f64::from(*repeats));
            }
        }
    }
    times.into_iter().map(median).collect()
}

/// The middle of some numbers.
pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
