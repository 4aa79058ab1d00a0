"use strict";
// Predicted against realised: what a replay of history says of the model.

function replayChart(replay) {
  const levels = replay.levels;
  const at = (key, pick) => levels.map((l) => [l.leverage, pick(l[key])]);
  const x = levels.map((l) => l.leverage);
  return {
    options: base({
      xAxis: { type: "log", name: "Leverage", ...logAxis(x), axisLabel: { formatter: times } },
      yAxis: { type: "value", min: 0, axisLabel: { formatter: (p) => percent(p) } },
      tooltip: { valueFormatter: (p) => percent(p, 2) },
      series: [
        ...band("realised, 95 % interval", at("realised", (e) => e.low), at("realised", (e) => e.high), 1),
        line("realised", at("realised", (e) => e.value), 1, { showSymbol: true }),
        line("predicted", at("predicted", (e) => e.value), 0, { showSymbol: true, lineStyle: { type: "dashed" } }),
      ],
    }),
    say: `Share of historical starts that were liquidated against the simulated probability, over leverage from ${times(x[0])} to ${times(x.at(-1))}.`,
    table: { head: ["Leverage", "Starts", "Realised", "95 % interval", "Predicted"], rows: levels.map((l) => [times(l.leverage), number(0).format(l.starts), percent(l.realised.value, 2), interval(l.realised), probability(l.predicted)]) },
  };
}
