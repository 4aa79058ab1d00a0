"""What is asked of scenarios and results: safe leverage, verdicts, comparisons, sweeps, liquidation prices, venues."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _liqsim
from ._progress import Progress, shown
from ._result import Result
from ._scenario import Scenario
from ._tables import Table
from ._values import plain, thread_count, toml, whole

if TYPE_CHECKING:
    from ._plot import SweepPlots


class Safe:
    """The largest leverage within each limit, with its 95 % interval."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._dict: dict[str, Any] = json.loads(text)

    def to_json(self) -> str:
        """The bytes that ``liqsim safe --format json`` prints."""
        return self._text

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dict."""
        found: dict[str, Any] = json.loads(self._text)
        return found

    @property
    def leverage(self) -> float:
        """The answer for the first limit; 0 if even the smallest leverage is too much, or none grows."""
        return float(self._dict["safe_leverage"][0]["leverage"] or 0.0)

    @property
    def table(self) -> Table:
        """One row per limit: limit, leverage, low, high, whether it is the venue that allows no more."""
        rows = self._dict["safe_leverage"]
        return Table(
            {
                "limit": [row.get("max_probability", row.get("max")) for row in rows],
                "leverage": [row["leverage"] for row in rows],
                "low": [row["low"] for row in rows],
                "high": [row["high"] for row in rows],
                "limited_by_venue": ["yes" if row["limited_by_venue"] else "no" for row in rows],
            }
        )

    @property
    def curve(self) -> Table:
        """The probability of liquidation at every leverage with a band for all together; empty after a search."""
        rows = self._dict["curve"]
        return Table({key: [row[key] for row in rows] for key in ("leverage", "probability", "low", "high")})

    @property
    def notes(self) -> list[str]:
        """Approximations and warnings."""
        return list(self._dict["notes"])

    def __float__(self) -> float:
        return self.leverage

    def __repr__(self) -> str:
        def words(row: dict[str, Any]) -> str:
            limit = row.get("max_probability", row.get("max"))
            within = "" if limit is None else f" within {100 * limit:g} %"
            interval = "" if row["low"] is None or row["high"] is None else f" [{row['low']:.4g}, {row['high']:.4g}]"
            return f"{row['leverage'] or 0.0:.4g}x{interval}{within}"

        return f"<safe: {'; '.join(words(row) for row in self._dict['safe_leverage'])}>"


def axis(scenario: Scenario, key: str, values: Any) -> tuple[str, list[Any]]:
    """The full key, and the values of a range as text, of (first, last, number), or of a list; as TOML."""
    if isinstance(values, tuple) and len(values) == 3 and all(isinstance(end, (int, float)) for end in values):
        first, last, count = values
        values = f"{first}..{last}:{int(count)}"
    if isinstance(values, str):
        return _liqsim.axis(scenario._core, f"{key}={values}")
    full, _ = _liqsim.axis(scenario._core, f"{key}=0")
    return full, [toml(plain(value, full)) for value in values]


def _value(text: str) -> Any:
    """A value of TOML for a column: a number, or text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (int, float, str)) else text


def surface(
    scenario: Scenario,
    over: Mapping[str, Any],
    limit: float,
    criterion: str,
    paths: float | None,
    seed: int | None,
    threads: int | None,
) -> Table:
    """See ``Scenario.safe_surface``."""
    plan = Plan(scenario.replace(paths=paths, seed=seed), over, False, [])
    keys, rows = plan.keys, []
    every = range(len(plan.cells))
    for (_, values), overrides in zip(plan.cells, plan.overrides(every), strict=True):
        cell = plan.base._core.changed(overrides)
        found = Safe(_liqsim.safe(cell, criterion, [limit], {}, thread_count(threads), None)).to_dict()
        rows.append(([_value(value) for value in values], found["safe_leverage"][0]))
    columns: dict[str, list[Any]] = {key: [values[place] for values, _ in rows] for place, key in enumerate(keys)}
    return Table(columns | {key: [row[key] for _, row in rows] for key in ("leverage", "low", "high")})


