//! What the known law of the closing price corrects of a distribution of returns.
//!
//! Between two marks, at the returns of a path that closes there, the variance of what is left is a parabola
//! through its values at the marks and midway: what it is exactly for independent paths.

/// Bins of closing equity in an octave: finer than these nothing is known of a return.
const FINEST: f64 = 1024.0;

/// Variance of a rank that lies between one path and the next, where paths tell of it no more.
const SPACING: f64 = 0.7;

/// What is to be taken off a level's distribution, and what is left of its variance.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Returns, rising.
    pub cuts: Vec<f64>,
    /// How many paths the distribution rests on.
    pub(super) paths: f64,
    /// What is to be taken off the share of returns below each.
    pub off: Vec<f64>,
    /// The largest return of a liquidated path, and what is to be taken off the share of those.
    pub(super) lost: Option<(f64, f64)>,
    /// The share below each, corrected.
    pub(super) shares: Vec<f64>,
    /// Variance that is left of it, of a path.
    pub(super) variances: Vec<f64>,
    /// Of the mean distances below the ends of tails, over that of independent paths, with the chance of the
    /// tail.
    pub(super) tails: Vec<(f64, f64)>,
}

/// What equity after a liquidation is multiplied with to be beyond its bin.
const BEYOND: f64 = 1.0 + 2.0 / FINEST;

impl Correction {
    /// Rising returns, and what is to be taken off the share below each: those of the cuts, and just above a
    /// liquidation.
    pub(super) fn edges(&self) -> Vec<(f64, f64)> {
        let mut edges: Vec<(f64, f64)> = self.cuts.iter().copied().zip(self.off.iter().copied()).collect();
        if let Some((lost, off)) = self.lost {
            let edge = (1.0 + lost).mul_add(BEYOND, 1e-9 - 1.0);
            let place = edges.partition_point(|(cut, _)| *cut < edge);
            edges.insert(place, (edge, off));
        }
        edges
    }

    /// The variance of a path's share below the return of a probability, over that of independent paths.
    pub fn effect(&self, probability: f64) -> f64 {
        let variance = self.variance(probability);
        variance / (probability * (1.0 - probability))
    }

    fn variance(&self, probability: f64) -> f64 {
        let (shares, last) = (&self.shares, self.shares.len() - 1);
        // Cuts come as mark, middle, mark: the mark below.
        let place = shares.partition_point(|share| *share <= probability);
        let mark = (place.max(1) - 1) / 2 * 2;
        if place == 0 || mark >= last {
            // Beyond all marks paths are taken for independent.
            let (end, tail) =
                if place == 0 { (shares[0], probability) } else { (1.0 - shares[last], 1.0 - probability) };
            let part = tail / end;
            let at_end = self.variances[if place == 0 { 0 } else { last }];
            return part.mul_add(at_end, tail * (1.0 - part))
                + self.finest(if place == 0 { 0 } else { last - 1 });
        }
        let [low, middle, high] = [0, 1, 2].map(|next| shares[mark + next]);
        let [at_low, at_middle, at_high] = [0, 1, 2].map(|next| self.variances[mark + next]);
        let part = match probability < middle {
            true => 0.5 * (probability - low) / (middle - low),
            false => 0.5 + 0.5 * (probability - middle) / (high - middle),
        };
        let straight = part.mul_add(at_high - at_low, at_low);
        let bent = (at_middle - 0.5 * (at_low + at_high)).max(0.0);
        straight + 4.0 * part * (1.0 - part) * bent + self.finest(mark)
    }

    /// The variance of a place inside a bin of closing equity, and between one path and the next.
    fn finest(&self, cut: usize) -> f64 {
        let width = self.cuts[cut + 1] - self.cuts[cut];
        let bin = (1.0 + self.cuts[cut]).abs() / FINEST;
        let within = (self.shares[cut + 1] - self.shares[cut]).max(0.0) * (bin / width).min(1.0) / 6.0;
        within + SPACING / self.paths
    }

    /// The variance of the mean of returns below the one of a probability, over that of independent paths.
    pub fn tail_effect(&self, probability: f64) -> Option<f64> {
        let away = |(chance, _): &&(f64, f64)| (chance - probability).abs();
        let nearest = self.tails.iter().min_by(|one, other| away(one).total_cmp(&away(other)));
        nearest.map(|(_, effect)| *effect)
    }
}
