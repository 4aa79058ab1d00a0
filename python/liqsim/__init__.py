"""liqsim: how likely is a leveraged position to be liquidated, and what do its returns look like if it is not?

>>> import liqsim as lq
>>> scenario = lq.Scenario(
...     horizon="30d", paths=10_000,
...     assets={"BTC": lq.Asset(64_700, lq.Gbm(volatility=0.6))},
...     account=lq.Account(equity=5_000, leverage=[2, 5], venue="binance-usdm-btcusdt", positions=[lq.long("BTC")]))
>>> result = scenario.run()
>>> result[5].liquidation_probability.value > result[2].liquidation_probability.value
True
"""

from ._build import (
    Account,
    Asset,
    Bates,
    Bootstrap,
    Forecast,
    Garch,
    Gbm,
    Hawkes,
    Heston,
    Kou,
    Merton,
    Regime,
    long,
    short,
)
from ._errors import (
    CalibrationError,
    EvaluateError,
    HistoryError,
    LiqsimError,
    MergeError,
    Problem,
    RunError,
    ScenarioError,
)
from ._explore import Page, explore
from ._history import Calibration, Replay, calibrate, forecast, replay, risk
from ._liqsim import VERSION as __version__
from ._result import Estimate, Level, Result
from ._scenario import Scenario
from ._study import (
    Comparison,
    Safe,
    Sweep,
    Verdict,
    check,
    compare,
    liquidation_price,
    metrics,
    sweep,
    venue,
    venues,
)
from ._tables import Table

__all__ = [
    "Account",
    "Asset",
    "Bates",
    "Bootstrap",
    "Calibration",
    "CalibrationError",
    "Comparison",
    "Estimate",
    "EvaluateError",
    "Forecast",
    "Garch",
    "Gbm",
    "Hawkes",
    "Heston",
    "HistoryError",
    "Kou",
    "Level",
    "LiqsimError",
    "Merton",
    "MergeError",
    "Page",
    "Problem",
    "Regime",
    "Replay",
    "Result",
    "RunError",
    "Safe",
    "Scenario",
    "ScenarioError",
    "Sweep",
    "Table",
    "Verdict",
    "__version__",
    "calibrate",
    "check",
    "compare",
    "explore",
    "forecast",
    "liquidation_price",
    "long",
    "metrics",
    "replay",
    "risk",
    "short",
    "sweep",
    "venue",
    "venues",
]
