//! Kernels and random streams.

mod noise;
