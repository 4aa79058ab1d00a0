//! The network of a block's paths, day by day: difficulty, coins, hashprice and power.
//!
//! Each of its four sources of noise has a stream of its own, so that none depends on whether another varies: a miner's power changes
//! nothing of the network.

use crate::account::NetworkDay;
use crate::market::Varying;
use crate::model::{Network, Retargets, Yields};
use crate::numeric::{Kernel, Purpose, Stream, dispatch, exp, ln};
use crate::scenario::Scenario;

/// A network, the coin's price at the start, and the power of the miner who works in it.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkLaw {
    /// The network.
    pub network: Network,
    /// Index of the coin among the assets.
    pub asset: usize,
    /// Its price at the start.
    pub price: f64,
    /// Price of power.
    pub power: Varying,
}

impl NetworkLaw {
    /// That of the miner of a scenario; none without one.
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let miner = scenario.miner.as_ref()?;
        let asset = scenario.assets.get(miner.asset)?;
        let network = asset.network.clone()?;
        Some(Self { network, asset: miner.asset, price: asset.price, power: miner.electricity.price })
    }
}

const FEES: u16 = 0;
const POWER: u16 = 1;
const SHOCKS: u16 = 2;
const LUCK: u16 = 3;

/// Follows a network on the paths of one block after another.
#[derive(Debug, Clone)]
pub(crate) struct NetworkPaths<'a> {
    law: &'a NetworkLaw,
    fees: VaryingPaths,
    power: VaryingPaths,
    shocks: Stream,
    luck: Stream,
    /// Days over so far.
    day: u32,
    difficulty: Vec<f64>,
    log_difficulty: Vec<f64>,
    /// Logarithm of the difficulty without luck.
    lasting: Vec<f64>,
    /// Log-price at the last retarget.
    last: Vec<f64>,
    price: Vec<f64>,
    coins: Vec<f64>,
    hashprice: Vec<f64>,
    draws: Vec<f64>,
    more_draws: Vec<f64>,
}

impl<'a> NetworkPaths<'a> {
    pub fn new(law: &'a NetworkLaw) -> Self {
        let stream = |number| Stream::new(0, Purpose::Network(number), 0);
        Self {
            law,
            fees: VaryingPaths::new(law.network.fees, FEES),
            power: VaryingPaths::new(law.power, POWER),
            shocks: stream(SHOCKS),
            luck: stream(LUCK),
            day: 0,
            difficulty: Vec::new(),
            log_difficulty: Vec::new(),
            lasting: Vec::new(),
            last: Vec::new(),
            price: Vec::new(),
            coins: Vec::new(),
            hashprice: Vec::new(),
            draws: Vec::new(),
            more_draws: Vec::new(),
        }
    }

    /// Starts a block.
    pub fn begin(&mut self, seed: u64, block: u64, lanes: usize) {
        self.day = 0;
        self.fees.begin(seed, block, lanes);
        self.power.begin(seed, block, lanes);
        self.shocks = Stream::new(seed, Purpose::Network(SHOCKS), block);
        self.luck = Stream::new(seed, Purpose::Network(LUCK), block);
        let difficulty = self.law.network.difficulty;
        for (column, value) in [
            (&mut self.difficulty, difficulty),
            (&mut self.log_difficulty, ln(difficulty)),
            (&mut self.lasting, ln(difficulty)),
            (&mut self.last, 0.0),
            (&mut self.price, 0.0),
            (&mut self.coins, 0.0),
            (&mut self.hashprice, 0.0),
            (&mut self.draws, 0.0),
            (&mut self.more_draws, 0.0),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
    }

    /// The next day, at these log-prices at its end.
    pub fn next(&mut self, log_prices: &[Vec<f64>]) -> NetworkDay<'_> {
        self.day += 1;
        self.fees.next();
        self.power.next();
        let network = &self.law.network;
        dispatch(Prices {
            start: self.law.price,
            log_prices: &log_prices[self.law.asset],
            prices: &mut self.price,
        });
        let fixed = if network.fees.is_constant() { network.fees.median } else { 0.0 };
        dispatch(Yields {
            reward: network.subsidy_on(self.day) + fixed,
            fees: if network.fees.is_constant() { &[] } else { &self.fees.values },
            difficulty: &self.difficulty,
            price: &self.price,
            coins: &mut self.coins,
            hashprice: &mut self.hashprice,
        });
        NetworkDay {
            coins: &self.coins,
            power: &self.power.values,
            hashprice: &self.hashprice,
            difficulty: &self.difficulty,
        }
    }

