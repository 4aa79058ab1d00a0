//! After how many blocks a run looks whether it has enough.

use crate::engine::BLOCK_LANES;
use crate::scenario::PathBudget;

/// Blocks after which a precision target is first looked at; then after every doubling.
pub(super) const FIRST_CHECK: u64 = 32;

/// Blocks of a run; under a precision target the most that there may be.
pub fn all_blocks(budget: &PathBudget) -> u64 {
    let paths = match *budget {
        PathBudget::Fixed(paths) => paths,
        PathBudget::Precision { max_paths, .. } => max_paths,
    };
    paths.div_ceil(BLOCK_LANES as u64)
}

/// The number of blocks at the first look after a block: parts keep what lies between two looks apart, for at a look nothing beyond it
/// counts.
pub fn next_look(budget: &PathBudget, block: u64) -> u64 {
    let all = all_blocks(budget);
    let mut look = match budget {
        PathBudget::Fixed(_) => all,
        PathBudget::Precision { .. } => FIRST_CHECK.min(all),
    };
    while look <= block && look < all {
        look = (2 * look).min(all);
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::PreciseMetric;

    #[test]
    fn looks_double_up_to_the_end() {
        let budget = PathBudget::Precision {
            relative: 0.01,
            metric: PreciseMetric::default(),
            max_paths: 200 * BLOCK_LANES as u64 - 7,
        };
        let looks = [0, 31, 32, 63, 64, 128, 199].map(|block| next_look(&budget, block));
        assert_eq!(looks, [32, 32, 64, 64, 128, 200, 200]);
        assert_eq!(
            next_look(
                &PathBudget::Precision { relative: 0.01, metric: PreciseMetric::default(), max_paths: 10 },
                0
            ),
            1
        );
        let fixed = PathBudget::Fixed(5_000);
        assert_eq!((all_blocks(&fixed), next_look(&fixed, 0)), (5, 5));
    }
}
