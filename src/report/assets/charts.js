"use strict";
// The pictures: each takes what it shows and gives the options of a chart, a sentence and the table behind it.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const series = (i) => colour(`series-${(i % 5) + 1}`);
const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const TARGETS = [0.01, 0.05, 0.1];

function base(options) {
  const ink = colour("ink");
  const quiet = colour("quiet");
  const axis = (a) => ({
    nameLocation: "middle",
    nameGap: 30,
    nameTextStyle: { color: quiet },
    axisLabel: { color: quiet, hideOverlap: true, ...a.axisLabel },
    axisLine: { lineStyle: { color: quiet } },
    splitLine: { lineStyle: { color: colour("grid") } },
    ...Object.fromEntries(Object.entries(a).filter(([key]) => key !== "axisLabel")),
  });
  return {
    animation: false,
    textStyle: { fontFamily: FONT, color: ink },
    grid: { left: 8, right: 18, top: 34, bottom: 28, containLabel: true },
    legend: { top: 0, textStyle: { color: ink }, type: "scroll", pageIconColor: ink, pageTextStyle: { color: ink } },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: colour("page"),
      borderColor: colour("line"),
      textStyle: { color: ink, fontSize: 13 },
      ...options.tooltip,
    },
    ...Object.fromEntries(Object.entries(options).filter(([key]) => !["xAxis", "yAxis", "tooltip"].includes(key))),
    xAxis: axis(options.xAxis),
    yAxis: axis({ nameGap: 50, ...options.yAxis }),
  };
}

const line = (name, data, i, more = {}) => ({
  type: "line", name, data, showSymbol: false, symbol: "circle", lineStyle: { width: 2, color: series(i), ...more.lineStyle },
  itemStyle: { color: series(i) }, ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== "lineStyle")),
});

// The area between two lines, as a stack of an invisible line and the difference.
function band(name, low, high, i, opacity = 0.18) {
  const hidden = { type: "line", stack: name, stackStrategy: "all", showSymbol: false, lineStyle: { opacity: 0 }, silent: true, symbol: "roundRect", tooltip: { show: false } };
  return [
    { ...hidden, data: low, itemStyle: { color: series(i) } },
    { ...hidden, name, data: high.map(([x, y], k) => [x, y - low[k][1]]), areaStyle: { color: series(i), opacity }, itemStyle: { color: series(i), opacity: Math.min(1, 2.5 * opacity) } },
  ];
}

const marker = (axisKey, value, label, name = "ink", type = "solid", position = axisKey === "xAxis" ? "insideEndTop" : "insideStartTop") => ({
  [axisKey]: value, lineStyle: { color: colour(name), type, width: 1.5 },
  label: { formatter: label, color: colour(name), position, fontSize: 11 },
});

// Ends of an axis that are round numbers and hold everything.
function niceEnds(low, high) {
  const step = niceStep((high - low || Math.abs(high) || 1) / 5);
  return [Math.max(0, Math.floor(low / step) * step), Math.ceil(high / step) * step];
}

const marks = (data) => ({ symbol: "none", silent: true, animation: false, data });
const logAxis = (values) => ({ min: Math.min(...values), max: Math.max(...values) });

