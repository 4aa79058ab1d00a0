"use strict";
// Pictures of what happens on the way: shown where a result has it.

const overTime = (name, unit) => ({ xAxis: { type: "value", name: "Days", min: 0, axisLabel: {} }, yAxis: { type: "value", ...unit } });

function survivalChart({ run, level }) {
  const points = level.survival ?? [];
  if (points.length < 2 || !hasTimes(run, level)) return null;
  const gone = (p) => ({ value: 1 - p.probability.value, low: 1 - p.probability.high, high: 1 - p.probability.low });
  const at = (key) => [[0, 0], ...points.map((p) => [p.days, gone(p)[key]])];
  return {
    options: base({
      ...overTime("", { min: 0, axisLabel: { formatter: (p) => percent(p) } }),
      tooltip: { valueFormatter: (p) => percent(p, 2) },
      series: [...band("95 % interval", at("low"), at("high"), 0), line("Liquidated", at("value"), 0)],
    }),
    say: `Share liquidated by each day at ${times(level.leverage)}: ${probability(gone(points.at(-1)))} after ${days(points.at(-1).days)}, half of them by ${days(level.time_to_liquidation_days?.p50)}.`,
    table: { head: ["Day", "Liquidated by then", "95 % interval"], rows: points.map((p) => [number(2).format(p.days), probability(gone(p)), interval(gone(p))]) },
  };
}

function equityChart({ level }) {
  const points = level.equity_over_time ?? [];
  if (points.length < 2) return null;
  const keys = Object.keys(points[0].quantiles);
  const x = points.map((p) => p.days);
  const quantiles = Object.fromEntries(keys.map((key) => [key, points.map((p) => p.quantiles[key].value ?? p.quantiles[key])]));
  return {
    options: base({
      ...overTime("", { min: 0, axisLabel: { formatter: (e) => percent(e) } }),
      tooltip: fanTooltip(x, quantiles, (e) => percent(e)),
      series: fanSeries(x, quantiles),
    }),
    say: `Equity over time at ${times(level.leverage)}, as a share of the equity put up; median at the end ${percent(quantiles["0.5"]?.at(-1))}.`,
    table: { head: ["Day", ...keys.map((p) => percent(+p))], rows: x.map((day, k) => [number(2).format(day), ...keys.map((p) => percent(quantiles[p][k]))]) },
  };
}

// Named shares as horizontal bars.
function barChart(entries, say, unit) {
  const shown = entries.filter(([, e]) => Number.isFinite(e.value));
  if (!shown.length) return null;
  return {
    options: base({
      legend: { show: false },
      grid: { left: 8, right: 24, top: 8, bottom: 28, containLabel: true },
      xAxis: { type: "value", name: unit, axisLabel: { formatter: (p) => percent(p, 2) } },
      yAxis: { type: "category", inverse: true, data: shown.map(([name]) => words(name)), axisLabel: {} },
      tooltip: { trigger: "item", formatter: ({ dataIndex: k }) => `${escapeText(words(shown[k][0]))}: ${percent(shown[k][1].value, 3)}` },
      series: [{ type: "bar", data: shown.map(([, e]) => e.value), itemStyle: { color: series(0) }, barMaxWidth: 28 }],
    }),
    say: `${say} ${shown.map(([name, e]) => `${words(name)} ${percent(e.value, 2)}`).join(", ")}.`,
    table: { head: ["What", unit, "95 % interval"], rows: shown.map(([name, e]) => [words(name), percent(e.value, 3), `${percent(e.low, 3)} to ${percent(e.high, 3)}`]) },
  };
}

const costChart = ({ level }) => barChart(
  Object.entries(level.costs ?? {}).map(([name, cost]) => [name, cost.mean]).filter(([, mean]) => mean?.value !== 0),
  `Mean costs at ${times(level.leverage)} by kind, as a share of the equity put up; negative is income.`, "Share of equity");

const drawdownChart = ({ level }) => barChart(
  Object.entries(level.max_drawdown ?? {}).map(([p, e]) => [`${percent(+p)} quantile`, e]),
  `Largest fall of equity from its highest value at ${times(level.leverage)}, quantiles.`, "Fall of equity");

const ACCOUNT_FIGURES = [
  { title: "When it happens", draw: survivalChart },
  { title: "Equity over time", draw: equityChart },
  { title: "Costs", draw: costChart },
  { title: "Largest drawdown", draw: drawdownChart },
];
