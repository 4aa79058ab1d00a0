//! In which interval each path of a block lies.

use std::sync::Arc;

use super::intervals::Intervals;
use super::passed::count_passed;
use crate::numeric::{Kernel, NET, dispatch};

/// The intervals of the paths of a block.
#[derive(Debug, Clone)]
pub struct Places {
    intervals: Arc<Intervals>,
    of_paths: Vec<u8>,
    /// Paths by net and interval.
    of_nets: Vec<i32>,
}

impl Places {
    /// No paths.
    pub fn new(intervals: Arc<Intervals>) -> Self {
        Self { intervals, of_paths: Vec::new(), of_nets: Vec::new() }
    }

    /// Those of a block with these numbers.
    pub fn fill(&mut self, numbers: &[f64]) {
        let Self { intervals, of_paths, of_nets } = self;
        of_paths.resize(numbers.len(), 0);
        dispatch(Place { marks: intervals.marks(), numbers, out: of_paths });
        let (nets, count) = (of_paths.chunks_exact(NET), intervals.chances().len());
        of_nets.clear();
        of_nets.resize(nets.len() * count, 0);
        for (counts, places) in of_nets.chunks_exact_mut(count).zip(nets) {
            places.iter().for_each(|place| counts[usize::from(*place)] += 1);
        }
    }

    /// The intervals.
    pub fn intervals(&self) -> &Intervals {
        &self.intervals
    }

    /// The chance of each interval.
    pub fn chances(&self) -> &[f64] {
        self.intervals.chances()
    }

    /// The number of the interval of each path.
    pub fn of_paths(&self) -> &[u8] {
        &self.of_paths
    }

    /// By whole net and interval, how many of its paths lie there.
    pub fn of_nets(&self) -> &[i32] {
        &self.of_nets
    }
}

struct Place<'a> {
    marks: &'a [f64],
    numbers: &'a [f64],
    out: &'a mut [u8],
}

impl Kernel for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { marks, numbers, out } = self;
        count_passed(marks, numbers, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_its_interval() {
        let intervals = Intervals::new(vec![-1.0, 0.5, 2.0], &[0.1, 0.4, 0.9]).unwrap();
        let numbers = [-3.0, -1.0, -0.5, 0.5, 1.9, 2.0, 7.0];
        let mut places = Places::new(Arc::new(intervals));
        places.fill(&numbers.repeat(40));
        assert_eq!(places.of_paths()[..7], [0, 1, 1, 2, 2, 3, 3]);
        // 280 numbers are one net and a rest: 36 times all of them, and the first four.
        assert_eq!(places.of_nets(), [37, 74, 73, 72]);
    }
}