function probabilityChart({ runs, run, level, view, choose }) {
  const levels = runs.flatMap((r) => levelsOf(r).map((l) => l.leverage));
  const logY = view.y === "log";
  const seen = runs.flatMap((r) => levelsOf(r).map((l) => l.liquidation_probability.value || l.liquidation_probability.high || 1));
  const floor = Math.max(1e-7, 10 ** Math.floor(Math.log10(Math.min(...seen))));
  const show = (p) => (logY ? Math.max(p, floor) : p);
  const all = runs.flatMap((r, i) => {
    const name = runs.length > 1 ? r.scenario : "Liquidated";
    const at = levelsOf(r).map((l) => [l.leverage, l.liquidation_probability]);
    const few = levelsOf(r).filter((l) => l.liquidation_probability.value === 0 && l.liquidation_probability.high > 0);
    const wide = r.levels.map((l) => [l.leverage, l.liquidation_probability]).filter(([, e]) => e.high_with_parameters !== undefined);
    const area = band(runs.length > 1 ? `${name}: 95 % interval` : "95 % interval", at.map(([x, e]) => [x, show(e.low)]), at.map(([x, e]) => [x, show(e.high)]), i, 0.25);
    return [
      ...(logY && runs.length === 1 ? logBand(at, floor, i) : area),
      line(name, at.filter(([, e]) => !logY || e.value > floor).map(([x, e]) => [x, show(e.value)]), i),
      { type: "scatter", name: "Listed in the scenario", symbolSize: 8, itemStyle: { color: colour("page"), borderColor: series(i), borderWidth: 2 }, tooltip: { show: false },
        data: r.levels.filter((l) => !logY || l.liquidation_probability.value > floor).map((l) => [l.leverage, l.liquidation_probability.value]) },
      ...(wide.length ? [{ type: "scatter", name: "95 % interval with parameters", symbol: "rect", symbolSize: [14, 2], itemStyle: { color: series(i) }, tooltip: { show: false },
        data: wide.flatMap(([x, e]) => [[x, show(e.low_with_parameters)], [x, show(e.high_with_parameters)]]) }] : []),
      ...(logY && few.length ? [{ type: "scatter", name: "Upper bound (none seen)", symbol: "triangle", symbolRotate: 180, symbolSize: 9,
        itemStyle: { color: series(i) }, data: few.map((l) => [l.leverage, l.liquidation_probability.high]), tooltip: { show: false } }] : []),
    ];
  });
  const safe = run.safe_leverage?.[0];
  const shown = safe && safe.low > Math.min(...levels);
  all.push({ type: "line", name: "Safe zone", data: [], itemStyle: { color: colour("profit") },
    markArea: shown ? { silent: true, itemStyle: { color: colour("profit"), opacity: 0.08 },
      label: { position: "insideTopLeft", lineHeight: 15, fontSize: 12, color: colour("profit"), formatter: `${percent(safe.max_probability, 2)} or less\nup to ${times(Math.floor(safe.low * 100) / 100)}` },
      data: [[{ xAxis: Math.min(...levels) }, { xAxis: Math.min(safe.low, Math.max(...levels)) }]] } : undefined,
    markLine: marks([
      ...TARGETS.filter((p) => logY || p >= 0.05).map((p) => marker("yAxis", p, percent(p, 4), "quiet", "dashed")),
      marker("xAxis", level.leverage, times(level.leverage)),
    ]) });
  return {
    options: base({
      xAxis: { type: view.x === "log" ? "log" : "value", name: "Leverage", ...logAxis(levels), axisLabel: { formatter: times } },
      yAxis: { type: logY ? "log" : "value", ...(logY ? { min: floor, max: 1 } : { min: 0 }), axisLabel: { formatter: (p) => smallPercent(p) } },
      tooltip: { formatter: (items) => tooltipAt(items, runs) },
      series: all,
    }),
    click: (leverage) => choose(nearestLevel(run, leverage)),
    say: `Probability of liquidation over leverage, from ${probability(run.levels[0].liquidation_probability)} at ${times(run.levels[0].leverage)} to ${probability(run.levels.at(-1).liquidation_probability)} at ${times(run.levels.at(-1).leverage)}. ${levelsOf(run).length} levels, each computed; nothing is interpolated. Choose a level with the slider or in the picture.`,
    table: { head: ["Leverage", "Probability", "95 % interval", ...(hasParameters(run) ? ["with parameters"] : [])],
      rows: levelsOf(run).map((l) => [times(l.leverage), probability(l.liquidation_probability), interval(l.liquidation_probability),
        ...(hasParameters(run) ? [intervalWithParameters(l.liquidation_probability)] : [])]) },
  };
}

// Whether errors of the parameters were counted in.
const hasParameters = (run) => run.levels.some((l) => l.liquidation_probability.high_with_parameters !== undefined);

// On a log axis differences do not stack: the band is drawn as two thin lines.
function logBand(at, floor, i) {
  const edge = (name, pick) => line(name, at.filter(([, e]) => pick(e) > floor).map(([x, e]) => [x, pick(e)]), i, { lineStyle: { width: 1, type: "dotted" }, tooltip: { show: false } });
  return [edge("95 % interval", (e) => e.low), edge("95 % interval", (e) => e.high)];
}

