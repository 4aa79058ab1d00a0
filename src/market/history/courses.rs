//! Two or more courses of prices in turns in one file, which differ by as little as a part of a usual move.

use crate::numeric::elementary;

use super::refusal::{Refusal, Refused};
use super::series::HistoricalBar;

/// Courses that take turns.
const MOST: usize = 4;
/// Moves before anything is proven.
const FEWEST: usize = 20;
/// The means of the moves by turn, squared, over the variance of a move: 2 to 4 in the mean where there are no turns. Records of 16 coins
/// and contracts have 17 at most.
const LARGEST: f64 = 50.0;
/// ... and this share of all that moves at least: one in 150 is the most in those records, which have thousands of bars.
const SMALLEST_SHARE: f64 = 0.02;

/// Refuses bars whose moves depend on their turn: up in every second, third or fourth bar, and down again in the others.
pub(super) fn in_turns(bars: &[HistoricalBar], interval: i64) -> Result<(), Refused> {
    let moves: Vec<(i64, f64)> = bars
        .windows(2)
        .filter(|pair| pair[1].time - pair[0].time == interval)
        .map(|pair| (pair[1].time.div_euclid(interval), elementary::ln(pair[1].close / pair[0].close)))
        .collect();
    let squares: f64 = moves.iter().map(|(_, size)| size * size).sum();
    if moves.len() < FEWEST || squares <= 0.0 {
        return Ok(());
    }
    for turns in 2..=MOST {
        let (mut sums, mut counts) = ([0.0; MOST], [0.0; MOST]);
        for (number, size) in &moves {
            let turn = number.rem_euclid(turns as i64) as usize;
            sums[turn] += size;
            counts[turn] += 1.0;
        }
        let all: f64 = sums.iter().sum::<f64>() / moves.len() as f64;
        let explained: f64 = (0..turns)
            .filter(|turn| counts[*turn] > 0.0)
            .map(|turn| counts[turn] * (sums[turn] / counts[turn] - all).powi(2))
            .sum();
        let share = explained / squares;
        if share > SMALLEST_SHARE && share * moves.len() as f64 > LARGEST {
            // Two courses in turns are 1 % apart where the price goes up by that and down again.
            let apart = 100.0
                * sums[..turns]
                    .iter()
                    .zip(&counts)
                    .map(|(sum, count)| (sum / count).abs())
                    .fold(0.0, f64::max);
            return Err((None, Refusal::InTurns { turns, apart }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A walk of about half a per cent an hour, and factors by bar.
    fn check(count: usize, factor: impl Fn(usize) -> f64) -> Result<(), Refused> {
        let mut state = 7_u64;
        let mut price = 100.0_f64;
        let bars: Vec<HistoricalBar> = (0..count)
            .map(|index| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                price *= 1.0 + 0.017 * ((state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5);
                let close = price * factor(index);
                let time = 3_600 * index as i64;
                HistoricalBar { time, open: close, high: close, low: close, close, volume: 0.0 }
            })
            .collect();
        in_turns(&bars, 3_600)
    }

    #[test]
    fn courses_in_turns_are_seen_from_a_part_of_a_usual_move_on() {
        for apart in [1.01, 1.003, 0.99] {
            let found = check(800, |index| if index % 2 == 0 { 1.0 } else { apart });
            assert!(matches!(found, Err((None, Refusal::InTurns { turns: 2, .. }))), "{apart}: {found:?}");
        }
        let three = check(800, |index| 1.0 + 0.01 * (index % 3) as f64);
        assert!(matches!(three, Err((None, Refusal::InTurns { turns: 3, .. }))), "{three:?}");
    }

    #[test]
    fn one_course_is_let_through() {
        assert_eq!(check(800, |_| 1.0), Ok(()));
        // Bid and ask, one or the other by chance.
        assert_eq!(
            check(5_000, |index| if index.wrapping_mul(2_654_435_761) >> 7 & 1 == 0 { 1.0 } else { 1.01 }),
            Ok(())
        );
    }
}
