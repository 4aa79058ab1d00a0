"use strict";
// Predicted against realised: what a replay of history says of the model, one pair of lines per horizon.

function replayChart(replay) {
  const levels = replay.levels;
  const x = levels.map((l) => l.leverage);
  const horizons = [...new Set(levels.map((l) => l.horizon_days))];
  const named = (name, horizon) => (horizons.length > 1 ? `${name}, ${days(horizon)}` : name);
  return {
    options: base({
      xAxis: { type: "log", name: "Leverage", ...logAxis(x), axisLabel: { formatter: times } },
      yAxis: { type: "value", min: 0, axisLabel: { formatter: (p) => percent(p) } },
      tooltip: { valueFormatter: (p) => percent(p, 2) },
      series: horizons.flatMap((horizon, i) => {
        const rows = levels.filter((l) => l.horizon_days === horizon);
        const at = (key, pick) => rows.map((l) => [l.leverage, pick(l[key])]);
        return [
          ...band(named("95 % interval", horizon), at("realised", (e) => e.low), at("realised", (e) => e.high), i, 0.12),
          line(named("realised", horizon), at("realised", (e) => e.value), i, { showSymbol: true }),
          line(named("predicted", horizon), at("predicted", (e) => e.value), i, { showSymbol: true, symbol: "emptyCircle", lineStyle: { type: "dashed" } }),
        ];
      }),
    }),
    say: `Share of historical starts that were liquidated against the simulated probability, over leverage from ${times(Math.min(...x))} to ${times(Math.max(...x))}.`,
    table: {
      head: ["Leverage", "Horizon", "Starts", "Realised", "95 % interval", "Predicted"],
      rows: levels.map((l) => [times(l.leverage), days(l.horizon_days), number(0).format(l.starts), percent(l.realised.value, 2), interval(l.realised), probability(l.predicted)]),
    },
  };
}
