"""A scenario: how to simulate, the assets, the account; and what is asked of it."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _liqsim
from ._errors import Problem, ScenarioError
from ._paths import given_arrays, prices_array
from ._progress import Progress, shown
from ._result import Result
from ._tables import Table
from ._values import interval as as_interval
from ._values import overrides, plain, thread_count, whole

if TYPE_CHECKING:
    from ._study import Safe, Verdict

Files = Mapping[str, bytes]
"""Files that a scenario names, by the names that it gives them."""

SIMULATION = ("horizon", "paths", "precision", "max_paths", "seed", "monitoring", "sampling", "step", "parameter_errors")


class Scenario:
    """A scenario that can be run. It never changes: ``replace`` makes another one.

    The keywords are the tables and keys of the file format (docs/format.md); those of ``simulation`` can be given by themselves::

        Scenario(horizon="30d", seed=1,
                 assets={"BTC": Asset(64_700, Merton(volatility=0.42, jumps={"rate": 47, "mean": 0, "std_dev": 0.03}))},
                 account=Account(equity=5_000, leverage=[1, 2, 5], venue="binance-usdm-btcusdt", positions=[long("BTC")]))

    Raises:
        ScenarioError: With all that is wrong, each with the path of its key.
    """

    __slots__ = ("_core",)
    _core: _liqsim.Scenario

    def __init__(self, *, files: Files | None = None, folder: str | os.PathLike[str] = "", **keys: Any) -> None:
        simulation = {key: keys.pop(key) for key in SIMULATION if key in keys}
        if simulation:
            keys["simulation"] = {**keys.get("simulation", {}), **simulation}
        object.__setattr__(self, "_core", _of_values(keys, None, files, folder))

    # Ways to one.

    @classmethod
    def _of(cls, core: _liqsim.Scenario) -> Scenario:
        scenario = object.__new__(cls)
        object.__setattr__(scenario, "_core", core)
        return scenario

    @classmethod
    def load(cls, path: str | os.PathLike[str], set: Mapping[str, Any] | None = None) -> Scenario:
        """Reads a file, with some keys set to other values: ``load("btc.toml", set={"simulation.horizon": "7d"})``.

        Raises:
            ScenarioError: With all that is wrong, each with its line and column.
        """
        return cls._of(_liqsim.Scenario.load(Path(path), overrides(set)))

    @classmethod
    def from_toml(
        cls,
        text: str,
        set: Mapping[str, Any] | None = None,
        *,
        name: str = "scenario.toml",
        files: Files | None = None,
        folder: str | os.PathLike[str] = "",
    ) -> Scenario:
        """Reads the text of a file. Files that it names come from ``files``, else from ``folder``."""
        return cls._of(_liqsim.Scenario.parse(Path(folder) / name, text, overrides(set), _files(files)))

    @classmethod
    def from_dict(
        cls,
        values: Mapping[str, Any],
        set: Mapping[str, Any] | None = None,
        *,
        files: Files | None = None,
        folder: str | os.PathLike[str] = "",
    ) -> Scenario:
        """Reads the values that a file would hold; arrays of numpy, paths and timedeltas are welcome. Assets come in the order of their
        names.
        """
        return cls._of(_of_values(values, set, files, folder))

    @staticmethod
    def problems(source: str | os.PathLike[str] | Mapping[str, Any], set: Mapping[str, Any] | None = None) -> list[Problem]:
        """All that is wrong with a file, a text (of more than a line) or values, without an exception."""
        try:
            if isinstance(source, Mapping):
                Scenario.from_dict(source, set)
            elif isinstance(source, str) and "\n" in source:
                Scenario.from_toml(source, set)
            else:
                Scenario.load(source, set)
        except ScenarioError as error:
            return list(error.problems)
        return []

    def replace(self, changes: Mapping[str, Any] | None = None, *, paths: float | None = None, seed: int | None = None) -> Scenario:
        """Another scenario with some keys set to other values: ``replace({"account.leverage": [3, 4]})``.

        ``paths`` stands in place of the scenario's paths or precision, as ``--paths`` does.
        """
        core = self._core.changed(overrides(changes), whole(paths, "paths", 1), whole(seed, "seed"))
        return Scenario._of(core)

    # What it is.

    @property
    def name(self) -> str:
        """Title shown with results."""
        return self._core.name

    @property
    def identity(self) -> str:
        """Hash of everything that determines the result."""
        return self._core.identity

    @property
    def seed(self) -> int:
        """Seed of all randomness."""
        return self._core.seed

    @property
    def horizon(self) -> timedelta:
        """Length of every path."""
        return timedelta(seconds=self._core.horizon_seconds)

    @property
    def assets(self) -> list[str]:
        """Names of the assets, in the order of the first axis of arrays of paths."""
        return self._core.assets

    @property
    def leverage(self) -> list[float]:
        """The leverage levels, rising."""
        return self._core.leverage

    def to_toml(self) -> str:
        """The text of what would run, changes included; it reads back with the same identity."""
        return self._core.to_toml()

    def to_dict(self) -> dict[str, Any]:
        """The values of ``to_toml``."""
        return tomllib.loads(self.to_toml())

    def bundle(self) -> tuple[str, dict[str, bytes]]:
        """The text and every file that it names, so that it can be run where these are not."""
        text, files = self._core.bundle()
        return text, {os.fspath(path): bytes(content) for path, content in files.items()}

    # What is asked of it.

    def run(
        self,
        paths: float | None = None,
        *,
        seed: int | None = None,
        threads: int | None = None,
        progress: Progress = False,
        partial: bool = False,
    ) -> Result:
        """Simulates every leverage level: the bytes of ``liqsim run``.

        Args:
            paths: Number of paths, in place of the scenario's paths or precision.
            seed: Seed, in place of the scenario's.
            threads: Number of threads; all cores if None. The result does not depend on it.
            progress: True for a line on standard error, or a function of paths done and planned.
            partial: Whether Ctrl-C gives the result so far (``interrupted`` is true) in place of a KeyboardInterrupt.

        Raises:
            RunError: The scenario cannot be simulated.
            KeyboardInterrupt: On Ctrl-C, at once; the lock of the interpreter is free all the time.
        """
        core = self._with(paths, seed)
        return Result(_liqsim.run(core, thread_count(threads), shown(progress), partial))

    def safe(
        self,
        limits: float | Sequence[float] = 0.01,
        *,
        criterion: str = "liquidation_probability",
        paths: float | None = None,
        seed: int | None = None,
        threads: int | None = None,
        progress: Progress = False,
    ) -> Safe:
        """The largest leverage within each limit, as ``liqsim safe`` finds it.

        Args:
            limits: Largest probability, or loss as a share of the collateral, by the criterion.
            criterion: ``liquidation_probability``, ``value_at_risk``, ``expected_shortfall``, ``loss_probability``, or without a limit
                ``kelly`` or ``mean_per_shortfall``.
        """
        from ._study import Safe

        allowed = [float(limit) for limit in np.atleast_1d(np.asarray(limits, dtype=np.float64))]
        core = self._with(paths, seed)
        return Safe(_liqsim.safe(core, criterion, allowed, {}, thread_count(threads), shown(progress)))

    def safe_surface(
        self,
        *,
        limit: float = 0.01,
        criterion: str = "liquidation_probability",
        paths: float | None = None,
        seed: int | None = None,
        threads: int | None = None,
        over: Mapping[str, Any] | None = None,
        **short: Any,
    ) -> Table:
        """The safe leverage over all combinations of keys: ``safe_surface(horizon="1d..90d", volatility=(0.4, 0.9, 6))``.

        A value is a range as text, a tuple of first, last and number of values, or a list of values. Short names are ``horizon`` and
        ``volatility``; any other key stands in ``over`` in full.

        Returns:
            One row per combination: the keys, leverage, low, high.
        """
        from ._study import surface

        return surface(self, {**(over or {}), **short}, limit, criterion, paths, seed, threads)

    def check(self, limits: Iterable[Mapping[str, Any]] | None = None, **asked: Any) -> Verdict:
        """See :func:`liqsim.check`; ``limits`` stand in place of the scenario's."""
        from ._study import check

        scenario = self if limits is None else self.replace({"limits": list(limits)})
        return check(scenario, **asked)

    def liquidation_prices(self) -> Table:
        """Where the account is liquidated, without a simulation: one row per level, and per position where there are several."""
        from ._study import liquidation_prices

        return liquidation_prices(self)

    def simulate(
        self,
        paths: float = 1_000,
        interval: str | timedelta = "1h",
        *,
        bars: bool = False,
        assets: str | Sequence[str] | None = None,
        seed: int | None = None,
        threads: int | None = None,
        progress: Progress = False,
    ) -> npt.NDArray[np.float64]:
        """Simulated prices, those of ``liqsim simulate``.

        Args:
            paths: Number of paths.
            interval: Length of a bar, which divides the horizon.
            bars: Open, high, low and close of every bar in place of closes.
            assets: One asset by name, or several; all if None.

        Returns:
            float64 in C order: (paths, bars + 1) with the price at the start in front, or with ``bars`` (paths, bars, 4). For a list of
            assets, or without a choice where the scenario has several, with a first axis of assets.
        """
        core, count = self._with(None, seed), whole(paths, "paths", 1)
        return prices_array(core, count, as_interval(interval), bars, assets, thread_count(threads), shown(progress))

    def evaluate(
        self,
        paths: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        interval: str | timedelta = "1h",
        *,
        bars: bool = False,
        bridge: float | None = None,
        seed: int | None = None,
        threads: int | None = None,
        progress: Progress = False,
    ) -> Result:
        """The scenario's account, under its venue's rules, on prices of your own: of any model, library or world.

        Models, correlations, horizon and number of paths of the scenario play no part. Only ratios to a path's first price matter:
        the account is opened at the scenario's price.

        Args:
            paths: Numbers of shape (paths, bars + 1), the price at the start and at the end of each bar; with ``bars`` (paths, bars, 4) with
                open, high, low and close. For several assets with a first axis of assets in the order of the scenario, or a dict by name.
            interval: Length of a bar.
            bars: Whether the arrays hold bars.
            bridge: Volatility per square root of a year of the Brownian bridge that joins closes and is watched all the time; without it
                the account is looked at when a bar closes.

        Raises:
            TypeError: The array holds no numbers.
            EvaluateError: Its shape is another one, or it holds what is no price: NaN, infinite, zero or negative; with the place.
        """
        arrays = given_arrays(paths, self.assets, bars)
        core = self._with(None, seed)
        of = _liqsim.evaluate(core, arrays, as_interval(interval), bridge, thread_count(threads), shown(progress))
        return Result(of)

    def _with(self, paths: float | None, seed: int | None) -> _liqsim.Scenario:
        if paths is None and seed is None:
            return self._core
        return self._core.changed([], whole(paths, "paths", 1), whole(seed, "seed"))

    # As a value.

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a scenario never changes: replace() makes another one")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and (self.identity, self.seed) == (other.identity, other.seed)

    def __hash__(self) -> int:
        return hash((self.identity, self.seed))

    def __reduce__(self) -> tuple[Any, ...]:
        text, files = self.bundle()
        return _unpacked, (text, files)

    def __repr__(self) -> str:
        return f"<Scenario \"{self.name}\": {', '.join(self.assets)}, {self.horizon}, {self.identity[:12]}>"


def _unpacked(text: str, files: dict[str, bytes]) -> Scenario:
    return Scenario.from_toml(text, files=files)


def _files(files: Files | None) -> dict[Path, bytes] | None:
    return None if files is None else {Path(name): bytes(content) for name, content in files.items()}


def _of_values(
    values: Mapping[str, Any], set: Mapping[str, Any] | None, files: Files | None, folder: str | os.PathLike[str]
) -> _liqsim.Scenario:
    text = json.dumps(plain(values), ensure_ascii=False, allow_nan=False)
    return _liqsim.Scenario.of_json(Path(folder) / "scenario", text, overrides(set), _files(files))


