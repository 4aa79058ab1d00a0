//! Times that a program noted when it asked: near those of even bars, seconds or minutes off.

use super::counts::{median, most_frequent};
use super::issue::{Issue, IssueKind};
use super::series::HistoricalBar;

/// Distances that bars of programs which ask now and then have.
const USUAL: [i64; 13] = [60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];
/// The middle distance is as near to a usual one as this, as a fraction of it.
const NEAR: f64 = 0.02;
/// Times are off the grid by this fraction of a bar at most, nearly all of them.
const FARTHEST: f64 = 0.1;
const MOST: f64 = 0.95;
/// Distances that are right already in this share of the bars leave nothing to do.
const REGULAR: f64 = 0.9;
/// Bars before anything is proven.
const FEWEST: usize = 20;

/// Moves the times of bars onto the grid that they are near; nothing where they are on one, or near none.
pub(super) fn onto_grid(bars: &mut [HistoricalBar], issues: &mut Vec<Issue>) {
    let distances: Vec<i64> = bars.windows(2).map(|pair| pair[1].time - pair[0].time).collect();
    if distances.len() < FEWEST {
        return;
    }
    let middle = median(distances.iter().map(|distance| *distance as f64).collect());
    let is_near = |usual: &&i64| (middle / **usual as f64 - 1.0).abs() < NEAR;
    let Some(interval) = USUAL.iter().find(is_near).copied() else { return };
    let regular = distances.iter().filter(|distance| *distance % interval == 0).count();
    if regular as f64 > REGULAR * distances.len() as f64 {
        return;
    }
    // Where in a bar the times usually lie: as soon as it begins, or at a time of its own.
    let usual =
        most_frequent(bars.iter().map(|bar| bar.time.rem_euclid(interval))).map_or(0, |(phase, _)| phase);
    let allowed = (FARTHEST * interval as f64) as i64;
    for phase in [0, usual] {
        let moved = |time: i64| (time - phase + interval / 2).div_euclid(interval) * interval + phase;
        let off: Vec<i64> = bars.iter().map(|bar| (bar.time - moved(bar.time)).abs()).collect();
        let near = off.iter().filter(|off| **off <= allowed).count();
        let rises = bars.windows(2).all(|pair| moved(pair[0].time) < moved(pair[1].time));
        if rises && near as f64 >= MOST * bars.len() as f64 {
            let seconds = off.into_iter().max().unwrap_or(0).unsigned_abs();
            issues.push(Issue { time: bars[0].time, line: None, kind: IssueKind::Jitter { seconds } });
            bars.iter_mut().for_each(|bar| bar.time = moved(bar.time));
            return;
        }
    }
}