class Plan:
    """The cells of a sweep, and which of them are to be run, in groups that share their paths."""

    def __init__(self, scenario: Scenario, over: Mapping[str, Any], paired: bool, finished: Iterable[str]) -> None:
        axes = [axis(scenario, key, values) for key, values in over.items()]
        text, files = scenario._core.bundle()
        core = _liqsim.SweepPlan(Path("sweep"), text, files, axes, paired, list(finished))
        self.keys = [key for key, _ in axes]
        self.cells = core.cells
        self.groups = core.groups
        # As the plan reads it, for those who run its cells.
        self.base = Scenario.from_toml(text, files={os.fspath(path): content for path, content in files.items()})

    def overrides(self, group: Sequence[int]) -> list[list[str]]:
        """What is set in each cell of a group."""
        values = [self.cells[cell][1] for cell in group]
        return [[f"{key}={value}" for key, value in zip(self.keys, cell, strict=True)] for cell in values]


def run_cells(base: Scenario, cells: Sequence[list[str]], threads: int | None = None) -> list[Result]:
    """Runs the cells of a group on the same paths."""
    scenarios = [base._core.changed(overrides) for overrides in cells]
    return [Result(result) for result in _liqsim.run_sharing(scenarios, threads)]


class Sweep(Table):
    """One row per cell and level: the cell's number, the swept keys, and the columns of ``Result.levels``."""

    __slots__ = ("keys", "results")

    def __init__(self, keys: list[str], values: list[list[Any]], results: list[Result]) -> None:
        self.keys = keys
        """The swept keys."""
        self.results = results
        """The result of each cell, the last key moving fastest."""
        columns: dict[str, list[Any]] = {"cell": [], **{key: [] for key in keys}}
        for number, (cell, result) in enumerate(zip(values, results, strict=True), 1):
            # Not kept by the result, of which there may be thousands.
            levels = Table(result._core.levels())
            columns["cell"] += [number] * len(levels)
            for key, value in zip(keys, cell, strict=True):
                columns[key] += [value] * len(levels)
            for name in levels.columns:
                columns.setdefault(name, [None] * (len(columns["cell"]) - len(levels))).extend(levels[name])
            for name, column in columns.items():
                column.extend([None] * (len(columns["cell"]) - len(column)))
        super().__init__(columns)

    def __reduce__(self) -> tuple[Any, ...]:
        values = self.to_dict()
        first = {cell: row for row, cell in reversed(list(enumerate(values["cell"])))}
        cells = [[values[key][first[number]] for key in self.keys] for number in sorted(first)]
        return Sweep, (self.keys, cells, self.results)

    @property
    def plot(self) -> SweepPlots:
        """Pictures by matplotlib: ``plot()`` is a heat map over two keys, or a line over one."""
        from ._plot import SweepPlots

        return SweepPlots(self)


