//! Lane-wise kernels, CPU dispatch, root finding, exact sums.
