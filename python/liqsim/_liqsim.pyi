"""The compiled module: what the package calls. Its users are the package's own files; the interface is in ``liqsim``."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import final

import numpy as np
import numpy.typing as npt

__all__ = [
    "Calibration",
    "CheckReport",
    "History",
    "Page",
    "Part",
    "Result",
    "ResultsFolder",
    "Scenario",
    "SweepPlan",
    "Table",
    "VERSION",
    "axis",
    "calibrate",
    "check",
    "compare",
    "evaluate",
    "liquidation_prices",
    "metrics",
    "replay",
    "run",
    "run_sharing",
    "safe",
    "simulate_bars",
    "simulate_closes",
    "venue",
    "venue_names",
]

VERSION: str

_Progress = Callable[[int, int], object]

@final
class Scenario:
    @staticmethod
    def load(path: Path, overrides: Sequence[str]) -> Scenario: ...
    @staticmethod
    def parse(path: Path, text: str, overrides: Sequence[str], files: Mapping[Path, bytes] | None = None) -> Scenario: ...
    @staticmethod
    def of_json(path: Path, json: str, overrides: Sequence[str], files: Mapping[Path, bytes] | None = None) -> Scenario: ...
    def changed(self, overrides: Sequence[str], paths: int | None = None, seed: int | None = None) -> Scenario: ...
    def to_toml(self) -> str: ...
    def bundle(self) -> tuple[str, dict[Path, bytes]]: ...
    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def horizon_seconds(self) -> int: ...
    @property
    def assets(self) -> list[str]: ...
    @property
    def leverage(self) -> list[float]: ...

@final
class Page:
    def __new__(cls, text: str, files: Mapping[Path, bytes], port: int) -> Page: ...
    @property
    def address(self) -> str: ...
    def close(self) -> None: ...

@final
class Result:
    @staticmethod
    def of_json(json: str) -> Result: ...
    def render(self, format: str, width: int | None = None, wide: bool = False, notes: bool = False) -> str: ...
    def file(self, path: str) -> bytes: ...
    def levels(self) -> Table: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Table:
    def __new__(cls, columns: dict[str, Sequence[object]]) -> Table: ...
    def __len__(self) -> int: ...
    @property
    def columns(self) -> list[str]: ...
    def column(self, name: str) -> list[object]: ...
    def is_text(self, name: str) -> bool: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class History:
    def __new__(
        cls,
        name: str,
        bytes: bytes,
        columns: str | None = None,
        since: str | None = None,
        until: str | None = None,
        interval: str | None = None,
    ) -> History: ...
    def __len__(self) -> int: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def interval_seconds(self) -> int: ...
    @property
    def range(self) -> tuple[str, str]: ...
    @property
    def last_close(self) -> float: ...

@final
class Calibration:
    def to_json(self) -> str: ...
    def fits_json(self, history: History) -> str: ...
    def har_json(self) -> str | None: ...
    def chosen(self) -> str: ...
    def table(self, width: int | None = None) -> str: ...
    def scenario(
        self,
        model: str | None,
        asset: str | None,
        venue: str | None,
        side: str,
        horizon: str | None,
        leverage: Sequence[float],
        equity: float | None,
        drift: str,
    ) -> tuple[str, list[str], tuple[str, bytes] | None]: ...
    def returns(self) -> npt.NDArray[np.float64]: ...

@final
class CheckReport:
    @property
    def verdict(self) -> str: ...
    def render(self, format: str) -> str: ...

@final
class SweepPlan:
    def __new__(
        cls,
        name: Path,
        text: str,
        files: Mapping[Path, bytes] | None,
        axes: Sequence[tuple[str, Sequence[str]]],
        paired: bool,
        finished: Sequence[str],
    ) -> SweepPlan: ...
    @property
    def cells(self) -> list[tuple[str, list[str]]]: ...
    @property
    def groups(self) -> list[list[int]]: ...

@final
class ResultsFolder:
    def __new__(cls, path: Path) -> ResultsFolder: ...
    def finished(self, identity: str) -> Result | None: ...
    def keep(self, result: Result) -> None: ...
    def close(self) -> None: ...

@final
class Part:
    @staticmethod
    def run(
        scenario: Scenario,
        start: int,
        end: int,
        hints: bytes | None = None,
        threads: int | None = None,
        progress: _Progress | None = None,
    ) -> Part: ...
    @staticmethod
    def all_blocks(scenario: Scenario) -> int: ...
    @staticmethod
    def next_look(scenario: Scenario, block: int) -> int: ...
    @staticmethod
    def sum(parts: Sequence[Part]) -> Part: ...
    @property
    def blocks(self) -> list[tuple[int, int]]: ...
    @property
    def paths(self) -> int: ...
    @property
    def identity(self) -> str: ...
    def hints(self) -> bytes: ...
    def missing(self, scenario: Scenario, threads: int | None = None) -> list[tuple[int, int]]: ...
    def result(self, scenario: Scenario, threads: int | None = None) -> Result: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def of_bytes(bytes: bytes) -> Part: ...

def run_sharing(
    scenarios: Sequence[Scenario], threads: int | None = None, progress: _Progress | None = None
) -> list[Result]: ...
def run(
    scenario: Scenario, threads: int | None = None, progress: _Progress | None = None, partial: bool = False
) -> Result: ...
def safe(
    scenario: Scenario,
    criterion: str,
    limits: Sequence[float],
    over: Mapping[str, str],
    threads: int | None = None,
    progress: _Progress | None = None,
) -> str: ...
def axis(scenario: Scenario, text: str) -> tuple[str, list[str]]: ...
def check(
    scenario: Scenario,
    file: str,
    baseline: Sequence[Result] | None,
    tolerance: float,
    false_alarm_rate: float,
    decide: int | None = None,
    prices: History | None = None,
    threads: int | None = None,
    progress: _Progress | None = None,
) -> tuple[CheckReport, Result]: ...
def compare(before: Result, after: Result, tolerance: float, false_alarm_rate: float, format: str) -> str: ...
def liquidation_prices(scenario: Scenario) -> str: ...
def venue_names() -> list[str]: ...
def venue(name: str | None = None) -> tuple[str, str]: ...
def metrics() -> list[str]: ...
def replay(
    history: History,
    scenario: Scenario,
    horizons: Sequence[str],
    threads: int | None = None,
    progress: _Progress | None = None,
) -> str: ...
def calibrate(
    history: History, model: str, horizon: str | None = None, threads: int | None = None
) -> Calibration: ...
def simulate_closes(
    scenario: Scenario,
    asset: int,
    paths: int,
    interval: str,
    threads: int | None = None,
    progress: _Progress | None = None,
) -> npt.NDArray[np.float64]: ...
def simulate_bars(
    scenario: Scenario, paths: int, interval: str, threads: int | None = None, progress: _Progress | None = None
) -> npt.NDArray[np.float64]: ...
def evaluate(
    scenario: Scenario,
    arrays: Sequence[npt.NDArray[np.float64]],
    interval: str,
    bridge: float | None = None,
    threads: int | None = None,
    progress: _Progress | None = None,
) -> Result: ...
