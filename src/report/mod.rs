//! One file per output format; pure functions of a finished result.
