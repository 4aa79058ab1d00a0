//! Output formats of a finished result.

mod browser;
mod formats;
mod page;
