//! Selection of particles: some of a population are replaced by copies of others, in proportion to their importance.
//!
//! Systematic resampling: one uniform u places N pointers (k + u)/N along the importances laid end to end, and a particle
//! has as many copies as pointers fall on it. A particle of share s of all importance so has N·s copies on average, and
//! never more than one away from it; that it is right on average is all that keeps weighted sums unbiased. Particles with a
//! copy stay where they are, so that columns of their state are changed in place.
//! Sources: Kitagawa (1996); Douc, Cappé and Moulines (2005), "Comparison of resampling schemes for particle filtering".

/// A particle that makes way for a copy of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacement {
    /// Index of the particle that goes.
    pub gone: u32,
    /// Index of the particle that takes its place as well; it stays itself.
    pub copied: u32,
}

/// Replaces the entries of one column of the particles' state.
pub fn replace<T: Copy>(column: &mut [T], replacements: &[Replacement]) {
    for Replacement { gone, copied } in replacements {
        column[*gone as usize] = column[*copied as usize];
    }
}

/// The replacements for importances (not negative, of a positive finite sum) and a uniform in (0, 1), written to `out`.
pub fn select(importances: &[f64], uniform: f64, out: &mut Vec<Replacement>) {
    out.clear();
    let total: f64 = importances.iter().sum();
    let scale = importances.len() as f64 / total;
    // First who goes, then who is copied: the list is walked twice along the same pointers.
    let pointers = |see: &mut dyn FnMut(u32, usize)| {
        let (mut sum, mut passed) = (0.0, 0);
        for (index, importance) in (0..).zip(importances) {
            sum += importance;
            // Pointers k + u below the sum; rounding must not lose the last.
            let until = (scale.mul_add(sum, -uniform).ceil().max(0.0) as usize).min(importances.len());
            let until = if index as usize + 1 == importances.len() { importances.len() } else { until };
            see(index, until - passed);
            passed = until;
        }
    };
    pointers(&mut |index, copies| {
        if copies == 0 {
            out.push(Replacement { gone: index, copied: index });
        }
    });
    let mut next = 0;
    pointers(&mut |index, copies| {
        for _ in 1..copies {
            out[next].copied = index;
            next += 1;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(importances: &[f64], uniform: f64) -> Vec<usize> {
        let mut out = Vec::new();
        select(importances, uniform, &mut out);
        let mut particles: Vec<usize> = (0..importances.len()).collect();
        replace(&mut particles, &out);
        (0..importances.len()).map(|index| particles.iter().filter(|p| **p == index).count()).collect()
    }

    #[test]
    fn equal_importances_replace_nobody() {
        assert_eq!(copies(&[0.25; 8], 0.3), [1; 8]);
        assert_eq!(copies(&[3e-200; 8], 0.999), [1; 8]);
    }

    /// Over an even grid of uniforms the mean number of copies is N times the share, to the grid's resolution.
    #[test]
    fn copies_are_right_on_average_and_within_one_of_it() {
        let importances = [0.1, 0.0, 2.3, 0.7, 1e-3, 1.9, 0.4];
        let (n, total) = (importances.len(), importances.iter().sum::<f64>());
        let draws = 10_000;
        let mut counts = vec![0; n];
        for draw in 0..draws {
            let found = copies(&importances, (f64::from(draw) + 0.5) / f64::from(draws));
            assert_eq!(found.iter().sum::<usize>(), n);
            for ((count, found), importance) in counts.iter_mut().zip(&found).zip(importances) {
                let expected = n as f64 * importance / total;
                assert!((*found as f64 - expected).abs() < 1.0, "{found} copies of {expected}");
                *count += found;
            }
        }
        for (count, importance) in counts.iter().zip(importances) {
            let (mean, expected) = (*count as f64 / f64::from(draws), n as f64 * importance / total);
            assert!((mean - expected).abs() <= 1.0 / f64::from(draws), "{mean} against {expected}");
        }
    }
}
