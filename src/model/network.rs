//! The network that a miner works in: difficulty, subsidy, fees, and what a unit of hashrate earns.
//!
//! Beside the price S of the coin, day n (from n − 1 to n days) has a difficulty D, a subsidy R and fees F per block:
//!
//! ```text
//! c(n) = 86400·10¹⁵·(R(n) + F(n))/(D(n)·2³²)       coins per PH/s and day: a hash succeeds with probability 1/(D·2³²)
//! h(n) = c(n)·S(n)                                  hashprice
//! R(n) = subsidy·2^(−#{halvings before day n})      a halving at day d happens at the end of it
//! ```
//!
//! At the end of every day that is a multiple of r = `retarget_every` difficulty is set anew (τ = r/365 years):
//!
//! ```text
//! gap  = ln h(n) − (ln equilibrium − growth·n/365)
//! low  = min(ln h(n) − (ln floor − growth·n/365), 0)
//! a   += growth·τ + response·gap + floor_response·low + pass_through·ln(S(n)/S(n − r)) + volatility·√τ·Z
//! ln D = min(max(a + Y, ln D − ln 4), ln D + ln 4),   Y = ξ/√2016 with `block_luck`
//! ```
//!
//! The luck Y of the block times moves the difficulty of one epoch and is gone in the next: a does not keep it. What the
//! protocol's factor of four cuts off is caught up later, since a keeps that.
//!
//! Approximation: epochs have r days exactly; real ones have 2016 blocks.
//!
//! Sources: Bitcoin's `CalculateNextWorkRequired` (2016 blocks, factor 4); price moves hashrate and not the reverse, with lags of 1 to
//! 6 weeks (Fantazzini and Kolodin 2020); free entry bounds hashprice (Prat and Walter 2018); pay per share of pools (FPPS).

use serde::Serialize;

use crate::market::Varying;
use crate::numeric::{Kernel, exp, ln};

/// 86400·10¹⁵/2³²: hashes of a PH/s in a day over those that a block takes at a difficulty of 1.
const BLOCKS_PER_DAY: f64 = 86_400.0e15 / 4_294_967_296.0;
const DAYS_PER_YEAR: f64 = 365.0;
/// The protocol changes difficulty by at most this factor.
const LN_4: f64 = 2.0 * std::f64::consts::LN_2;
/// Standard deviation of the logarithm of the time of 2016 blocks, each exponential.
const BLOCKS_PER_RETARGET: f64 = 2016.0;

/// How the network of a coin moves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Network {
    /// Difficulty at the start, as in the block header; positive.
    pub difficulty: f64,
    /// Coins per block at the start; positive.
    pub subsidy: f64,
    /// Fees in coins per block.
    pub fees: Varying,
    /// Days at whose end the subsidy halves, rising.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub halvings: Vec<u32>,
    /// Growth of difficulty per year, of the logarithm, while hashprice is at its equilibrium.
    pub growth: f64,
    /// Share of the gap between the logarithms of hashprice and its equilibrium that a retarget closes.
    pub response: f64,
    /// Share of the log return of the price since the last retarget that difficulty follows.
    pub pass_through: f64,
    /// Volatility of difficulty per square root of a year, block luck not counted.
    pub volatility: f64,
    /// Whether block times are random.
    pub block_luck: bool,
    /// Hashprice that miners settle at, at the start; that of the start if none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equilibrium: Option<f64>,
    /// Where machines of the network are switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor: Option<Floor>,
    /// Days between retargets; positive.
    pub retarget_every: u32,
}

/// A hashprice below which the network gives way fast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Floor {
    /// At the start; it falls with the network's growth.
    pub hashprice: f64,
    /// Share of the log gap below it that a retarget closes.
    pub response: f64,
}

impl Network {
    /// Coins of a day for each PH/s.
    pub fn coins(&self, reward: f64, difficulty: f64) -> f64 {
        BLOCKS_PER_DAY * reward / difficulty
    }

    /// Hashprice at the start, where the coin has this price.
    pub fn hashprice_at_start(&self, price: f64) -> f64 {
        self.coins(self.subsidy + self.fees.median, self.difficulty) * price
    }

    /// Coins per block on a day, from 1, fees aside.
    pub fn subsidy_on(&self, day: u32) -> f64 {
        let halvings = self.halvings.iter().filter(|halving| **halving < day).count();
        (0..halvings).fold(self.subsidy, |subsidy, _| 0.5 * subsidy)
    }

    /// Whether difficulty is set anew at the end of a day.
    pub fn is_retarget(&self, day: u32) -> bool {
        day.is_multiple_of(self.retarget_every)
    }

    /// What a retarget at the end of a day does, where the coin had this price at the start.
    pub fn retarget(&self, day: u32, price: f64) -> Retarget {
        let tau = f64::from(self.retarget_every) / DAYS_PER_YEAR;
        let fallen = self.growth * f64::from(day) / DAYS_PER_YEAR;
        let equilibrium = self.equilibrium.unwrap_or_else(|| self.hashprice_at_start(price));
        Retarget {
            growth: self.growth * tau,
            response: self.response,
            equilibrium: ln(equilibrium) - fallen,
            floor_response: self.floor.map_or(0.0, |floor| floor.response),
            floor: self.floor.map_or(0.0, |floor| ln(floor.hashprice) - fallen),
            pass_through: self.pass_through,
            spread: self.volatility * tau.sqrt(),
            luck: if self.block_luck { 1.0 / BLOCKS_PER_RETARGET.sqrt() } else { 0.0 },
        }
    }
}

