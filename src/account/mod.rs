//! Positions under margin and the outcome of a path.
