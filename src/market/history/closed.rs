//! Markets that close at weekends, which coins do not.

use super::issue::{Issue, IssueKind};
use super::series::HistoricalBar;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
/// Weeks before they prove anything, and the share of them in which the market is closed.
const FEWEST: usize = 4;
const MOST: f64 = 0.9;

/// Reports weekends without bars between weeks that have some.
pub(super) fn weekends(bars: &[HistoricalBar], interval: i64, issues: &mut Vec<Issue>) {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else { return };
    if interval > DAY {
        return;
    }
    // 1970-01-03 was a Saturday.
    let day_of = |time: i64| (time - 2 * DAY).rem_euclid(WEEK) / DAY;
    let week_of = |time: i64| (time - 2 * DAY).div_euclid(WEEK);
    // Weeks from a Saturday on, without the first and the last, which may be parts.
    let mut weeks: Vec<(bool, bool)> =
        vec![(false, false); (week_of(last.time) - week_of(first.time) + 1) as usize];
    for bar in bars {
        let (on_saturday, on_others) = &mut weeks[(week_of(bar.time) - week_of(first.time)) as usize];
        match day_of(bar.time) {
            0 => *on_saturday = true,
            1 | 6 => {}
            _ => *on_others = true,
        }
    }
    let inner = weeks.get(1..weeks.len().saturating_sub(1)).unwrap_or_default();
    let open = inner.iter().filter(|(_, on_others)| *on_others).count();
    let closed = inner.iter().filter(|(on_saturday, on_others)| *on_others && !on_saturday).count();
    if closed >= FEWEST && closed as f64 >= MOST * open as f64 {
        issues.push(Issue { time: first.time, line: None, kind: IssueKind::Weekends { weeks: closed } });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(interval: i64, is_open: impl Fn(i64) -> bool) -> Vec<IssueKind> {
        // From Thursday, 2024-02-01, over 70 days.
        let times = (0..70 * DAY / interval)
            .map(|index| 1_706_745_600 + index * interval)
            .filter(|time| is_open(*time));
        let bar = |time| HistoricalBar { time, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 0.0 };
        let mut issues = Vec::new();
        weekends(&times.map(bar).collect::<Vec<_>>(), interval, &mut issues);
        issues.into_iter().map(|issue| issue.kind).collect()
    }

    #[test]
    fn weekends_without_bars_are_said() {
        // 1970-01-01 was a Thursday: days 2 and 3 of its weeks are the weekend.
        let is_workday = |time: i64| !matches!(time.div_euclid(DAY).rem_euclid(7), 2 | 3);
        assert_eq!(found(DAY, is_workday), [IssueKind::Weekends { weeks: 9 }]);
        // From Friday, 22:00, to Sunday, 22:00, as on the futures exchange of Chicago.
        let hour = |time: i64| (time - DAY - 22 * 3_600).rem_euclid(WEEK) / 3_600;
        assert_eq!(found(3_600, |time| hour(time) >= 48), [IssueKind::Weekends { weeks: 9 }]);
        assert_eq!(found(3_600, |_| true), []);
    }
}
