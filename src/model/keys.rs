//! The numbers of a model under their keys in a scenario, to be read and replaced by name.

use super::{Bates, Garch, Gbm, Hawkes, HawkesJumps, Heston, Jumps, Kou, KouJumps, Merton, Model, Regime};

impl Model {
    /// Every number that is a parameter with its key below `model` in a scenario, those of inner tables joined by dots; empty for models
    /// that are made of recorded bars and nothing else.
    pub fn parameters(&self) -> Vec<(String, f64)> {
        let mut found = Vec::new();
        self.clone().each(&mut |key, value| found.push((key.to_owned(), *value)));
        found
    }

    /// The same with other values of some parameters, if it can be right. What follows from parameters where it is left out (the first
    /// variance of a GARCH model, the law of the first state of a chain) follows from the new ones.
    pub fn with_parameters<'a>(&self, values: impl Fn(&str) -> Option<f64> + 'a) -> Option<Self> {
        let mut model = self.clone();
        model.each(&mut |key, value| *value = values(key).unwrap_or(*value));
        match (&mut model, self) {
            (Self::Garch(new), Self::Garch(old)) => new.follow(old)?,
            (Self::Regime(new), Self::Regime(old)) => new.follow(old),
            _ => {}
        }
        let is_sound = match &model {
            Self::Har(har) => har.check().is_ok(),
            Self::Forecast(mixture) => mixture.har().check().is_ok(),
            other => other.check().is_ok(),
        };
        is_sound.then_some(model)
    }

    fn each(&mut self, see: &mut dyn FnMut(&str, &mut f64)) {
        match self {
            Self::Gbm(Gbm { drift, volatility }) => {
                see("drift", drift);
                see("volatility", volatility);
            }
            Self::Merton(Merton { drift, volatility, jumps }) => {
                see("drift", drift);
                see("volatility", volatility);
                normal(jumps, see);
            }
            Self::Kou(Kou { drift, volatility, jumps }) => {
                see("drift", drift);
                see("volatility", volatility);
                let KouJumps { rate, up_probability, up_mean, down_mean } = jumps;
                see("jumps.rate", rate);
                see("jumps.up_probability", up_probability);
                see("jumps.up_mean", up_mean);
                see("jumps.down_mean", down_mean);
            }
            Self::Heston(model) => heston(model, see),
            Self::Bates(Bates { heston: diffusion, jumps }) => {
                heston(diffusion, see);
                normal(jumps, see);
            }
            Self::Garch(model) => {
                see("log_drift", &mut model.log_drift);
                see("omega", &mut model.omega);
                see("alpha", &mut model.alpha);
                see("gamma", &mut model.gamma);
                see("beta", &mut model.beta);
                if let Some(dof) = &mut model.dof {
                    see("dof", dof);
                }
                see("initial_variance", &mut model.initial_variance);
            }
            Self::Regime(model) => {
                for (number, state) in model.states.iter_mut().enumerate() {
                    see(&format!("states.{number}.drift"), &mut state.drift);
                    see(&format!("states.{number}.volatility"), &mut state.volatility);
                }
                for (from, row) in model.switching_rates.iter_mut().enumerate() {
                    for (to, rate) in row.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                        see(&format!("switching_rates.{from}.{to}"), rate);
                    }
                }
            }
            Self::Hawkes(Hawkes { drift, volatility, jumps }) => {
                see("drift", drift);
                see("volatility", volatility);
                let HawkesJumps { base, excitation, decay } = jumps;
                normal(base, see);
                see("jumps.excitation", excitation);
                see("jumps.decay", decay);
            }
            Self::Har(model) => model.each(see),
            Self::Forecast(mixture) => mixture.har_mut().each(see),
            Self::Bootstrap(_) | Self::ScaledHistory(_) | Self::Custom(_) => {}
        }
    }
}

