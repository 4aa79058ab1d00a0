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
struct Parameter(&'static str, &'static str, &'static str);

const DRIFT: Parameter = Parameter("drift", "per year", "growth rate of the expected price; 0 for no view");
const VOLATILITY: Parameter =
    Parameter("volatility", "per square root of a year", "of the continuous part; 0.6 is 60 %");

const MODELS: [Description; 2] = [
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
        parameters: &[
            DRIFT,
            VOLATILITY,
            Parameter("jumps.rate", "per year", "expected number of jumps"),
            Parameter("jumps.mean", "log-price", "mean jump; -0.01 is about one percent down"),
            Parameter("jumps.std_dev", "log-price", "standard deviation of a jump"),
        ],
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
        .map(|Parameter(key, unit, meaning)| format!("  {key:14} {unit:26} {meaning}\n"))
        .collect();
    format!("\x1b[1m{}\x1b[0m: {}\n{parameters}  Use it for {}\n", model.kind, model.title, model.use_it)
}
