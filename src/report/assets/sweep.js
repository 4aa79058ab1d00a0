"use strict";
// The heat map of a sweep: any two of its dimensions, at chosen values of the others. A row of the map is a stack of bars of
// equal length, whose colour is the value.

const SWEEP_METRICS = {
  liquidation_probability: { name: "Probability of liquidation", show: probability, isBad: true },
  mean_return: { name: "Mean return", show: (e) => percent(e?.value), isBad: false },
  expected_shortfall: { name: "Expected shortfall, 95 %", show: (e) => percent(e?.value), isBad: true },
};
const HEAT = [[255, 250, 230], [253, 200, 120], [222, 92, 60], [150, 20, 50], [60, 5, 45]];

// Colour of a share between 0 (light) and 1 (dark), and the ink that can be read on it.
function heat(share) {
  const at = Math.min(1, Math.max(0, share)) * (HEAT.length - 1);
  const k = Math.min(HEAT.length - 2, Math.floor(at));
  const rgb = HEAT[k].map((c, i) => Math.round(c + (at - k) * (HEAT[k + 1][i] - c)));
  const light = rgb.map((c) => (c / 255) ** 2.2).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return { fill: `rgb(${rgb})`, ink: light > 0.18 ? "#000000" : "#ffffff" };
}

const distinct = (values) => [...new Set(values)];

// The rows of a sweep, each with its place in every dimension.
function sweepRows(sweep) {
  return sweep.cells.flatMap((cell) => cell.levels.map((level) => ({
    level,
    at: { cell: cell.label, leverage: times(level.leverage), ...Object.fromEntries(sweep.axes.map((axis, i) => [axis.name, cell.values[i]])) },
  })));
}

function sweepChart(rows, dimensions, choice) {
  const metric = SWEEP_METRICS[choice.metric];
  const others = dimensions.filter((d) => d !== choice.across && d !== choice.down);
  const kept = rows.filter((row) => others.every((d) => row.at[d] === choice.fixed[d]));
  const [xs, ys] = [choice.across, choice.down].map((d) => distinct(kept.map((row) => row.at[d])));
  const found = (x, y) => kept.find((row) => row.at[choice.across] === x && row.at[choice.down] === y)?.level;
  const values = rows.map((row) => row.level[choice.metric]?.value).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const shade = (value) => heat((metric.isBad ? value - low : high - value) / (high - low || 1));
  const isRoomy = document.documentElement.clientWidth / (xs.length + 2) > 55;
  const cell = (x, y) => {
    const estimate = found(x, y)?.[choice.metric];
    if (!Number.isFinite(estimate?.value)) return { value: 1, itemStyle: { color: colour("soft") } };
    const { fill, ink } = shade(estimate.value);
    return { value: 1, itemStyle: { color: fill, borderColor: colour("page"), borderWidth: 1 }, label: { show: isRoomy, formatter: metric.show(estimate), color: ink, fontSize: 11 } };
  };
  const options = base({
    legend: { show: false },
    grid: { left: 8, right: 18, top: 12, bottom: 28, containLabel: true },
    xAxis: { type: "category", data: xs, name: choice.across, axisLabel: {}, axisTick: { show: false } },
    yAxis: { type: "category", data: ys, inverse: true, axisLabel: { width: 130, overflow: "truncate" }, axisTick: { show: false } },
    tooltip: { trigger: "item", formatter: ({ seriesIndex, dataIndex }) => {
      const [x, y] = [xs[dataIndex], ys[seriesIndex]];
      const estimate = found(x, y)?.[choice.metric];
      return [`<b>${escapeText(choice.down)}: ${escapeText(y)}</b>`, `${escapeText(choice.across)}: ${escapeText(x)}`, `${metric.name}: ${metric.show(estimate)}`, interval(estimate)].filter(Boolean).join("<br>");
    } },
    series: ys.map((y) => ({ type: "bar", name: y, stack: "cells", yAxisIndex: 1, barCategoryGap: "0%", data: xs.map((x) => cell(x, y)) })),
  });
  options.yAxis = [options.yAxis, { type: "value", show: false, inverse: true, min: 0, max: ys.length }];
  const ends = [low, high].map((value) => metric.show({ value, low: value, high: value }));
  const at = others.map((d) => `${d} ${choice.fixed[d]}`).join(", ");
  return {
    options,
    height: Math.min(1200, 70 + 30 * ys.length),
    say: `${metric.name} over ${choice.across} and ${choice.down}${at ? `, at ${at}` : ""}. Darker is worse; the whole sweep runs from ${ends[0]} to ${ends[1]}.`,
    table: { head: [choice.down, ...xs], rows: ys.map((y) => [y, ...xs.map((x) => metric.show(found(x, y)?.[choice.metric]))]) },
  };
}

// A labelled list of choices; returns nothing, changes are told.
function chooser(parent, name, options, value, change) {
  const id = `choice-${document.querySelectorAll("select").length + 1}`;
  const select = element("select", { id }, ...options.map(([key, text]) => element("option", { value: key }, text)));
  select.value = value;
  select.addEventListener("change", () => change(select.value));
  parent.append(element("div", { class: "control" }, element("label", { for: id }, name), select));
}

function sweepFigure(parent, sweep) {
  const dimensions = sweep.is_grid && sweep.axes.length ? [...sweep.axes.map((axis) => axis.name), "leverage"] : ["cell", "leverage"];
  const rows = sweepRows(sweep);
  const values = (d) => distinct(rows.map((row) => row.at[d]));
  const choice = { metric: "liquidation_probability", across: "leverage", down: dimensions[0], fixed: Object.fromEntries(dimensions.map((d) => [d, values(d)[0]])) };
  const section = element("section", {}, element("h2", {}, "Sweep"));
  const controls = element("div", { class: "choices", role: "group", "aria-label": "What the map shows" });
  parent.append(section);
  section.append(controls);
  const draw = figure(section, { title: "Heat map", draw: () => sweepChart(rows, dimensions, choice) });
  const refill = () => {
    controls.replaceChildren();
    const pick = (key) => (value) => {
      const other = key === "across" ? "down" : "across";
      if (choice[other] === value) choice[other] = choice[key];
      choice[key] = value;
      refill();
      // The lists are new; whoever uses the keyboard stays where they were.
      controls.querySelectorAll("select")[key === "across" ? 1 : 2].focus();
      draw();
    };
    const names = dimensions.map((d) => [d, d]);
    chooser(controls, "Metric", Object.entries(SWEEP_METRICS).map(([key, { name }]) => [key, name]), choice.metric, (value) => { choice.metric = value; draw(); });
    chooser(controls, "Across", names, choice.across, pick("across"));
    chooser(controls, "Down", names, choice.down, pick("down"));
    for (const d of dimensions.filter((name) => name !== choice.across && name !== choice.down)) {
      chooser(controls, d, values(d).map((v) => [v, v]), choice.fixed[d], (value) => { choice.fixed[d] = value; draw(); });
    }
  };
  refill();
  return draw;
}
