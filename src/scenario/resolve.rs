//! From the mirror of the file to a [`Scenario`]: the checks that involve more than one key.

use crate::market::Duration;
use crate::model::Stress;
use crate::venue::Liquidation;

use super::file::{AccountFile, ScenarioFile, SimulationFile};
use super::leverage::Levels;
use super::problem::{Code, Place, Problem, Problems};
use super::shape::Placed;
use super::steps::{MOST_STEPS, too_many};
use super::types::{
    Account, Asset, CoinEquity, MarginMode, Monitoring, PathBudget, Sampling, Scenario, Simulation, Terms,
};
use super::written::Written;
use super::{dependence, equity, errors, leverage, limits, mining, of_hours, opened, positions, stress};

const DEFAULT_PATHS: u64 = 1_000_000;
const DEFAULT_MAX_PATHS: u64 = 100_000_000;
const DEFAULT_SEED: u64 = 1;

/// The scenario, if nothing is missing; everything that is wrong is reported. `name` is used if the file has none.
pub(super) fn resolve(file: &ScenarioFile, name: &str, problems: &mut Problems) -> Option<Scenario> {
    if let Some(sweep) = &file.sweep
        && sweep.value.axes.iter().any(|axis| axis.key.split('.').next() == Some("sweep"))
    {
        let problem = Problem::new(Code::Conflict, &sweep.place, "a sweep cannot change the sweep");
        problems.push(problem.help("name keys of the scenario, such as \"simulation.horizon\""));
    }
    let simulation =
        file.simulation.as_ref().and_then(|simulation| resolve_simulation(&simulation.value, problems));
    let mut assets = resolve_assets(file, problems);
    let dependence = dependence::resolve(
        file.correlation.as_ref(),
        file.common_jumps.as_ref(),
        &asset_names(file),
        problems,
    );
    let asked = file.simulation.as_ref().and_then(|simulation| simulation.value.parameter_errors.as_ref());
    errors::check(asked, assets.as_deref(), problems);
    of_hours::check(file, assets.as_deref(), simulation.as_ref(), problems);
    of_hours::share(file, assets.as_mut(), problems);
    let (equity, coins) = equity::resolve(file, problems);
    let levels = file
        .account
        .as_ref()
        .and_then(|account| leverage::of_account(&account.value, || is_loan(&account.value), problems));
    let miner = mining::resolve(file, &asset_names(file), problems);
    if let Some(account) = &file.account {
        report_missing(account, problems);
    }
    let resolved = file.account.as_ref().and_then(|account| match &file.miner {
        Some(_) => Some((mining::account(equity.as_ref(), levels.as_ref())?, levels.clone()?)),
        None => resolve_account(account, (equity.as_ref(), coins, levels.as_ref()), file, problems),
    });
    let (account, levels) = match resolved {
        Some((account, levels)) => (Some(account), Some(levels)),
        None => (None, levels),
    };
    if let (Some(Some(miner)), Some(assets), Some(levels)) = (&miner, &assets, &levels) {
        mining::check(file, miner, assets, &levels.values, problems);
    }
    if let (Some(account), Some(written)) = (&account, &file.account)
        && let Some(list) = &written.value.positions
    {
        let place = written.value.funding.as_ref().map_or(&written.place, |funding| &funding.place);
        let horizon = simulation.as_ref().map(|simulation| simulation.horizon);
        let hedge = file.policy.as_ref().and_then(|policy| policy.value.hedge.as_ref());
        positions::check_funding(account, (list, hedge), place, horizon, assets.as_deref(), problems);
    }
    let complete = levels.as_ref().filter(|levels| levels.is_complete).map(|levels| levels.values.as_slice());
    let limits = file.limits.iter().flat_map(|limits| &limits.value.items);
    // A limit that is not sound has put a problem on the list, which fails the whole file.
    let limits = limits.filter_map(|limit| limits::resolve(limit, complete, problems)).collect();
    let prices: Option<Vec<f64>> = (0..asset_names(file).len()).map(|asset| price_of(file, asset)).collect();
    let policy = file.policy.as_ref().map(|policy| {
        let held = (account.as_ref(), prices.as_deref());
        policy.value.resolve(equity.as_ref(), simulation.as_ref(), held, problems)
    });
    let scenario = Scenario {
        name: file.name.as_ref().map_or_else(|| name.to_owned(), |name| name.value.clone()),
        simulation: simulation?,
        assets: assets?,
        dependence: dependence?,
        account: account?,
        miner: miner?,
        policy: policy.unwrap_or_default(),
        limits,
        written: Written::default(),
    };
    let horizon = file.simulation.as_ref().and_then(|simulation| simulation.value.horizon.as_ref());
    if let (Some((what, steps)), Some(horizon)) = (too_many(&scenario), horizon) {
        let message = format!("{what} cuts a path into {steps:.0} steps");
        let help = format!(
            "at most {MOST_STEPS} are possible: give a longer interval, a lower rate or a shorter `horizon`"
        );
        problems.push(Problem::new(Code::OutOfRange, &horizon.place, message).help(help));
    }
    Some(scenario)
}

