//! What is left of a number of each path after its means by interval, and after its regression on a variate.

use std::ops::RangeInclusive;

use super::closings::Deviations;
use super::variate::Beside;
use crate::numeric::NET;

/// A number of a path whose mean by interval is known.
#[derive(Debug)]
pub(super) struct Left {
    /// What is to be taken off its mean over all paths.
    pub off: f64,
    /// Its mean, corrected.
    pub mean: f64,
    /// The variance that is left, of a path.
    pub variance: f64,
}

/// Numbers of the variate's rows, and sums over paths and of products over nets by interval.
pub(super) type Row<'a> = (RangeInclusive<usize>, &'a [f64], &'a [f64]);

/// What the intervals and the variate leave of a row, with the sum over nets of its square.
pub(super) fn left(
    (deviations, beside): (&Deviations, Option<&Beside<'_>>),
    (rows, joint, products): Row<'_>,
    squares: f64,
    nets: f64,
) -> Left {
    let Deviations { chances, off, seen, sums, covariances, unit, .. } = deviations;
    let paths: f64 = seen.iter().sum();
    let sum: f64 = joint.iter().sum();
    // Of an interval without a path nothing is known but the mean of all.
    let factor = |(own, seen): (&f64, &f64)| if *seen > 0.0 { own / seen } else { sum / paths };
    let mut factors: Vec<f64> = joint.iter().zip(seen).map(factor).collect();
    let weighted = |factors: &[f64], numbers: &[f64]| {
        factors.iter().zip(numbers).map(|(factor, x)| factor * x).sum::<f64>()
    };
    let mean = weighted(&factors, chances);
    if let (Some(shares), Some((last, others))) = (&deviations.liquidated, factors.split_last_mut()) {
        // What tells of an interval tells of liquidated paths, too, that would have closed there.
        *last -= weighted(others, shares);
    }
    let part = beside.map(|beside| beside.part(rows, joint, paths));
    if let (Some(beside), Some(part)) = (beside, part) {
        beside.reduce(&mut factors, part);
    }
    let mut variance = (squares - sum * sum / nets) / (nets - 1.0);
    // Of the controls with the factors.
    let mut with_all = vec![0.0; seen.len()];
    for (factor, row) in factors.iter().zip(covariances.chunks_exact(seen.len())) {
        with_all.iter_mut().zip(row).for_each(|(sum, covariance)| *sum += factor * covariance);
    }
    for (((factor, product), told), with_all) in factors.iter().zip(products).zip(sums).zip(with_all) {
        let common = (product / unit - sum * told / nets) / (nets - 1.0);
        variance += factor * (with_all - 2.0 * common);
    }
    let (off_beside, of_nets, of_known) = match (beside, part) {
        (Some(beside), Some(part)) => beside.effect(&factors, part),
        _ => (0.0, 0.0, 0.0),
    };
    Left {
        off: weighted(&factors, off) + off_beside,
        mean,
        variance: (variance + of_nets).max(0.0) / NET as f64 + of_known,
    }
}
