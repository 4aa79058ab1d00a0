//! What a starting scenario is made of: assets with round prices, and models with comments and round numbers.

use clap::ValueEnum;

use super::failure::error_with_help;

/// Part of a venue's name, the asset it means and a round price.
const EXAMPLES: [(&str, &str, f64); 9] = [
    ("eth", "ETH", 3000.0),
    ("sol", "SOL", 150.0),
    ("xrp", "XRP", 2.0),
    ("doge", "DOGE", 0.2),
    ("bnb", "BNB", 600.0),
    ("ltc", "LTC", 100.0),
    ("ada", "ADA", 0.8),
    ("pepe", "PEPE", 0.01),
    ("wif", "WIF", 1.0),
];

/// The asset that a venue's name means, and a round price of it.
pub fn example_of(venue: &str) -> (&'static str, f64) {
    let found = EXAMPLES.into_iter().find(|(part, ..)| venue.contains(part));
    found.map_or(("BTC", 64_000.0), |(_, asset, price)| (asset, price))
}

/// Models that a scenario can start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModelKind {
    /// Geometric Brownian motion
    Gbm,
    /// Normal jumps
    Merton,
    /// Double-exponential jumps
    Kou,
    /// Stochastic variance
    Heston,
    /// Stochastic variance and normal jumps
    Bates,
    /// Variance that follows from past returns
    Garch,
    /// Calm and stressed states
    Regime,
    /// Self-exciting jumps
    Hawkes,
    /// Recorded bars put together anew; needs --prices
    Bootstrap,
    /// Past days drawn anew under a variance that has a memory; needs --prices
    Har,
    /// Whole past horizons, scaled; needs --prices
    ScaledHistory,
    /// The equal mixture of the last two; needs --prices
    Forecast,
}

impl ModelKind {
    /// The model's keys as lines of TOML; `prices` is the file of recorded bars that bootstrap reads. A
    /// volatility takes the place of the round one, where the model has a single one.
    pub fn table(self, prices: &str, volatility: Option<f64>) -> anyhow::Result<String> {
        let text = self.round_numbers(prices);
        let Some(volatility) = volatility else { return Ok(text) };
        let variance = volatility * volatility;
        let set = |line: &str| {
            let (value, key) = match line.split(" = ").next() {
                Some(key @ ("variance" | "long_run_variance")) => (variance, key),
                Some(key @ "volatility") => (volatility, key),
                _ => return (line.to_owned() + "\n", false),
            };
            (format!("{key} = {value:?}\n"), true)
        };
        let lines: Vec<(String, bool)> = text.lines().map(set).collect();
        if lines.iter().all(|(_, is_set)| !is_set) {
            return Err(error_with_help(
                "this model has no single volatility",
                "choose --model gbm, merton, kou, heston, bates or hawkes, or change its own keys in the file",
            ));
        }
        Ok(lines.into_iter().map(|(line, _)| line).collect())
    }

    fn round_numbers(self, prices: &str) -> String {
        let text = match self {
            Self::Gbm => GBM,
            Self::Merton => MERTON,
            Self::Kou => KOU,
            Self::Heston => HESTON,
            Self::Bates => return format!("{}{JUMPS}", HESTON.replace("heston", "bates")),
            Self::Garch => GARCH,
            Self::Regime => REGIME,
            Self::Hawkes => HAWKES,
            Self::Bootstrap => return BOOTSTRAP.replace("PRICES", prices),
            Self::Har => return of_hours("har", prices),
            Self::ScaledHistory => return of_hours("scaled_history", prices),
            Self::Forecast => return of_hours("forecast", prices),
        };
        text.to_owned()
    }
}

/// The table of a model that is made of recorded hours.
fn of_hours(kind: &str, prices: &str) -> String {
    format!(
        "kind = \"{kind}\"\nprices = \"{prices}\"    # hourly bars, at least a year; estimated when the scenario is read\n"
    )
}

const GBM: &str = "kind = \"gbm\"
drift = 0.0                  # growth rate of the expected price per year; 0: no view
volatility = 0.6             # per square root of a year; 0.6 is 60 %
";

const JUMPS: &str =
    "# Expected number of jumps a year; mean and standard deviation of a jump of the log-price.
jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }
";

const MERTON: &str = "kind = \"merton\"
drift = 0.0                  # growth rate of the expected price per year, jumps included; 0: no view
volatility = 0.55            # of the continuous part, per square root of a year; 0.55 is 55 %
# Expected number of jumps a year; mean and standard deviation of a jump of the log-price.
jumps = { rate = 20.0, mean = -0.01, std_dev = 0.05 }
";

const KOU: &str = "kind = \"kou\"
drift = 0.0                  # growth rate of the expected price per year, jumps included; 0: no view
volatility = 0.55            # of the continuous part, per square root of a year; 0.55 is 55 %
# Expected number of jumps a year, share of them that go up, mean sizes of jumps up and down (of the log-price).
jumps = { rate = 20.0, up_probability = 0.4, up_mean = 0.04, down_mean = 0.05 }
";

const HESTON: &str = "kind = \"heston\"
drift = 0.0                  # growth rate of the expected price per year; 0: no view
variance = 0.36              # today's variance per year; 0.36 is 60 % volatility
long_run_variance = 0.36     # the variance that it returns to
mean_reversion = 20.0        # per year: half of a shock is gone after 0.69 / 20 years, about two weeks
vol_of_vol = 4.0             # how much the variance moves
correlation = -0.2           # of returns and changes of variance; negative: falls are wilder
";

const GARCH: &str = "kind = \"garch\"
log_drift = -0.18            # mean log return per year; minus half the variance: about no growth of the expected price
step = \"1d\"                  # of the returns that the parameters belong to
omega = 0.00002              # variance of a step: omega + alpha * (last shock squared) + beta * (last variance)
alpha = 0.06
beta = 0.92
dof = 4.0                    # degrees of freedom of Student-t shocks; without it they are normal
";

const REGIME: &str = "kind = \"regime\"
states = [
    { drift = 0.0, volatility = 0.4 },    # calm
    { drift = 0.0, volatility = 1.0 },    # stressed
]
# Switches a year from the state of the row to that of the column: calm lasts 36 days, stress 12.
switching_rates = [
    [0, 10],
    [30, 0],
]
";

const HAWKES: &str = "kind = \"hawkes\"
drift = 0.0                  # growth rate of the expected price per year, jumps included; 0: no view
volatility = 0.55            # of the continuous part, per square root of a year; 0.55 is 55 %
# Jumps a year without excitement, mean and standard deviation of a jump of the log-price; each jump raises the rate by
# `excitation`, which fades at the rate `decay`: on average it brings 300/1000 = 0.3 further jumps.
jumps = { rate = 20.0, mean = -0.01, std_dev = 0.04, excitation = 300.0, decay = 1000.0 }
";

const BOOTSTRAP: &str = "kind = \"bootstrap\"
prices = \"PRICES\"
block = \"2d\"                 # mean length of a block: clusters of volatility up to it survive
drift = 0.0                  # growth rate of the expected price per year; without it that of the record
";
