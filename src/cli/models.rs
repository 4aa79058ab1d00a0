//! `models`: the price models that a scenario can name.

use clap::Args;

use super::output::print;

/// List the price models: parameters, units, when to use them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  liqsim models")]
pub struct Models {}

/// A price model as the command shows it.
struct Description {
    kind: &'static str,
    title: &'static str,
    use_it: &'static str,
    parameters: &'static [Parameter],
}

/// Key, unit and meaning of a parameter.
#[derive(Clone, Copy)]
struct Parameter(&'static str, &'static str, &'static str);

const PRICES: Parameter =
    Parameter("prices", "CSV file", "bars with open, high, low, close; from the scenario's folder");
const DRIFT: Parameter = Parameter("drift", "per year", "growth rate of the expected price; 0 for no view");
const VOLATILITY: Parameter =
    Parameter("volatility", "per square root of a year", "of the continuous part; 0.6 is 60 %");

const RATE: Parameter = Parameter("jumps.rate", "per year", "expected number of jumps");
const JUMP_MEAN: Parameter =
    Parameter("jumps.mean", "log-price", "mean jump; -0.01 is about one percent down");
const JUMP_DEVIATION: Parameter = Parameter("jumps.std_dev", "log-price", "standard deviation of a jump");
const VARIANCE: Parameter = Parameter("variance", "per year", "at the start; 0.36 is 60 % volatility");
const LONG_RUN: Parameter = Parameter("long_run_variance", "per year", "what the variance returns to");
const REVERSION: Parameter = Parameter(
    "mean_reversion",
    "per year",
    "speed of the return; a shock halves in 0.69 / mean_reversion years",
);
const VOL_OF_VOL: Parameter = Parameter("vol_of_vol", "per year", "volatility of the variance");
const CORRELATION: Parameter = Parameter(
    "correlation",
    "-1 to 1",
    "between returns and changes of variance; negative: falls are wilder",
);
const STEP: Parameter = Parameter(
    "step",
    "duration, optional",
    "longest step of the scheme; horizon / 96, at most 8h, if absent",
);

const MODELS: [Description; 12] = [
    Description {
        kind: "gbm",
        title: "geometric Brownian motion",
        use_it: "the baseline, with closed forms for everything: when only a volatility is known. Its price never jumps,\n  \
                 so it understates the risk of sudden moves and never leaves bad debt.",
        parameters: &[DRIFT, VOLATILITY],
    },
    Description {
        kind: "merton",
        title: "jump diffusion with normal log jumps",
        use_it: "prices that gap: news, cascades of liquidations, thin books. The drift includes the jumps: they change the\n  \
                 shape of the returns and not their mean.",
        parameters: &[DRIFT, VOLATILITY, RATE, JUMP_MEAN, JUMP_DEVIATION],
    },
    Description {
        kind: "kou",
        title: "jump diffusion with double-exponential jumps",
        use_it: "prices that gap, with a heavier tail than merton's and different sizes up and down: the better default where\n  \
                 single moves of 10 % and more decide. Fitted to a few large moves, it puts more weight on the next one.",
        parameters: &[
            DRIFT,
            VOLATILITY,
            RATE,
            Parameter("jumps.up_probability", "0 to 1", "share of jumps that go up"),
            Parameter("jumps.up_mean", "log-price", "mean size of a jump up; positive, below 1"),
            Parameter("jumps.down_mean", "log-price", "mean size of a jump down; positive"),
        ],
    },
    Description {
        kind: "heston",
        title: "stochastic volatility",
        use_it: "horizons of days to months, where calm and wild weeks alternate and today's volatility is not the usual one. Its\n  \
                 price never jumps. Simulated in steps; the bias is at most about 0.2 percentage points.",
        parameters: &[DRIFT, VARIANCE, LONG_RUN, REVERSION, VOL_OF_VOL, CORRELATION, STEP],
    },
    Description {
        kind: "bates",
        title: "stochastic volatility with normal log jumps",
        use_it: "volatility that clusters and prices that gap: heston and merton in one, for horizons of days to months.",
        parameters: &[
            DRIFT,
            VARIANCE,
            LONG_RUN,
            REVERSION,
            VOL_OF_VOL,
            CORRELATION,
            STEP,
            RATE,
            JUMP_MEAN,
            JUMP_DEVIATION,
        ],
    },
    Description {
        kind: "garch",
        title: "GARCH(1,1): variance that follows from past returns",
        use_it: "volatility clusters as they are fitted to hourly or daily closes, with heavy tails (dof) and falls that excite more\n  \
                 than rises (gamma). With alpha = beta = 0 and dof it is plain Student-t returns.",
        parameters: &[
            Parameter("log_drift", "per year", "mean log return; with dof the expected price does not exist"),
            Parameter("step", "duration", "of the returns it was fitted to, such as 1h or 1d"),
            Parameter("omega", "per step", "constant part of the variance"),
            Parameter("alpha", "weight", "of the last squared shock"),
            Parameter("beta", "weight", "of the last variance"),
            Parameter("gamma", "weight, optional", "extra, if the last shock was negative"),
            Parameter(
                "dof",
                "number, optional",
                "degrees of freedom of Student-t shocks, above 2; normal if absent",
            ),
            Parameter(
                "initial_variance",
                "per step, optional",
                "of the first step; the long-run one if absent",
            ),
        ],
    },
    Description {
        kind: "regime",
        title: "a Markov chain of geometric Brownian motions",
        use_it: "markets with distinct moods, each with its own drift and volatility: bull and bear, calm and panic. Switching times\n  \
                 are exact.",
        parameters: &[
            Parameter("states", "list", "a table with drift and volatility (per year) for each"),
            Parameter(
                "switching_rates",
                "per year, matrix",
                "from the state of the row to that of the column",
            ),
            Parameter(
                "start",
                "optional",
                "a state's number from 0, probabilities, or \"stationary\" (the default)",
            ),
        ],
    },
    Description {
        kind: "hawkes",
        title: "jump diffusion with self-exciting jumps",
        use_it: "cascades: each jump makes further ones more likely for a while, as liquidations force liquidations. For high leverage\n  \
                 over hours to days, where jumps that come together decide.",
        parameters: &[
            DRIFT,
            VOLATILITY,
            Parameter("jumps.rate", "per year", "jumps without excitement"),
            JUMP_MEAN,
            JUMP_DEVIATION,
            Parameter("jumps.excitation", "per year", "rise of the rate at each jump; below decay"),
            Parameter(
                "jumps.decay",
                "per year",
                "rate at which a rise fades; half is gone after 0.69 / decay years",
            ),
        ],
    },
    Description {
        kind: "bootstrap",
        title: "recorded bars put together anew, block by block",
        use_it: "what really happened, wicks and clusters included, without a law in between. Nothing worse than the record can\n  \
                 come: take a record that holds a crash, and a horizon well below its length.",
        parameters: &[
            PRICES,
            Parameter("block", "duration or bars", "mean length of a block; clusters of this length survive"),
            Parameter(
                "drift",
                "per year, optional",
                "growth rate of the expected price; the record's if absent",
            ),
        ],
    },
    Description {
        kind: "har",
        title: "past days drawn anew under a variance that has a memory",
        use_it: "forecasts from today's volatility that came true over years (docs/replay.md), wicks included. Needs 365 days of\n  \
                 hourly bars; long and short of the same distance are as likely.",
        parameters: &[
            PRICES,
            Parameter("days", "file, for prices", "past days, as calibrate --model har writes them"),
            Parameter("intercept, b1, b7, b30", "with days", "weights of the log-variances of the last days"),
            Parameter("b90, b6, state", "with days", "more of them, and what is known at the start"),
            Parameter("return_variance, shock", "for days", "the weaker form without recorded days"),
            Parameter("log_drift", "per year, optional", "mean log return; 0 if absent"),
        ],
    },
    Description {
        kind: "scaled_history",
        title: "whole past horizons, scaled to the variance of today",
        use_it: "a second opinion without a recursion: every past start with its whole horizon, as it was and mirrored. There\n  \
                 are few horizons that do not overlap: its errors are larger than those of sampling.",
        parameters: &[PRICES],
    },
    Description {
        kind: "forecast",
        title: "the equal mixture of har and scaled_history",
        use_it: "the default where recorded prices are at hand: it came true better than either.",
        parameters: &[PRICES],
    },
];

impl Models {
    /// Prints the list.
    pub fn execute(self) -> anyhow::Result<()> {
        print(&MODELS.iter().map(describe).collect::<Vec<_>>().join("\n"))
    }
}

fn describe(model: &Description) -> String {
    let parameters: String = model
        .parameters
        .iter()
        .map(|Parameter(key, unit, meaning)| format!("  {key:20} {unit:26} {meaning}\n"))
        .collect();
    format!("\x1b[1m{}\x1b[0m: {}\n{parameters}  Use it for {}\n", model.kind, model.title, model.use_it)
}
