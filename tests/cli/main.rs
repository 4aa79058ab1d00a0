//! The program as a user meets it.

mod arguments;
mod calibrate;
mod forecasts;
mod init;
mod liquidation_price;
mod signals;
mod usual;
mod venues;