def sweep(
    scenario: Scenario,
    over: Mapping[str, Any],
    *,
    paired: bool = False,
    into: str | os.PathLike[str] | None = None,
    paths: float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Sweep:
    """Runs a scenario with every combination of values of some keys; cells that differ in the account only share their paths.

    Args:
        over: Values by key: ``{"assets.BTC.model.volatility": np.linspace(0.4, 0.8, 5)}``; also ranges as in ``safe_surface``.
        paired: Takes the n-th values of all keys together, in place of every combination.
        into: Folder of finished cells, the one of ``liqsim sweep -o``: what is there is not run again.

    Raises:
        ScenarioError: A cell is no scenario; nothing was run then.
    """
    store = None if into is None else CellFolder(into)
    try:
        finished = [] if store is None else store.identities()
        plan = Plan(scenario.replace(paths=paths, seed=seed), over, paired, finished)
        found: dict[str, Result] = {}
        total = sum(len(group) for group in plan.groups)
        said = shown(progress)
        for group in plan.groups:
            for result in run_cells(plan.base, plan.overrides(group), thread_count(threads)):
                found[result.identity] = result
                if store is not None:
                    store.keep(result)
            if said is not None:
                said(len(found), total)
        return gathered(plan, found, store)
    finally:
        if store is not None:
            store.close()


def gathered(plan: Plan, found: Mapping[str, Result], store: CellFolder | None) -> Sweep:
    """The table of all cells, those of the folder included."""
    loaded = {name: store.load(name) for name, _ in plan.cells if name not in found} if store else {}
    every = {**loaded, **found}
    values = [[_value(value) for value in values] for _, values in plan.cells]
    return Sweep(plan.keys, values, [every[name] for name, _ in plan.cells])


class CellFolder:
    """Finished cells of a sweep, as ``liqsim sweep`` keeps them: a file for each, with a checksum. It belongs to one sweep at a time.

    Raises:
        OSError: It cannot be written, or another sweep is at work in it.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._cells = Path(folder) / "cells"
        self._core = _liqsim.ResultsFolder(Path(folder))

    def identities(self) -> list[str]:
        """Identities of the cells whose files are whole."""
        names = sorted(path.stem for path in self._cells.glob("*.json"))
        return [name for name in names if self._core.finished(name) is not None]

    def load(self, identity: str) -> Result:
        """A finished cell."""
        found = self._core.finished(identity)
        if found is None:
            raise OSError(f"the cell {identity} is gone from {self._cells}")
        return Result(found)

    def keep(self, result: Result) -> None:
        """Keeps a cell; its file appears complete or not at all."""
        self._core.keep(result._core)

    def close(self) -> None:
        """Gives the folder back."""
        self._core.close()


class Comparison:
    """What changed between two results."""

    def __init__(self, text: str, rendered: Any) -> None:
        self._text, self._rendered = text, rendered
        self._dict: dict[str, Any] = json.loads(text)

    @property
    def verdict(self) -> str:
        """``pass`` if nothing changed, ``undecided``, or ``fail``."""
        return str(self._dict["verdict"])

    def to_json(self) -> str:
        """The bytes that ``liqsim compare --format json`` prints."""
        return self._text

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dict."""
        found: dict[str, Any] = json.loads(self._text)
        return found

    def to_markdown(self) -> str:
        """As for the summary of a job."""
        return str(self._rendered("markdown"))

    @property
    def table(self) -> Table:
        """One row per level and number: before, after, difference with its interval, adjusted p-value, the finding."""
        rows = self._dict["metrics"]
        return Table({key: [row[key] for row in rows] for key in (rows[0] if rows else ())})

    @property
    def notes(self) -> list[str]:
        """What could not be compared, and what to know."""
        return list(self._dict["notes"])

    def __repr__(self) -> str:
        return str(self._rendered("table"))


def compare(before: Result, after: Result, *, tolerance: float = 0.0, false_alarm_rate: float = 0.01) -> Comparison:
    """Compares two results, level by level, at one false-alarm rate over all numbers together (Holm).

    Args:
        tolerance: Changes of at most this share of the first value do not matter.
        false_alarm_rate: Probability of even one false alarm if nothing changed.
    """

    def rendered(format: str) -> str:
        return _liqsim.compare(before._core, after._core, float(tolerance), float(false_alarm_rate), format)

    return Comparison(rendered("json"), rendered)


class Verdict:
    """Whether a scenario keeps its limits, is as before, and still describes the market."""

    def __init__(self, core: _liqsim.CheckReport, result: Result) -> None:
        self._core = core
        self.result = result
        """The run behind the verdict."""

    @property
    def verdict(self) -> str:
        """``pass``, ``undecided`` or ``fail``."""
        return self._core.verdict

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return self.verdict == "pass"

    def __bool__(self) -> bool:
        return self.passed

    def to_json(self) -> str:
        """The bytes that ``liqsim check --format json`` prints."""
        return self._core.render("json")

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dict."""
        found: dict[str, Any] = json.loads(self.to_json())
        return found

    def render(self, format: str) -> str:
        """``table``, ``json``, ``markdown``, ``html``, ``junit`` or ``sarif``, as ``liqsim check`` writes them."""
        return self._core.render(format)

    @property
    def limits(self) -> Table:
        """One row per limit and level."""
        rows = self.to_dict()["scenarios"][0]["limits"]
        keys = [key for key in (rows[0] if rows else ()) if all(not isinstance(row[key], (dict, list)) for row in rows)]
        return Table({key: [row[key] for row in rows] for key in keys})

    def __repr__(self) -> str:
        return self._core.render("table")


def check(
    scenario: Scenario,
    *,
    baseline: Result | Sequence[Result] | None = None,
    prices: Any = None,
    tolerance: float = 0.0,
    false_alarm_rate: float = 0.01,
    decide: float | None = None,
    paths: float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Verdict:
    """Runs a scenario and judges its limits, and what else is asked.

    Args:
        baseline: An earlier result of the scenario, by its name where there are several.
        prices: Recorded prices, as a file or a frame, that the scenario's model is compared with.
        decide: Where a limit is undecided: runs as many paths as decide it, and no more than these.

    Raises:
        RunError: There is no verdict.
    """
    from ._history import _history

    before = None if baseline is None else [baseline] if isinstance(baseline, Result) else list(baseline)
    core, result = _liqsim.check(
        scenario._with(paths, seed),
        scenario.name,
        None if before is None else [one._core for one in before],
        float(tolerance),
        float(false_alarm_rate),
        whole(decide, "decide", 1),
        None if prices is None else _history(prices),
        thread_count(threads),
        shown(progress),
    )
    return Verdict(core, Result(result))


def liquidation_prices(scenario: Scenario) -> Table:
    """See ``Scenario.liquidation_prices``."""
    rows: list[dict[str, Any]] = []
    for level in json.loads(_liqsim.liquidation_prices(scenario._core))["levels"]:
        for position in level.get("positions", [{}]):
            row = {**level, **position, "leverage": level["leverage"]}
            rows.append({key: value for key, value in row.items() if key != "positions"})
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return Table({key: [row.get(key) for row in rows] for key in keys})


def liquidation_price(
    price: float, leverage: float, *, side: str = "long", venue: Any = "flat-0.5pct", equity: float = 1_000.0
) -> float | None:
    """Mark price at which a position on isolated margin is liquidated; None if no price does that.

    Args:
        price: Entry.
        leverage: Notional over the equity put up.
        venue: A name of the catalogue, or a dict of terms.
        equity: Collateral, which decides the margin tier.
    """
    model = {"kind": "gbm", "drift": 0.0, "volatility": 0.5}
    account = {
        "equity": equity,
        "leverage": [leverage],
        "venue": venue,
        "positions": [{"asset": "COIN", "side": side}],
    }
    scenario = Scenario(horizon="1d", assets={"COIN": {"price": float(price), "model": model}}, account=account)
    found: float | None = scenario.liquidation_prices()["liquidation_price"][0]
    return found


def venues() -> Table:
    """The catalogue of venues: name, title, contract, currency of settlement, date of the terms."""
    listed = json.loads(_liqsim.venue()[0])
    columns: dict[str, list[Any]] = {"name": [of["terms"].get("name") for of in listed]}
    columns |= {key: [of[key] for of in listed] for key in ("title", "settlement", "as_of", "source")}
    return Table(columns | {"contract": [of["terms"].get("contract") for of in listed]})


def venue(name: str) -> dict[str, Any]:
    """The terms of a venue of the catalogue, and under ``toml`` its data file, a start for one of your own."""
    found, text = _liqsim.venue(name)
    return {**json.loads(found), "toml": text}


def metrics() -> list[str]:
    """The keys of a level that limits and ``Level`` know, such as ``expected_shortfall.0.95``."""
    return _liqsim.metrics()

