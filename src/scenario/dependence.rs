//! What joins the assets of a scenario file: correlations by pair, and jumps of several assets at once.

use crate::model::{AssetJump, CommonJumps, Dependence};
use crate::numeric::{cholesky, nearest_correlation};

use super::numbers::Ratio;
use super::problem::{Code, Problem, Problems};
use super::range::Range;
use super::shape::{List, Named, Placed};
use super::suggest::suggest;
use super::table::table;
use super::tree::{number, ticked};
use crate::model::check::{JUMP_DEVIATION, JUMP_MEAN, RATE};

const CORRELATION: Range = Range::at_least(-1.0).at_most(1.0);

table! {
    /// Jumps that hit several assets at the same times, on top of each asset's own.
    struct CommonJumpsFile {
        /// Expected number of jumps per year.
        required rate: f64 where RATE,
        /// What they do to each asset they hit: a table with `mean` and `std_dev` of the log jump, by the asset's name.
        required assets: Named<SizeFile>,
    }
}

table! {
    /// Normal log jump of one asset.
    struct SizeFile {
        /// Mean of the jump of the log price.
        required mean: Ratio where JUMP_MEAN,
        /// Standard deviation of the jump of the log price.
        required std_dev: Ratio where JUMP_DEVIATION,
    }
}

/// Finds an asset by its name.
fn find(name: &Placed<String>, text: &str, names: &[&str], problems: &mut Problems) -> Option<usize> {
    let found = names.iter().position(|known| *known == text);
    if found.is_none() && !names.is_empty() {
        let message = format!("there is no asset {}", ticked(text));
        let help = suggest(text, names.iter().copied());
        problems.push(Problem::new(Code::UnknownName, &name.place, message).help(help));
    }
    found
}

/// What joins the assets, whose names are given in order.
pub(super) fn resolve(
    correlation: Option<&Placed<Named<Ratio>>>,
    common_jumps: Option<&Placed<List<CommonJumpsFile>>>,
    names: &[&str],
    problems: &mut Problems,
) -> Option<Dependence> {
    let matrix = match correlation {
        Some(pairs) => matrix(pairs, names, problems),
        None => Some(Vec::new()),
    };
    let jumps: Option<Vec<CommonJumps>> = match common_jumps {
        Some(list) => {
            let all: Vec<_> =
                list.value.items.iter().map(|item| item.value.resolve(names, problems)).collect();
            (all.len() == list.value.written).then(|| all.into_iter().collect()).flatten()
        }
        None => Some(Vec::new()),
    };
    Some(Dependence { correlation: matrix?, common_jumps: jumps? })
}

/// The correlation matrix of all assets, if the pairs name assets and fit each other.
fn matrix(pairs: &Placed<Named<Ratio>>, names: &[&str], problems: &mut Problems) -> Option<Vec<Vec<f64>>> {
    let n = names.len();
    let mut matrix: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let mut written: Vec<(usize, usize, &Placed<String>)> = Vec::new();
    let mut is_valid = pairs.value.entries.len() == pairs.value.written;
    for (pair, value) in &pairs.value.entries {
        let Some((first, second)) = pair.value.split_once('/') else {
            let message = format!("{} is no pair of assets", ticked(&pair.value));
            let help = "write a pair with a slash and quotes, such as \"BTC/ETH\" = 0.8";
            problems.push(Problem::new(Code::UnknownName, &pair.place, message).help(help));
            is_valid = false;
            continue;
        };
        let i = find(pair, first.trim(), names, problems);
        let j = find(pair, second.trim(), names, problems);
        let (Some(i), Some(j)) = (i, j) else {
            is_valid = false;
            continue;
        };
        let mut problem = |code, message: String| {
            let help = "give every pair of different assets once, with a number from -1 to 1";
            problems.push(Problem::new(code, &pair.place, message).help(help));
            is_valid = false;
        };
        if i == j {
            problem(Code::Conflict, format!("{} names the same asset twice", ticked(&pair.value)));
        } else if !CORRELATION.contains(value.0) {
            let message = format!("a correlation must be {}, but is {}", CORRELATION, number(value.0));
            problem(Code::OutOfRange, message);
        } else if written.iter().any(|(a, b, _)| (*a, *b) == (i, j) || (*a, *b) == (j, i)) {
            problem(Code::Conflict, format!("the pair {} is given twice", ticked(&pair.value)));
        } else {
            (matrix[i][j], matrix[j][i]) = (value.0, value.0);
            written.push((i, j, pair));
        }
    }
    if !is_valid {
        return None;
    }
    if cholesky(&matrix).is_none() {
        let nearest = valid_near(&matrix);
        let values: Vec<String> = (0..n)
            .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
            .map(|(i, j)| format!("\"{}/{}\" = {}", names[i], names[j], number(nearest[i][j])))
            .collect();
        let message = "the correlations contradict each other: the matrix is not positive semidefinite";
        let help = format!("the nearest that do not are {} (pairs left out count as 0)", values.join(", "));
        problems.push(Problem::new(Code::Conflict, &pairs.place, message).help(help));
        return None;
    }
    Some(matrix)
}

/// The nearest correlation matrix in four digits, drawn towards independence until the rounded one is valid too.
fn valid_near(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let nearest = nearest_correlation(matrix);
    let mut shrink = 1.0;
    loop {
        let rounded: Vec<Vec<f64>> = nearest
            .iter()
            .enumerate()
            .map(|(i, row)| {
                let entry =
                    |(j, x): (usize, &f64)| if i == j { 1.0 } else { (x * shrink * 1e4).round() / 1e4 };
                row.iter().enumerate().map(entry).collect()
            })
            .collect();
        // Ends at independence at the latest.
        if cholesky(&rounded).is_some() || shrink <= 0.0 {
            return rounded;
        }
        shrink -= 1e-4;
    }
}

impl CommonJumpsFile {
    fn resolve(&self, names: &[&str], problems: &mut Problems) -> Option<CommonJumps> {
        let assets = self.assets.as_ref()?;
        let jumps: Vec<Option<AssetJump>> = assets
            .value
            .entries
            .iter()
            .map(|(name, size)| {
                let asset = find(name, &name.value, names, problems)?;
                let (mean, std_dev) = (size.mean.as_ref()?.value.0, size.std_dev.as_ref()?.value.0);
                Some(AssetJump { asset, mean, std_dev })
            })
            .collect();
        if jumps.len() != assets.value.written {
            return None;
        }
        Some(CommonJumps {
            rate: self.rate.as_ref()?.value,
            assets: jumps.into_iter().collect::<Option<_>>()?,
        })
    }
}
