//! How the difficulty of a network answered to hashprice and price, from recorded difficulty, fees and prices.
//!
//! Epochs are stretches of one difficulty. At the end of each, on day n, with the log-price S, hashprice h and τ the length of the epoch in years:
//!
//! ```text
//! ln h(n) = α − growth·t + e                                              least squares: what miners could live with fell so fast
//! ln D′ − ln D − growth·τ = k + response·e + pass_through·ln(S(n)/S(n − r)) + u   least squares
//! volatility² = (Var u − 2/2016)/τ          the luck of two epochs is in every change (standard deviation 1/√2016 each)
//! ```
//!
//! In the model k has no place: miners settle where hashprice, at a price that stands still, only falls with growth. There
//! k + response·e = 0, so `equilibrium` on the last day is e^(α − k/response), below the trend of a record in which the price rose. It
//! is a ratio: where the response is not told from 0, or the equilibrium not to a factor of e^0.5, none is given.
//!
//! The response is too large in small samples: hashprice strays from its trend by what difficulty did, and the trend is fitted to the
//! same epochs. So the fitted law is simulated 1,000 times over the same retargets, prices and fees, estimated in the same way, and
//! the mean excess is taken off. The scatter of these estimates is their standard error; prices are given, so it says nothing of what other
//! prices would have shown.
//!
//! Sources: the law is that of `model::Network`; the bias is that of autoregressions (Kendall 1954, Biometrika 41, 403).

use serde::Serialize;

use crate::market::{DailyValues, PriceHistory, bitcoin_subsidy};
use crate::numeric::elementary;

use super::network_law::{LUCK, Law, Measured, SIMULATIONS};
use super::retargets::{BLOCKS_PER_DAY, HASHES, daily_closes, last_day, record};
use super::scenario::number;

/// Fewest retargets: two years.
const FEWEST: usize = 52;
const DAYS_PER_YEAR: f64 = 365.0;
/// Days before the last one of both records from which on the median fee is that of today; fees may be known longer, or have gaps.
const FEE_DAYS: i64 = 90;
/// The day that is expected of the next halving, counted from 1970: 2028-04-01.
const NEXT_HALVING: i64 = 21_275;

/// Why a network cannot be estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// Too little of both records together.
    #[error(
        "{found} retargets with prices on both sides are too few: at least {FEWEST} are needed (two years of days with difficulty and price)"
    )]
    Few {
        /// Found.
        found: usize,
    },
    /// Nothing varies.
    #[error("hashprice or price does not vary over these retargets: there is nothing to estimate")]
    Degenerate,
}

/// A network as estimated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkCalibration {
    /// Retargets that were used.
    pub retargets: usize,
    /// First day that was used and the last one of both records, counted from 1970.
    pub days: (i64, i64),
    /// Fall of the hashprice that miners live with, per year.
    pub growth: Measured,
    /// Share of the gap that a retarget closes, its bias taken off.
    pub response: Measured,
    /// What was taken off.
    pub response_bias: f64,
    /// Share of the price's return that difficulty follows.
    pub pass_through: Measured,
    /// Per square root of a year, without luck.
    pub volatility: Measured,
    /// Hashprice that miners settle at on the last day, at a price that stands still, and the error of its logarithm; none where the
    /// record does not tell.
    pub equilibrium: Option<Measured>,
    /// Share of the variance of what is left that is luck of block times.
    pub luck_share: f64,
    /// Difficulty of the last day.
    pub difficulty: f64,
    /// Subsidy of the last day, coins per block.
    pub subsidy: f64,
    /// Median fee from 90 days before the last day on, coins per block; none without a record of it.
    pub fees: Option<f64>,
    /// Hashprice of the last day, and where its trend stands there.
    pub hashprice: (f64, f64),
    /// Days from the last day to the halving that is expected next.
    pub next_halving: i64,
}