fn resolve_simulation(file: &SimulationFile, problems: &mut Problems) -> Option<Simulation> {
    if let Some(horizon) = file.horizon.as_ref().filter(|horizon| horizon.value.seconds() == 0) {
        let problem = Problem::new(Code::OutOfRange, &horizon.place, "`horizon` must be longer than 0");
        problems.push(problem.help("give the length of every path, such as \"30d\""));
    }
    let monitoring = file.monitoring.as_ref().map_or(Monitoring::Continuous, |monitoring| monitoring.value);
    if let (Monitoring::Every(interval), Some(placed)) = (monitoring, &file.monitoring) {
        if interval.seconds() == 0 {
            let problem = Problem::new(
                Code::OutOfRange,
                &placed.place,
                "the `monitoring` interval must be longer than 0",
            );
            problems.push(problem.help("use \"continuous\" to look at every instant"));
        }
        if let Some(horizon) = file.horizon.as_ref().filter(|horizon| interval > horizon.value) {
            let message =
                format!("the `monitoring` interval {interval} is longer than the horizon {}", horizon.value);
            let help = "the price would never be looked at; use a shorter interval or \"continuous\"";
            problems.push(Problem::new(Code::Conflict, &placed.place, message).help(help));
        }
    }
    if let Some(step) = file.step.as_ref().filter(|step| step.value.seconds() == 0) {
        let problem = Problem::new(Code::OutOfRange, &step.place, "`step` must be longer than 0");
        problems.push(problem.help("give the longest time between two looks, such as \"6h\""));
    }
    let horizon = file.horizon.as_ref().map(|horizon| horizon.value);
    if let (Monitoring::Every(interval), Some(placed)) = (monitoring, &file.monitoring) {
        count_bars("monitoring", interval, &placed.place, horizon, problems);
    }
    if let Some(step) = &file.step {
        count_bars("step", step.value, &step.place, horizon, problems);
    }
    let paths = resolve_paths(file, problems);
    Some(Simulation {
        horizon: file.horizon.as_ref()?.value,
        paths,
        seed: file.seed.as_ref().map_or(DEFAULT_SEED, |seed| seed.value.0),
        monitoring,
        sampling: file.sampling.as_ref().map_or(Sampling::Auto, |sampling| sampling.value),
        step: file.step.as_ref().map(|step| step.value),
        parameter_errors: file.parameter_errors.as_ref().is_some_and(|asked| asked.value),
    })
}

/// Refuses an interval that cuts a path into more bars than memory should hold.
fn count_bars(
    key: &str,
    interval: Duration,
    place: &Place,
    horizon: Option<Duration>,
    problems: &mut Problems,
) {
    let bars = horizon.map_or(0, |horizon| horizon.seconds() / interval.seconds().max(1));
    if bars > MOST_STEPS {
        let message = format!("`{key}` of {interval} cuts a path into {bars} bars");
        let help =
            format!("at most {MOST_STEPS} are possible: give a longer interval or a shorter `horizon`");
        problems.push(Problem::new(Code::OutOfRange, place, message).help(help));
    }
}

