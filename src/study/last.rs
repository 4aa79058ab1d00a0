//! The last number at which a condition holds, by halving; what is known beforehand is not asked for again.

/// Halvings of the logarithm: 1e-12 relative for a ratio of 10⁷.
const HALVINGS: usize = 48;

/// A positive number up to which a condition holds and beyond which it does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Last {
    /// Where halving begins.
    from: (f64, f64),
    /// The largest number at which it is known to hold, and the smallest at which it is known not to.
    known: (f64, f64),
}

impl Last {
    /// The condition holds at the first number and not at the second.
    pub fn between(low: f64, high: f64) -> Self {
        Self { from: (low, high), known: (low, high) }
    }

    /// The largest number at which it is known to hold.
    pub fn known(&self) -> f64 {
        self.known.0
    }

    /// Takes note of whether it holds at a number.
    pub fn learn(&mut self, number: f64, holds: bool) {
        let (low, high) = &mut self.known;
        if number > *low && number < *high {
            *(if holds { low } else { high }) = number;
        }
    }

    /// Whether it holds at a number; asks where that is not known.
    pub fn ask(&mut self, number: f64, holds: impl Fn(f64) -> bool) -> bool {
        if number <= self.known.0 {
            return true;
        }
        if !(number < self.known.1) {
            return false;
        }
        let answer = holds(number);
        self.learn(number, answer);
        answer
    }

    /// The last number at which it holds, as near as halving comes: the same number whatever was known.
    pub fn halved(mut self, holds: impl Fn(f64) -> bool) -> f64 {
        let (mut low, mut high) = self.from;
        for _ in 0..HALVINGS {
            let middle = (low * high).sqrt();
            if self.ask(middle, &holds) { low = middle } else { high = middle }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_known_changes_the_number_of_questions_and_nothing_else() {
        for edge in [0.0011, 0.3, 2.0, 7.123_456_789, 9_999.0] {
            let asked = Cell::new(0);
            let holds = |x: f64| {
                asked.set(asked.get() + 1);
                x <= edge
            };
            let plain = Last::between(1e-3, 1e4).halved(holds);
            assert!((plain / edge - 1.0).abs() < 1e-12, "{plain} {edge}");
            assert_eq!(asked.replace(0), HALVINGS);
            let mut last = Last::between(1e-3, 1e4);
            for near in [0.5, 2.0, 1.0 - 1e-11, 1.0 + 1e-11, 1e9, 0.0] {
                last.ask(edge * near, holds);
            }
            last.learn(f64::NAN, false);
            assert!(last.known() < edge && last.known() > edge * (1.0 - 2e-11));
            assert_eq!(last.halved(holds), plain);
            assert!(asked.get() < 20, "{}", asked.get());
        }
    }
}