/// The law of one retarget.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retarget {
    /// What is added whatever happens.
    pub growth: f64,
    /// See [`Network::response`].
    pub response: f64,
    /// Logarithm of the hashprice that miners settle at now.
    pub equilibrium: f64,
    /// Share of the gap below the floor that is closed; 0 without a floor.
    pub floor_response: f64,
    /// Logarithm of the floor now.
    pub floor: f64,
    /// See [`Network::pass_through`].
    pub pass_through: f64,
    /// Standard deviation of the shock.
    pub spread: f64,
    /// Standard deviation of the luck of block times.
    pub luck: f64,
}

impl Retarget {
    /// The change of the difficulty without luck, from the logarithms of hashprice and of the price's return since the last retarget, and
    /// a standard normal.
    #[inline(always)]
    pub fn step(&self, log_hashprice: f64, log_return: f64, shock: f64) -> f64 {
        let gap = log_hashprice - self.equilibrium;
        let low = (log_hashprice - self.floor).min(0.0);
        let answer = self.response * gap + self.floor_response * low + self.pass_through * log_return;
        self.growth + answer + self.spread * shock
    }
}

/// A retarget on a column of paths.
pub struct Retargets<'a> {
    /// The law.
    pub law: Retarget,
    /// Hashprice of the day.
    pub hashprice: &'a [f64],
    /// Log-price at the end of the day.
    pub log_price: &'a [f64],
    /// Standard normals: shocks, and luck of the blocks.
    pub shocks: &'a [f64],
    /// See `shocks`.
    pub luck: &'a [f64],
    /// Log-price at the last retarget.
    pub last: &'a mut [f64],
    /// Logarithm of the difficulty without luck.
    pub lasting: &'a mut [f64],
    /// Logarithm of the difficulty.
    pub log_difficulty: &'a mut [f64],
    /// Difficulty.
    pub difficulty: &'a mut [f64],
}

impl Kernel for Retargets<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.hashprice.len();
        let (log_price, shocks, luck) = (&self.log_price[..n], &self.shocks[..n], &self.luck[..n]);
        let (last, lasting) = (&mut self.last[..n], &mut self.lasting[..n]);
        let (log_difficulty, difficulty) = (&mut self.log_difficulty[..n], &mut self.difficulty[..n]);
        for i in 0..n {
            lasting[i] += self.law.step(ln(self.hashprice[i]), log_price[i] - last[i], shocks[i]);
            last[i] = log_price[i];
            let aim = lasting[i] + self.law.luck * luck[i];
            let aim = aim.max(log_difficulty[i] - LN_4).min(log_difficulty[i] + LN_4);
            log_difficulty[i] = aim;
            difficulty[i] = exp(aim);
        }
    }
}

/// Coins and hashprice of a day on a column of paths.
pub struct Yields<'a> {
    /// Coins per block on all paths.
    pub reward: f64,
    /// Further coins per block by path; empty where there are none.
    pub fees: &'a [f64],
    /// Difficulty by path.
    pub difficulty: &'a [f64],
    /// Price of the coin at the end of the day.
    pub price: &'a [f64],
    /// To be filled: coins per PH/s.
    pub coins: &'a mut [f64],
    /// To be filled: quote currency per PH/s.
    pub hashprice: &'a mut [f64],
}