    /// The next day of a network that moved as recorded: by logarithms of coins over those at the start, at these log-prices. Power is at its
    /// median.
    pub fn recorded(&mut self, log_prices: &[Vec<f64>], moved: &[f64]) -> NetworkDay<'_> {
        self.day += 1;
        let network = &self.law.network;
        let hashprice = network.hashprice_at_start(self.law.price);
        let log_prices = &log_prices[self.law.asset];
        for (lane, (moved, log_price)) in moved.iter().zip(log_prices).enumerate() {
            let times = exp(*moved);
            self.coins[lane] = hashprice / self.law.price * times;
            self.hashprice[lane] = hashprice * times * exp(*log_price);
            self.difficulty[lane] = network.difficulty / times;
        }
        NetworkDay {
            coins: &self.coins,
            power: &self.power.values,
            hashprice: &self.hashprice,
            difficulty: &self.difficulty,
        }
    }

    /// Sets difficulty anew after the accounts have had their day, if it is time.
    pub fn close(&mut self, log_prices: &[Vec<f64>]) {
        let network = &self.law.network;
        if !network.is_retarget(self.day) {
            return;
        }
        let law = network.retarget(self.day, self.law.price);
        if law.spread > 0.0 {
            self.shocks.normals(&mut self.draws);
        }
        if law.luck > 0.0 {
            self.luck.normals(&mut self.more_draws);
        }
        dispatch(Retargets {
            law,
            hashprice: &self.hashprice,
            log_price: &log_prices[self.law.asset],
            shocks: &self.draws,
            luck: &self.more_draws,
            last: &mut self.last,
            lasting: &mut self.lasting,
            log_difficulty: &mut self.log_difficulty,
            difficulty: &mut self.difficulty,
        });
    }
}

/// A network along paths that are known: difficulty and hashprice, by day and path.
pub(super) fn along(
    law: &NetworkLaw,
    (seed, block): (u64, u64),
    closes: &[Vec<f64>],
) -> Vec<Vec<(f64, f64)>> {
    let mut paths = NetworkPaths::new(law);
    paths.begin(seed, block, closes.first().map_or(0, Vec::len));
    let mut days = Vec::with_capacity(closes.len());
    // The coin stands at the place that the law names.
    let mut prices = vec![Vec::new(); law.asset + 1];
    for closes in closes {
        prices[law.asset].clone_from(closes);
        let day = paths.next(&prices);
        days.push(day.difficulty.iter().copied().zip(day.hashprice.iter().copied()).collect());
        paths.close(&prices);
    }
    days
}

/// A varying quantity on the paths of a block.
#[derive(Debug, Clone)]
struct VaryingPaths {
    law: Varying,
    number: u16,
    noise: Stream,
    draws: Vec<f64>,
    logarithms: Vec<f64>,
    values: Vec<f64>,
}

impl VaryingPaths {
    fn new(law: Varying, number: u16) -> Self {
        let noise = Stream::new(0, Purpose::Network(number), 0);
        Self { law, number, noise, draws: Vec::new(), logarithms: Vec::new(), values: Vec::new() }
    }

    fn begin(&mut self, seed: u64, block: u64, lanes: usize) {
        self.noise = Stream::new(seed, Purpose::Network(self.number), block);
        for (column, value) in
            [(&mut self.draws, 0.0), (&mut self.logarithms, 0.0), (&mut self.values, self.law.median)]
        {
            column.clear();
            column.resize(lanes, value);
        }
    }

    fn next(&mut self) {
        if self.law.is_constant() {
            return;
        }
        self.noise.normals(&mut self.draws);
        dispatch(Vary {
            median: self.law.median,
            transition: self.law.transition(),
            draws: &self.draws,
            logarithms: &mut self.logarithms,
            values: &mut self.values,
        });
    }
}

struct Vary<'a> {
    median: f64,
    transition: (f64, f64),
    draws: &'a [f64],
    logarithms: &'a mut [f64],
    values: &'a mut [f64],
}

impl Kernel for Vary<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (keeps, adds) = self.transition;
        for ((logarithm, value), draw) in self.logarithms.iter_mut().zip(self.values).zip(self.draws) {
            *logarithm = keeps * *logarithm + adds * draw;
            *value = self.median * exp(*logarithm);
        }
    }
}

struct Prices<'a> {
    start: f64,
    log_prices: &'a [f64],
    prices: &'a mut [f64],
}

impl Kernel for Prices<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (price, log_price) in self.prices.iter_mut().zip(self.log_prices) {
            *price = self.start * exp(*log_price);
        }
    }
}
