//! Lane-wise kernels, their dispatch over instruction sets, and exact sums.
//!
//! Everything on the result path is made of additions, multiplications, explicit fused multiply-adds, divisions, square
//! roots and our own polynomials, so the bits are the same on every CPU and for every vector width. Kernels are plain
//! loops over slices; [`dispatch`] compiles each for several instruction sets and picks one at run time.

mod anchors;
mod box_muller;
mod bridge;
mod column;
mod complex;
mod correlation;
mod cubic;
mod dispatch;
pub mod elementary;
mod exact_sum;
mod exponentials;
mod flags;
mod gamma;
mod generator;
mod guide;
mod lanewise;
mod nets;
mod normal;
mod purpose;
mod random;
mod range;
mod selection;
mod sobol;
pub mod special;
mod symmetric;
mod tail;
mod waiting;

pub use bridge::{crossing_probability, extreme_below, first_passage_fraction, stays_above};
pub(crate) use column::{APART, Aligned, pitch, reset, unpack, whole};
pub use complex::Complex;
pub use correlation::{cholesky, covariance_root, inverse, nearest_correlation};
pub use cubic::{cubic, first_of_four};
pub use dispatch::{InstructionSet, Kernel, dispatch, force_instruction_set, instruction_set};
pub use exact_sum::ExactSum;
pub use exponentials::exponentials;
pub(crate) use flags::{flag_bits, list_flagged};
pub use gamma::Gammas;
pub use guide::Guide;
pub use lanewise::{exp, ln, mean_decay};
pub use nets::{NET, Nets};
pub use normal::{normal_quantile, normal_quantiles};
pub use purpose::Purpose;
pub use random::{Stream, mix64};
pub use range::{Range, plain_number};
pub use selection::{Replacement, replace, select};
pub use sobol::{SOBOL_DIMENSIONS, Sobol, owen_scrambled};
pub use tail::upper_tail;
pub use waiting::waiting_time;