fn resolve_paths(file: &SimulationFile, problems: &mut Problems) -> PathBudget {
    let is_override = |place: &Place| place.source().is_override();
    let (mut paths, mut precision) = (file.paths.as_ref(), file.precision.as_ref());
    if let (Some(fixed), Some(relative)) = (paths, precision) {
        // An option takes the place of what the file says, also where the two are different keys.
        match (is_override(&fixed.place), is_override(&relative.place)) {
            (true, false) => precision = None,
            (false, true) => paths = None,
            _ => {
                let help = "keep `paths` for a fixed number, or `precision` to run until the result is precise enough";
                let message = "`paths` and `precision` exclude each other";
                problems.push(Problem::new(Code::Conflict, &relative.place, message).help(help));
            }
        }
    }
    match (paths, precision) {
        (_, Some(precision)) => PathBudget::Precision {
            relative: precision.value.relative,
            metric: precision.value.metric,
            max_paths: file.max_paths.as_ref().map_or(DEFAULT_MAX_PATHS, |most| most.value.0),
        },
        (paths, None) => {
            if let Some(most) = file.max_paths.as_ref().filter(|_| !file.given.contains(&"precision")) {
                let message = "`max_paths` has no meaning without `precision`";
                let help = "use `paths` for a fixed number, or add `precision`, such as \"1%\"";
                problems.push(Problem::new(Code::Conflict, &most.place, message).help(help));
            }
            PathBudget::Fixed(paths.map_or(DEFAULT_PATHS, |paths| paths.value.0))
        }
    }
}

fn resolve_assets(file: &ScenarioFile, problems: &mut Problems) -> Option<Vec<Asset>> {
    let assets = file.assets.as_ref()?;
    let entries = &assets.value.entries;
    let horizon = file.simulation.as_ref().and_then(|simulation| simulation.value.horizon.as_ref());
    let horizon = horizon.map(|horizon| horizon.value);
    if assets.value.written == 0 {
        let help = "add a table with `price` and `model`, such as [assets.BTC]";
        problems.push(Problem::new(Code::MissingKey, &assets.place, "`assets` has no asset").help(help));
    }
    entries
        .iter()
        .map(|(name, asset)| {
            let stress = match &asset.stress {
                Some(stress) => stress::resolve(stress, horizon, problems),
                None => Some(Stress::default()),
            };
            let file = asset.model.as_ref()?;
            let model = file.value.resolve(horizon, &file.place, problems)?;
            Some(Asset {
                name: name.value.clone(),
                price: asset.price.as_ref()?.value,
                errors: errors::resolve(file.value.errors(), &model, problems)?,
                model,
                stress: stress?,
                network: match &asset.network {
                    Some(network) => Some(network.value.resolve(problems)?),
                    None => None,
                },
            })
        })
        .collect()
}

/// Whether some positions are open already.
fn is_open(account: &AccountFile) -> bool {
    account.positions.as_ref().is_some_and(|list| {
        list.value.items.iter().any(|item| item.value.entry.is_some() || item.value.quantity.is_some())
    })
}

/// Whether the account's venue is a lender; what is wrong with the venue is reported where the account is resolved.
fn is_loan(account: &AccountFile) -> bool {
    let listed = account.venue.as_ref().and_then(|venue| venue.value.resolve(&mut Problems::default()));
    listed.is_some_and(|listed| matches!(listed.venue.liquidation, Liquidation::Repay { .. }))
}