impl Kernel for Yields<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let n = self.coins.len();
        let (difficulty, price, hashprice) =
            (&self.difficulty[..n], &self.price[..n], &mut self.hashprice[..n]);
        if self.fees.is_empty() {
            for (coins, difficulty) in self.coins.iter_mut().zip(difficulty) {
                *coins = BLOCKS_PER_DAY * self.reward / difficulty;
            }
        } else {
            for ((coins, difficulty), fees) in self.coins.iter_mut().zip(difficulty).zip(self.fees) {
                *coins = BLOCKS_PER_DAY * (self.reward + fees) / difficulty;
            }
        }
        for ((hashprice, coins), price) in hashprice.iter_mut().zip(self.coins.iter()).zip(price) {
            *hashprice = coins * price;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Network {
        Network {
            difficulty: 125e12,
            subsidy: 3.125,
            fees: Varying::constant(0.0),
            halvings: vec![100, 247],
            growth: 0.0,
            response: 0.0,
            pass_through: 0.0,
            volatility: 0.0,
            block_luck: false,
            equilibrium: None,
            floor: None,
            retarget_every: 14,
        }
    }

    /// One path through days, its log-price by day: hashprice by day, and difficulty at the end.
    fn walk(law: &Network, price: f64, days: u32, log_price: impl Fn(u32) -> f64) -> (Vec<f64>, f64) {
        let (mut last, mut lasting) = ([0.0], [law.difficulty.ln()]);
        let (mut log_difficulty, mut difficulty) = (lasting, [law.difficulty]);
        let (mut coins, mut hashprice) = ([0.0], [0.0]);
        let mut hashprices = Vec::new();
        for day in 1..=days {
            Yields {
                reward: law.subsidy_on(day) + law.fees.median,
                fees: &[],
                difficulty: &difficulty,
                price: &[price * log_price(day).exp()],
                coins: &mut coins,
                hashprice: &mut hashprice,
            }
            .run();
            hashprices.push(hashprice[0]);
            if law.is_retarget(day) && day < days {
                Retargets {
                    law: law.retarget(day, price),
                    hashprice: &hashprice,
                    log_price: &[log_price(day)],
                    shocks: &[0.0],
                    luck: &[0.0],
                    last: &mut last,
                    lasting: &mut lasting,
                    log_difficulty: &mut log_difficulty,
                    difficulty: &mut difficulty,
                }
                .run();
            }
        }
        (hashprices, difficulty[0])
    }

    #[test]
    fn coins_of_a_day_are_those_of_the_worked_example() {
        let law = network();
        assert!((law.coins(3.125, 125e12) - 0.000_502_914_190_292).abs() < 1e-15);
        assert!((law.hashprice_at_start(100_000.0) - 50.291_419_029_2).abs() < 5e-11);
    }

    #[test]
    fn a_halving_happens_at_the_end_of_its_day() {
        let law = network();
        assert_eq!((law.subsidy_on(1), law.subsidy_on(100)), (3.125, 3.125));
        assert_eq!(
            (law.subsidy_on(101), law.subsidy_on(247), law.subsidy_on(248)),
            (1.5625, 1.5625, 0.78125)
        );
    }

    /// The fourth worked example of the specification: a price that falls at 300 % a year, and a floor of 40.
    #[test]
    fn below_the_floor_the_network_gives_way() {
        let floor = Some(Floor { hashprice: 40.0, response: 0.5 });
        let law = Network { floor, halvings: Vec::new(), ..network() };
        let (hashprice, difficulty) = walk(&law, 100_000.0, 60, |day| -3.0 * f64::from(day) / 365.0);
        for (day, printed) in
            [(14, 44.824_998), (28, 39.952_749), (42, 35.631_140), (56, 33.648_929), (60, 35.500_743)]
        {
            assert!((hashprice[day - 1] - printed).abs() < 5.1e-7, "day {day}: {}", hashprice[day - 1]);
        }
        assert!((difficulty - 108.141_861e12).abs() < 5.1e5, "{difficulty}");
        for (days, printed) in [(28, 125.0e12), (42, 124.926_148e12), (56, 117.906_627e12)] {
            let (_, difficulty) = walk(&law, 100_000.0, days, |day| -3.0 * f64::from(day) / 365.0);
            assert!((difficulty - printed).abs() < 5.1e5, "before the retarget of day {days}: {difficulty}");
        }
    }

    /// Closed form: with a response of 1 and nothing else difficulty follows the price with one epoch of delay.
    #[test]
    fn a_full_response_follows_the_price() {
        let law = Network { response: 1.0, halvings: Vec::new(), ..network() };
        let price = |day: u32| 0.4 * (f64::from(day) / 20.0).sin();
        let (_, difficulty) = walk(&law, 100_000.0, 100, price);
        assert!((difficulty / (125e12 * price(98).exp()) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_the_factor_of_four_cuts_off_is_caught_up() {
        let law = Network { response: 1.0, halvings: Vec::new(), ..network() };
        let price = |day: u32| if day >= 14 { 10.0_f64.ln() } else { 0.0 };
        let (_, difficulty) = walk(&law, 100_000.0, 28, price);
        assert!((difficulty / 500e12 - 1.0).abs() < 1e-12, "{difficulty}");
        // The gap of ln(10/4) comes on top of what was cut off: 25 times, of which the protocol lets 16 pass; then ln(10/16).
        for (days, times) in [(42, 16.0), (56, 15.625)] {
            let (_, difficulty) = walk(&law, 100_000.0, days, price);
            assert!((difficulty / (125e12 * times) - 1.0).abs() < 1e-12, "{days}: {difficulty}");
        }
    }

    /// The luck of one epoch is gone in the next.
    #[test]
    fn luck_does_not_accumulate() {
        let law = Network { block_luck: true, ..network() };
        let (mut last, mut lasting, mut log_difficulty, mut difficulty) = ([0.0], [30.0], [30.0], [0.0]);
        for luck in [3.0, 0.0] {
            Retargets {
                law: law.retarget(14, 100_000.0),
                hashprice: &[50.0],
                log_price: &[0.0],
                shocks: &[0.0],
                luck: &[luck],
                last: &mut last,
                lasting: &mut lasting,
                log_difficulty: &mut log_difficulty,
                difficulty: &mut difficulty,
            }
            .run();
            assert!((log_difficulty[0] - 30.0 - luck / 2016.0_f64.sqrt()).abs() < 1e-14);
        }
    }
}