function tooltipAt(items, runs) {
  const x = Array.isArray(items) ? items[0]?.axisValue : undefined;
  if (!Number.isFinite(x)) return "";
  return runs.map((r) => {
    const level = nearestLevel(r, x);
    const e = level.liquidation_probability;
    const range = interval(e);
    return `<b>${times(level.leverage)}</b> ${runs.length > 1 ? `${escapeText(r.scenario)}: ` : ""}${probability(e)} ${range && `(${range})`}`;
  }).join("<br>");
}

function returnChart({ level }) {
  if (!level.distribution) return null;
  const { total_loss } = level.distribution;
  const bins = level.distribution.probabilities.some((p) => p > 0) ? returnBins(level.distribution, 40) : [];
  const label = (b) => percent(b.low, 1);
  const names = [...(total_loss > 0 ? ["−100 %"] : []), ...bins.map(label)];
  const data = [...(total_loss > 0 ? [{ value: total_loss, itemStyle: { color: colour("bad") } }] : []), ...bins.map((b) => ({ value: b.probability, itemStyle: { color: colour(b.low < -1e-12 ? "loss" : "profit") } }))];
  return {
    options: base({
      legend: { show: false },
      grid: { left: 8, right: 18, top: 12, bottom: 28, containLabel: true },
      xAxis: { type: "category", data: names, name: "Return on equity", axisLabel: {} },
      yAxis: { type: "value", min: 0, axisLabel: { formatter: (p) => percent(p) } },
      tooltip: { formatter: ([item]) => {
        const k = item.dataIndex - (total_loss > 0 ? 1 : 0);
        return k < 0 ? `Collateral lost: ${smallPercent(total_loss)}` : `Return ${percent(bins[k].low)} to ${percent(bins[k].high)}: ${smallPercent(bins[k].probability)}`;
      } },
      series: [{ type: "bar", name: "Probability", data, barCategoryGap: "8%" }],
    }),
    say: `Distribution of the return on equity at ${times(level.leverage)}: the whole collateral is lost with ${smallPercent(total_loss)}; median return ${percent(level.return.quantiles["0.5"])}, 5 % quantile ${percent(level.return.quantiles["0.05"])}, 95 % quantile ${percent(level.return.quantiles["0.95"])}.`,
    table: { head: ["Return", "Probability"], rows: [["−100 % (collateral lost)", smallPercent(total_loss)], ...bins.map((b) => [`${percent(b.low)} to ${percent(b.high)}`, smallPercent(b.probability)])] },
  };
}

function fanSeries(x, quantiles) {
  const at = (p) => x.map((day, k) => [day, quantiles[p][k]]);
  const pairs = [["0.05", "0.95", "5 % to 95 %"], ["0.25", "0.75", "25 % to 75 %"]].filter(([a, b]) => quantiles[a] && quantiles[b]);
  return [...pairs.flatMap(([a, b, name]) => band(name, at(a), at(b), 0)), ...(quantiles["0.5"] ? [line("Median", at("0.5"), 0)] : [])];
}

const fanTooltip = (x, quantiles, show) => ({ formatter: (items) => {
  const k = x.indexOf(items?.[0]?.axisValue);
  const nearest = k >= 0 ? k : x.findIndex((day) => day >= (items?.[0]?.axisValue ?? 0));
  if (nearest < 0) return "";
  return [`<b>${days(x[nearest])}</b>`, ...Object.keys(quantiles).map((p) => `${percent(+p)} quantile: ${show(quantiles[p][nearest])}`)].join("<br>");
} });