impl NetworkCalibration {
    /// Estimates from difficulties, prices, and fees in coins a day where they are recorded.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn of(
        difficulty: &DailyValues,
        fees: Option<&DailyValues>,
        prices: &PriceHistory,
    ) -> Result<Self, NetworkError> {
        let closes = daily_closes(prices);
        let few = |found: usize| NetworkError::Few { found };
        let Some((last, price)) = last_day(difficulty, &closes) else { return Err(few(0)) };
        let (retargets, difficulties) = record(difficulty, fees, &closes, last);
        if retargets.len() < FEWEST {
            return Err(few(retargets.len()));
        }
        let law = Law::fit(&retargets, &difficulties).ok_or(NetworkError::Degenerate)?;
        let repeated = law.repeated(&retargets, difficulties[0]);
        let of = |value: fn(&Law) -> f64| {
            let values: Vec<f64> = repeated.iter().map(value).collect();
            let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
            let variance =
                values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len().max(1) as f64;
            (value(&law), mean - value(&law), variance.sqrt())
        };
        let measured = |value: fn(&Law) -> f64| {
            let (value, _, std_error) = of(value);
            Measured { value, std_error }
        };
        let (raw, response_bias, error) = of(|law| law.response);
        let response = Measured { value: raw - response_bias, std_error: error };
        let equilibrium = law.equilibrium(&response, &repeated, response_bias);
        let difficulty_now = difficulty.on(last).ok_or(few(retargets.len()))?;
        let subsidy = bitcoin_subsidy(last);
        let mut recent: Vec<f64> = fees
            .iter()
            .flat_map(|fees| fees.between(last - FEE_DAYS, i64::MAX))
            .map(|fee| fee / BLOCKS_PER_DAY)
            .collect();
        recent.sort_by(f64::total_cmp);
        let fees = recent.get(recent.len() / 2).copied();
        let hashprice = HASHES * (subsidy + fees.unwrap_or(0.0)) / difficulty_now * price;
        Ok(Self {
            retargets: retargets.len(),
            days: (last + (DAYS_PER_YEAR * retargets[0].t).round() as i64, last),
            growth: measured(|law| law.growth),
            response,
            response_bias,
            pass_through: measured(|law| law.pass_through),
            volatility: measured(Law::volatility),
            equilibrium,
            luck_share: (2.0 * LUCK / law.variance).min(1.0),
            difficulty: difficulty_now,
            subsidy,
            fees,
            hashprice: (hashprice, elementary::exp(law.level)),
            next_halving: NEXT_HALVING - last,
        })
    }

    /// The table of the network of an asset in a scenario.
    pub fn table(&self, asset: &str) -> String {
        let share = |value: f64| value.clamp(0.0, 1.0);
        let line = |key: &str, value: f64, digits: usize, Measured { value: found, std_error }: Measured| {
            format!(
                "{key} = {}     # {} ± {}\n",
                number(value, digits),
                number(found, 3),
                number(std_error, 2)
            )
        };
        let mut text = format!("[assets.{asset}.network]\ndifficulty = {}\n", number(self.difficulty, 9));
        text += &format!("subsidy = {}\n", number(self.subsidy, 9));
        match self.fees {
            Some(fees) => {
                text += &format!("fees = {}     # recent median, coins per block\n", number(fees, 3))
            }
            None => text += "fees = 0.0     # no record of fees was given\n",
        }
        if self.next_halving > 0 {
            text += &format!("halvings = [\"{}d\"]     # about 2028-04\n", self.next_halving);
        }
        text += &line("growth", self.growth.value.clamp(-5.0, 5.0), 3, self.growth);
        text += &line("response", share(self.response.value), 2, self.response);
        text += &line("pass_through", share(self.pass_through.value), 2, self.pass_through);
        text += &line("volatility", self.volatility.value.min(5.0), 3, self.volatility);
        if let Some(Measured { value, std_error }) = self.equilibrium {
            text += &format!(
                "equilibrium = {}     # rough: 68 % between {} and {}\n",
                number(value, 3),
                number(value * elementary::exp(-std_error), 3),
                number(value * elementary::exp(std_error), 3)
            );
        }
        text
    }

    /// What is rough about the numbers.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "{:.4} was taken off the response: the mean excess of {SIMULATIONS} simulations of the fitted law over the same retargets, prices and fees.",
            self.response_bias
        )];
        let Measured { value, std_error } = self.response;
        if value < 2.0 * std_error {
            notes.push("The response is not told from 0 by this record: vary it, together with growth and floor (`liqsim sweep`).".to_owned());
        }
        notes.push(
            "Growth is the fall of hashprice over one history with few cycles: its true error is larger than that of the regression."
                .to_owned(),
        );
        let (now, trend) = self.hashprice;
        let stands = format!(
            "Hashprice stands at {now:.1} (quote currency per PH/s and day), its trend at {trend:.1}"
        );
        notes.push(match self.equilibrium {
            Some(Measured { value, .. }) => format!(
                "{stands}; at a price that stands still miners settle at {value:.1} (`equilibrium`): the trend is that of a history in which the price moved."
            ),
            None => format!(
                "{stands}; what miners settle at is not told by this record: `equilibrium` is left at the hashprice of the start."
            ),
        });
        if self.fees.is_none() {
            notes.push("No fees were given (--fees): hashprice is that of the subsidy alone.".to_owned());
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::super::network_law::ROUGHEST_EQUILIBRIUM;
    use super::*;
    use crate::market::{Duration, HistoricalBar, ReadOptions};
    use crate::numeric::{Purpose, Stream};

    const DAY: i64 = 86_400;

    /// Growth, response, pass-through and volatility of the made-up networks.
    const TRUTH: [f64; 4] = [0.3, 0.05, 0.1, 0.15];
    /// Logarithm of the hashprice that their miners settle at on the first day.
    const SETTLED: f64 = 9.0 - 27.0;

    /// A made-up decade: a price that wanders with this drift a year, difficulty by the law.
    fn history(drift: f64, seed: u64) -> (DailyValues, PriceHistory) {
        let [growth, response, pass_through, volatility] = TRUTH;
        let (epochs, days) = (260, 14);
        let mut noise = Stream::new(seed, Purpose::Event(1), 0);
        let mut normals = vec![0.0; epochs * (days + 2)];
        noise.normals(&mut normals);
        let mut draws = normals.into_iter();
        let mut draw = || draws.next().unwrap();
        let first = 17_000;
        let (mut log_price, mut prices) = (9.0_f64, Vec::new());
        let mut text = "time,difficulty\n".to_owned();
        let (mut lasting, mut difficulty) = (27.0_f64, 27.0_f64);
        let level = (HASHES * 12.5).ln() + SETTLED;
        for epoch in 0..epochs {
            let before = log_price;
            for day in 0..days {
                log_price += drift / 365.0 + 0.03 * draw();
                let day = first + (epoch * days + day) as i64;
                prices.push((day, log_price.exp()));
                text += &format!("{},{:.6}\n", DAY * day, difficulty.exp());
            }
            let end = first + ((epoch + 1) * days) as i64 - 1;
            let t = (end - first) as f64 / 365.0;
            let income = (HASHES * bitcoin_subsidy(end)).ln() + log_price - difficulty;
            lasting += growth * 14.0 / 365.0
                + response * (income - (level - growth * t))
                + pass_through * (log_price - before)
                + volatility * (14.0_f64 / 365.0).sqrt() * draw();
            difficulty = lasting + LUCK.sqrt() * draw();
        }
        let bar = |(day, close): (i64, f64)| HistoricalBar {
            time: DAY * day,
            open: close,
            high: close,
            low: close,
            close,
            volume: 0.0,
        };
        let bars = prices.into_iter().map(bar).collect();
        let interval = Duration::from_seconds(86_400);
        let options = ReadOptions::default();
        let (difficulty, _) = DailyValues::difficulty("made.csv", text.as_bytes(), &options).unwrap();
        (difficulty, PriceHistory { bars, interval, close_only: true })
    }

    /// Over 12 made-up decades each number is right on average: four errors of the mean, so another seed fails once in some thousands.
    #[test]
    fn the_law_is_found_again_without_bias() {
        let found: Vec<[f64; 4]> = (0..12)
            .map(|seed| {
                let (difficulty, prices) = history(0.0, seed);
                let found = NetworkCalibration::of(&difficulty, None, &prices).unwrap();
                assert!(found.retargets > 250, "{}", found.retargets);
                [found.growth.value, found.response.value, found.pass_through.value, found.volatility.value]
            })
            .collect();
        // The growth of a decade under a response of 5 % per retarget strays by the wandering of the price: a wide limit.
        for (place, limit) in [(1, 0.012), (2, 0.03), (3, 0.02)] {
            let mean = found.iter().map(|one| one[place]).sum::<f64>() / found.len() as f64;
            assert!((mean - TRUTH[place]).abs() < limit, "{place}: {mean} {found:?}");
        }
    }

    /// Where the price rises, hashprice stays above what miners settle at: the trend says too much. The estimate is right on average over
    /// 12 made-up decades, within four errors of their mean, so another seed fails once in some thousands.
    #[test]
    fn the_equilibrium_is_below_the_trend_of_a_rising_price() {
        let (mut errors, mut above) = (Vec::new(), Vec::new());
        for seed in 0..12 {
            let (difficulty, prices) = history(0.6, seed);
            let found = NetworkCalibration::of(&difficulty, None, &prices).unwrap();
            let truth = (HASHES * 12.5).ln() + SETTLED - TRUTH[0] * 3_639.0 / 365.0;
            let Some(Measured { value, std_error }) = found.equilibrium else { continue };
            assert!(std_error > 0.02 && std_error <= ROUGHEST_EQUILIBRIUM);
            errors.push(value.ln() - truth);
            above.push(found.hashprice.1.ln() - truth);
        }
        let n = errors.len() as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let of = mean(&errors);
        let error = (errors.iter().map(|e| (e - of) * (e - of)).sum::<f64>() / (n * (n - 1.0))).sqrt();
        assert!(n >= 10.0 && of.abs() < 4.0 * error, "{errors:?}");
        assert!(mean(&above) > 4.0 * error + 0.1, "{above:?} {error}");
    }

    #[test]
    fn the_table_is_one_of_the_format() {
        let (difficulty, prices) = history(0.0, 3);
        let found = NetworkCalibration::of(&difficulty, None, &prices).unwrap();
        let text = found.table("BTC");
        assert!(text.contains("[assets.BTC.network]") && text.contains("subsidy = 3.125"), "{text}");
        assert!(found.response_bias > 0.0, "{found:?}");
        let few = PriceHistory { bars: prices.bars[..500].to_vec(), ..prices };
        assert!(matches!(NetworkCalibration::of(&difficulty, None, &few), Err(NetworkError::Few { .. })));
    }
}