fn normal(jumps: &mut Jumps, see: &mut dyn FnMut(&str, &mut f64)) {
    let Jumps { rate, mean, std_dev } = jumps;
    see("jumps.rate", rate);
    see("jumps.mean", mean);
    see("jumps.std_dev", std_dev);
}

fn heston(model: &mut Heston, see: &mut dyn FnMut(&str, &mut f64)) {
    let Heston { drift, variance, long_run_variance, mean_reversion, vol_of_vol, correlation, step: _ } =
        model;
    see("drift", drift);
    see("variance", variance);
    see("long_run_variance", long_run_variance);
    see("mean_reversion", mean_reversion);
    see("vol_of_vol", vol_of_vol);
    see("correlation", correlation);
}

impl Garch {
    /// Starts from the own long-run variance where another did from its own; none if there is no such variance.
    fn follow(&mut self, other: &Self) -> Option<()> {
        let long_run =
            |model: &Self| Self::long_run_variance(model.omega, model.alpha, model.gamma, model.beta);
        // A value that was changed by name is not that of the other.
        if long_run(other) == Some(other.initial_variance) && self.initial_variance == other.initial_variance
        {
            self.initial_variance = long_run(self)?;
        }
        Some(())
    }
}

impl Regime {
    /// Starts from the own law of the long run where another did from its own.
    fn follow(&mut self, other: &Self) {
        if Self::stationary(&other.switching_rates) == other.start {
            self.start = Self::stationary(&self.switching_rates);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Duration;
    use crate::model::RegimeState;

    fn set<'a>(pairs: &'a [(&'a str, f64)]) -> impl Fn(&str) -> Option<f64> + 'a {
        |key| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    #[test]
    fn parameters_are_replaced_by_name() {
        let jumps = Jumps { rate: 20.0, mean: -0.01, std_dev: 0.05 };
        let merton = Model::Merton(Merton { drift: 0.0, volatility: 0.5, jumps });
        let names: Vec<String> = merton.parameters().into_iter().map(|(key, _)| key).collect();
        assert_eq!(names, ["drift", "volatility", "jumps.rate", "jumps.mean", "jumps.std_dev"]);
        let Some(Model::Merton(other)) = merton.with_parameters(set(&[("jumps.rate", 7.0)])) else {
            panic!()
        };
        assert_eq!((other.jumps.rate, other.volatility), (7.0, 0.5));
        assert!(merton.with_parameters(set(&[("volatility", -0.1)])).is_none());
    }

    #[test]
    fn what_follows_from_parameters_follows_from_new_ones() {
        let (omega, alpha, beta) = (2e-5, 0.1, 0.85);
        let initial_variance = Garch::long_run_variance(omega, alpha, 0.0, beta).unwrap();
        let step = Duration::from_seconds(86_400);
        let garch =
            Garch { log_drift: 0.0, step, omega, alpha, gamma: 0.0, beta, dof: None, initial_variance };
        let doubled =
            |model: &Garch| match Model::Garch(*model).with_parameters(set(&[("omega", 2.0 * omega)])) {
                Some(Model::Garch(new)) => new.initial_variance,
                _ => panic!(),
            };
        assert_eq!(doubled(&garch), 2.0 * initial_variance);
        assert_eq!(doubled(&Garch { initial_variance: 1e-3, ..garch }), 1e-3);
        // Without a long-run variance there is none to start from.
        assert!(Model::Garch(garch).with_parameters(set(&[("beta", 0.95)])).is_none());
        let states =
            vec![RegimeState { drift: 0.0, volatility: 0.4 }, RegimeState { drift: 0.0, volatility: 0.9 }];
        let rates = vec![vec![0.0, 6.0], vec![18.0, 0.0]];
        let regime =
            Model::Regime(Regime { states, start: Regime::stationary(&rates), switching_rates: rates });
        let Some(Model::Regime(new)) = regime.with_parameters(set(&[("switching_rates.0.1", 18.0)])) else {
            panic!()
        };
        assert_eq!(new.start, [0.5, 0.5]);
    }
}
