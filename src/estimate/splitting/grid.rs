//! Times at which particles may be selected.

use crate::engine::GridPoint;
use crate::market::Duration;

/// Evenly spaced times of selection up to the horizon; more of them do not pay for the bars that end at them.
const SELECTIONS: usize = 48;

/// A grid with times of selection: points that are there anyway where there are any nearby. In a model that is made of steps they are
/// at the ends of steps, where it knows what to hope for.
pub(super) fn with_selections(grid: &[GridPoint], grain: Option<Duration>) -> Vec<GridPoint> {
    let horizon = grid.last().map_or(0.0, |point| point.time);
    let spacing = horizon / SELECTIONS as f64;
    let mut points = grid.to_vec();
    // Do not resample at the horizon.
    let before = grid.len().saturating_sub(1);
    let mut last = 0.0;
    for index in 1..SELECTIONS {
        let even = spacing * index as f64;
        let time = grain.map_or(even, |step| {
            let steps = (even / step.years()).round() as u64;
            Duration::from_seconds(steps * step.seconds()).years()
        });
        if time <= last || time >= horizon {
            continue;
        }
        last = time;
        let distance = |point: &GridPoint| (point.time - time).abs();
        let nearest = points[..before].iter_mut().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        match nearest.filter(|point| distance(point) < 0.5 * spacing) {
            Some(point) => point.select = true,
            None => points.push(GridPoint { time, look: false, due: false, select: true }),
        }
    }
    points.sort_by(|a, b| a.time.total_cmp(&b.time));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time: f64) -> GridPoint {
        GridPoint { time, look: true, due: false, select: false }
    }

    #[test]
    fn a_bare_horizon_gets_times_of_its_own() {
        let points = with_selections(&[point(0.5)], None);
        assert_eq!(points.len(), SELECTIONS);
        assert!(points[..SELECTIONS - 1].iter().all(|point| point.select && !point.look));
        assert!(!points[SELECTIONS - 1].select && points[SELECTIONS - 1].look);
    }

    #[test]
    fn looks_are_used_where_they_are() {
        let looks: Vec<GridPoint> = (1..=720).map(|hour| point(f64::from(hour) / 8760.0)).collect();
        let points = with_selections(&looks, None);
        assert_eq!(points.len(), 720);
        assert_eq!(points.iter().filter(|point| point.select).count(), SELECTIONS - 1);
    }

    #[test]
    fn steps_are_not_cut() {
        let day = Duration::from_seconds(86_400);
        let points = with_selections(&[point(30.0 * day.years())], Some(day));
        assert_eq!(points.len(), 30);
        let ends = (1..30).map(|days| Duration::from_seconds(days * 86_400).years());
        assert!(points.iter().zip(ends).all(|(point, end)| point.select && point.time == end));
    }
}
