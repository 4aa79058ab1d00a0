//! Times to events that come at a rate.

/// The time to the next event at a rate, from an exponential number of mean one; infinite at a rate of zero, whatever its sign: a negative zero
/// would bring it without end.
pub fn waiting_time(exponential: f64, rate: f64) -> f64 {
    exponential / rate.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_no_rate_nothing_comes() {
        assert_eq!([0.0, -0.0].map(|rate| waiting_time(0.3, rate)), [f64::INFINITY; 2]);
        assert_eq!(waiting_time(0.5, 2.0), 0.25);
    }
}
