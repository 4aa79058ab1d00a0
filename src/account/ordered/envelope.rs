//! The barrier of a level as a function of what funding has charged.

use crate::account::opening::Opening;

/// A straight piece of a barrier: constant + slope·F for F between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    pub constant: f64,
    pub slope: f64,
    pub low: f64,
    pub high: f64,
}

impl Segment {
    /// No barrier, whatever is charged.
    pub const NONE: Self =
        Self { constant: f64::NEG_INFINITY, slope: 0.0, low: f64::NEG_INFINITY, high: f64::INFINITY };

    #[inline(always)]
    pub fn at(&self, charged: f64) -> f64 {
        self.slope.mul_add(charged, self.constant)
    }

    /// This line, bounded to where none of some lines is above it; of equal lines the first one stays.
    fn where_highest(&self, lines: &[Self]) -> Self {
        let mut bounded = *self;
        let mut is_first = true;
        for other in lines {
            let crossing = (other.constant - self.constant) / (self.slope - other.slope);
            if std::ptr::eq(self, other) {
                is_first = false;
            } else if other.slope > self.slope {
                bounded.high = bounded.high.min(crossing);
            } else if other.slope < self.slope {
                bounded.low = bounded.low.max(crossing);
            } else if other.constant > self.constant || (other.constant == self.constant && is_first) {
                bounded.high = f64::NEG_INFINITY;
            }
        }
        bounded
    }
}

/// The mirrored barrier of a level, in units of x: the largest of its segments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Envelope {
    /// By rising slope; at least one.
    segments: Vec<Segment>,
}

impl Envelope {
    /// The barrier of a level; none if it is not made of straight lines.
    pub fn of(opening: &Opening) -> Option<Self> {
        let exposure = opening.start.exposure;
        if !opening.requirement()?.is_straight() {
            return None;
        }
        let straight = |(constant, of_cash): (f64, f64)| Segment {
            constant: constant + of_cash * opening.start.cash,
            slope: -of_cash * exposure,
            ..Segment::NONE
        };
        let lines: Vec<Segment> =
            opening.lines(exposure).iter().map(|line| straight(line.straight())).collect();
        Some(Self::over(&lines))
    }

    fn over(lines: &[Segment]) -> Self {
        let mut segments: Vec<Segment> = lines.iter().map(|line| line.where_highest(lines)).collect();
        segments.retain(|segment| segment.low < segment.high);
        segments.sort_by(|a, b| a.low.total_cmp(&b.low));
        if segments.is_empty() {
            segments.push(Segment::NONE);
        }
        Self { segments }
    }

    /// The segment that holds once this much has been charged.
    #[inline(always)]
    pub fn segment(&self, charged: f64) -> Segment {
        let last = self.segments.len() - 1;
        let number = self.segments[..last].iter().position(|segment| charged <= segment.high);
        self.segments[number.unwrap_or(last)]
    }

    /// The barrier once this much has been charged.
    #[inline(always)]
    pub fn at(&self, charged: f64) -> f64 {
        self.segment(charged).at(charged)
    }

    /// Whether it is never above another one: both are convex and made of straight lines, so it is enough to compare them where either
    /// bends, and far out on both sides.
    pub fn is_below(&self, other: &Self) -> bool {
        const FAR: f64 = 1e6;
        let bends =
            self.segments.iter().chain(&other.segments).flat_map(|segment| [segment.low, segment.high]);
        bends
            .map(|bend| bend.clamp(-FAR, FAR))
            .chain([0.0])
            .all(|charged| self.at(charged) <= other.at(charged) + 1e-12 * (1.0 + other.at(charged).abs()))
    }

    /// Whether the barrier is in proportion to the cash that is left: it scales with the debt.
    pub fn is_proportional(&self, opening: &Opening) -> bool {
        let lines = opening.lines(opening.start.exposure);
        lines.iter().all(|line| line.straight().0 == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_the_upper_envelope() {
        let line = |constant, slope| Segment { constant, slope, ..Segment::NONE };
        let lines = [line(0.0, 1.0), line(-1.0, 2.0), line(-0.2, 1.4), line(-9.0, 1.5), line(0.0, 1.0)];
        let envelope = Envelope::over(&lines);
        assert_eq!(envelope.segments.len(), 3);
        for k in -300..300 {
            let charged = 0.01 * f64::from(k);
            let highest = lines.iter().map(|line| line.at(charged)).fold(f64::NEG_INFINITY, f64::max);
            assert!((envelope.at(charged) - highest).abs() < 1e-14, "{charged}");
        }
    }

    #[test]
    fn envelopes_that_cross_are_not_in_order() {
        let line = |constant, slope| Segment { constant, slope, ..Segment::NONE };
        let low = Envelope::over(&[line(0.0, 1.0), line(-1.0, 2.0)]);
        let high = Envelope::over(&[line(0.1, 1.0), line(-0.9, 2.0)]);
        let steep = Envelope::over(&[line(0.1, 1.0), line(-0.9, 1.9)]);
        assert!(low.is_below(&high) && !high.is_below(&low));
        // 2F − 1 overtakes 1.9F − 0.9 at F = 1.
        assert!(!low.is_below(&steep));
        assert!(Envelope::over(&[]).is_below(&low) && !low.is_below(&Envelope::over(&[])));
    }
}