function priceChart({ run, level }) {
  const fan = run.price_fan;
  if (!fan) return null;
  const prices = [["liquidation_price", "liquidation", "bad"], ["bankruptcy_price", "bankruptcy", "quiet"]]
    .filter(([key]) => level[key] !== null && level[key] !== undefined);
  const shown = [...Object.values(fan.quantiles).flat(), ...prices.map(([key]) => level[key])];
  const [low, high] = niceEnds(Math.min(...shown), Math.max(...shown));
  return {
    options: base({
      xAxis: { type: "value", name: "Days", min: 0, max: fan.days.at(-1), axisLabel: {} },
      yAxis: { type: "value", min: low, max: high, axisLabel: { formatter: (x) => number(8).format(x) } },
      tooltip: fanTooltip(fan.days, fan.quantiles, price),
      series: [...fanSeries(fan.days, fan.quantiles), { type: "line", data: [], markLine: marks(prices.map(([key, name, c]) => marker("yAxis", level[key], `${name} ${price(level[key])}`, c, key === "bankruptcy_price" ? "dashed" : "solid", key === "bankruptcy_price" ? "insideEndBottom" : "insideStartTop"))) }],
    }),
    say: `Fan of the price of ${fan.asset} over ${number(1).format(run.horizon_days)} days${Number.isFinite(level.liquidation_price) ? `; liquidation at ${times(level.leverage)} is at ${price(level.liquidation_price)}` : ""}. From ${number(0).format(fan.paths)} paths of its own.`,
    table: { head: ["Day", ...Object.keys(fan.quantiles).map((p) => percent(+p))], rows: fan.days.map((day, k) => [number(2).format(day), ...Object.values(fan.quantiles).map((q) => price(q[k]))]) },
  };
}

function spreadChart({ run, level, view }) {
  const keys = ["0.05", "0.25", "0.5", "0.75", "0.95"];
  const known = levelsOf(run).filter((l) => keys.every((p) => Number.isFinite(l.return?.quantiles?.[p])));
  if (known.length < 2) return null;
  const x = known.map((l) => l.leverage);
  const quantiles = Object.fromEntries(keys.map((p) => [p, known.map((l) => l.return.quantiles[p])]));
  const list = fanSeries(x, quantiles);
  list.push(line("Mean", known.map((l) => [l.leverage, l.mean_return.value]), 1, { lineStyle: { type: "dashed" } }));
  list.push({ type: "line", data: [], markLine: marks([marker("xAxis", level.leverage, times(level.leverage))]) });
  return {
    options: base({
      xAxis: { type: view.x === "log" ? "log" : "value", name: "Leverage", ...logAxis(x), axisLabel: { formatter: times } },
      yAxis: { type: "value", min: -1, axisLabel: { formatter: (r) => percent(r) } },
      tooltip: { formatter: (items) => {
        const l = nearestLevel(run, items?.[0]?.axisValue ?? level.leverage);
        return [`<b>${times(l.leverage)}</b>`, `mean ${signed(l.mean_return?.value)}`, ...keys.map((p) => `${percent(+p)} quantile: ${signed(l.return?.quantiles?.[p])}`)].join("<br>");
      } },
      series: list,
    }),
    say: `Return on equity over leverage; at ${times(level.leverage)} nine of ten outcomes lie between ${signed(level.return.quantiles["0.05"])} and ${signed(level.return.quantiles["0.95"])}.`,
    table: { head: ["Leverage", "Mean", ...keys.map((p) => percent(+p))], rows: known.map((l) => [times(l.leverage), signed(l.mean_return.value), ...keys.map((p) => signed(l.return.quantiles[p]))]) },
  };
}

function timeChart({ run, level, view }) {
  const hit = run.levels.filter((l) => l.time_to_liquidation_days && hasTimes(run, l));
  if (hit.length < 2) return null;
  const pick = (key) => hit.map((l) => [l.leverage, l.time_to_liquidation_days[key]]);
  return {
    options: base({
      xAxis: { type: view.x === "log" ? "log" : "value", name: "Leverage", ...logAxis(hit.map((l) => l.leverage)), axisLabel: { formatter: times } },
      yAxis: { type: "value", min: 0, axisLabel: { formatter: (d) => days(d) } },
      tooltip: { valueFormatter: (d) => days(d) },
      series: [...band("5 % to 95 %", pick("p05"), pick("p95"), 0), line("Median", pick("p50"), 0, { showSymbol: true }), line("Mean", pick("mean"), 1, { lineStyle: { type: "dashed" } }),
        { type: "line", data: [], markLine: marks([marker("xAxis", level.leverage, times(level.leverage))]) }],
    }),
    say: `Time to liquidation of the liquidated paths, at levels with at least a hundred of them; median at ${times(level.leverage)}: ${days(level.time_to_liquidation_days?.p50)}.`,
    table: { head: ["Leverage", "5 %", "Median", "Mean", "95 %"], rows: hit.map((l) => { const t = l.time_to_liquidation_days; return [times(l.leverage), days(t.p05), days(t.p50), days(t.mean), days(t.p95)]; }) },
  };
}
