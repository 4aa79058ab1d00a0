//! The program as a user meets it.

mod arguments;
mod files;
mod calibrate;
mod forecasts;
mod hostile;
mod init;
mod liquidation_price;
mod miners;
mod parameter_errors;
mod signals;
mod usual;
mod venues;
