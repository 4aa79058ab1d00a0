//! Numbers carried from one linear scale to the next, none finer than the bins of the scale need.
//!
//! Levels of a position close with c + e·z for the same z of a path, and a path is booked once, at the most leveraged level it survived. So
//! the survivors of a level are those booked there and those of every level above. They are carried from level to level in units of z: what
//! falls into one sixteenth of a bin of a level becomes one number, the mean of what it stands for: in whole bins those at their edges would go to
//! one side or the other together, which moved a median by three times its error. The work of all levels is in proportion to their bins.

use super::histogram::Histogram;
use crate::numeric::{Kernel, dispatch};

/// Bits of a number beyond which it is one with its neighbours: sixteen parts of a bin.
const SHIFT: u32 = 38;

/// Numbers z with how many they stand for, in the order of rising c + e·z.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    numbers: Vec<(f64, u64)>,
}

impl Carried {
    /// Takes in numbers c + e·z that were counted, c and e given, and says how all taken in so far are distributed on that scale. The sign of e is the
    /// same on all scales.
    pub fn take_in(&mut self, counted: &Histogram, scale: (f64, f64)) -> Histogram {
        dispatch(TakeIn { own: self, counted, scale })
    }
}

/// A kernel for the sake of its multiply-adds.
struct TakeIn<'a> {
    own: &'a mut Carried,
    counted: &'a Histogram,
    scale: (f64, f64),
}

impl Kernel for TakeIn<'_> {
    type Output = Histogram;

    #[inline(always)]
    fn run(self) -> Histogram {
        let Self { own: Carried { numbers }, counted, scale: (constant, slope) } = self;
        let (mut all, mut merged) = (Histogram::default(), Vec::with_capacity(numbers.len()));
        let mut last = None;
        let mut add = |z: f64, count: u64| {
            let number = slope.mul_add(z, constant);
            let bin = Histogram::bin_of(number);
            all.count_bin(bin, count);
            // All that is lost is in the first bin.
            let part = if bin == 0 { 0 } else { number.to_bits() >> SHIFT };
            match merged.last_mut() {
                Some((mean, sum)) if last == Some(part) => {
                    let part = count as f64 / (*sum + count) as f64;
                    *mean = part.mul_add(z - *mean, *mean);
                    *sum += count;
                }
                _ => merged.push((z, count)),
            }
            last = Some(part);
        };
        let mut carried = std::mem::take(numbers).into_iter().peekable();
        counted.every_middle(|middle, count| {
            let own = (middle - constant) / slope;
            while let Some((z, count)) = carried.next_if(|(z, _)| (z - own) * slope < 0.0) {
                add(z, count);
            }
            add(own, count);
        });
        carried.for_each(|(z, count)| add(z, count));
        *numbers = merged;
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};

    /// Each of 200 scales gets 500 numbers z of its own; what is said of all taken in so far is what these are when they are counted one by one, but
    /// for numbers next to the edge of a bin: shares below any number are off by no more than those of a bin and a half beside it.
    #[test]
    fn shares_are_those_of_all_numbers_one_by_one() {
        for sign in [1.0, -1.0] {
            let (mut carried, mut numbers) = (Carried::default(), Vec::new());
            let mut noise = Stream::new(3, Purpose::Event(0), 0);
            for leverage in (1..=200).rev().map(|step| 0.5 * f64::from(step)) {
                let scale = (1.0 - sign * leverage, sign * leverage);
                let close = |z: f64| scale.1 * z + scale.0;
                let mut drawn = vec![0.0; 500];
                noise.normals(&mut drawn);
                // A little above where nothing is left.
                let floor = 1.0 - sign / leverage;
                drawn.iter_mut().for_each(|z| *z = floor + sign * (0.001 + 0.2 * z.abs()));
                let mut own = Histogram::default();
                own.add_all(&drawn.iter().map(|z| close(*z)).collect::<Vec<_>>(), 1.0);
                numbers.extend(drawn);
                let all = carried.take_in(&own, scale);
                assert_eq!(all.weight(), numbers.len() as f64);
                for quantile in [0.01, 0.2, 0.5, 0.9] {
                    let at = all.quantile(quantile * all.weight()).unwrap();
                    let below = |x: f64| numbers.iter().filter(|z| close(**z) < x).count() as f64;
                    let (low, high) = (below(at * (1.0 - 1.5e-3)), below(at * (1.0 + 1.5e-3)));
                    let target = quantile * numbers.len() as f64;
                    assert!(
                        low <= target + 1.0 && target <= high + 1.0,
                        "{leverage} {quantile}: {low} {high}"
                    );
                }
            }
            // No more than the last scale can tell apart.
            assert!(carried.numbers.len() < 20_000, "{}", carried.numbers.len());
        }
    }
}
