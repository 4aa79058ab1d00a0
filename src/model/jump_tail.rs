//! What one jump of each model does beyond a limit, in the mean.
//!
//! Mirrored so that the limit is below, with s = 1 where it is and −1 where it is above: J' = s·J, and eᵖᴶ = e^{aJ'} with a = p·s.
//!
//! ```text
//! normal:      P(J' < −d) = Φ((−d − sμ)/σ)
//!              E[e^{aJ'}; J' < −d] = e^{asμ + σ²/2}·Φ((−d − sμ − aσ²)/σ)
//! exponential: J' = −Y with chance q, Y of mean m, P = q·e^{−d/m}
//!              E[e^{aJ'}; J' < −d] = P·e^{−ad}/(1 + a·m)
//! ```
//!
//! Completing the square gives the first, integrating an exponential the second, as in the prices of options of Merton (1976) and Kou (2002).

use super::{Jumps, KouJumps, Model};
use crate::market::{JumpTail, Sides};
use crate::numeric::{elementary, upper_tail};

/// How far tails reach, in deviations of a normal jump and in means of an exponential one: 1e-19 and 1e-13 go further.
const DEVIATIONS: f64 = 9.0;
const MEANS: f64 = 30.0;

/// A narrower normal jump is as good as one of a size, and too narrow for a table.
const NARROWEST: f64 = 1e-9;

impl Model {
    /// What one of its jumps does beyond a limit on one side of the price, or on that side of one over it where the `power` is −1; none
    /// without jumps whose law is the same at all times, and of a width.
    pub fn jump_tail(&self, side: Sides, power: f64) -> Option<JumpTail> {
        let sign = if side == Sides::Low { 1.0 } else { -1.0 };
        match self {
            Self::Merton(merton) => merton.jumps.tail(sign, power),
            Self::Bates(bates) => bates.jumps.tail(sign, power),
            Self::Kou(kou) => kou.jumps.tail(sign, power),
            _ => None,
        }
    }
}

impl Jumps {
    fn tail(&self, sign: f64, power: f64) -> Option<JumpTail> {
        let (mean, deviation, a) = (sign * self.mean, self.std_dev, power * sign);
        if self.rate <= 0.0 || deviation < NARROWEST {
            return None;
        }
        let moment = elementary::exp(a * mean + 0.5 * deviation * deviation);
        let known = |distance: f64| {
            let chance = upper_tail((distance + mean) / deviation);
            let beyond = moment * upper_tail((distance + mean) / deviation + a * deviation);
            [chance, (beyond - elementary::exp(-a * distance) * chance).abs()]
        };
        let last = (DEVIATIONS * deviation - mean).max(deviation);
        Some(JumpTail::new((deviation, last), known))
    }
}

impl KouJumps {
    fn tail(&self, sign: f64, power: f64) -> Option<JumpTail> {
        let (chance, mean) = match sign > 0.0 {
            true => (1.0 - self.up_probability, self.down_mean),
            false => (self.up_probability, self.up_mean),
        };
        let a = power * sign;
        let moment = 1.0 + a * mean;
        if self.rate <= 0.0 || moment <= 0.0 {
            return None;
        }
        let known = |distance: f64| {
            let beyond = chance * elementary::exp(-distance / mean);
            [beyond, beyond * elementary::exp(-a * distance) * (1.0 / moment - 1.0).abs()]
        };
        let width = mean / moment.max(1.0);
        Some(JumpTail::new((width, MEANS * mean / moment.min(1.0)), known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::jumps::JumpLaw;
    use crate::numeric::{Purpose, Stream};

    /// Both by distance against 400,000 jumps that are drawn, on either side and of the price and one over it: each within 4.5 errors
    /// (48 comparisons, false alarm 3e-4).
    #[test]
    fn tails_are_those_of_jumps_that_are_drawn() {
        let normal = Jumps { rate: 12.0, mean: -0.02, std_dev: 0.05 };
        let double = KouJumps { rate: 20.0, up_probability: 0.4, up_mean: 0.04, down_mean: 0.05 };
        let mut sizes = vec![0.0; 400_000];
        for is_normal in [true, false] {
            let mut noise = Stream::new(5, Purpose::Event(0), 0);
            if is_normal {
                normal.sizes(&mut sizes, &mut noise)
            } else {
                double.sizes(&mut sizes, &mut noise)
            }
            for (sign, power) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                let tail = if is_normal { normal.tail(sign, power) } else { double.tail(sign, power) };
                let tail = tail.unwrap();
                for distance in [0.0, 0.031, 0.1] {
                    let n = sizes.len() as f64;
                    let (mut sums, mut squares) = ([0.0; 2], [0.0; 2]);
                    for size in sizes.iter().filter(|size| sign * **size < -distance) {
                        let beyond = ((power * size).exp() - (-power * sign * distance).exp()).abs();
                        for (place, x) in [1.0, beyond].into_iter().enumerate() {
                            sums[place] += x;
                            squares[place] += x * x;
                        }
                    }
                    for (place, known) in tail.at(distance).into_iter().enumerate() {
                        let mean = sums[place] / n;
                        let z = (mean - known) / ((squares[place] / n - mean * mean) / n).sqrt();
                        assert!(
                            z.abs() < 4.5,
                            "{is_normal} {sign} {power} {distance} {place}: {mean} {known}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn jumps_without_a_width_or_a_mean_have_no_tail() {
        let normal = Jumps { rate: 12.0, mean: -0.1, std_dev: 0.0 };
        assert_eq!(normal.tail(1.0, 1.0), None);
        assert_eq!(Jumps { rate: 0.0, std_dev: 0.1, ..normal }.tail(1.0, 1.0), None);
        let far = KouJumps { rate: 1.0, up_probability: 0.5, up_mean: 0.5, down_mean: 1.5 };
        assert!(far.tail(1.0, -1.0).is_none() && far.tail(1.0, 1.0).is_some());
    }
}
