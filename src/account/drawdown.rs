//! The largest fall of equity from its highest value so far, as a fraction of that.
//!
//! A path keeps its peak, the fall that was largest in proportion and the peak that this one was from: two ratios are compared as two
//! products, and nothing is divided until the end. A drawdown is never negative.

use crate::numeric::reset;

/// The falls of one path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawdown {
    peak: f64,
    fall: f64,
    fall_peak: f64,
}

impl Drawdown {
    /// A path that starts with an equity of 1, of which this much is left after the fees of entry.
    pub fn open(equity: f64) -> Self {
        let mut drawdown = Self { peak: 1.0, fall: 0.0, fall_peak: 1.0 };
        drawdown.follow(equity);
        drawdown
    }

    /// Takes in an equity.
    #[inline(always)]
    pub fn follow(&mut self, equity: f64) {
        let top = if equity > self.peak { equity } else { self.peak };
        self.peak = top;
        let fallen = top - equity;
        let is_deeper = fallen * self.fall_peak > self.fall * top;
        self.fall = if is_deeper { fallen } else { self.fall };
        self.fall_peak = if is_deeper { top } else { self.fall_peak };
    }

    /// The largest fall so far.
    #[inline(always)]
    pub fn largest(&self) -> f64 {
        self.fall / self.fall_peak
    }
}

/// The falls of many paths, by column.
#[derive(Debug, Default)]
pub(super) struct Drawdowns {
    peak: Vec<f64>,
    fall: Vec<f64>,
    fall_peak: Vec<f64>,
}

impl Drawdowns {
    /// Forgets all paths, for so many that start one by one.
    pub fn begin(&mut self, lanes: usize) {
        for column in [&mut self.peak, &mut self.fall, &mut self.fall_peak] {
            reset(column, lanes, 0.0);
        }
    }

    /// A path starts.
    pub fn open(&mut self, lane: usize, start: Drawdown) {
        self.peak[lane] = start.peak;
        self.fall[lane] = start.fall;
        self.fall_peak[lane] = start.fall_peak;
    }

    /// The falls of a path.
    #[inline(always)]
    pub fn of(&self, lane: usize) -> Drawdown {
        Drawdown { peak: self.peak[lane], fall: self.fall[lane], fall_peak: self.fall_peak[lane] }
    }

    /// Takes in the equity cash + exposure·z of the paths from a first one on.
    #[inline(always)]
    pub fn follow(&mut self, first: usize, (cash, exposure): (&[f64], &[f64]), z: &[f64]) {
        let n = z.len();
        let (cash, exposure) = (&cash[..n], &exposure[..n]);
        let peak = &mut self.peak[first..][..n];
        let (fall, fall_peak) = (&mut self.fall[first..][..n], &mut self.fall_peak[first..][..n]);
        for i in 0..n {
            let mut path = Drawdown { peak: peak[i], fall: fall[i], fall_peak: fall_peak[i] };
            path.follow(exposure[i].mul_add(z[i], cash[i]));
            (peak[i], fall[i], fall_peak[i]) = (path.peak, path.fall, path.fall_peak);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100, 120, 90, 150, 105: the falls are 30 of 120 and 45 of 150.
    #[test]
    fn the_largest_fall_is_the_largest_in_proportion() {
        let mut path = Drawdown::open(1.0);
        let mut largest = Vec::new();
        for equity in [1.0, 1.2, 0.9, 1.5, 1.05, 1.6] {
            path.follow(equity);
            largest.push(path.largest());
        }
        let wanted = [0.0, 0.0, 0.25, 0.25, 0.3, 0.3];
        assert!(largest.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-15), "{largest:?}");
        assert_eq!(Drawdown::open(1.1).largest(), 0.0);
        assert!((Drawdown::open(0.995).largest() - 0.005).abs() < 1e-15);
    }

    #[test]
    fn columns_follow_as_one_path_does() {
        let (mut columns, mut paths) = (Drawdowns::default(), Vec::new());
        columns.begin(37);
        for lane in 0..37 {
            let start = Drawdown::open(1.0 - 0.001 * f64::from(lane));
            columns.open(lane as usize, start);
            paths.push(start);
        }
        let (cash, exposure) = (vec![-1.0; 37], vec![2.0; 37]);
        for step in 0..50_u32 {
            let z: Vec<f64> =
                (0..37_u32).map(|lane| 1.0 + 0.3 * f64::from(step * (lane + 1)).sin()).collect();
            for first in [0, 16] {
                let own = first..if first == 0 { 16 } else { 37 };
                columns.follow(first, (&cash[own.clone()], &exposure[own.clone()]), &z[own]);
            }
            paths.iter_mut().zip(&z).for_each(|(path, z)| path.follow(2.0_f64.mul_add(*z, -1.0)));
        }
        assert!((0..37).all(|lane| columns.of(lane) == paths[lane]));
    }
}