/// Reports equity and leverage where nothing else says what they are.
fn report_missing(written: &Placed<AccountFile>, problems: &mut Problems) {
    let account = &written.value;
    let needed = [
        (
            "equity",
            "add `equity`, a number: collateral put up, in the quote currency, or in coins where the contract is inverse",
        ),
        (
            "leverage",
            "add `leverage`, a list of numbers such as [1, 2, 5] or a table { from, to, count }; positions that are open \
             already (`entry`, `quantity`, `margin`) have a leverage of their own",
        ),
    ];
    for (key, help) in needed {
        let by_value = key == "leverage" && account.given.contains(&"ltv");
        if !is_open(account) && !by_value && !account.given.contains(&key) {
            let message = format!("`account` has no key `{key}`");
            problems.push(Problem::new(Code::MissingKey, &written.place, message).help(help));
        }
    }
}

/// The account, and its levels with that of positions that are open already.
fn resolve_account(
    written: &Placed<AccountFile>,
    (equity, coins, levels): (Option<&Placed<f64>>, Option<CoinEquity>, Option<&Levels>),
    file: &ScenarioFile,
    problems: &mut Problems,
) -> Option<(Account, Levels)> {
    let AccountFile { margin, leverage, venue, positions, .. } = &written.value;
    let account = &written.value;
    problems.extend(account.missing_without_miner.iter().cloned());
    let mode = margin.as_ref().map_or(MarginMode::Isolated, |margin| margin.value);
    let listed = venue.as_ref().and_then(|venue| venue.value.resolve(problems));
    let mut flows = listed.as_ref().map(|listed| listed.flows.clone()).unwrap_or_default();
    let funding_terms = listed.as_ref().and_then(|listed| listed.funding);
    if let Some(funding) = &account.funding {
        flows.funding = funding.value.resolve(funding_terms, &funding.place, problems);
    }
    if let Some(borrow) = &account.borrow {
        flows.borrow = borrow.value.resolve();
    }
    let terms = listed.map(|listed| Terms { venue: listed.venue, flows });
    let names = asset_names(file);
    let hedge = file.policy.as_ref().and_then(|policy| policy.value.hedge.as_ref());
    let read = positions.as_ref().and_then(|list| {
        positions::resolve(list, mode, hedge, &names, (terms.as_ref(), funding_terms), problems)
    });
    let is_open = is_open(account);
    let Terms { venue, flows } = terms?;
    let mut account = Account {
        equity: if is_open { 1.0 } else { equity?.value },
        coins,
        margin: mode,
        leverage: Vec::new(),
        venue,
        flows,
        positions: read?,
    };
    let none = Levels { values: Vec::new(), is_complete: leverage.is_none() };
    let mut levels = if is_open { levels.cloned().unwrap_or(none) } else { levels?.clone() };
    let prices: Option<Vec<f64>> = (0..names.len()).map(|asset| price_of(file, asset)).collect();
    if is_open {
        let list = positions.as_ref()?;
        let own = opened::join(&mut account, list, equity, prices.as_ref()?, problems)?;
        // The leverage is where the position says how it was opened.
        let entry = list.value.items.first().and_then(|item| item.value.entry.as_ref());
        levels = levels.with(own, entry.map_or(&list.place, |entry| &entry.place));
    }
    account.leverage = levels.values.iter().map(|level| level.value).collect();
    equity::check(file, &account, problems);
    if account.is_portfolio() {
        positions::check(&account, &levels.values, &prices?, problems);
    } else if let Some(position) = account.positions.first()
        && let Some(price) = price_of(file, position.asset)
    {
        leverage::check(&levels.values, &account, position, price, problems);
    }
    Some((account, levels))
}

fn asset_names(file: &ScenarioFile) -> Vec<&str> {
    let entries = file.assets.iter().flat_map(|assets| &assets.value.entries);
    entries.map(|(name, _)| name.value.as_str()).collect()
}

fn price_of(file: &ScenarioFile, asset: usize) -> Option<f64> {
    let (_, asset) = file.assets.as_ref()?.value.entries.get(asset)?;
    asset.price.as_ref().map(|price| price.value)
}
